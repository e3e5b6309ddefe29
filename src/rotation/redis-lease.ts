/**
 * Leases between hosts, in Redis: one key that expires, and a counter of fences. Each step is a script, so that nobody comes between
 * its parts.
 *
 * The server measures the time of a lease by its own wall clock, and may forget the lease when it restarts or fails over: then
 * two may hold one for a while. What keeps the store right is the fence: a later grant has a larger one, also when the counter
 * was lost, because it never falls behind the server's time in milliseconds.
 *
 * @module
 */
import { checkInteger, checkOptions, describe, randomFill, toHex } from '../bytes.ts';
import { type Clock, checkClock } from '../clock.ts';
import { InputError, LeaseError, PqError } from '../errors.ts';
import { checkLeaseRequest, type Lease, type LeaseHolder, type LeaseProvider, MAX_TTL_MS } from './lease.ts';
import {
  checkRedisClient,
  checkRedisUrl,
  createRedisClient,
  type OwnRedisClient,
  type RedisLeaseClient,
} from './redis.ts';

/** Options of {@link redisLease}: a client or a URL. */
export interface RedisLeaseOptions {
  /** A connected client of the package `redis`, of one server or a cluster. It stays the caller's to close. */
  readonly client?: RedisLeaseClient;
  /** `redis://…` or `rediss://…`: the package `redis` is loaded, and a client of our own opened when it is needed. */
  readonly url?: string;
  /** The lease's name in Redis; the counter has it too, with `:fence` behind it. */
  readonly key: string;
  /** How long an answer is waited for, milliseconds; 2 s by default, and never longer than half of the lease. */
  readonly timeoutMs?: number;
  /** Where time comes from; the system's clocks by default. */
  readonly clock?: Clock;
}

const DEFAULT_TIMEOUT_MS = 2000;
const MAX_KEY_LENGTH = 1024;
/** What two clocks may differ in the time of a lease: a hundredth of it, and what is lost by counting whole milliseconds. */
const DRIFT = 0.01;
const DRIFT_MS = 2;

