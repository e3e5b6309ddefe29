/**
 * The optional peer `redis`, loaded on first use, and what is used of its clients.
 *
 * @module
 */
import { describe, isObject, readFrom } from '../bytes.ts';
import { InputError, UnsupportedError } from '../errors.ts';

/** What is used of a client of the package `redis`, release 6: of one server, or of a cluster. */
export interface RedisLeaseClient {
  /** Runs a script. */
  eval(script: string, options: { readonly keys: string[]; readonly arguments: string[] }): Promise<unknown>;
}

/** What is used of a client that is ours. */
export interface OwnRedisClient extends RedisLeaseClient {
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: 'error', listener: () => void): unknown;
}

interface Peer {
  createClient(options: {
    readonly url: string;
    readonly disableOfflineQueue: boolean;
    readonly socket: { readonly reconnectStrategy: false };
  }): OwnRedisClient;
}

/** The command that gets the peer. */
export const INSTALL_COMMAND = 'npm install redis';

const PEER = 'redis';

/**
 * Checks a URL of Redis.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`. The URL may hold a password, and is not shown.
 */
export function checkRedisUrl(argument: string, url: unknown): asserts url is string {
  if (typeof url !== 'string') throw new InputError('ERR_INPUT_TYPE', argument, 'a string', describe(url));
  if (!/^rediss?:\/\/./.test(url) || !URL.canParse(url)) {
    throw new InputError('ERR_INPUT_FORMAT', argument, 'redis://… or rediss://…', describe(url));
  }
}

/**
 * Checks a client.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`.
 */
export function checkRedisClient(argument: string, client: unknown): asserts client is RedisLeaseClient {
  const expected = 'a client of the package redis';
  const fits = readFrom(
    argument,
    expected,
    () => isObject(client) && typeof (client as Partial<RedisLeaseClient>).eval === 'function',
  );
  if (!fits) throw new InputError('ERR_INPUT_TYPE', argument, expected, describe(client));
}

/**
 * A client of ours, not connected. It neither keeps commands for later nor connects again by itself: a lease that is asked for later
 * is another, and whoever asks then gets a new client.
 *
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER`, with the command that helps.
 */
export async function createRedisClient(url: string): Promise<OwnRedisClient> {
  let peer: Peer;
  try {
    // By a name that bundlers do not look for: whoever passes a client has loaded it already.
    peer = (await import(/* @vite-ignore */ /* webpackIgnore: true */ PEER)) as unknown as Peer;
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    const problem = isMissing ? 'which is not installed' : 'which does not load here';
    const message = `a lease in Redis needs the package ${PEER}, ${problem}: ${INSTALL_COMMAND}`;
    throw new UnsupportedError('ERR_UNSUPPORTED_PEER', message, { cause });
  }
  const client = peer.createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: false } });
  // Without a listener an error would end the process; whoever asks is told anyway.
  client.on('error', () => {});
  return client;
}
