/**
 * What an adversary has who recorded every fragment: the recording, and a clock that it can set as it likes.
 *
 * @module
 */
import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type Clock, ExpiredError } from '@mwrasp/crypto';

/** A clock that can be made to lie: it then says that no time has passed since the beginning. */
export class LyingClock implements Clock {
  readonly #startMs = performance.now();
  readonly #startWallMs = Date.now();
  lies = false;

  /** It lies with both hands: one that parts from the other is found out at once. */
  wallMs(): number {
    return this.lies ? this.#startWallMs : Date.now();
  }

  monotonicMs(): number {
    return this.lies ? this.#startMs : performance.now();
  }
}

/** Everything an adversary has recorded: fragments, each behind its length. */
export class Recording {
  readonly #path: string;
  readonly #lengths: number[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  get count(): number {
    return this.#lengths.length;
  }

  async write(source: AsyncIterable<Uint8Array>): Promise<void> {
    const lengths = this.#lengths;
    async function* noting(): AsyncGenerator<Uint8Array> {
      for await (const fragment of source) {
        lengths.push(fragment.length);
        yield fragment;
      }
    }
    await pipeline(noting, createWriteStream(this.#path));
  }

  /** The fragments again, in groups of one message. */
  async *messages(size: number): AsyncGenerator<Uint8Array[]> {
    const file = await open(this.#path);
    try {
      for (let i = 0; i < this.#lengths.length; i += size) {
        const group: Uint8Array[] = [];
        for (const length of this.#lengths.slice(i, i + size)) {
          const fragment = new Uint8Array(length);
          await file.read(fragment, 0, length);
          group.push(fragment);
        }
        yield group;
      }
    } finally {
      await file.close();
    }
  }
}

/**
 * Tries something with fragments.
 *
 * @returns Why it was refused as expired; undefined when it succeeded.
 */
export function refusal(attempt: () => void): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (error instanceof ExpiredError) return error.code;
    throw error;
  }
}
