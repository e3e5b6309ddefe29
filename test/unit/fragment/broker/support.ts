/**
 * A sender, a receiver and brokers in one process.
 *
 * @module
 */
import {
  type BrokeredReceiver,
  type BrokeredSender,
  brokeredReceiver,
  brokeredSender,
  FragmentBroker,
} from '@mwrasp/crypto/fragment/broker';
import {
  createTransport,
  type FragmentTransport,
  type TransportHandle,
  transportPair,
} from '@mwrasp/crypto/fragment/transport';
import { generateSignKey, type SignPrivateKey } from '@mwrasp/crypto/sign';

/** Keys are made once. */
export const KEYS = {
  sender: generateSignKey(),
  receiver: generateSignKey(),
  stranger: generateSignKey(),
  brokers: Array.from({ length: 3 }, () => generateSignKey()),
};

/** What a test may do to messages on their way: nothing, or other messages instead. */
export type Tamper = (message: Uint8Array) => readonly Uint8Array[];

/** A transport whose messages go through a test's hands. */
export function tampered(transport: FragmentTransport, tamper: Tamper): FragmentTransport {
  const handle: TransportHandle = createTransport({
    name: 'tampered',
    send: async (message) => {
      for (const one of tamper(message)) await transport.send(one);
    },
    close: () => transport.close(),
  });
  transport.onMessage((message) => handle.receive(message));
  return handle.transport;
}

/** What a test may change. */
export interface NetOptions {
  readonly threshold?: number;
  readonly ttlMs?: number;
  /** On what goes from the sender to broker i. */
  readonly toBroker?: (broker: number) => Tamper;
  /** On what goes from broker i to the receiver. */
  readonly fromBroker?: (broker: number) => Tamper;
  /** On what goes from the sender to the receiver. */
  readonly toReceiver?: Tamper;
  /** The key that the receiver has. */
  readonly receiverKey?: SignPrivateKey;
}

/** Everything, joined. */
export interface Net {
  readonly sender: BrokeredSender;
  readonly receiver: BrokeredReceiver;
  readonly brokers: readonly FragmentBroker[];
  readonly received: Uint8Array[];
  /** The receiver's end of the way to broker i. */
  readonly toBrokers: readonly FragmentTransport[];
  close(): Promise<void>;
}

const asIs: Tamper = (message) => [message];

/** Joins a sender and a receiver through three brokers. */
export async function openNet(options: NetOptions = {}): Promise<Net> {
  const { threshold = 2, ttlMs = 1000, receiverKey = KEYS.receiver } = options;
  const { toBroker = () => asIs, fromBroker = () => asIs, toReceiver = asIs } = options;
  const times = { ttlMs, heartbeatMs: 200 };
  const brokers: FragmentBroker[] = [];
  const fromSender: FragmentTransport[] = [];
  const toBrokers: FragmentTransport[] = [];
  for (const [i, signer] of KEYS.brokers.entries()) {
    const broker = await FragmentBroker.create({ identity: { signer } });
    const [senderEnd, depositEnd] = transportPair();
    const [receiverEnd, releaseEnd] = transportPair();
    await broker.serveSender(depositEnd, { peer: KEYS.sender.publicKey, ...times });
    await broker.serveReceiver(tampered(releaseEnd, fromBroker(i)), {
      peer: receiverKey.publicKey,
      maxTtlMs: ttlMs,
    });
    brokers.push(broker);
    fromSender.push(tampered(senderEnd, toBroker(i)));
    toBrokers.push(receiverEnd);
  }
  const [left, right] = transportPair();
  const received: Uint8Array[] = [];
  const receiver = await brokeredReceiver({
    ...times,
    identity: { signer: receiverKey },
    sender: { transport: right, peer: KEYS.sender.publicKey },
    brokers: toBrokers.map((transport, i) => ({
      transport,
      peer: (KEYS.brokers[i] as SignPrivateKey).publicKey,
    })),
    onMessage: (data) => void received.push(data),
  });
  const sender = await brokeredSender({
    identity: { signer: KEYS.sender },
    receiver: { transport: tampered(left, toReceiver), peer: receiverKey.publicKey },
    brokers: fromSender.map((transport, i) => ({
      transport,
      peer: (KEYS.brokers[i] as SignPrivateKey).publicKey,
    })),
    threshold,
    maxTtlMs: ttlMs,
  });
  return {
    sender,
    receiver,
    brokers,
    received,
    toBrokers,
    close: async () => {
      await Promise.all([sender.close(), receiver.close(), ...brokers.map((broker) => broker.close())]);
    },
  };
}

/** Waits until each session of a net is there. */
export async function settled({ sender }: Net, brokers = KEYS.brokers.length): Promise<void> {
  await sender.ready();
  while (sender.brokersReady < brokers) await new Promise((resolve) => setTimeout(resolve, 5));
}
