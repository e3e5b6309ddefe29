/**
 * Fragments in Redis: of one server or a cluster.
 *
 * @module
 */
import { checkInteger, checkOptions, concat, describe, isBytes } from '../../bytes.ts';
import { InputError, TransportError } from '../../errors.ts';
import {
  asBuffer,
  checkRedisOptions,
  clientOf,
  connectClient,
  type RedisClient,
  type RedisOptions,
} from '../redis.ts';
import { FRAME_HEADER_BYTES, FrameReader, writeFrame } from '../transport/frames.ts';
import {
  checkFragments,
  checkId,
  checkTtl,
  DEFAULT_MAX_FRAGMENT_BYTES,
  type FragmentId,
  type FragmentStore,
  MAX_FRAGMENTS,
} from './store.ts';

/** Options of {@link redisStore}. */
export interface RedisStoreOptions extends RedisOptions {
  /** Before every key: up to 128 printable characters of ASCII, no spaces or braces; by default `mwrasp:fragment:`. */
  readonly prefix?: string;
  /**
   * Over how many keys the fragments of a message are spread: 1 to 16. With 1, the default, they stay in one value, and in
   * a cluster on one shard. With more, each key has a hash tag of its own, so they lie on several shards, and a shard that
   * is lost takes only its part: with `threshold` 4 of 6 and a spread of 6, two of them.
   */
  readonly spread?: number;
  /** Most bytes of a fragment: 1 to 2^26, by default 1 MiB + 64 KiB. */
  readonly maxFragmentBytes?: number;
}

const OPTIONS = ['client', 'url', 'prefix', 'spread', 'maxFragmentBytes'];
const MAX_SPREAD = 16;
const MAX_PREFIX_LENGTH = 128;
const PREFIX = /^[!-z|~]*$/;

/** Most bytes that are read of a value, whatever somebody put there. */
const MAX_VALUE_BYTES = 2 ** 28;

/** How the protocol marks a string of bytes, which this client gives as text unless told. */
const BLOB_STRING = 36;

/**
 * A store in Redis. Each key is set with `PX`: Redis removes it later, which is housekeeping.
 *
 * @param options - A client or a URL, and where to put the fragments.
 * @returns The store, connected.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER` when a URL is given and the package is missing.
 * @throws {@link TransportError} `ERR_TRANSPORT_IO` when Redis cannot be reached.
 * @example const store = await redisStore({ url: 'redis://127.0.0.1:6379', spread: 6 });
 */
export async function redisStore(options: RedisStoreOptions): Promise<FragmentStore> {
  const wanted = checkOptions('options', options, OPTIONS);
  const { prefix = 'mwrasp:fragment:', spread = 1, maxFragmentBytes = DEFAULT_MAX_FRAGMENT_BYTES } = wanted;
  if (typeof prefix !== 'string') {
    throw new InputError('ERR_INPUT_TYPE', 'options.prefix', 'a string', describe(prefix));
  }
  if (prefix.length > MAX_PREFIX_LENGTH || !PREFIX.test(prefix)) {
    const expected = `up to ${MAX_PREFIX_LENGTH} printable characters without spaces and braces`;
    throw new InputError('ERR_INPUT_FORMAT', 'options.prefix', expected, describe(prefix));
  }
  checkInteger('options.spread', spread, 1, MAX_SPREAD);
  checkInteger('options.maxFragmentBytes', maxFragmentBytes, 1, 2 ** 26);
  checkRedisOptions(wanted);
  const { url } = wanted;
  const client = url === undefined ? (wanted.client as RedisClient) : await clientOf(url);
  if (url !== undefined) await connectClient(client, () => undefined);
  const place = { prefix, spread, maxFragmentBytes };
  return new RedisStore(client, url !== undefined, place);
}

interface Place {
  readonly prefix: string;
  readonly spread: number;
  readonly maxFragmentBytes: number;
}

class RedisStore implements FragmentStore {
  readonly #client: RedisClient;
  /** The same, with answers in bytes. */
  readonly #reader: RedisClient;
  readonly #owned: boolean;
  readonly #place: Place;
  readonly #maxValueBytes: number;
  #isClosed = false;

