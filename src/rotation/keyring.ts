/**
 * Use of a rotated key: what is new is sealed and signed under the active generation, what is old is opened and verified by the
 * generation that its key id names.
 *
 * @module
 */
import { checkBytes, checkInteger, checkInternal, checkOptions, describe, INTERNAL } from '../bytes.ts';
import { type Clock, checkClock } from '../clock.ts';
import type { AnyPublicKey } from '../encodings/index.ts';
import { type EnvelopeOpenOptions, type EnvelopeSealOptions, readHeader, seal } from '../envelope/index.ts';
import { ExpiredError, InputError, KeyStoreError } from '../errors.ts';
import type { KemPublicKey } from '../kem/index.ts';
import { type StoreAccess, storeAccess } from '../keystore/access.ts';
import { readDataKeyId } from '../keystore/data.ts';
import {
  checkName,
  checkOneOf,
  type DataOptions,
  type KeyInfo,
  type Keystore,
} from '../keystore/keystore.ts';
import { notFound } from '../keystore/refusals.ts';
import { AES_256_GCM, ML_DSA_87, ML_KEM_1024 } from '../params.ts';
import { type SignOptions, type SignPublicKey, verify } from '../sign/index.ts';
import { readLife } from './life-format.ts';
import { DEFAULT_ROTATION_POLICY } from './policy.ts';

/**
 * How bytes came: `received` just now from a peer, who uses a retired generation for the overlap only; or `stored`, for as long as
 * the generation is kept.
 */
export type BytesUse = 'received' | 'stored';

const USES: readonly BytesUse[] = ['received', 'stored'];

/** Options of {@link createKeyring}. */
export interface KeyringOptions {
  /** The store; stays the caller's to close. */
  readonly keystore: Keystore;
  /** Name of the key. */
  readonly name: string;
  /** Shortest time between two looks into the store for key ids that nobody knows, 0 to 3 600 000 ms; 5000 by default. */
  readonly cooldownMs?: number;
  /** Where time comes from; the system's clocks by default. */
  readonly clock?: Clock;
}

/** Options of {@link Keyring.openEnvelope}. */
export interface KeyringEnvelopeOptions extends EnvelopeOpenOptions {
  readonly use: BytesUse;
}

/** Options of {@link Keyring.open}. */
export interface KeyringDataOptions extends Pick<DataOptions, 'aad'> {
  readonly use: BytesUse;
}

/** A signature, and which generation made it. */
export interface KeyringSignature {
  readonly signature: Uint8Array;
  readonly keyId: string;
}

/** Options of {@link Keyring.verify}. */
export interface KeyringVerifyOptions {
  /** As it was signed with; empty by default. */
  readonly context?: Uint8Array;
  /** When it was signed, milliseconds since the Unix epoch, as somebody trustworthy says: the generation must have been active then. */
  readonly signedAtMs?: number;
}

/** Clocks of signers and verifiers differ by less. */
const SKEW_MS = 60_000;
const VERIFY_STATES: readonly KeyInfo['state'][] = ['pending', 'active', 'retired'];

/** One rotated key, by generation. */
export class Keyring {
  readonly #keystore: Keystore;
  readonly #access: StoreAccess;
  readonly #name: string;
  readonly #cooldownMs: number;
  readonly #clock: Clock;
  #lookedMs: number | undefined;
  #looking: Promise<unknown> | undefined;

  private constructor(token: typeof INTERNAL, options: Required<KeyringOptions>) {
    checkInternal(token, 'Keyring');
    this.#keystore = options.keystore;
    this.#access = storeAccess('options.keystore', options.keystore);
    this.#name = options.name;
    this.#cooldownMs = options.cooldownMs;
    this.#clock = options.clock;
  }

  /** @internal */
  static make(options: Required<KeyringOptions>): Keyring {
    return new Keyring(INTERNAL, options);
  }

  /** Name of the key. */
  get name(): string {
    return this.#name;
  }