/** ARGV: token, holder, time in milliseconds, smallest fence but one. Gives the fence, or 0 when somebody holds it. */
const ACQUIRE = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local now = redis.call('TIME')
local fence = redis.call('INCR', KEYS[2])
fence = math.max(fence, tonumber(ARGV[4]) + 1, tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000))
local text = string.format('%.0f', fence)
redis.call('SET', KEYS[2], text)
redis.call('SET', KEYS[1], text .. ' ' .. ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3])
return fence`;

/** ARGV: what stands in the key, time in milliseconds. Gives 1, or 0 when it is lost. */
const RENEW = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** ARGV: what stands in the key. */
const RELEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

const CURRENT = `
local value = redis.call('GET', KEYS[1])
if not value then return {} end
return {value, tostring(redis.call('PTTL', KEYS[1]))}`;

/** Runs one of the scripts. */
type Run = (script: string, args: readonly string[], timeoutMs: number) => Promise<unknown>;

function unreachable(why: string, cause?: unknown): LeaseError {
  return new LeaseError('ERR_LEASE_UNREACHABLE', `the lease in Redis cannot be asked for: ${why}`, { cause });
}

/** A promise that is waited for, for a while. */
async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unreachable(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** A connection to Redis: the caller's, or one of ours that is made when it is needed and again when it hangs. */
class Connection {
  readonly #url: string | undefined;
  #client: Promise<RedisLeaseClient> | undefined;
  #own: OwnRedisClient | undefined;

  constructor(client: RedisLeaseClient | undefined, url: string | undefined) {
    this.#url = url;
    if (client !== undefined) this.#client = Promise.resolve(client);
  }

  /**
   * Runs a script.
   *
   * @param late - Called with an answer that came when nobody waited for it any more.
   * @throws {@link LeaseError} `ERR_LEASE_UNREACHABLE`.
   */
  async run(
    script: string,
    keys: readonly string[],
    args: readonly string[],
    timeoutMs: number,
    late?: (answer: unknown) => void,
  ): Promise<unknown> {
    let answered = true;
    const answer = this.#connected().then((client) =>
      client.eval(script, { keys: [...keys], arguments: [...args] }),
    );
    answer.then(
      (value) => {
        if (!answered) late?.(value);
      },
      () => {},
    );
    try {
      return await within(answer, timeoutMs);
    } catch (error) {
      answered = false;
      // A connection that hangs may hang for a quarter of an hour.
      this.#drop();
      if (error instanceof PqError) throw error;
      throw unreachable(error instanceof Error ? error.message : 'it failed', error);
    }
  }

  close(): void {
    this.#drop();
  }

  #connected(): Promise<RedisLeaseClient> {
    this.#client ??= this.#connect(this.#url as string);
    return this.#client;
  }

  async #connect(url: string): Promise<RedisLeaseClient> {
    const client = await createRedisClient(url);
    this.#own = client;
    await client.connect();
    return client;
  }

  /** Ends a connection of ours; the next use makes another. */
  #drop(): void {
    if (this.#url === undefined) return;
    this.#client?.catch(() => {});
    this.#client = undefined;
    try {
      this.#own?.destroy();
    } catch {
      // It was closed already.
    }
    this.#own = undefined;
  }
}

class RedisLease implements Lease {
  readonly fence: number;
  readonly #value: string;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  readonly #run: Run;
  #endMs: number;
  #over = false;

  constructor(fence: number, value: string, ttlMs: number, startMs: number, clock: Clock, run: Run) {
    this.fence = fence;
    this.#value = value;
    this.#ttlMs = ttlMs;
    this.#clock = clock;
    this.#run = run;
    this.#endMs = this.#end(startMs);
  }

  isHeld(): boolean {
    return !this.#over && this.#clock.monotonicMs() < this.#endMs;
  }

  async renew(): Promise<boolean> {
    if (this.#over) return false;
    const startMs = this.#clock.monotonicMs();
    const answer = await this.#run(RENEW, [this.#value, String(this.#ttlMs)], this.#ttlMs / 2);
    // As long as the key holds this value, nobody else was granted the lease, however late it is.
    if (Number(answer) === 1 && !this.#over) this.#endMs = Math.max(this.#endMs, this.#end(startMs));
    else this.#over = true;
    return this.isHeld();
  }

  async release(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#run(RELEASE, [this.#value], this.#ttlMs / 2);
  }

  /** The server began to count after the request was sent; its clock may be a little faster. */
  #end(startMs: number): number {
    return startMs + this.#ttlMs * (1 - DRIFT) - DRIFT_MS;
  }
}

/** Leases under one key. */
class RedisLeaseProvider implements LeaseProvider {
  readonly #connection: Connection;
  readonly #keys: readonly [string, string];
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  /** Fences are larger than this, the largest that this process has seen. */
  #floor = 0;
  #closed = false;

  constructor(connection: Connection, key: string, timeoutMs: number, clock: Clock) {
    this.#connection = connection;
    // In a cluster both have to be on one server, which the part in braces decides.
    this.#keys = [key, /\{[^}]+\}/.test(key) ? `${key}:fence` : `{${key}}:fence`];
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  async acquire(holder: string, ttlMs: number): Promise<Lease | undefined> {
    checkLeaseRequest(holder, ttlMs);
    this.#checkOpen();
    const token = toHex(randomFill(new Uint8Array(16)));
    const textOf = (fence: number) => `${fence} ${token} ${holder}`;
    const args = [token, holder, String(ttlMs), String(this.#floor)];
    const startMs = this.#clock.monotonicMs();
    // A grant that nobody waited for any more would keep everybody else waiting.
    const giveBack = (answer: unknown) =>
      void this.#run(RELEASE, [textOf(Number(answer))], ttlMs).catch(() => {});
    const fence = Number(await this.#run(ACQUIRE, args, ttlMs / 2, giveBack));
    if (fence === 0) return undefined;
    if (!Number.isSafeInteger(fence) || fence < 0) throw unreachable('the answer is no fence');
    this.#floor = Math.max(this.#floor, fence);
    const run: Run = (script, more, timeoutMs) => this.#run(script, more, timeoutMs);
    return new RedisLease(fence, textOf(fence), ttlMs, startMs, this.#clock, run);
  }

  async current(): Promise<LeaseHolder | undefined> {
    this.#checkOpen();
    const answer = await this.#run(CURRENT, [], this.#timeoutMs);
    const [value, leftMs] = Array.isArray(answer) ? answer.map(String) : [];
    const [, fence, holder] = /^([0-9]{1,16}) [0-9a-f]{32} ([\s\S]*)$/.exec(value ?? '') ?? [];
    if (fence === undefined || holder === undefined) return undefined;
    this.#floor = Math.max(this.#floor, Number(fence));
    return { holder, fence: Number(fence), expiresAtMs: this.#clock.wallMs() + Math.max(0, Number(leftMs)) };
  }

  async raise(fence: number): Promise<void> {
    checkInteger('fence', fence, 0, Number.MAX_SAFE_INTEGER - 1);
    this.#floor = Math.max(this.#floor, fence);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#connection.close();
  }

  #checkOpen(): void {
    if (this.#closed)
      throw new InputError('ERR_INPUT_STATE', 'lease', 'an open provider of leases', 'a closed one');
  }

  async #run(
    script: string,
    args: readonly string[],
    timeoutMs: number,
    late?: (answer: unknown) => void,
  ): Promise<unknown> {
    if (this.#closed) throw unreachable('it was closed');
    const atMostMs = Math.max(1, Math.floor(Math.min(timeoutMs, this.#timeoutMs)));
    return await this.#connection.run(script, this.#keys, args, atMostMs, late);
  }
}

/**
 * Leases for processes of several hosts, in Redis. Keep the server's data (`appendonly yes`): a server that forgets a lease when
 * it restarts gives it again while the old holder still believes in it, and only the fence stops that one then. Fences grow
 * over restarts and lost data, unless the server's clock was set back and the counter was lost too; what the store
 * remembers is the floor then.
 *
 * @param options - A client or a URL, and the key.
 * @returns A provider; its methods throw `LeaseError` `ERR_LEASE_UNREACHABLE` when the server does not answer, and with a URL
 * `UnsupportedError` `ERR_UNSUPPORTED_PEER` when the package is missing.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`.
 * @example const lease = redisLease({ url: 'redis://127.0.0.1:6379', key: 'service:rotation' });
 */
export function redisLease(options: RedisLeaseOptions): LeaseProvider {
  const given = checkOptions('options', options, ['client', 'url', 'key', 'timeoutMs', 'clock']);
  const { client, url, key, timeoutMs = DEFAULT_TIMEOUT_MS } = given;
  if ((client === undefined) === (url === undefined)) {
    const got = client === undefined ? 'neither' : 'both';
    throw new InputError('ERR_INPUT_OPTION', 'options', 'either client or url', got);
  }
  if (client !== undefined) checkRedisClient('options.client', client);
  if (url !== undefined) checkRedisUrl('options.url', url);
  if (typeof key !== 'string')
    throw new InputError('ERR_INPUT_TYPE', 'options.key', 'a string', describe(key));
  if (key === '' || key.length > MAX_KEY_LENGTH) {
    throw new InputError(
      'ERR_INPUT_LENGTH',
      'options.key',
      `1 to ${MAX_KEY_LENGTH} characters`,
      describe(key),
    );
  }
  checkInteger('options.timeoutMs', timeoutMs, 1, MAX_TTL_MS);
  const clock = checkClock('options.clock', given.clock);
  return new RedisLeaseProvider(new Connection(client, url), key, timeoutMs, clock);
}
