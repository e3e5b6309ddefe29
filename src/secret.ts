/**
 * Holder for key material: never printed, never serialised, wiped on disposal.
 *
 * @module
 */
import { type ByteLength, checkBytes, checkInternal, copySecret, INTERNAL, isObject, wipe } from './bytes.ts';
import { InputError } from './errors.ts';

/** What any secret shows of itself. */
export const REDACTED = '[secret]';

/** Symbol under which Node's `util.inspect` looks for a custom form. */
export const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** What every object that holds a secret has in common: it is disposable, and it prints as `[secret]`. */
export abstract class SecretHolder implements Disposable {
  /** Wipes the secret as far as the runtime lets it. Further calls do nothing. */
  abstract dispose(): void;

  /** Same as {@link dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @returns `[secret]` */
  toString(): string {
    return REDACTED;
  }

  /** @returns `[secret]` */
  toJSON(): string {
    return REDACTED;
  }

  /** @internal */
  [INSPECT](): string {
    return REDACTED;
  }
}

let isSecret: (value: object) => boolean;

/**
 * Bytes that must not be printed and are wiped when no longer needed.
 *
 * `using secret = …` wipes at the end of the block; `dispose()` does it by hand. What a JavaScript runtime cannot
 * promise is that no copy was ever made: see the threat model in the docs.
 *
 * @example
 * using secret = SecretBytes.from(crypto.getRandomValues(new Uint8Array(32)));
 * console.log(`${secret}`); // [secret]
 */
export class SecretBytes extends SecretHolder {
  readonly #bytes: Uint8Array;
  #disposed = false;

  static {
    isSecret = (value) => #bytes in value;
  }

  private constructor(token: typeof INTERNAL, bytes: Uint8Array) {
    super();
    checkInternal(token, 'SecretBytes');
    this.#bytes = bytes;
  }

  /**
   * Copies bytes into a new secret. The caller's buffer is left as it is and stays the caller's to wipe.
   *
   * @param bytes - Key material.
   * @returns A secret that owns its own copy.
   * @throws {@link InputError} `ERR_INPUT_TYPE`.
   */
  static from(bytes: Uint8Array): SecretBytes {
    checkBytes('bytes', bytes);
    return new SecretBytes(INTERNAL, copySecret(bytes));
  }

  /**
   * Takes a buffer over without copying: from now on it belongs to the secret, which wipes it.
   *
   * @param bytes - Key material that nobody else refers to.
   * @returns A secret that owns the buffer.
   * @throws {@link InputError} `ERR_INPUT_TYPE`.
   */
  static adopt(bytes: Uint8Array): SecretBytes {
    checkBytes('bytes', bytes);
    return new SecretBytes(INTERNAL, bytes);
  }

  /** Length in bytes. */
  get length(): number {
    return this.#bytes.length;
  }

  /** Whether the bytes were wiped. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /**
   * The bytes themselves, not a copy: valid until {@link dispose}, and not to be kept longer.
   *
   * @returns The buffer that holds the secret.
   * @throws {@link InputError} `ERR_INPUT_DISPOSED`.
   */
  expose(): Uint8Array {
    if (this.#disposed) {
      throw new InputError('ERR_INPUT_DISPOSED', 'secret', 'a live secret', 'a disposed one');
    }
    return this.#bytes;
  }

  /** Wipes the bytes. Further calls do nothing. */
  override dispose(): void {
    this.#disposed = true;
    wipe(this.#bytes);
  }
}

/** Whether a value is a secret of this library; nothing that only looks like one is. */
export function isSecretBytes(value: unknown): value is SecretBytes {
  return isObject(value) && isSecret(value);
}

/** Key material as functions take it: a secret, or plain bytes that stay the caller's to wipe. */
export type ByteSecret = SecretBytes | Uint8Array;

/**
 * The bytes of an argument that may be a secret or plain bytes.
 *
 * @param argument - The argument's name, for the error.
 * @param value - What the caller passed.
 * @param length - Bytes expected; any length when absent.
 * @returns The caller's own buffer, not a copy.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_DISPOSED`.
 */
export function exposeBytes(argument: string, value: unknown, length?: ByteLength): Uint8Array {
  const isSecretValue = isSecretBytes(value);
  if (isSecretValue && value.disposed) {
    throw new InputError('ERR_INPUT_DISPOSED', argument, 'a live secret', 'a disposed one');
  }
  const bytes = isSecretValue ? value.expose() : value;
  checkBytes(argument, bytes, length);
  return bytes;
}
