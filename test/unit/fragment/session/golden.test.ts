/** The messages of a handshake, and what follows from them, with the random generator counting: pinned for all time. */

import { createHash, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, expect, it, vi } from 'vitest';
import { concat, toHex, utf8 } from '../../../../src/bytes.ts';
import { answerOffer, takeAccept } from '../../../../src/fragment/session/accept.ts';
import { writeAck, writeBeat, writeRequest } from '../../../../src/fragment/session/beat.ts';
import { ownIdentity, Peers } from '../../../../src/fragment/session/identity.ts';
import { MacKeys, secretHash } from '../../../../src/fragment/session/mac-keys.ts';
import { PendingOffer, secretKem } from '../../../../src/fragment/session/offer.ts';
import { policyOf } from '../../../../src/fragment/session/policy.ts';
import { decapsulate, KemPrivateKey } from '../../../../src/kem/index.ts';
import { testKeys } from '../../../support/keys.ts';
import { countingRandom } from '../support.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const fixture = new URL('../../../fixtures/session-v1.json', import.meta.url);

/** Everything of one handshake, in hexadecimal digits. */
async function makeVector() {
  const { signer, otherSigner } = testKeys();
  const [receiverId, senderId] = [signer.publicKey.thumbprint(), otherSigner.publicKey.thumbprint()];
  const receiver = await ownIdentity('identity', { signer, generation: 3 })();
  const sender = await ownIdentity('identity', { signer: otherSigner, generation: 7 })();
  // Self-tests draw random bytes of their own.
  secretKem();
  secretHash();
  countingRandom();
  const pending = await PendingOffer.make(receiver, senderId, policyOf({}), () => 0);
  const { message: accept, agreement } = await answerOffer(
    pending.message,
    sender,
    new Peers('peer', signer.publicKey),
    () => true,
  );
  const taken = await takeAccept(accept, pending, new Peers('peer', otherSigner.publicKey), () => 1);
  expect(taken.keys.chainKey).toEqual(agreement.keys.chainKey);
  const { id, binding } = taken.parties;
  const { macs, chainKey } = taken.keys;
  const beat = { counter: 1, ageMs: 12.345, ending: false };
  return {
    offer: toHex(pending.message),
    accept: toHex(accept),
    chainKey: toHex(chainKey),
    sessionId: toHex(id),
    binding: toHex(binding),
    confirm: toHex(writeBeat('confirm', id, beat, macs)),
    heartbeat: toHex(writeBeat('heartbeat', id, { ...beat, counter: 2, ageMs: 1_000, ending: true }, macs)),
    ack: toHex(writeAck(id, { counter: 2, ending: false }, macs)),
    request: toHex(writeRequest(senderId, receiverId)),
  };
}

it('a handshake gives the bytes that were kept', async () => {
  const kept: unknown = JSON.parse(readFileSync(fixture, 'utf8'));
  expect(await makeVector()).toEqual(kept);
});

it('its keys follow from its messages as docs/formats.md says', async () => {
  const kept = JSON.parse(readFileSync(fixture, 'utf8')) as Awaited<ReturnType<typeof makeVector>>;
  const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
  const sha3 = (...parts: Uint8Array[]) =>
    new Uint8Array(
      createHash('sha3-512')
        .update(concat(...parts))
        .digest(),
    );
  const [offer, accept] = [bytes(kept.offer), bytes(kept.accept)];
  // The counting generator gave 64 bytes to the decapsulation key first.
  using kemKey = KemPrivateKey.fromSeed(Uint8Array.from({ length: 64 }, (_, i) => i));
  expect(toHex(kemKey.publicKey.toBytes())).toBe(toHex(offer.subarray(143, 1711)));
  using secret = decapsulate(kemKey, accept.subarray(90, 1658));
  const offerHash = sha3(utf8('mwrasp-crypto/tf1/offer'), offer.subarray(0, 1711));
  const transcript = sha3(utf8('mwrasp-crypto/tf1/transcript'), offerHash, accept.subarray(0, 1658));
  const okm = new Uint8Array(
    hkdfSync('sha3-512', secret.expose(), transcript, utf8('mwrasp-crypto/tf1/keys'), 128),
  );
  expect(toHex(okm.subarray(0, 32))).toBe(kept.chainKey);
  expect(toHex(transcript.subarray(0, 16))).toBe(kept.sessionId);
  const macs = new MacKeys(okm.subarray(32));
  expect(macs.verify('confirm-sender', accept.subarray(0, 6285), accept.subarray(6285))).toBe(true);
  expect(
    macs.verify('confirm-receiver', bytes(kept.confirm).subarray(0, 34), bytes(kept.confirm).subarray(34)),
  ).toBe(true);
  expect(macs.verify('heartbeat', bytes(kept.ack).subarray(0, 26), bytes(kept.ack).subarray(26))).toBe(true);
  const { signer, otherSigner } = testKeys();
  const identity = (id: Uint8Array, generation: number) => concat(id, Uint8Array.of(0, 0, 0, generation));
  const parties = sha3(
    utf8('mwrasp-crypto/tf1/parties'),
    identity(signer.publicKey.thumbprint(), 3),
    identity(otherSigner.publicKey.thumbprint(), 7),
  );
  expect(toHex(parties.subarray(0, 32))).toBe(kept.binding);
});