  /**
   * The public half of the active generation.
   *
   * @throws {@link InputError} `ERR_INPUT_ALGORITHM` for an AES key.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND` when no generation is active; `ERR_KEYSTORE_STATE` when the store was closed, or re-keyed by another process;
   * of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a key that another release wrote.
   */
  async publicKey(): Promise<AnyPublicKey> {
    return this.#keystore.publicKey(this.#name);
  }

  /**
   * Seals an envelope to the active generation of this ML-KEM-1024 key.
   *
   * @param plaintext - The message.
   * @param options - Signer, context.
   * @returns The envelope.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`; `ERR_INPUT_ALGORITHM` when
   * the key is for another algorithm.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND` when no generation is active; `ERR_KEYSTORE_STATE` when the store was closed, or re-keyed by another process;
   * of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a key that another release wrote.
   * @throws What a signer that is no key throws, as it is.
   */
  async sealEnvelope(plaintext: Uint8Array, options?: EnvelopeSealOptions): Promise<Uint8Array> {
    checkBytes('plaintext', plaintext);
    const publicKey = await this.publicKey();
    if (publicKey.algorithm !== ML_KEM_1024.name) throw this.#wrongAlgorithm(ML_KEM_1024.name);
    return seal(publicKey as KemPublicKey, plaintext, options);
  }

  /**
   * Opens an envelope with the generation that it was sealed to.
   *
   * @param envelope - The envelope.
   * @param options - `use`: how it came; sender and context.
   * @returns The message.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT`; `ERR_INPUT_STATE` when it is signed
   * and `options.sender` is missing; `ERR_INPUT_ALGORITHM` when the key is for another algorithm.
   * @throws {@link ExpiredError} `ERR_EXPIRED_GENERATION` when it was just received, and the overlap is over.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND` when no generation of the key can open it; `ERR_KEYSTORE_STATE` when that
   * may not be used, or the store was closed, or re-keyed by another process; of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`;
   * `ERR_KEYSTORE_TOKEN`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for another version, or a key that another release wrote.
   * @throws {@link AuthenticationError} `ERR_AUTHENTICATION` for any change, or other sender or context.
   * @throws What a function `options.sender` throws, as it is.
   */
  async openEnvelope(envelope: Uint8Array, options: KeyringEnvelopeOptions): Promise<Uint8Array> {
    const { use, ...rest } = this.#readUse(options, ['sender', 'context']);
    checkBytes('envelope', envelope);
    const info = await this.#find(readHeader(envelope).recipient, ML_KEM_1024.name);
    this.#checkOverlap(info, use);
    return this.#keystore.openEnvelope(envelope, rest);
  }

  /**
   * Seals data with the active generation of this AES-256-GCM key.
   *
   * @param plaintext - The message.
   * @param options - AAD.
   * @returns The sealed message.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`; `ERR_INPUT_ALGORITHM` when the key is for another
   * algorithm.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND` when no generation is active; `ERR_KEYSTORE_STATE` when the store was closed, or re-keyed by another process;
   * of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_LOCKED`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`; `ERR_KEYSTORE_TOKEN`.
   * @throws {@link ExpiredError} `ERR_EXPIRED_USE_BUDGET` when the active generation has no use left: rotate.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a key that another release wrote; `ERR_UNSUPPORTED_RUNTIME` when the runtime has
   * no random generator.
   */
  async seal(plaintext: Uint8Array, options?: Pick<DataOptions, 'aad'>): Promise<Uint8Array> {
    return this.#keystore.sealData(this.#name, plaintext, checkOptions('options', options, ['aad']));
  }