  constructor(client: RedisClient, owned: boolean, place: Place) {
    this.#client = client;
    this.#reader = client.withTypeMapping({ [BLOB_STRING]: bufferClass() } as never);
    this.#owned = owned;
    this.#place = place;
    const most = Math.ceil(MAX_FRAGMENTS / place.spread) * (FRAME_HEADER_BYTES + place.maxFragmentBytes);
    this.#maxValueBytes = Math.min(most, MAX_VALUE_BYTES);
  }

  async put(id: FragmentId, fragments: readonly Uint8Array[], ttlMs: number): Promise<number> {
    const keys = this.#keysOf(id);
    const { maxFragmentBytes } = this.#place;
    const checked = checkFragments(fragments, maxFragmentBytes);
    checkTtl(ttlMs);
    this.#checkOpen();
    const groups = keys.map((_, at) => checked.filter((_fragment, i) => i % keys.length === at));
    const values = groups.map((group) => concat(...group.map(writeFrame)));
    const tooLong = values.find(({ length }) => length > this.#maxValueBytes);
    if (tooLong !== undefined) {
      const expected = `at most ${this.#maxValueBytes} bytes for a key`;
      throw new InputError('ERR_INPUT_LENGTH', 'fragments', expected, `${tooLong.length} bytes`);
    }
    const expiration = { type: 'PX', value: ttlMs } as const;
    const results = await this.#each(keys, (key, at) => {
      const isEmpty = groups[at]?.length === 0;
      return isEmpty
        ? this.#client.del(key)
        : this.#client.set(key, asBuffer(values[at] as Uint8Array), { expiration });
    });
    const stored = groups.reduce(
      (sum, { length }, at) => sum + (results[at]?.status === 'fulfilled' ? length : 0),
      0,
    );
    if (stored === 0) throw this.#failure(results);
    return stored;
  }

  async get(id: FragmentId): Promise<Uint8Array[]> {
    const keys = this.#keysOf(id);
    this.#checkOpen();
    const last = this.#maxValueBytes - 1;
    const results = await this.#each(keys, (key) => this.#reader.getRange(key, 0, last));
    if (results.every(({ status }) => status === 'rejected')) throw this.#failure(results);
    const found: Uint8Array[] = [];
    for (const result of results) {
      if (result.status === 'fulfilled') this.#collect(result.value, found);
    }
    return found;
  }

  async delete(id: FragmentId): Promise<void> {
    const keys = this.#keysOf(id);
    this.#checkOpen();
    const results = await this.#each(keys, (key) => this.#client.del(key));
    if (results.some(({ status }) => status === 'rejected')) throw this.#failure(results);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#owned) this.#client.destroy();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new TransportError('ERR_TRANSPORT_CLOSED', 'the store is closed');
  }

  /** In a cluster, what stands in braces says which shard a key is on. */
  #keysOf(id: FragmentId): string[] {
    const { prefix, spread } = this.#place;
    const hex = checkId(id);
    return Array.from({ length: spread }, (_, i) =>
      spread === 1 ? `${prefix}{${hex}}` : `${prefix}{${hex}.${i}}`,
    );
  }

  #each(keys: readonly string[], work: (key: string, at: number) => Promise<unknown>) {
    // A client that queues would answer when it is all over.
    const isReady = this.#client.isReady;
    const down = new Error('the connection to Redis is down');
    return Promise.allSettled(keys.map((key, at) => (isReady ? work(key, at) : Promise.reject(down))));
  }

  #failure(results: readonly PromiseSettledResult<unknown>[]): TransportError {
    const cause = results.find((result) => result.status === 'rejected')?.reason as unknown;
    return new TransportError('ERR_TRANSPORT_IO', 'Redis did not do it', { cause });
  }

  /** Takes fragments out of a value; where it is damaged, what follows is lost. */
  #collect(value: unknown, found: Uint8Array[]): void {
    if (!isBytes(value)) return;
    const frames = new FrameReader(this.#place.maxFragmentBytes);
    try {
      frames.read(value, (fragment) => {
        found.push(fragment);
        return found.length < MAX_FRAGMENTS;
      });
    } catch {
      // A length that cannot be: whoever wrote it, it is no fragment.
    }
  }
}

function bufferClass(): unknown {
  return (globalThis as { Buffer?: unknown }).Buffer;
}
