/**
 * A hash or MAC computation under way.
 *
 * @module
 */
import { checkBytes, checkInternal, INTERNAL } from '../bytes.ts';
import type { Hasher } from '../engines/engine.ts';
import { InputError } from '../errors.ts';

let makeDigest: (hasher: Hasher, digestBytes: number) => Digest;

/** A hash or MAC computation under way: `update` as often as needed, then `digest` once. */
export class Digest implements Disposable {
  readonly #hasher: Hasher;
  readonly #digestBytes: number;
  #ended = false;

  static {
    makeDigest = (hasher, digestBytes) => new Digest(INTERNAL, hasher, digestBytes);
  }

  private constructor(token: typeof INTERNAL, hasher: Hasher, digestBytes: number) {
    checkInternal(token, 'Digest');
    this.#hasher = hasher;
    this.#digestBytes = digestBytes;
  }

  /**
   * Absorbs more of the message.
   *
   * @param data - The next bytes; not kept.
   * @returns The same object.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, or `ERR_INPUT_STATE` after {@link digest} or {@link dispose}.
   */
  update(data: Uint8Array): this {
    checkBytes('data', data);
    this.#checkLive();
    this.#hasher.update(data);
    return this;
  }

  /**
   * Ends the computation.
   *
   * @returns The digest.
   * @throws {@link InputError} `ERR_INPUT_STATE` after {@link digest} or {@link dispose}.
   */
  digest(): Uint8Array {
    this.#checkLive();
    this.#ended = true;
    const out = new Uint8Array(this.#digestBytes);
    this.#hasher.digest(out);
    return out;
  }

  /** Abandons the computation and wipes its state as far as the engine can. Further calls do nothing. */
  dispose(): void {
    if (!this.#ended) this.#hasher.dispose();
    this.#ended = true;
  }

  /** Same as {@link dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #checkLive(): void {
    if (this.#ended)
      throw new InputError('ERR_INPUT_STATE', 'digest', 'a computation under way', 'one that ended');
  }
}

/**
 * A computation over an engine's hasher.
 *
 * @internal
 */
export function digestOver(hasher: Hasher, digestBytes: number): Digest {
  return makeDigest(hasher, digestBytes);
}