  /**
   * Opens data with the generation that sealed it.
   *
   * @param sealed - What {@link seal} returned.
   * @param options - `use`: how it came; AAD.
   * @returns The message.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT`; `ERR_INPUT_ALGORITHM` when the key is
   * for another algorithm.
   * @throws {@link ExpiredError} `ERR_EXPIRED_GENERATION` when it was just received, and the overlap is over.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND` when no generation of the key can open it; `ERR_KEYSTORE_STATE` when that
   * may not be used, or the store was closed, or re-keyed by another process; of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`;
   * `ERR_KEYSTORE_TOKEN`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for another version, or a key that another release wrote.
   * @throws {@link AuthenticationError} `ERR_AUTHENTICATION` for any change, or other AAD.
   */
  async open(sealed: Uint8Array, options: KeyringDataOptions): Promise<Uint8Array> {
    const { use, ...rest } = this.#readUse(options, ['aad']);
    const info = await this.#find(readDataKeyId('sealed', sealed), AES_256_GCM.name);
    this.#checkOverlap(info, use);
    return this.#keystore.openData(sealed, rest);
  }

  /**
   * Signs with the active generation of this ML-DSA-87 key.
   *
   * @param message - The message.
   * @param options - Context, deterministic signing.
   * @returns The signature, and the key id that {@link verify} takes.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`; `ERR_INPUT_ALGORITHM` when the key is for another
   * algorithm.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND` when no generation is active; `ERR_KEYSTORE_STATE` when the store was closed, or re-keyed by another process;
   * of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`; `ERR_KEYSTORE_TOKEN`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` for deterministic signing when an engine without it is forced;
   * `ERR_UNSUPPORTED_VERSION` for a key that another release wrote.
   */
  async sign(message: Uint8Array, options?: SignOptions): Promise<KeyringSignature> {
    const wanted = checkOptions('options', options, ['context', 'deterministic']);
    for (let attempt = 0; ; attempt++) {
      const { ref, keyId } = await this.#keystore.get(this.#name);
      try {
        return { signature: await this.#keystore.sign(ref, message, wanted), keyId };
      } catch (error) {
        // It may have been followed by another one meanwhile.
        const now = await this.#keystore.get(this.#name).catch(() => undefined);
        if (attempt > 0 || now === undefined || now.keyId === keyId) throw error;
      }
    }
  }

  /**
   * Verifies a signature by a generation that is not compromised, suspended or destroyed.
   *
   * @param message - What was signed.
   * @param signed - Signature and key id.
   * @param options - Context; when it was signed.
   * @returns Whether it is good.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_RANGE`; `ERR_INPUT_ALGORITHM` when the
   * key is for another algorithm.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_STATE` when the store was closed, or re-keyed by another process;
   * of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a key that another release wrote.
   */
  async verify(
    message: Uint8Array,
    signed: KeyringSignature,
    options?: KeyringVerifyOptions,
  ): Promise<boolean> {
    checkBytes('message', message);
    if (signed === undefined) {
      throw new InputError('ERR_INPUT_TYPE', 'signed', 'a signature and a key id', 'undefined');
    }
    const { signature, keyId } = checkOptions('signed', signed, ['signature', 'keyId']);
    checkBytes('signed.signature', signature);
    if (typeof keyId !== 'string') {
      throw new InputError('ERR_INPUT_TYPE', 'signed.keyId', 'a string', describe(keyId));
    }
    const { context, signedAtMs } = checkOptions('options', options, ['context', 'signedAtMs']);
    if (context !== undefined) checkBytes('options.context', context, { max: ML_DSA_87.maxContextBytes });
    if (signedAtMs !== undefined) checkInteger('options.signedAtMs', signedAtMs, 0, Number.MAX_SAFE_INTEGER);
    const info = await this.#lookUp(keyId);
    if (info === undefined) return false;
    if (info.algorithm !== ML_DSA_87.name) throw this.#wrongAlgorithm(ML_DSA_87.name);
    if (!VERIFY_STATES.includes(info.state) || !wasActive(info, signedAtMs)) return false;
    const publicKey = (await this.#keystore.publicKey(info.ref)) as SignPublicKey;
    return verify(publicKey, message, signature, context === undefined ? {} : { context });
  }

  #readUse<T extends { readonly use: BytesUse }>(options: T, known: readonly (keyof T & string)[]): T {
    const wanted = checkOptions('options', options, ['use', ...known]);
    checkOneOf('options.use', wanted.use, USES);
    return wanted as T;
  }

  async #find(keyId: string, algorithm: string): Promise<KeyInfo> {
    const info = await this.#lookUp(keyId);
    if (info === undefined) {
      throw new KeyStoreError(
        'ERR_KEYSTORE_NOT_FOUND',
        `no generation of key "${this.#name}" has that key id`,
      );
    }
    if (info.algorithm !== algorithm) throw this.#wrongAlgorithm(algorithm);
    return info;
  }

