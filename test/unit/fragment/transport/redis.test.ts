import { redisTransport, type TransportEvent } from '@mwrasp/crypto/fragment/transport';
import { createClient } from 'redis';
import { expect, it } from 'vitest';
import { expectInputLater, rejectionOf } from '../../../support/errors.ts';
import { freePort, needsRedis, startRedis } from '../../../support/redis-server.ts';
import { collectFrom, failureOfSend, pattern, until } from './contract.ts';

const NAMES = { send: 'a', receive: 'a' };

needsRedis('Redis as a transport', () => {
  it('tells that the connection is gone and back, and goes on', async () => {
    let server = await startRedis();
    const events: TransportEvent[] = [];
    const onEvent = (event: TransportEvent) => void events.push(event);
    const transport = await redisTransport({ url: server.url, ...NAMES, onEvent });
    const received = collectFrom(transport);
    await transport.send(pattern(1));
    await until(() => received.length === 1);
    const { port } = server;
    await server.stop();
    await until(() => events.some(({ type }) => type === 'disconnected'));
    expect(await failureOfSend(transport, pattern(2))).toMatchObject({ code: 'ERR_TRANSPORT_IO' });
    server = await startRedis({ port });
    try {
      await until(() => events.at(-1)?.type === 'connected');
      await transport.send(pattern(3));
      await until(() => received.length === 2);
      expect(received).toEqual([pattern(1), pattern(3)]);
    } finally {
      await transport.close();
      await server.stop();
    }
    expect(events.at(-1)).toEqual({ type: 'closed' });
  });

  it('leaves the client to whoever passed it', async () => {
    const server = await startRedis();
    const client = createClient({ url: server.url });
    await client.connect();
    const transport = await redisTransport({ client, ...NAMES });
    await transport.close();
    expect(await client.ping()).toBe('PONG');
    client.destroy();
    await server.stop();
  });

  it('says that there is none', async () => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    const error = await rejectionOf(() => redisTransport({ url, ...NAMES }));
    expect(error).toMatchObject({ name: 'TransportError', code: 'ERR_TRANSPORT_IO' });
  });
});

it('says what is wrong with the options', async () => {
  const url = 'redis://127.0.0.1:1';
  const refused = (
    options: object,
    code: 'ERR_INPUT_OPTION' | 'ERR_INPUT_TYPE' | 'ERR_INPUT_FORMAT' | 'ERR_INPUT_LENGTH',
    argument: string,
  ) => expectInputLater(() => redisTransport({ ...NAMES, ...options } as never), code, argument);
  await refused({}, 'ERR_INPUT_OPTION', 'options');
  await refused({ url, client: createClient() }, 'ERR_INPUT_OPTION', 'options');
  await refused({ client: {} }, 'ERR_INPUT_TYPE', 'options.client');
  await refused({ url: 7 }, 'ERR_INPUT_TYPE', 'options.url');
  await refused({ url: 'http://localhost' }, 'ERR_INPUT_FORMAT', 'options.url');
  await refused({ url, send: '' }, 'ERR_INPUT_LENGTH', 'options.send');
  await refused({ url, receive: 7 }, 'ERR_INPUT_TYPE', 'options.receive');
  await refused({ url, sharded: 'yes' }, 'ERR_INPUT_TYPE', 'options.sharded');
  await refused({ url, chanel: 'a' }, 'ERR_INPUT_OPTION', 'options');
});
