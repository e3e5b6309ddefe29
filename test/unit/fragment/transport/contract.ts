/**
 * What every transport keeps to, whatever carries its messages.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { InputError, TransportError } from '@mwrasp/crypto';
import type { FragmentTransport, TransportEvent, TransportOptions } from '@mwrasp/crypto/fragment/transport';
import { afterEach, describe, expect, it } from 'vitest';
import { thrownBy } from '../../../support/errors.ts';

/** How to make two connected ends. */
export interface TransportCase {
  readonly open: (
    left: TransportOptions,
    right: TransportOptions,
  ) => Promise<readonly [FragmentTransport, FragmentTransport]>;
  /** Whether each end hears that the other one closed: a bus does not tell. */
  readonly hearsClose: boolean;
}

/** Bytes that depend on a seed; every value of a byte occurs. */
export function pattern(sizeBytes: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, i) => (i * 167 + (i >> 8) * 13 + seed) & 0xff);
}

/** Waits until something holds; the test's own time limit ends it otherwise. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(2);
}

/** What an end gets, in the order in which it comes. */
export function collectFrom(transport: FragmentTransport): Uint8Array[] {
  const messages: Uint8Array[] = [];
  transport.onMessage((message) => void messages.push(message));
  return messages;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const sorted = (messages: readonly Uint8Array[]) => messages.map(hex).sort();

/** Sends, and returns what was thrown, at once or later; undefined when nothing was. */
export async function failureOfSend(transport: FragmentTransport, message: Uint8Array): Promise<unknown> {
  try {
    await transport.send(message);
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Runs the suite for one kind of transport. */
export function describeTransport(name: string, { open, hearsClose }: TransportCase): void {
  describe(`${name}, as every transport`, () => {
    let ends: readonly FragmentTransport[] = [];

    async function connected(left: TransportOptions = {}, right: TransportOptions = left) {
      const pair = await open(left, right);
      ends = pair;
      return pair;
    }

    afterEach(async () => {
      await Promise.all(ends.map((end) => end.close()));
      ends = [];
    });

    it('carries bytes of every value both ways, in sizes from none to 1 MiB', async () => {
      const [left, right] = await connected();
      const [atLeft, atRight] = [collectFrom(left), collectFrom(right)];
      const sizes = [0, 1, 2, 3, 4, 5, 255, 256, 4095, 4096, 65_535, 65_536, 65_537, 2 ** 20];
      const messages = sizes.map((size, i) => pattern(size, i));
      for (const message of messages) {
        await left.send(message);
        await right.send(message);
      }
      await until(() => atLeft.length >= sizes.length && atRight.length >= sizes.length);
      expect(sorted(atRight)).toEqual(sorted(messages));
      expect(sorted(atLeft)).toEqual(sorted(messages));
    });

    it('carries many small messages, each once and whole', async () => {
      const [left, right] = await connected();
      const received = collectFrom(right);
      const count = 3000;
      const sent = Array.from({ length: count }, (_, i) => pattern(4 + (i % 60), i));
      await Promise.all(sent.map((message) => left.send(message)));
      await until(() => received.length >= count);
      expect(sorted(received)).toEqual(sorted(sent));
    });

    it('takes a part of a larger buffer, and leaves it with the caller', async () => {
      const [left, right] = await connected();
      const received = collectFrom(right);
      const whole = pattern(1000);
      await left.send(whole.subarray(100, 200));
      await left.send(Buffer.from(whole.subarray(200, 300)));
      await until(() => received.length === 2);
      expect(sorted(received)).toEqual(sorted([whole.subarray(100, 200), whole.subarray(200, 300)]));
      expect(whole).toEqual(pattern(1000));
    });

    it('is not disturbed by a caller who uses the buffer again', async () => {
      const [left, right] = await connected();
      const received = collectFrom(right);
      const buffer = pattern(64);
      await left.send(buffer);
      buffer.fill(0xee);
      await until(() => received.length === 1);
      expect(received).toEqual([pattern(64)]);
    });

    it('gives each listener bytes of its own, until it ends', async () => {
      const [left, right] = await connected();
      const first: Uint8Array[] = [];
      const stop = right.onMessage((message) => {
        first.push(message.slice());
        message.fill(0);
      });
      const second = collectFrom(right);
      await left.send(pattern(100));
      await until(() => second.length === 1);
      stop();
      stop();
      await left.send(pattern(200));
      await until(() => second.length === 2);
      expect(first).toEqual([pattern(100)]);
      expect(second).toEqual([pattern(100), pattern(200)]);
    });

    it('contains what listeners throw, at once or later, and tells it', async () => {
      const events: TransportEvent[] = [];
      const onEvent = (event: TransportEvent) => {
        events.push(event);
        throw new Error('and so does who is told');
      };
      const [left, right] = await connected({}, { onEvent });
      const problems = [new Error('at once'), new Error('later')];
      right.onMessage(() => {
        throw problems[0];
      });
      right.onMessage(async () => {
        await sleep(1);
        throw problems[1];
      });
      const received = collectFrom(right);
      await left.send(pattern(10));
      // A bus may tell of its connection in between.
      const errors = () => events.filter(({ type }) => type === 'error');
      await until(() => errors().length >= 2);
      expect(errors()).toEqual(problems.map((error) => ({ type: 'error', error })));
      await left.send(pattern(11));
      await until(() => received.length === 2);
      // In any order: not every bus keeps it.
      expect(received.sort((a, b) => a.length - b.length)).toEqual([pattern(10), pattern(11)]);
    });

    it('refuses to send what is too long or no bytes', async () => {
      const [left] = await connected({ maxMessageBytes: 100 });
      expect(thrownBy(() => left.send(new Uint8Array(101)))).toMatchObject({
        name: 'InputError',
        code: 'ERR_INPUT_LENGTH',
        argument: 'message',
      });
      expect(thrownBy(() => left.send('text' as never))).toBeInstanceOf(InputError);
      expect(thrownBy(() => left.onMessage('text' as never))).toMatchObject({ argument: 'listener' });
    });

    it('never gives out what is too long, and tells it', async () => {
      const events: TransportEvent[] = [];
      const onEvent = (event: TransportEvent) => void events.push(event);
      const [left, right] = await connected({}, { maxMessageBytes: 100, onEvent });
      const received = collectFrom(right);
      await left.send(pattern(100));
      await until(() => received.length === 1);
      await failureOfSend(left, pattern(101));
      await until(() => events.some(({ type }) => type === 'error'));
      expect(received).toEqual([pattern(100)]);
      const error = events.find((event) => event.type === 'error')?.error;
      expect(error).toBeInstanceOf(TransportError);
      expect(error).toMatchObject({ code: 'ERR_TRANSPORT_FRAME' });
    });

    it.each([0, 1])('closes from end %i, after what was sent', async (closing) => {
      const events: TransportEvent[][] = [[], []];
      const tell = (end: number) => (event: TransportEvent) => void events[end]?.push(event);
      const pair = await connected({ onEvent: tell(0) }, { onEvent: tell(1) });
      const [closer, other] = closing === 0 ? pair : [pair[1], pair[0]];
      const received = collectFrom(other);
      await closer.send(pattern(70_000));
      await closer.close();
      await closer.close();
      await until(() => received.length === 1);
      expect(received).toEqual([pattern(70_000)]);
      expect(await failureOfSend(closer, pattern(1))).toMatchObject({ code: 'ERR_TRANSPORT_CLOSED' });
      expect(events[closing]).toEqual([{ type: 'closed' }]);
      if (!hearsClose) return;
      await until(() => events[1 - closing]?.length === 1);
      expect(events[1 - closing]).toEqual([{ type: 'closed' }]);
      expect(await failureOfSend(other, pattern(1))).toMatchObject({ code: 'ERR_TRANSPORT_CLOSED' });
    });

    it('gives nothing to listeners after it was closed', async () => {
      const [left, right] = await connected();
      const received = collectFrom(right);
      await right.close();
      await failureOfSend(left, pattern(5));
      await sleep(20);
      expect(received).toEqual([]);
    });
  });
}
