/**
 * Everything random in a case, as a stream that the seed and the number of the case give: AES-256-CTR, so that one case is
 * drawn again without those before it.
 *
 * @module
 */
import { type Cipheriv, createCipheriv, createHash } from 'node:crypto';

/** How many bytes are made at once for numbers. */
const POOL_BYTES = 256;

/** The streams of one seed: those of cases of each kind, and those of the keys that cases share. */
const STREAMS = ['random', 'invalid', 'random keys', 'invalid keys'] as const;

/** What a stream is for. */
export type Stream = (typeof STREAMS)[number];

/** Numbers and bytes of one stream. */
export class Draw {
  readonly #cipher: Cipheriv;
  #pool: Uint8Array = new Uint8Array(0);
  #at = 0;

  /**
   * @param seed - Any text; it is hashed.
   * @param stream - What is drawn.
   * @param number - Which of them, below 2^48.
   */
  constructor(seed: string, stream: Stream, number: number) {
    const counter = Buffer.alloc(16);
    counter[0] = STREAMS.indexOf(stream);
    counter.writeUIntBE(number, 1, 6);
    this.#cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(seed).digest(), counter);
  }

  /** Bytes; one time in four they do not begin where their buffer does, as a caller's views may not. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    const offset = this.chance(4) ? 1 + this.below(31) : 0;
    const out = new Uint8Array(offset + length);
    out.set(this.#cipher.update(new Uint8Array(length)), offset);
    return out.subarray(offset);
  }

  /** An integer from 0 to `bound` − 1; `bound` is at most 2^32. */
  below(bound: number): number {
    if (this.#at + 4 > this.#pool.length) {
      this.#pool = this.#cipher.update(new Uint8Array(POOL_BYTES));
      this.#at = 0;
    }
    const { buffer, byteOffset } = this.#pool;
    const word = new DataView(buffer, byteOffset + this.#at, 4).getUint32(0);
    this.#at += 4;
    return Math.floor((word / 2 ** 32) * bound);
  }

  /** An integer from `first` to `last`. */
  between(first: number, last: number): number {
    return first + this.below(last - first + 1);
  }

  /** True one time in so many. */
  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  /** One of them. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** A copy with one bit to `most` bits changed, from `first` up to, and without, `end`. */
  flipped(bytes: Uint8Array, most = 1, first = 0, end = bytes.length): Uint8Array<ArrayBuffer> {
    const copy = Uint8Array.from(bytes);
    const places = new Set<number>();
    const count = this.between(1, most);
    while (places.size < count) places.add(this.between(8 * first, 8 * end - 1));
    for (const place of places) copy[place >> 3] = (copy[place >> 3] as number) ^ (1 << (place & 7));
    return copy;
  }

  /** The bytes in as many pieces as it comes, some of them empty. */
  cut(bytes: Uint8Array): Uint8Array[] {
    const cuts = Array.from({ length: this.below(6) }, () => this.below(bytes.length + 1)).sort(
      (a, b) => a - b,
    );
    const ends = [...cuts, bytes.length];
    return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
  }
}