  /** The generation that has a key id. For one that is not known, the store is looked at once, and not again for a while. */
  async #lookUp(keyId: string): Promise<KeyInfo | undefined> {
    let info = await this.#keystore.find(keyId);
    if (info === undefined) {
      await this.#look();
      info = await this.#keystore.find(keyId);
    }
    return info?.ref.name === this.#name ? info : undefined;
  }

  #look(): Promise<unknown> | undefined {
    const nowMs = this.#clock.monotonicMs();
    if (this.#looking !== undefined) return this.#looking;
    if (this.#lookedMs !== undefined && nowMs - this.#lookedMs < this.#cooldownMs) return undefined;
    this.#lookedMs = nowMs;
    this.#looking = this.#access.refresh().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Refuses what was just received under a generation that peers should not use any more. */
  #checkOverlap(info: KeyInfo, use: BytesUse): void {
    if (use === 'stored' || info.state !== 'retired') return;
    const life = readLife(this.#access.manifest);
    const key = life.keys.get(this.#name);
    const { overlapMs } = key?.policy ?? DEFAULT_ROTATION_POLICY;
    const { retiredAtMs } = info;
    if (retiredAtMs === undefined) throw notFound(info.ref);
    // A clock that goes back does not open the window again.
    const highMs = key?.notes.get(info.ref.generation)?.retiredHighMs;
    const passedMs = Math.max(
      this.#clock.wallMs() - retiredAtMs,
      highMs === undefined ? 0 : life.wallHighMs - highMs,
    );
    if (passedMs <= overlapMs) return;
    const { name, generation } = info.ref;
    throw new ExpiredError(
      'ERR_EXPIRED_GENERATION',
      `key "${name}", generation ${generation}, is retired: nothing new under it is accepted; the sender has an old key`,
    );
  }

  #wrongAlgorithm(wanted: string): InputError {
    return new InputError('ERR_INPUT_ALGORITHM', 'options.name', `a key for ${wanted}`, `"${this.#name}"`);
  }
}

/** Whether a generation was active at a time; clocks differ a little. */
function wasActive({ activatedAtMs, retiredAtMs, state }: KeyInfo, atMs: number | undefined): boolean {
  if (atMs === undefined) return true;
  if (state === 'pending' || activatedAtMs === undefined) return false;
  return atMs >= activatedAtMs - SKEW_MS && (retiredAtMs === undefined || atMs <= retiredAtMs + SKEW_MS);
}

/**
 * Makes a keyring over a rotated key.
 *
 * @param options - Store and name.
 * @returns The keyring.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_RANGE`.
 * @example
 * const inbox = createKeyring({ keystore, name: 'inbox' });
 * const message = await inbox.openEnvelope(bytes, { use: 'received', sender });
 */
export function createKeyring(options: KeyringOptions): Keyring {
  if (options === undefined) {
    throw new InputError('ERR_INPUT_TYPE', 'options', 'an options object', 'undefined');
  }
  const wanted = checkOptions('options', options, ['keystore', 'name', 'cooldownMs', 'clock']);
  const { name, cooldownMs = 5000 } = wanted;
  storeAccess('options.keystore', wanted.keystore);
  checkName('options.name', name);
  checkInteger('options.cooldownMs', cooldownMs, 0, 3_600_000);
  const clock = checkClock('options.clock', wanted.clock);
  return Keyring.make({ keystore: wanted.keystore as Keystore, name, cooldownMs, clock });
}
