/**
 * AES-256 keys with everything that must go with them: an id, a commitment, and a budget of uses.
 *
 * @module
 */
import {
  allocateSecret,
  checkInteger,
  checkInternal,
  checkOptions,
  concat,
  describe,
  INTERNAL,
  isObject,
  randomFill,
  toHex,
  utf8,
  wipe,
} from '../bytes.ts';
import type { PreparedAeadKey } from '../engines/engine.ts';
import { engine } from '../engines/index.ts';
import { ExpiredError, InputError } from '../errors.ts';
import { AES_256_GCM } from '../params.ts';
import { PREAMBLE_BYTES, writePreamble } from '../preamble.ts';
import { type ByteSecret, exposeBytes, INSPECT, REDACTED, SecretBytes, SecretHolder } from '../secret.ts';

/** Options of {@link AeadKey.generate} and {@link AeadKey.fromBytes}. */
export interface AeadKeyOptions {
  /** Messages and streams that may be sealed with this key; at most, and by default, 2^32 (SP 800-38D §8.3). */
  readonly maxUses?: number;
  /** Uses that earlier objects of the same key have spent; 0 by default. */
  readonly uses?: number;
}

/** Bytes of a key id. */
export const KEY_ID_BYTES = 16;
/** Bytes of a key commitment. */
export const COMMITMENT_BYTES = 32;

const MESSAGE_INFO = utf8('mwrasp-crypto/aead/v1/message');
const STREAM_INFO = utf8('mwrasp-crypto/aead/v1/stream');
const EMPTY = new Uint8Array(0);

/** What the modules of this folder see of a key. */
export interface AeadKeyParts {
  readonly cipher: PreparedAeadKey;
  readonly keyId: Uint8Array;
  readonly commitment: Uint8Array;
  /** What every message begins with: preamble, key id, commitment. */
  readonly messageHead: Uint8Array;
}

/** What one stream needs: a key of its own, what commits to it, and the fixed part of its nonces. */
export interface StreamKeyParts {
  readonly cipher: PreparedAeadKey;
  readonly commitment: Uint8Array;
  readonly noncePrefix: Uint8Array;
}

/** Bytes of the fixed part of a stream's nonces; counter (4) and final flag (1) follow. */
export const NONCE_PREFIX_BYTES = 7;

let isKey: (value: object) => boolean;
let useParts: (argument: string, key: AeadKey) => AeadKeyParts;
let spend: (key: AeadKey) => void;
let streamParts: (key: AeadKey, salt: Uint8Array, binding: Uint8Array) => StreamKeyParts;

/**
 * An AES-256 key for {@link seal}, {@link open} and their stream forms.
 *
 * The bytes given or drawn never touch AES themselves: HKDF-SHA3-512 makes of them the cipher key, a public key id and
 * a commitment, so that sealed bytes open under one key only. The object counts what it sealed and refuses past its
 * budget; who makes several objects of the same bytes has to carry the count over (`uses`).
 */
export class AeadKey extends SecretHolder {
  readonly #master: SecretBytes;
  readonly #parts: AeadKeyParts;
  readonly #maxUses: number;
  #uses: number;

  static {
    isKey = (value) => #master in value;
    useParts = (argument, key) => {
      if (key.#master.disposed) {
        throw new InputError('ERR_INPUT_DISPOSED', argument, 'a live key', 'a disposed one');
      }
      return key.#parts;
    };
    spend = (key) => {
      if (key.#uses >= key.#maxUses) {
        throw new ExpiredError(
          'ERR_EXPIRED_USE_BUDGET',
          `this AES-256 key has sealed ${key.#uses} times, its budget (SP 800-38D §8.3); use a new one`,
        );
      }
      key.#uses++;
    };
    streamParts = (key, salt, binding) => key.#deriveStream(salt, binding);
  }

