import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { socketTransport, type TransportEvent } from '@mwrasp/crypto/fragment/transport';
import { afterEach, describe, expect, it } from 'vitest';
import { collectFrom, failureOfSend, pattern, until } from './contract.ts';

const sockets: Socket[] = [];

/** A bare socket, and a transport on the other end of it. */
async function bareAndTransport(options: { maxMessageBytes?: number; allowHalfOpen?: boolean } = {}) {
  const { allowHalfOpen = false, ...rest } = options;
  const server = createServer({ allowHalfOpen }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const bare = connect({ port, host: '127.0.0.1', allowHalfOpen });
  const [[socket]] = (await Promise.all([once(server, 'connection'), once(bare, 'connect')])) as [
    [Socket],
    unknown,
  ];
  server.close();
  sockets.push(bare, socket);
  bare.on('error', () => undefined);
  const events: TransportEvent[] = [];
  const transport = socketTransport(socket, { ...rest, onEvent: (event) => void events.push(event) });
  return { bare, socket, transport, events };
}

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

function frame(message: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  return Buffer.concat([length, message]);
}

const typesOf = (events: readonly TransportEvent[]) => events.map(({ type }) => type);
const codeOf = (event: TransportEvent | undefined) =>
  event?.type === 'error' ? (event.error as { code?: string }).code : event?.type;

describe('frames on a socket', () => {
  it('are read however they are cut', async () => {
    const { bare, transport } = await bareAndTransport();
    const received = collectFrom(transport);
    const messages = [0, 1, 4, 70_000, 0, 3].map((size, i) => pattern(size, i));
    const stream = Buffer.concat(messages.map(frame));
    // Byte by byte where lengths are, then in pieces.
    bare.setNoDelay(true);
    for (let at = 0; at < stream.length; ) {
      const size = at < 40 || at > stream.length - 12 ? 1 : 997;
      await new Promise((done) => bare.write(stream.subarray(at, at + size), done));
      at += size;
    }
    await until(() => received.length === messages.length);
    expect(received).toEqual(messages);
  });

  it.each([101, 2 ** 31, 2 ** 32 - 1])(
    'that announce %i bytes are refused before anything is made for them',
    async (length) => {
      const { bare, transport, events } = await bareAndTransport({ maxMessageBytes: 100 });
      const received = collectFrom(transport);
      const header = Buffer.alloc(4);
      header.writeUInt32BE(length);
      bare.write(Buffer.concat([frame(pattern(100)), header, frame(pattern(5))]));
      await once(bare, 'close');
      await until(() => events.length === 2);
      expect(received).toEqual([pattern(100)]);
      expect(events.map(codeOf)).toEqual(['ERR_TRANSPORT_FRAME', 'closed']);
      expect(await failureOfSend(transport, pattern(1))).toMatchObject({ code: 'ERR_TRANSPORT_CLOSED' });
    },
  );

  it.each([2, 4, 50])('that end after %i bytes are told', async (cut) => {
    const { bare, transport, events } = await bareAndTransport();
    const received = collectFrom(transport);
    bare.end(frame(pattern(100)).subarray(0, cut));
    await until(() => events.length === 2);
    expect(events.map(codeOf)).toEqual(['ERR_TRANSPORT_FRAME', 'closed']);
    expect(received).toEqual([]);
  });
});

describe('a socket', () => {
  it('is read only when somebody listens', async () => {
    const { bare, socket, transport } = await bareAndTransport();
    const messages = Array.from({ length: 20 }, (_, i) => new Uint8Array(2 ** 20).fill(i));
    for (const message of messages) bare.write(frame(message));
    await new Promise((done) => setTimeout(done, 30));
    // No more than what the stream takes before it waits.
    expect(socket.bytesRead).toBeLessThan(2 ** 20);
    const received = collectFrom(transport);
    await until(() => received.length === 20);
    expect(Buffer.concat(received).equals(Buffer.concat(messages))).toBe(true);
  });

  it('slows its sender down when the other end does not read', async () => {
    const { bare, transport } = await bareAndTransport();
    bare.pause();
    const message = new Uint8Array(2 ** 20);
    let sent = 0;
    let failed: unknown;
    // Until nothing more fits into the buffers of the system, and then into what may wait.
    while (failed === undefined && sent < 200) {
      const sending = failureOfSend(transport, message);
      sent++;
      failed = await Promise.race([sending, new Promise((done) => setTimeout(done, 5, undefined))]);
    }
    expect(failed).toMatchObject({ code: 'ERR_TRANSPORT_FULL' });
    let read = 0;
    bare.on('data', (piece: Buffer) => {
      read += piece.length;
    });
    bare.resume();
    await until(() => read === (sent - 1) * (2 ** 20 + 4));
    expect(await failureOfSend(transport, pattern(10))).toBeUndefined();
  });

  it('that ends one half only is closed all the same', async () => {
    const { bare, transport, events } = await bareAndTransport({ allowHalfOpen: true });
    collectFrom(transport);
    const ended = once(bare, 'end');
    bare.end();
    bare.resume();
    await until(() => typesOf(events).includes('closed'));
    await ended;
  });

  it('whose other end never closes its half is cut after a while', async () => {
    const { bare, transport, socket } = await bareAndTransport({ allowHalfOpen: true });
    const pieces: Buffer[] = [];
    bare.on('data', (piece: Buffer) => void pieces.push(piece));
    await transport.send(pattern(100));
    await transport.close();
    expect(socket.destroyed).toBe(true);
    expect(Buffer.concat(pieces)).toEqual(frame(pattern(100)));
  });

  it('that breaks tells it, and what was to be sent fails', async () => {
    const { bare, transport, events } = await bareAndTransport();
    collectFrom(transport);
    bare.resetAndDestroy();
    await until(() => typesOf(events).includes('closed'));
    expect(events.map(codeOf)).toEqual(['ERR_TRANSPORT_IO', 'closed']);
    expect(await failureOfSend(transport, pattern(1))).toMatchObject({ code: 'ERR_TRANSPORT_CLOSED' });
    await transport.close();
  });

  it('that is gone already, or gives texts, is of no use', async () => {
    const gone = await bareAndTransport();
    gone.socket.destroy();
    await once(gone.socket, 'close');
    const late = socketTransport(gone.socket);
    expect(await failureOfSend(late, pattern(1))).toMatchObject({ code: 'ERR_TRANSPORT_CLOSED' });
    const { bare, socket, transport, events } = await bareAndTransport();
    socket.setEncoding('utf8');
    collectFrom(transport);
    bare.write(frame(pattern(10)));
    await until(() => typesOf(events).includes('closed'));
    expect(events.map(codeOf)).toEqual(['ERR_TRANSPORT_IO', 'closed']);
  });
});
