/**
 * ML-KEM-1024 keys.
 *
 * @module
 */
import {
  allocateSecret,
  checkBytes,
  checkInternal,
  describe,
  equal,
  INTERNAL,
  isObject,
  randomFill,
  wipe,
} from '../bytes.ts';
import type { PreparedKemPrivateKey, PreparedKemPublicKey } from '../engines/engine.ts';
import { engine } from '../engines/index.ts';
import { InputError, PqError } from '../errors.ts';
import { type KeyMaterial, keyMaterial, PrivateKey, PublicKey } from '../keypair.ts';
import { ML_KEM_1024 } from '../params.ts';
import { type ByteSecret, exposeBytes, SecretBytes } from '../secret.ts';
import { checkExpandedKey, checkPublicKey } from './checks.ts';

let isPublic: (value: object) => boolean;
let isPrivate: (value: object) => boolean;
let preparedPublic: (key: KemPublicKey) => PreparedKemPublicKey;
let preparedPrivate: (key: KemPrivateKey) => PreparedKemPrivateKey;

/** An ML-KEM-1024 encapsulation key: public, 1568 bytes, checked (FIPS 203 §7.2). */
export class KemPublicKey extends PublicKey {
  /** JOSE and FIPS name. */
  override readonly algorithm: typeof ML_KEM_1024.name = ML_KEM_1024.name;
  #prepared: PreparedKemPublicKey | undefined;

  static {
    isPublic = (value) => #prepared in value;
    preparedPublic = (key) => {
      key.#prepared ??= engine('kem').preparePublic(key.toBytes());
      return key.#prepared;
    };
  }

  private constructor(token: typeof INTERNAL, bytes: Uint8Array) {
    super(bytes);
    checkInternal(token, 'KemPublicKey');
  }

  /**
   * Imports a raw key.
   *
   * @param bytes - 1568 bytes; copied.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`; `ERR_INPUT_KEY` when the modulus check fails.
   */
  static fromBytes(bytes: Uint8Array): KemPublicKey {
    checkBytes('bytes', bytes, ML_KEM_1024.publicKeyBytes);
    // What is checked is what is kept: shared memory may change under a check.
    const copy = new Uint8Array(bytes);
    checkPublicKey('bytes', copy);
    return new KemPublicKey(INTERNAL, copy);
  }
}

/** An ML-KEM-1024 decapsulation key. Disposable; prints as `[secret]`. */
export class KemPrivateKey extends PrivateKey {
  /** JOSE and FIPS name. */
  override readonly algorithm: typeof ML_KEM_1024.name = ML_KEM_1024.name;
  #prepared: PreparedKemPrivateKey | undefined;
  #publicKey: KemPublicKey | undefined;

  static {
    isPrivate = (value) => #prepared in value;
    preparedPrivate = (key) => {
      key.#prepared ??= prepare(keyMaterial('key', key));
      return key.#prepared;
    };
  }

  private constructor(
    token: typeof INTERNAL,
    prepared: PreparedKemPrivateKey | undefined,
    material: KeyMaterial,
  ) {
    super(material);
    checkInternal(token, 'KemPrivateKey');
    this.#prepared = prepared;
  }

  /**
   * Imports a seed, the form to keep and to exchange (RFC 9935).
   *
   * @param seed - `d || z`, 64 bytes; copied, and the original stays yours to wipe.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_DISPOSED`.
   */
  static fromSeed(seed: ByteSecret): KemPrivateKey {
    const material = { seed: SecretBytes.from(exposeBytes('seed', seed, ML_KEM_1024.seedBytes)) };
    return new KemPrivateKey(INTERNAL, prepare(material), material);
  }

  /**
   * A key that was generated elsewhere in this process; the engine prepares it when it is used.
   *
   * @param seed - Taken over.
   * @param publicKey - What belongs to the seed.
   * @internal
   */
  static fromPair(seed: Uint8Array, publicKey: Uint8Array): KemPrivateKey {
    const key = new KemPrivateKey(INTERNAL, undefined, { seed: SecretBytes.adopt(seed) });
    key.#publicKey = KemPublicKey.fromBytes(publicKey);
    return key;
  }

  /** @internal */
  static generate(): KemPrivateKey {
    const seed = allocateSecret(ML_KEM_1024.seedBytes);
    const kem = engine('kem');
    const prepared = kem.generate?.(seed) ?? kem.prepareSeed(randomFill(seed));
    return new KemPrivateKey(INTERNAL, prepared, { seed: SecretBytes.adopt(seed) });
  }

