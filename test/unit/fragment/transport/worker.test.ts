import { Worker } from 'node:worker_threads';
import { messagePortTransport, type TransportEvent } from '@mwrasp/crypto/fragment/transport';
import { expect, it } from 'vitest';
import { collectFrom, failureOfSend, pattern, until } from './contract.ts';

const ECHO = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', (message) => {
    if (message.length === 3) process.exit();
    parentPort.postMessage('not for the transport');
    parentPort.postMessage(null);
    const shared = new Uint8Array(new SharedArrayBuffer(message.length));
    shared.set(message);
    parentPort.postMessage(message.length === 2 ? shared : message);
  });
`;

it('a worker is a transport, whose end is told, and which is left running', async () => {
  const worker = new Worker(ECHO, { eval: true });
  const first = messagePortTransport(worker);
  const received = collectFrom(first);
  await first.send(pattern(1000));
  await first.send(pattern(2));
  await until(() => received.length === 2);
  expect(received).toEqual([pattern(1000), pattern(2)]);
  expect(received[1]?.buffer).toBeInstanceOf(ArrayBuffer);
  await first.close();

  const events: TransportEvent[] = [];
  const second = messagePortTransport(worker, { onEvent: (event) => void events.push(event) });
  const again = collectFrom(second);
  await second.send(pattern(10));
  await until(() => again.length === 1);
  expect(received).toHaveLength(2);
  await second.send(pattern(3));
  await until(() => events.length === 1);
  expect(events).toEqual([{ type: 'closed' }]);
  expect(await failureOfSend(second, pattern(1))).toMatchObject({ code: 'ERR_TRANSPORT_CLOSED' });
});
