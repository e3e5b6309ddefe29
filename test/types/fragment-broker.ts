import { brokeredReceiver, brokeredSender, FragmentBroker } from '@mwrasp/crypto/fragment/broker';
import type { FragmentTransport } from '@mwrasp/crypto/fragment/transport';
import type { KemPublicKey } from '@mwrasp/crypto/kem';
import type { SignPrivateKey, SignPublicKey } from '@mwrasp/crypto/sign';

declare const broker: FragmentBroker;
declare const transport: FragmentTransport;
declare const signer: SignPrivateKey;
declare const peer: SignPublicKey;
declare const kemKey: KemPublicKey;

const one = { transport, peer };
const identity = { signer };

// @ts-expect-error the constructor is not for callers
new FragmentBroker();
// @ts-expect-error a key alone is no identity
await FragmentBroker.create({ identity: signer });
// @ts-expect-error whom to serve is told
await broker.serveSender(transport);
// @ts-expect-error a KEM key proves nobody
await broker.serveReceiver(transport, { peer: kemKey });
// @ts-expect-error how many brokers it takes is told
await brokeredSender({ identity, receiver: one, brokers: [one] });
// @ts-expect-error a broker has a way to it
await brokeredSender({ identity, receiver: one, brokers: [{ peer }], threshold: 1 });
// @ts-expect-error messages go somewhere
await brokeredReceiver({ identity, sender: one, brokers: [one] });
