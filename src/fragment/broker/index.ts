/**
 * Grade E3: messages that nobody opens without k of n brokers, each of which gives its share once and before its time.
 *
 * @module
 */
export {
  type BrokerCounters,
  FragmentBroker,
  type FragmentBrokerOptions,
  type ServeReceiverOptions,
  type ServeSenderOptions,
} from './broker.ts';
export {
  type BrokeredCounters,
  type BrokeredReceiver,
  type BrokeredReceiverOptions,
  brokeredReceiver,
} from './receiver.ts';
export {
  type BrokeredSender,
  type BrokeredSenderOptions,
  type BrokerPeer,
  brokeredSender,
} from './sender.ts';
