/**
 * Redis, publish and subscribe: of one server or a cluster.
 *
 * @module
 */
import { describe } from '../../bytes.ts';
import { InputError, PqError, TransportError } from '../../errors.ts';
import {
  asBuffer,
  checkRedisOptions,
  clientOf,
  connectClient,
  type RedisClient,
  type RedisOptions,
} from '../redis.ts';
import { handleOf, type TransportHandle } from './create.ts';
import { checkTransportOptions, type TransportOptions, type TransportSettings } from './options.ts';
import type { FragmentTransport } from './transport.ts';

/** Options of {@link redisTransport}. */
export interface RedisTransportOptions extends RedisOptions, TransportOptions {
  /** The channel to send on: the other end receives on it. */
  readonly send: string;
  /** The channel to receive on: the other end sends on it. */
  readonly receive: string;
  /**
   * Whether to use sharded channels (Redis 7), which a cluster carries in one shard instead of everywhere. Both ends must
   * say the same. False by default.
   */
  readonly sharded?: boolean;
}

/** Longer names help nobody. */
const MAX_CHANNEL_LENGTH = 1024;

/**
 * A transport over two channels of Redis. Nothing is kept for whoever is away: what is published while a subscriber is
 * disconnected is lost to it, and the session's renewal brings the rest. While this end is disconnected, `send` throws
 * `ERR_TRANSPORT_IO`; `disconnected` and `connected` are told, and the client connects again by itself.
 *
 * @param options - A client or a URL, two channels, bounds and events.
 * @returns The transport, subscribed.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT`, `ERR_INPUT_LENGTH`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER` when a URL is given and the package is missing.
 * @throws {@link TransportError} `ERR_TRANSPORT_IO` when Redis cannot be reached.
 * @example
 * const transport = await redisTransport({
 *   url: 'redis://127.0.0.1:6379',
 *   send: 'telemetry.to-analysis',
 *   receive: 'telemetry.to-probe',
 * });
 */
export async function redisTransport(options: RedisTransportOptions): Promise<FragmentTransport> {
  const { settings, all } = checkTransportOptions(options, ['client', 'url', 'send', 'receive', 'sharded']);
  checkRedisOptions(all);
  const { send, receive, sharded = false } = all;
  checkChannel('options.send', send);
  checkChannel('options.receive', receive);
  if (typeof sharded !== 'boolean') {
    throw new InputError('ERR_INPUT_TYPE', 'options.sharded', 'a boolean', describe(sharded));
  }
  const end = new RedisEnd(settings, { send, receive, sharded });
  await end.open(all);
  return end.handle.transport;
}

function checkChannel(argument: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') {
    throw new InputError('ERR_INPUT_TYPE', argument, 'the name of a channel', describe(value));
  }
  if (value.length === 0 || value.length > MAX_CHANNEL_LENGTH) {
    const expected = `1 to ${MAX_CHANNEL_LENGTH} characters`;
    throw new InputError('ERR_INPUT_LENGTH', argument, expected, describe(value));
  }
}

interface Channels {
  readonly send: string;
  readonly receive: string;
  readonly sharded: boolean;
}

class RedisEnd {
  readonly handle: TransportHandle;
  readonly #channels: Channels;
  #publisher: RedisClient | undefined;
  /** A connection that subscribes can do nothing else in the older protocol, so it has one of its own. */
  #subscriber: RedisClient | undefined;
  #ownsPublisher = false;
  #isConnected = true;

  constructor(settings: TransportSettings, channels: Channels) {
    this.#channels = channels;
    const driver = {
      name: 'redis',
      send: (message: Uint8Array) => this.#send(message),
      close: () => this.#close(),
    };
    this.handle = handleOf(driver, settings);
  }

  async open({ client, url }: RedisOptions): Promise<void> {
    try {
      if (url !== undefined) {
        this.#publisher = await clientOf(url);
        this.#ownsPublisher = true;
        await connectClient(this.#publisher, (cause) => this.#fail(cause));
        this.#watch(this.#publisher);
      } else this.#publisher = client as RedisClient;
      this.#subscriber = this.#publisher.duplicate();
      await connectClient(this.#subscriber, (cause) => this.#fail(cause));
      this.#watch(this.#subscriber);
      await this.#subscribe(this.#subscriber);
    } catch (cause) {
      await this.#close();
      if (cause instanceof PqError) throw cause;
      throw new TransportError('ERR_TRANSPORT_IO', 'Redis could not be reached', { cause });
    }
  }

  async #subscribe(subscriber: RedisClient): Promise<void> {
    const { receive, sharded } = this.#channels;
    const listener = (message: unknown) => this.handle.receive(Uint8Array.from(message as Uint8Array));
    if (sharded) await subscriber.sSubscribe(receive, listener, true);
    else await subscriber.subscribe(receive, listener, true);
  }

  async #send(message: Uint8Array): Promise<void> {
    const { send, sharded } = this.#channels;
    const publisher = this.#publisher as RedisClient;
    // A client that queues would publish later what is then over.
    if (!publisher.isReady) throw new TransportError('ERR_TRANSPORT_IO', 'the connection to Redis is down');
    // The client writes it later; until it has, the bytes stay as they are now.
    const bytes = asBuffer(new Uint8Array(message));
    await (sharded ? publisher.sPublish(send, bytes) : publisher.publish(send, bytes));
  }

  /** A cluster tells the same of each of its nodes. */
  #watch(client: RedisClient): void {
    const down = () => {
      if (!this.#isConnected) return;
      this.#isConnected = false;
      this.handle.tell({ type: 'disconnected' });
    };
    const up = () => {
      if (this.#isConnected || !this.#isReady) return;
      this.#isConnected = true;
      this.handle.tell({ type: 'connected' });
    };
    client.on('node-error', (cause) => this.#fail(cause));
    for (const event of ['reconnecting', 'node-reconnecting']) client.on(event, down);
    for (const event of ['ready', 'node-ready']) client.on(event, up);
    client.on('terminated', () => this.handle.tell({ type: 'closed' }));
  }

  get #isReady(): boolean {
    return this.#publisher?.isReady === true && this.#subscriber?.isReady === true;
  }

  #fail(cause: unknown): void {
    const error = new TransportError('ERR_TRANSPORT_IO', 'the connection to Redis failed', { cause });
    this.handle.tell({ type: 'error', error });
  }

  async #close(): Promise<void> {
    // At once: what was published was answered before, and nothing that comes now is wanted.
    this.#subscriber?.destroy();
    if (this.#ownsPublisher) this.#publisher?.destroy();
  }
}
