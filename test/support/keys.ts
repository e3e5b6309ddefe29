/**
 * Key pairs from seeds that never change, the same in every run and in the fixtures.
 *
 * @module
 */
import { KemPrivateKey, type KemPublicKey } from '../../src/kem/index.ts';
import { ML_DSA_87, ML_KEM_1024 } from '../../src/params.ts';
import { SignPrivateKey, type SignPublicKey } from '../../src/sign/index.ts';

/** Bytes that count up from a start. */
export function counting(sizeBytes: number, start = 0): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, i) => start + i);
}

/** Seeds by name. */
export const SEEDS = {
  recipient: counting(ML_KEM_1024.seedBytes, 0),
  otherRecipient: counting(ML_KEM_1024.seedBytes, 100),
  signer: counting(ML_DSA_87.seedBytes, 0),
  otherSigner: counting(ML_DSA_87.seedBytes, 100),
} as const;

/** A fresh object for the recipient's key, to dispose of at will. */
export function newRecipient(seed: Uint8Array = SEEDS.recipient): KemPrivateKey {
  return KemPrivateKey.fromSeed(seed);
}

/** A fresh object for the signer's key, to dispose of at will. */
export function newSigner(seed: Uint8Array = SEEDS.signer): SignPrivateKey {
  return SignPrivateKey.fromSeed(seed);
}

/** A private key that was disposed before anybody asked for its public half. */
export function disposed<K extends KemPrivateKey | SignPrivateKey>(key: K): K {
  key.dispose();
  return key;
}

/** One key of each kind, with its public half. */
export interface TestKeys {
  readonly recipient: KemPrivateKey;
  readonly recipientPublic: KemPublicKey;
  readonly otherRecipient: KemPrivateKey;
  readonly signer: SignPrivateKey;
  readonly signerPublic: SignPublicKey;
  readonly otherSigner: SignPrivateKey;
}

let keys: TestKeys | undefined;

/** The keys of {@link SEEDS}, made once for a test file; not to be disposed. */
export function testKeys(): TestKeys {
  if (keys === undefined) {
    const recipient = newRecipient();
    const signer = newSigner();
    keys = {
      recipient,
      recipientPublic: recipient.publicKey,
      otherRecipient: newRecipient(SEEDS.otherRecipient),
      signer,
      signerPublic: signer.publicKey,
      otherSigner: newSigner(SEEDS.otherSigner),
    };
  }
  return keys;
}

/** A copy with some bits of one byte flipped. */
export function flipped(bytes: Uint8Array, offset: number, bits = 1): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[offset] = (copy[offset] as number) ^ bits;
  return copy;
}
