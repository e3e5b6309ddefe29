/**
 * The optional peer `redis`, loaded on first use, and what is used of its clients.
 *
 * @module
 */
import { describe, isObject, readFrom } from '../bytes.ts';
import { InputError, PqError, TransportError, UnsupportedError } from '../errors.ts';

/**
 * What is used of a client of the package `redis`, release 6: of one server, or of a cluster. Bytes go in as a `Buffer`, a type
 * that not every user of these types has; hence `never`.
 */
export interface RedisClient {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  readonly connect: () => Promise<unknown>;
  readonly close: () => Promise<void>;
  readonly destroy: () => void;
  readonly duplicate: () => RedisClient;
  readonly on: (event: string, listener: (...args: unknown[]) => void) => unknown;
  readonly off: (event: string, listener: (...args: unknown[]) => void) => unknown;
  readonly publish: (channel: string, message: never) => Promise<unknown>;
  readonly sPublish: (channel: string, message: never) => Promise<unknown>;
  readonly subscribe: (channel: string, listener: RedisListener, bufferMode: true) => Promise<void>;
  readonly sSubscribe: (channel: string, listener: RedisListener, bufferMode: true) => Promise<void>;
  readonly set: (key: string, value: never, options: RedisSetOptions) => Promise<unknown>;
  readonly getRange: (key: string, start: number, end: number) => Promise<unknown>;
  readonly del: (key: string) => Promise<unknown>;
  readonly withTypeMapping: (mapping: never) => RedisClient;
}

/** Gets messages of a channel as bytes. */
export type RedisListener = (message: unknown, channel: unknown) => unknown;

/** What is used of the options of `SET`. */
export interface RedisSetOptions {
  readonly expiration: { readonly type: 'PX'; readonly value: number };
}

interface Peer {
  createClient(options: { readonly url: string; readonly disableOfflineQueue: boolean }): RedisClient;
}

/** The command that gets the peer. */
export const INSTALL_COMMAND = 'npm install redis';

const PEER = 'redis';

async function loadPeer(): Promise<Peer> {
  try {
    // By a name that bundlers do not look for: whoever passes a client has loaded it already.
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ PEER)) as unknown as Peer;
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    const problem = isMissing ? 'which is not installed' : 'which does not load here';
    const message = `a Redis URL needs the package ${PEER}, ${problem}: ${INSTALL_COMMAND}`;
    throw new UnsupportedError('ERR_UNSUPPORTED_PEER', message, { cause });
  }
}

/** How to reach Redis: exactly one of the two. */
export interface RedisOptions {
  /** A connected client of the package `redis`, of one server or a cluster. It stays the caller's to close. */
  readonly client?: RedisClient;
  /** `redis://…` or `rediss://…`; the package `redis` is loaded, and a client of our own opened. */
  readonly url?: string;
}

const METHODS = ['connect', 'duplicate', 'on', 'publish', 'subscribe', 'set', 'withTypeMapping'] as const;

/**
 * Checks how to reach Redis.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT`.
 */
export function checkRedisOptions({ client, url }: RedisOptions): void {
  if ((client === undefined) === (url === undefined)) {
    const got = client === undefined ? 'neither' : 'both';
    throw new InputError('ERR_INPUT_OPTION', 'options', 'either client or url', got);
  }
  if (client !== undefined) checkClient(client);
  else if (typeof url !== 'string') {
    throw new InputError('ERR_INPUT_TYPE', 'options.url', 'a string', describe(url));
  } else if (!/^rediss?:\/\/./.test(url) || !URL.canParse(url)) {
    throw new InputError('ERR_INPUT_FORMAT', 'options.url', 'redis://… or rediss://…', describe(url));
  }
}

function checkClient(client: RedisClient): void {
  const expected = 'a client of the package redis';
  const isClient = readFrom(
    'options.client',
    expected,
    () => isObject(client) && METHODS.every((name) => typeof client[name] === 'function'),
  );
  if (!isClient) throw new InputError('ERR_INPUT_TYPE', 'options.client', expected, describe(client));
}

/**
 * A client of ours for a URL, not connected. It refuses commands while it has no connection: what waits for one would be
 * over when it comes.
 *
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER`.
 */
export async function clientOf(url: string): Promise<RedisClient> {
  const { createClient } = await loadPeer();
  return createClient({ url, disableOfflineQueue: true });
}

/**
 * Connects a client of ours, once: one that does not get through at first is not left trying in the background. A client
 * without a listener for its errors would end the process.
 *
 * @param client - A client that nobody uses yet.
 * @param onError - Gets its errors, once it is connected.
 * @throws {@link TransportError} `ERR_TRANSPORT_IO`.
 */
export async function connectClient(client: RedisClient, onError: (error: unknown) => void): Promise<void> {
  let isConnected = false;
  const connected = new Promise<void>((resolve, reject) => {
    client.on('error', (error) => {
      if (isConnected) onError(error);
      else reject(error as Error);
    });
    client.connect().then(() => resolve(), reject);
  });
  try {
    await connected;
    isConnected = true;
  } catch (cause) {
    client.destroy();
    if (cause instanceof PqError) throw cause;
    throw new TransportError('ERR_TRANSPORT_IO', 'Redis could not be reached', { cause });
  }
}

/** Bytes as the client takes them; a view, not a copy. */
export function asBuffer(bytes: Uint8Array): never {
  const { Buffer } = globalThis as unknown as {
    Buffer: { from(buffer: ArrayBufferLike, offset: number, length: number): never };
  };
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
