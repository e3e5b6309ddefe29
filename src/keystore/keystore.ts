/**
 * What a keystore is: named keys with generations, that do things and do not come out.
 *
 * @module
 */
import { checkInteger, describe, isObject, readFrom } from '../bytes.ts';
import type { AnyPrivateKey, AnyPublicKey, PublicJwks } from '../encodings/index.ts';
import type { Decapsulator, EnvelopeOpenOptions, Signer } from '../envelope/index.ts';
import { InputError } from '../errors.ts';
import { AES_256_GCM, type KeyAlgorithm, ML_DSA_87, ML_KEM_1024 } from '../params.ts';
import type { ByteSecret, SecretBytes } from '../secret.ts';
import type { SignOptions } from '../sign/index.ts';

/** One generation of a named key. */
export interface KeyRef {
  /** 1 to 64 characters of `a-z`, `0-9`, `.`, `_`, `-`, starting with a letter or digit. */
  readonly name: string;
  /** 1 for the first key of that name, then counted up; never reused. */
  readonly generation: number;
}

/** What a keystore has keys for: the asymmetric algorithms, and AES-256-GCM for data. */
export type KeystoreAlgorithm = KeyAlgorithm | typeof AES_256_GCM.name;

/** All of them, in the order in which they are reported. */
export const KEYSTORE_ALGORITHMS: readonly KeystoreAlgorithm[] = [
  ML_KEM_1024.name,
  ML_DSA_87.name,
  AES_256_GCM.name,
];

/**
 * Where a private key lives: `memory` in this process only; `sealed` under a key that the store unlocks, with the seed in
 * memory while it is used; `in-token` inside a hardware module, which runs the operation itself.
 */
export type Custody = 'memory' | 'sealed' | 'in-token';

/** Custodies from weakest to strongest. */
export const CUSTODIES: readonly Custody[] = ['memory', 'sealed', 'in-token'];

/**
 * Where in its life a generation is (SP 800-57 part 1 §7). `pending`: published, not used yet, except to decapsulate and
 * open. `active`: everything. `retired`: decapsulate and open only. `suspended` and `compromised`: nothing. `destroying`:
 * nothing, and soon gone. A destroyed one is no longer listed; its number is never used again.
 */
export type KeyState = 'pending' | 'active' | 'retired' | 'suspended' | 'compromised' | 'destroying';

/** All states, in the order of their codes in stored formats. */
export const KEY_STATES: readonly KeyState[] = [
  'pending',
  'active',
  'retired',
  'suspended',
  'compromised',
  'destroying',
];

/** Times of a generation's life, milliseconds since the Unix epoch; what has not been decided is absent. */
export interface KeyTimes {
  /** When it became, or is to become, active. */
  readonly activatedAtMs?: number;
  /** When it was, or is to be, retired. */
  readonly retiredAtMs?: number;
  /** When it is to be destroyed. */
  readonly destroyAfterMs?: number;
}

/** What a keystore tells of a key. Nothing in it is secret. */
export interface KeyInfo extends KeyTimes {
  readonly ref: KeyRef;
  readonly algorithm: KeystoreAlgorithm;
  readonly custody: Custody;
  readonly state: KeyState;
  /** JWK thumbprint (RFC 7638) of the public key, base64url; of an AES key 16 random bytes, base64url. */
  readonly keyId: string;
  /** When it was made, milliseconds since the Unix epoch. */
  readonly createdAtMs: number;
  /** Of an AES key: messages that may be sealed with it in all, by everybody who has the store. */
  readonly maxUses?: number;
  /** Of an AES key: how many of these are used or set aside for a process that seals. */
  readonly reservedUses?: number;
}

/** What {@link Keystore.generate} and {@link Keystore.import} have in common. */
export interface NewKeyOptions {
  /** The key's name; an existing name gets its next generation. */
  readonly name: string;
  /** Refuses to make the key with less than this. */
  readonly requireCustody?: Custody;
  /** `active` by default. */
  readonly state?: 'pending' | 'active';
  /** Of an AES key: messages that may be sealed with it, 1 to 2^32 (SP 800-38D §8.3), which is the default. */
  readonly maxUses?: number;
}

/** Options of {@link Keystore.generate}. */
export interface GenerateOptions extends NewKeyOptions {
  readonly algorithm: KeystoreAlgorithm;
  /** Gives the newest active generation of the name when there is one, and makes none then. */
  readonly ifAbsent?: boolean;
}

/** Options of {@link Keystore.import}. */
export interface ImportOptions extends NewKeyOptions {
  readonly algorithm: KeystoreAlgorithm;
  /**
   * The key: a private key whose seed is known, raw bytes (ML-KEM-1024 64, ML-DSA-87 32, AES-256-GCM 32), or PKCS#8 in DER
   * or PEM with the seed. Copied; what was given stays the caller's to wipe.
   */
  readonly key: AnyPrivateKey | ByteSecret | string;
}

/** Options of every use of a key. */
export interface UseOptions {
  /** Refuses to use a key with less than this. */
  readonly requireCustody?: Custody;
}

/** Options of sealing and opening data, of wrapping and unwrapping. */
export interface DataOptions extends UseOptions {
  /** Bytes that are authenticated but not sealed; whoever opens must give the same. None by default. */
  readonly aad?: Uint8Array;
}

/** What {@link Keystore.update} changes of a generation. What is absent stays. */
export interface KeyUpdate extends KeyTimes {
  readonly state?: KeyState;
}

/** One change of a store, as {@link Keystore.onChange} tells it. */
export interface KeystoreChange {
  /** What happened. */
  readonly kind: 'created' | 'updated' | 'destroyed';
  readonly info: KeyInfo;
}

