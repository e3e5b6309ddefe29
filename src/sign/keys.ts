/**
 * ML-DSA-87 keys.
 *
 * @module
 */
import {
  allocateSecret,
  checkBytes,
  checkInternal,
  describe,
  INTERNAL,
  isObject,
  randomFill,
  wipe,
} from '../bytes.ts';
import type {
  Capability,
  PreparedSignPrivateKey,
  PreparedSignPublicKey,
  SignEngine,
} from '../engines/engine.ts';
import { engine } from '../engines/index.ts';
import { InputError } from '../errors.ts';
import { type KeyMaterial, keyMaterial, PrivateKey, PublicKey } from '../keypair.ts';
import { ML_DSA_87 } from '../params.ts';
import { type ByteSecret, exposeBytes, SecretBytes } from '../secret.ts';

let isPublic: (value: object) => boolean;
let isPrivate: (value: object) => boolean;
let preparedPublic: (key: SignPublicKey, capability?: Capability) => PreparedSignPublicKey;
let preparedPrivate: (key: SignPrivateKey, capability?: Capability) => PreparedSignPrivateKey;

/** An ML-DSA-87 public key: 2592 bytes. */
export class SignPublicKey extends PublicKey {
  /** JOSE and FIPS name. */
  override readonly algorithm: typeof ML_DSA_87.name = ML_DSA_87.name;
  /** One form an engine: an operation that the usual engine lacks goes to another one. */
  readonly #prepared = new Map<SignEngine, PreparedSignPublicKey>();

  static {
    isPublic = (value) => #prepared in value;
    preparedPublic = (key, capability) => {
      const signEngine = engine('sign', capability);
      let prepared = key.#prepared.get(signEngine);
      if (prepared === undefined) {
        prepared = signEngine.preparePublic(key.toBytes());
        key.#prepared.set(signEngine, prepared);
      }
      return prepared;
    };
  }

  private constructor(token: typeof INTERNAL, bytes: Uint8Array) {
    super(bytes);
    checkInternal(token, 'SignPublicKey');
  }

  /**
   * Imports a raw key. Every string of 2592 bytes is one (FIPS 204 algorithm 23).
   *
   * @param bytes - 2592 bytes; copied.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`.
   */
  static fromBytes(bytes: Uint8Array): SignPublicKey {
    checkBytes('bytes', bytes, ML_DSA_87.publicKeyBytes);
    return new SignPublicKey(INTERNAL, new Uint8Array(bytes));
  }
}

/** An ML-DSA-87 private key. Disposable; prints as `[secret]`. */
export class SignPrivateKey extends PrivateKey {
  /** JOSE and FIPS name. */
  override readonly algorithm: typeof ML_DSA_87.name = ML_DSA_87.name;
  readonly #prepared = new Map<SignEngine, PreparedSignPrivateKey>();
  #publicKey: SignPublicKey | undefined;

  static {
    isPrivate = (value) => #prepared in value;
    preparedPrivate = (key, capability) => {
      const signEngine = engine('sign', capability);
      let prepared = key.#prepared.get(signEngine);
      if (prepared === undefined) {
        prepared = prepare(signEngine, keyMaterial('key', key));
        key.#prepared.set(signEngine, prepared);
      }
      return prepared;
    };
  }

  private constructor(
    token: typeof INTERNAL,
    prepared: PreparedSignPrivateKey | undefined,
    material: KeyMaterial,
  ) {
    super(material);
    checkInternal(token, 'SignPrivateKey');
    if (prepared !== undefined) this.#prepared.set(engine('sign'), prepared);
  }

  /**
   * A key that was generated elsewhere in this process; the engine prepares it when it is used.
   *
   * @param seed - Taken over.
   * @param publicKey - What belongs to the seed.
   * @internal
   */
  static fromPair(seed: Uint8Array, publicKey: Uint8Array): SignPrivateKey {
    const key = new SignPrivateKey(INTERNAL, undefined, { seed: SecretBytes.adopt(seed) });
    key.#publicKey = SignPublicKey.fromBytes(publicKey);
    return key;
  }

  /**
   * Imports a seed, the form to keep and to exchange (RFC 9881).
   *
   * @param seed - ξ, 32 bytes; copied, and the original stays yours to wipe.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_DISPOSED`.
   */
  static fromSeed(seed: ByteSecret): SignPrivateKey {
    const bytes = exposeBytes('seed', seed, ML_DSA_87.seedBytes);
    const material = { seed: SecretBytes.from(bytes) };
    return new SignPrivateKey(INTERNAL, prepare(engine('sign'), material), material);
  }

