/**
 * What cases of ML-KEM-1024 ask of an engine, with the checks that the library makes above it.
 *
 * @module
 */
import { checkBytes } from '../bytes.ts';
import type { KemEngine, PreparedKemPrivateKey } from '../engines/engine.ts';
import { checkExpandedKey, checkPublicKey } from '../kem/checks.ts';
import { ML_KEM_1024 } from '../params.ts';
import { allOf, expectAccepted, expectSame, notRun, PASSED, type Verdict } from './verdict.ts';

/** Why an encapsulation is not run. */
export const NO_SEEDED_ENCAPSULATION = 'the engine cannot encapsulate with given randomness';

/** The encapsulation key, as the engine computes it. */
export function publicKeyOf(key: PreparedKemPrivateKey): Uint8Array {
  const out = new Uint8Array(ML_KEM_1024.publicKeyBytes);
  key.publicKey(out);
  return out;
}

/** Decapsulates a ciphertext of the right length. */
export function decapsulate(key: PreparedKemPrivateKey, ciphertext: Uint8Array): Uint8Array {
  checkBytes('ciphertext', ciphertext, ML_KEM_1024.ciphertextBytes);
  const out = new Uint8Array(ML_KEM_1024.sharedSecretBytes);
  key.decapsulate(ciphertext, out);
  return out;
}

/** Imports `d || z`. */
export function importSeed(engine: KemEngine, seed: Uint8Array): PreparedKemPrivateKey {
  checkBytes('seed', seed, ML_KEM_1024.seedBytes);
  return engine.prepareSeed(seed);
}

/** Checks and imports an expanded key. */
export function importExpanded(engine: KemEngine, expandedKey: Uint8Array): PreparedKemPrivateKey {
  checkExpandedKey('dk', expandedKey);
  return engine.prepareExpanded(expandedKey);
}

/** Encapsulates with fresh randomness. */
export function encapsulate(
  engine: KemEngine,
  ek: Uint8Array,
): { ciphertext: Uint8Array; sharedSecret: Uint8Array } {
  checkPublicKey('ek', ek);
  const ciphertext = new Uint8Array(ML_KEM_1024.ciphertextBytes);
  const sharedSecret = new Uint8Array(ML_KEM_1024.sharedSecretBytes);
  engine.preparePublic(ek).encapsulate(ciphertext, sharedSecret);
  return { ciphertext, sharedSecret };
}

/**
 * Compares an expanded key with a seed's where the engine cannot write it out: both must decapsulate a fresh ciphertext
 * to its secret (same decapsulation key) and a changed one to the same rejection secret (same `z`).
 */
function checkBehaviour(
  engine: KemEngine,
  key: PreparedKemPrivateKey,
  ek: Uint8Array,
  dk: Uint8Array,
): Verdict {
  const imported = importExpanded(engine, dk);
  const { ciphertext, sharedSecret } = encapsulate(engine, ek);
  const forged = Uint8Array.from(ciphertext);
  forged[0] = (forged[0] as number) ^ 1;
  return allOf(
    () => expectSame('encapsulation key of dk', publicKeyOf(imported), ek),
    () => expectSame('shared secret with the seed', decapsulate(key, ciphertext), sharedSecret),
    () => expectSame('shared secret with dk', decapsulate(imported, ciphertext), sharedSecret),
    () => expectSame('rejection secret', decapsulate(imported, forged), decapsulate(key, forged)),
  );
}

/** Algorithm 16: `d || z` gives ek and dk. */
export function checkKeyGeneration(
  engine: KemEngine,
  seed: Uint8Array,
  ek: Uint8Array,
  dk: Uint8Array,
): Verdict {
  const key = importSeed(engine, seed);
  return allOf(
    () => expectSame('encapsulation key', publicKeyOf(key), ek),
    () => {
      if (key.expanded === undefined) return checkBehaviour(engine, key, ek, dk);
      const expanded = new Uint8Array(ML_KEM_1024.expandedKeyBytes);
      key.expanded(expanded);
      return expectSame('decapsulation key', expanded, dk);
    },
  );
}

/** The ciphertext must give the secret. */
export function checkDecapsulation(
  key: PreparedKemPrivateKey,
  ciphertext: Uint8Array,
  sharedSecret: Uint8Array,
): Verdict {
  return expectSame('shared secret', decapsulate(key, ciphertext), sharedSecret);
}

/** What an encapsulation case holds; `dk` lets an engine that only draws `m` itself check `c` the other way. */
export interface Encapsulation {
  readonly ek: Uint8Array;
  readonly m: Uint8Array;
  readonly c: Uint8Array;
  readonly sharedSecret: Uint8Array;
  readonly dk?: Uint8Array | undefined;
}

/**
 * `m` must give the ciphertext and the secret. An engine that draws `m` itself opens the given ciphertext and one of its
 * own with `dk`.
 */
export function checkEncapsulation(
  engine: KemEngine,
  { ek, m, c, sharedSecret, dk }: Encapsulation,
): Verdict {
  checkPublicKey('ek', ek);
  checkBytes('m', m, ML_KEM_1024.messageBytes);
  const publicKey = engine.preparePublic(ek);
  if (publicKey.encapsulateWith !== undefined) {
    const ciphertext = new Uint8Array(ML_KEM_1024.ciphertextBytes);
    const secret = new Uint8Array(ML_KEM_1024.sharedSecretBytes);
    publicKey.encapsulateWith(m, ciphertext, secret);
    const encapsulated = allOf(
      () => expectSame('ciphertext', ciphertext, c),
      () => expectSame('shared secret', secret, sharedSecret),
    );
    if (encapsulated.outcome !== 'passed' || dk === undefined) return encapsulated;
    return checkDecapsulation(importExpanded(engine, dk), c, sharedSecret);
  }
  const fresh = encapsulate(engine, ek);
  if (dk === undefined) return notRun(`${NO_SEEDED_ENCAPSULATION}; the key was accepted`);
  const key = importExpanded(engine, dk);
  return allOf(
    () => checkDecapsulation(key, c, sharedSecret),
    () => checkDecapsulation(key, fresh.ciphertext, fresh.sharedSecret),
  );
}

/** Whether a check of a key answers as expected; `prepare` gives the engine a look at the keys that are accepted. */
export function checkKey(expected: boolean, check: () => void, prepare: () => unknown): Verdict {
  return expectAccepted(expected, () => {
    check();
    prepare();
    return PASSED;
  });
}