  /**
   * Imports an expanded key, for keys whose seed is not known. Checked as FIPS 203 §7.3 asks, and by one round of
   * encapsulation and decapsulation.
   *
   * @param expandedKey - `dkPKE || ek || H(ek) || z`, 3168 bytes; copied.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_DISPOSED`; `ERR_INPUT_KEY` when the
   * parts do not fit.
   */
  static fromExpandedKey(expandedKey: ByteSecret): KemPrivateKey {
    const material = {
      expandedKey: SecretBytes.from(exposeBytes('expandedKey', expandedKey, ML_KEM_1024.expandedKeyBytes)),
    };
    const bytes = material.expandedKey.expose();
    const misfit = () =>
      new InputError('ERR_INPUT_KEY', 'expandedKey', 'a private part that fits the public one', 'another');
    let key: KemPrivateKey;
    try {
      checkExpandedKey('expandedKey', bytes);
      key = new KemPrivateKey(INTERNAL, prepare(material), material);
    } catch (error) {
      material.expandedKey.dispose();
      // Some engines find it out themselves. No cause: their words may speak of the key.
      throw error instanceof PqError ? error : misfit();
    }
    if (!isPairwiseConsistent(key)) {
      key.dispose();
      throw misfit();
    }
    return key;
  }

  /**
   * The public half.
   *
   * @throws {@link InputError} `ERR_INPUT_DISPOSED`.
   */
  override get publicKey(): KemPublicKey {
    if (this.#publicKey === undefined) {
      const bytes = new Uint8Array(ML_KEM_1024.publicKeyBytes);
      preparedKemPrivateKey('key', this).publicKey(bytes);
      this.#publicKey = KemPublicKey.fromBytes(bytes);
    }
    return this.#publicKey;
  }

  /** Wipes the key as far as the engine can. Further calls do nothing. */
  override dispose(): void {
    super.dispose();
    this.#prepared?.dispose();
  }
}

function prepare(material: KeyMaterial): PreparedKemPrivateKey {
  return 'seed' in material
    ? engine('kem').prepareSeed(material.seed.expose())
    : engine('kem').prepareExpanded(material.expandedKey.expose());
}

function isPairwiseConsistent(key: KemPrivateKey): boolean {
  const ciphertext = new Uint8Array(ML_KEM_1024.ciphertextBytes);
  const sent = new Uint8Array(ML_KEM_1024.sharedSecretBytes);
  const received = new Uint8Array(ML_KEM_1024.sharedSecretBytes);
  try {
    preparedPublic(key.publicKey).encapsulate(ciphertext, sent);
    preparedPrivate(key).decapsulate(ciphertext, received);
    return equal(sent, received);
  } finally {
    wipe(sent, received);
  }
}

/**
 * Generates a key pair.
 *
 * FIPS 203 §7.1, algorithm 19: the seed is kept, so that the key can be written in its standard form.
 *
 * @returns The private key, yours to dispose; its public half is `publicKey`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_RUNTIME` when the runtime has no random generator.
 * @example using key = generateKemKey();
 */
export function generateKemKey(): KemPrivateKey {
  return KemPrivateKey.generate();
}

/**
 * Whether a value is a key of this class; nothing that only looks like one is.
 *
 * @internal
 */
export function isKemPublicKey(value: unknown): value is KemPublicKey {
  return isObject(value) && isPublic(value);
}

/**
 * Whether a value is a key of this class; nothing that only looks like one is.
 *
 * @internal
 */
export function isKemPrivateKey(value: unknown): value is KemPrivateKey {
  return isObject(value) && isPrivate(value);
}

/** @internal */
export function checkKemPublicKey(argument: string, key: unknown): asserts key is KemPublicKey {
  if (!isKemPublicKey(key)) {
    throw new InputError('ERR_INPUT_TYPE', argument, 'a KemPublicKey', describe(key));
  }
}

/** @internal */
export function checkKemPrivateKey(argument: string, key: unknown): asserts key is KemPrivateKey {
  if (!isKemPrivateKey(key)) {
    throw new InputError('ERR_INPUT_TYPE', argument, 'a KemPrivateKey', describe(key));
  }
  keyMaterial(argument, key);
}

/** @internal */
export function preparedKemPublicKey(argument: string, key: KemPublicKey): PreparedKemPublicKey {
  checkKemPublicKey(argument, key);
  return preparedPublic(key);
}

/** @internal */
export function preparedKemPrivateKey(argument: string, key: KemPrivateKey): PreparedKemPrivateKey {
  checkKemPrivateKey(argument, key);
  return preparedPrivate(key);
}