  /**
   * Imports an expanded key, for keys whose seed is not known. Checked whole: ranges, `tr`, `t0`.
   *
   * @param expandedKey - `rho || K || tr || s1 || s2 || t0`, 4896 bytes; copied.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_DISPOSED`; `ERR_INPUT_KEY` when
   * FIPS 204 algorithm 6 cannot have made it.
   */
  static fromExpandedKey(expandedKey: ByteSecret): SignPrivateKey {
    const bytes = exposeBytes('expandedKey', expandedKey, ML_DSA_87.expandedKeyBytes);
    const material = { expandedKey: SecretBytes.from(bytes) };
    let prepared: PreparedSignPrivateKey;
    try {
      prepared = prepare(engine('sign'), material);
    } catch {
      // No cause: an engine's message may speak of coefficients of the key.
      material.expandedKey.dispose();
      throw new InputError(
        'ERR_INPUT_KEY',
        'expandedKey',
        'a key that FIPS 204 algorithm 6 can have made',
        'parts that do not fit',
      );
    }
    return new SignPrivateKey(INTERNAL, prepared, material);
  }

  /**
   * The public half.
   *
   * @throws {@link InputError} `ERR_INPUT_DISPOSED`.
   */
  override get publicKey(): SignPublicKey {
    if (this.#publicKey === undefined) {
      const bytes = new Uint8Array(ML_DSA_87.publicKeyBytes);
      preparedSignPrivateKey('key', this).publicKey(bytes);
      this.#publicKey = SignPublicKey.fromBytes(bytes);
    }
    return this.#publicKey;
  }

  /** Wipes the key as far as the engine can. Further calls do nothing. */
  override dispose(): void {
    super.dispose();
    for (const prepared of this.#prepared.values()) prepared.dispose();
    this.#prepared.clear();
  }
}

function prepare(signEngine: SignEngine, material: KeyMaterial): PreparedSignPrivateKey {
  return 'seed' in material
    ? signEngine.prepareSeed(material.seed.expose())
    : signEngine.prepareExpanded(material.expandedKey.expose());
}

/**
 * Generates a key pair.
 *
 * FIPS 204 §5.1, algorithm 1: the seed is drawn here and kept, so that the key can be written in its standard form.
 *
 * @returns The private key, yours to dispose; its public half is `publicKey`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_RUNTIME` when the runtime has no random generator.
 * @example using key = generateSignKey();
 */
export function generateSignKey(): SignPrivateKey {
  const seed = randomFill(allocateSecret(ML_DSA_87.seedBytes));
  try {
    return SignPrivateKey.fromSeed(seed);
  } finally {
    wipe(seed);
  }
}

/**
 * Whether a value is a key of this class; nothing that only looks like one is.
 *
 * @internal
 */
export function isSignPublicKey(value: unknown): value is SignPublicKey {
  return isObject(value) && isPublic(value);
}

/**
 * Whether a value is a key of this class; nothing that only looks like one is.
 *
 * @internal
 */
export function isSignPrivateKey(value: unknown): value is SignPrivateKey {
  return isObject(value) && isPrivate(value);
}

/** @internal */
export function checkSignPublicKey(argument: string, key: unknown): asserts key is SignPublicKey {
  if (!isSignPublicKey(key)) {
    throw new InputError('ERR_INPUT_TYPE', argument, 'a SignPublicKey', describe(key));
  }
}

/** @internal */
export function checkSignPrivateKey(argument: string, key: unknown): asserts key is SignPrivateKey {
  if (!isSignPrivateKey(key)) {
    throw new InputError('ERR_INPUT_TYPE', argument, 'a SignPrivateKey', describe(key));
  }
  keyMaterial(argument, key);
}

/**
 * A public key prepared for an engine; one with the capability named has all of its methods.
 *
 * @internal
 */
export function preparedSignPublicKey(argument: string, key: SignPublicKey): PreparedSignPublicKey;
export function preparedSignPublicKey(
  argument: string,
  key: SignPublicKey,
  capability: 'external-mu',
): Required<PreparedSignPublicKey>;
export function preparedSignPublicKey(
  argument: string,
  key: SignPublicKey,
  capability?: Capability,
): PreparedSignPublicKey {
  checkSignPublicKey(argument, key);
  return preparedPublic(key, capability);
}

/**
 * A private key prepared for an engine; one with the capability named has all of its methods.
 *
 * @internal
 */
export function preparedSignPrivateKey(argument: string, key: SignPrivateKey): PreparedSignPrivateKey;
export function preparedSignPrivateKey(
  argument: string,
  key: SignPrivateKey,
  capability: 'seeded-signing' | 'external-mu',
): Required<PreparedSignPrivateKey>;
export function preparedSignPrivateKey(
  argument: string,
  key: SignPrivateKey,
  capability?: Capability,
): PreparedSignPrivateKey {
  checkSignPrivateKey(argument, key);
  return preparedPrivate(key, capability);
}
