/**
 * The custodian that is this process. Each key is sealed under a key-encryption key (KEK) of its own, which stands in the
 * manifest: who drops it there, destroys the key.
 *
 * The seed is in the clear in this process while the key is in use.
 *
 * @module
 */
import { allocate, allocateSecret, copySecret, randomFill, wipe } from '../bytes.ts';
import type { PreparedAeadKey } from '../engines/engine.ts';
import { engine } from '../engines/index.ts';
import { KeyStoreError } from '../errors.ts';
import { decapsulate, generateKemKey, KemPrivateKey } from '../kem/index.ts';
import { keyMaterial } from '../keypair.ts';
import { drawNonce } from '../nonce.ts';
import { AES_256_GCM, ML_DSA_87, ML_KEM_1024 } from '../params.ts';
import { generateSignKey, SignPrivateKey, sign } from '../sign/index.ts';
import type { Custodian, KeyHandle, LiveKey, NewKey } from './custodian.ts';
import type { Custody, KeystoreAlgorithm } from './keystore.ts';

/** A KEK seals one seed, once: its nonce may be fixed. */
const NONCE = new Uint8Array(AES_256_GCM.nonceBytes);

const privateKeyClass = {
  [ML_KEM_1024.name]: KemPrivateKey,
  [ML_DSA_87.name]: SignPrivateKey,
} as const;

/** A private key, the caller's to dispose. */
export function privateKeyFrom(
  algorithm: keyof typeof privateKeyClass,
  seed: Uint8Array,
): KemPrivateKey | SignPrivateKey {
  return privateKeyClass[algorithm].fromSeed(seed);
}

/** What the seed of an entry is bound to beside its KEK. */
function seedAad(id: Uint8Array, algorithm: KeystoreAlgorithm): Uint8Array {
  return new Uint8Array([...id, ...new TextEncoder().encode(algorithm)]);
}

/** A new seed, or AES key, the caller's to wipe. */
export function drawKey(algorithm: KeystoreAlgorithm): Uint8Array {
  if (algorithm === AES_256_GCM.name) return randomFill(allocateSecret(AES_256_GCM.keyBytes));
  using key = algorithm === ML_KEM_1024.name ? generateKemKey() : generateSignKey();
  const material = keyMaterial('key', key);
  if (!('seed' in material)) throw new KeyStoreError('ERR_KEYSTORE_STATE', 'a generated key has a seed');
  return copySecret(material.seed.expose());
}

function publicKeyOf(algorithm: KeystoreAlgorithm, secret: Uint8Array): NewKey['publicKey'] {
  if (algorithm === AES_256_GCM.name) return undefined;
  using key = privateKeyClass[algorithm].fromSeed(secret);
  return key.publicKey;
}

/** Keys that are used in this process. */
export class SoftwareCustodian implements Custodian {
  readonly #custody: Custody;

  /** @param custody - `memory` where the manifest itself is never kept, `sealed` otherwise. */
  constructor(custody: 'memory' | 'sealed') {
    this.#custody = custody;
  }

  custodyOf(): Custody {
    return this.#custody;
  }

  async create(id: Uint8Array, algorithm: KeystoreAlgorithm, given: Uint8Array | undefined): Promise<NewKey> {
    const seed = given ?? drawKey(algorithm);
    try {
      const publicKey = publicKeyOf(algorithm, seed);
      const kek = randomFill(allocateSecret(AES_256_GCM.keyBytes));
      const sealed = new Uint8Array(seed.length + AES_256_GCM.tagBytes);
      const cipher = engine('aead').prepareTransient(kek);
      cipher.seal(NONCE, seedAad(id, algorithm), seed, sealed);
      cipher.dispose();
      return { custody: this.#custody, publicKey, protection: kek, secret: sealed };
    } finally {
      if (given === undefined) wipe(seed);
    }
  }

  async load(handle: KeyHandle): Promise<LiveKey> {
    const seed = await this.secretOf(handle);
    try {
      return liveFromSeed(handle.algorithm, seed);
    } finally {
      wipe(seed);
    }
  }

  async secretOf({ id, algorithm, protection, secret }: KeyHandle): Promise<Uint8Array> {
    const seed = allocateSecret(Math.max(0, secret.length - AES_256_GCM.tagBytes));
    const cipher = engine('aead').prepareTransient(protection);
    try {
      if (cipher.open(NONCE, seedAad(id, algorithm), secret, seed)) return seed;
      wipe(seed);
      throw new KeyStoreError('ERR_KEYSTORE_CORRUPT', 'a key does not open under its key-encryption key');
    } finally {
      cipher.dispose();
    }
  }

  /** Nothing of a key is kept outside of manifest and blob. */
  async destroy(): Promise<void> {}

  async close(): Promise<void> {}
}

/** A key that is used in this process. The seed is copied. */
export function liveFromSeed(algorithm: KeystoreAlgorithm, seed: Uint8Array): LiveKey {
  if (algorithm === AES_256_GCM.name) return liveAead(engine('aead').prepare(seed));
  if (algorithm === ML_KEM_1024.name) return liveKem(KemPrivateKey.fromSeed(seed));
  return liveSign(SignPrivateKey.fromSeed(seed));
}

function liveSign(key: SignPrivateKey): LiveKey {
  return {
    sign: (message, context, deterministic) => sign(key, message, { context, deterministic }),
    dispose: () => key.dispose(),
  };
}

function liveKem(key: KemPrivateKey): LiveKey {
  return {
    decapsulate(ciphertext) {
      using secret = decapsulate(key, ciphertext);
      return copySecret(secret.expose());
    },
    dispose: () => key.dispose(),
  };
}

function liveAead(cipher: PreparedAeadKey): LiveKey {
  return {
    seal(aad, plaintext, room = 0) {
      const nonce = new Uint8Array(AES_256_GCM.nonceBytes);
      drawNonce(nonce);
      const sealed = allocate(room + plaintext.length + AES_256_GCM.tagBytes).subarray(room);
      cipher.seal(nonce, aad, plaintext, sealed);
      return { nonce, sealed };
    },
    open(nonce, aad, sealed) {
      const out = new Uint8Array(Math.max(0, sealed.length - AES_256_GCM.tagBytes));
      return cipher.open(nonce, aad, sealed, out) ? out : undefined;
    },
    dispose: () => cipher.dispose(),
  };
}