/** A key by its name (its newest active generation), or exactly. */
export type KeySelector = string | KeyRef;

/** Named keys with generations. Every method that needs a key says `ERR_KEYSTORE_NOT_FOUND` when there is none. */
export interface Keystore {
  /** Which kind of store. */
  readonly backend: 'memory' | 'file' | 'pkcs11';
  /** The custody that a new key of an algorithm gets here. */
  custodyOf(algorithm: KeystoreAlgorithm): Promise<Custody>;
  /** Makes a key; the next generation of its name. A name keeps its algorithm. */
  generate(options: GenerateOptions): Promise<KeyInfo>;
  /** Takes a key from elsewhere in, as the next generation of its name. */
  import(options: ImportOptions): Promise<KeyInfo>;
  /** All keys, by name and generation. */
  list(): Promise<KeyInfo[]>;
  /** One key. */
  get(key: KeySelector): Promise<KeyInfo>;
  /** The generation that has this key id, if any. */
  find(keyId: string): Promise<KeyInfo | undefined>;
  /** The public half of a key pair. */
  publicKey(key: KeySelector): Promise<AnyPublicKey>;
  /** The public halves of all key pairs that others may use, as a JWK set: pending, active and retired ones. */
  jwks(): Promise<PublicJwks>;
  /** Signs with an ML-DSA-87 key. */
  sign(key: KeySelector, message: Uint8Array, options?: SignOptions & UseOptions): Promise<Uint8Array>;
  /** Decapsulates with an ML-KEM-1024 key; the secret is the caller's to dispose. */
  decapsulate(key: KeySelector, ciphertext: Uint8Array, options?: UseOptions): Promise<SecretBytes>;
  /** An ML-DSA-87 key as the signer of envelopes. */
  signer(key: KeySelector, options?: UseOptions): Promise<Signer>;
  /** An ML-KEM-1024 key as the recipient of envelopes. */
  recipient(key: KeySelector, options?: UseOptions): Promise<Decapsulator>;
  /** Opens an envelope with whichever generation it was sealed to. */
  openEnvelope(envelope: Uint8Array, options?: EnvelopeOpenOptions & UseOptions): Promise<Uint8Array>;
  /** Seals a message with an AES-256-GCM key. */
  sealData(key: KeySelector, plaintext: Uint8Array, options?: DataOptions): Promise<Uint8Array>;
  /** Opens what {@link sealData} made, with whichever generation sealed it. */
  openData(sealed: Uint8Array, options?: DataOptions): Promise<Uint8Array>;
  /** Wraps key material with an AES-256-GCM key; what {@link sealData} made is no wrapped key, nor the reverse. */
  wrap(key: KeySelector, secret: ByteSecret, options?: DataOptions): Promise<Uint8Array>;
  /** Unwraps what {@link wrap} made; the secret is the caller's to dispose. */
  unwrap(wrapped: Uint8Array, options?: DataOptions): Promise<SecretBytes>;
  /** Changes state and times of a generation. Nothing leads out of `compromised` or `destroying`. */
  update(ref: KeyRef, changes: KeyUpdate): Promise<KeyInfo>;
  /** Destroys a generation for good. */
  destroy(ref: KeyRef): Promise<void>;
  /**
   * Tells of every change, by this object or by another process, until the returned function is called. A listener that
   * throws does not disturb the store.
   */
  onChange(listener: (change: KeystoreChange) => void): () => void;
  /** Wipes what is in memory; further calls are refused with `ERR_KEYSTORE_STATE`. */
  close(): Promise<void>;
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** Largest generation that formats can hold. */
export const MAX_GENERATION: number = 2 ** 32 - 1;

/** Checks a key name. */
export function checkName(argument: string, name: unknown): asserts name is string {
  if (typeof name !== 'string') throw new InputError('ERR_INPUT_TYPE', argument, 'a string', describe(name));
  if (!NAME.test(name)) {
    throw new InputError(
      'ERR_INPUT_FORMAT',
      argument,
      '1 to 64 characters of a-z, 0-9, ".", "_", "-", starting with a letter or digit',
      describe(name),
    );
  }
}

/** Checks a key reference; returns a copy of it. */
export function checkRef(argument: string, ref: unknown): KeyRef {
  const expected = 'a KeyRef { name, generation }';
  if (!isObject(ref)) throw new InputError('ERR_INPUT_TYPE', argument, expected, describe(ref));
  const { name, generation } = readFrom(argument, expected, () => {
    const { name, generation } = ref as Partial<KeyRef>;
    return { name, generation };
  });
  checkName(`${argument}.name`, name);
  checkInteger(`${argument}.generation`, generation, 1, MAX_GENERATION);
  return { name, generation };
}

/**
 * Checks an argument that is one of a few texts.
 *
 * @throws {@link InputError} `ERR_INPUT_OPTION`.
 */
export function checkOneOf<T extends string>(
  argument: string,
  value: unknown,
  known: readonly T[],
): asserts value is T {
  if (known.includes(value as T)) return;
  const got = typeof value === 'string' ? `"${value.slice(0, 32)}"` : describe(value);
  const expected = known.map((text) => `"${text}"`).join(', ');
  throw new InputError('ERR_INPUT_OPTION', argument, known.length > 1 ? `one of ${expected}` : expected, got);
}

/** Whether one custody is at least another. */
export function isAtLeast(custody: Custody, wanted: Custody): boolean {
  return CUSTODIES.indexOf(custody) >= CUSTODIES.indexOf(wanted);
}