  private constructor(token: typeof INTERNAL, bytes: Uint8Array, options: AeadKeyOptions | undefined) {
    super();
    checkInternal(token, 'AeadKey');
    const { maxUses = AES_256_GCM.maxRandomNonceUses, uses = 0 } = checkOptions('options', options, [
      'maxUses',
      'uses',
    ]);
    checkInteger('options.maxUses', maxUses, 0, AES_256_GCM.maxRandomNonceUses);
    checkInteger('options.uses', uses, 0, Number.MAX_SAFE_INTEGER);
    this.#maxUses = maxUses;
    this.#uses = uses;
    const length = AES_256_GCM.keyBytes + COMMITMENT_BYTES + KEY_ID_BYTES;
    const okm = engine('hash').hkdfSha3_512(bytes, EMPTY, MESSAGE_INFO, length);
    const keyId = okm.slice(AES_256_GCM.keyBytes + COMMITMENT_BYTES);
    const commitment = okm.slice(AES_256_GCM.keyBytes, AES_256_GCM.keyBytes + COMMITMENT_BYTES);
    const preamble = new Uint8Array(PREAMBLE_BYTES);
    writePreamble(preamble, 'A');
    this.#parts = {
      cipher: engine('aead').prepare(okm.subarray(0, AES_256_GCM.keyBytes)),
      keyId,
      commitment,
      messageHead: concat(preamble, keyId, commitment),
    };
    wipe(okm);
    this.#master = SecretBytes.from(bytes);
  }

  /**
   * Draws a new key.
   *
   * @param options - A smaller budget of uses.
   * @returns A key that is yours to dispose.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_RANGE`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_RUNTIME` when the runtime has no random generator.
   * @example using key = AeadKey.generate();
   */
  static generate(options?: AeadKeyOptions): AeadKey {
    const bytes = randomFill(allocateSecret(AES_256_GCM.keyBytes));
    try {
      return new AeadKey(INTERNAL, bytes, options);
    } finally {
      wipe(bytes);
    }
  }

  /**
   * Makes a key of 32 uniformly random bytes that come from elsewhere.
   *
   * @param bytes - 32 bytes; copied, and the original stays yours to wipe.
   * @param options - Budget of uses, and how much of it is spent.
   * @returns A key that is yours to dispose.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_RANGE`,
   * `ERR_INPUT_DISPOSED`.
   */
  static fromBytes(bytes: ByteSecret, options?: AeadKeyOptions): AeadKey {
    return new AeadKey(INTERNAL, exposeBytes('bytes', bytes, AES_256_GCM.keyBytes), options);
  }

  /** Public id of this key as it stands in what it sealed: 32 hexadecimal digits. */
  get keyId(): string {
    return toHex(this.#parts.keyId);
  }

  /** Messages and streams sealed so far, those of earlier objects included. */
  get uses(): number {
    return this.#uses;
  }

  /** The budget. */
  get maxUses(): number {
    return this.#maxUses;
  }

  /** Wipes the key as far as the engine can. Further calls do nothing. */
  override dispose(): void {
    this.#master.dispose();
    this.#parts.cipher.dispose();
  }

  /** @internal */
  override [INSPECT](): string {
    return `AeadKey { keyId: '${this.keyId}', ${REDACTED} }`;
  }

  #deriveStream(salt: Uint8Array, binding: Uint8Array): StreamKeyParts {
    const length = AES_256_GCM.keyBytes + COMMITMENT_BYTES + NONCE_PREFIX_BYTES;
    const info = concat(STREAM_INFO, binding);
    const okm = engine('hash').hkdfSha3_512(this.#master.expose(), salt, info, length);
    const parts = {
      cipher: engine('aead').prepare(okm.subarray(0, AES_256_GCM.keyBytes)),
      commitment: okm.slice(AES_256_GCM.keyBytes, AES_256_GCM.keyBytes + COMMITMENT_BYTES),
      noncePrefix: okm.slice(AES_256_GCM.keyBytes + COMMITMENT_BYTES),
    };
    wipe(okm);
    return parts;
  }
}

/**
 * Checks that an argument is a live key.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_DISPOSED`.
 * @internal
 */
export function aeadKeyParts(argument: string, key: AeadKey): AeadKeyParts {
  if (!isObject(key) || !isKey(key))
    throw new InputError('ERR_INPUT_TYPE', argument, 'an AeadKey', describe(key));
  return useParts(argument, key);
}

/**
 * Takes one use off a key's budget.
 *
 * @throws {@link ExpiredError} `ERR_EXPIRED_USE_BUDGET`.
 * @internal
 */
export function spendUse(key: AeadKey): void {
  spend(key);
}

/**
 * Derives what one stream needs.
 *
 * @param key - A live key.
 * @param salt - The stream's random salt.
 * @param binding - Bytes that the stream's key depends on: its parameters and the caller's AAD.
 * @internal
 */
export function deriveStreamKey(key: AeadKey, salt: Uint8Array, binding: Uint8Array): StreamKeyParts {
  return streamParts(key, salt, binding);
}
