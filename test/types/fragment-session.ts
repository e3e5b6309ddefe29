import {
  connectReceiver,
  connectSender,
  FragmentReceiver,
  FragmentSender,
  type FragmentTransport,
} from '@mwrasp/crypto/fragment/session';
import type { KemPrivateKey, KemPublicKey } from '@mwrasp/crypto/kem';
import type { SignPrivateKey, SignPublicKey } from '@mwrasp/crypto/sign';

declare const receiver: FragmentReceiver;
declare const sender: FragmentSender;
declare const transport: FragmentTransport;
declare const signer: SignPrivateKey;
declare const peer: SignPublicKey;
declare const kemKey: KemPrivateKey;
declare const kemPublic: KemPublicKey;
declare const bytes: Uint8Array;

// An end is made by its static method, of an identity and a peer.
// @ts-expect-error the constructor is not for callers
new FragmentReceiver();
// @ts-expect-error a peer is missing: nobody is not everybody
await FragmentReceiver.create({ identity: { signer } });
// @ts-expect-error an identity is missing
await FragmentSender.create({ peer });
// @ts-expect-error a key alone has no generation
await FragmentSender.create({ identity: signer, peer });
// @ts-expect-error a KEM key signs nothing
await FragmentSender.create({ identity: { signer: kemKey }, peer });
// @ts-expect-error a KEM key verifies nothing
await FragmentSender.create({ identity: { signer }, peer: kemPublic });
// @ts-expect-error times are the receiver's
await FragmentSender.create({ identity: { signer }, peer, ttlMs: 100 });
// @ts-expect-error the unit is in the name
await FragmentReceiver.create({ identity: { signer }, peer, ttl: 100 });

// A sender seals, a receiver opens.
// @ts-expect-error a receiver does not seal
receiver.seal(bytes);
// @ts-expect-error a sender does not open
sender.open(bytes);
// @ts-expect-error a life of its own is no option of a message
sender.seal(bytes, { ttlMs: 10 });
// @ts-expect-error data are there in messages only
receiver.open(bytes).data;
// @ts-expect-error what comes out is awaited
export const replies: Uint8Array[] = receiver.receive(bytes);

// Each end has its way to be joined to a transport.
// @ts-expect-error a sender is no receiver
connectReceiver(sender, transport, () => {});
// @ts-expect-error messages have to go somewhere
connectReceiver(receiver, transport);
// @ts-expect-error a receiver is no sender
connectSender(receiver, transport);
