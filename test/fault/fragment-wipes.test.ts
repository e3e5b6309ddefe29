/**
 * The end of a key comes at every point of sealing and opening. Nothing that is given away was sealed or opened under a key
 * that was partly zero, and nothing of the key stays behind.
 *
 * The points are the calls of built-in functions that every step consists of: each look at a slot's word, each copy, each
 * wipe, each call of the cipher. Before call number i the key's slot is zeroed, in whole or up to its middle, as the wiping
 * thread would do it: first the word, then the bytes.
 */
import nodeCrypto from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { EpochChain, type EpochKey } from '../../src/fragment/chain.ts';
import { Channel } from '../../src/fragment/channel.ts';
import { CONTENT, type Fragment, readFragment, SECRECY } from '../../src/fragment/format.ts';
import { openMessage } from '../../src/fragment/open.ts';
import { sealMessage } from '../../src/fragment/seal.ts';
import { CAUSE, type Page, SLOT_BYTES, STATE, STATE_MASK } from '../../src/fragment/slab.ts';
import { TimerWiper } from '../../src/fragment/wiper-timer.ts';
import { filledSlots, pagesOf } from '../unit/fragment/support.ts';

const CHAIN_KEY = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
const CONTEXT = new Uint8Array(0);
const DATA = Uint8Array.from({ length: 100 }, (_, i) => i);

const SHAPES = [
  { name: 'one fragment', secrecy: SECRECY.epoch, threshold: 1, total: 1 },
  { name: '2 of 3', secrecy: SECRECY.epoch, threshold: 2, total: 3 },
  { name: '2 of 3, threshold secrecy', secrecy: SECRECY.threshold, threshold: 2, total: 3 },
] as const;

type Shape = (typeof SHAPES)[number];

afterEach(() => {
  vi.restoreAllMocks();
});

interface Setting {
  readonly wiper: TimerWiper;
  readonly chain: EpochChain;
  readonly key: EpochKey;
  readonly channel: Channel;
}

/** A key that has been used, or one that has not. */
function setUp(used: boolean): Setting {
  const wiper = new TimerWiper();
  const chain = new EpochChain(wiper, CHAIN_KEY, 60_000);
  const key = chain.jumpTo(0, systemClock.monotonicMs() + 60_000) as EpochKey;
  if (used) key.commitment();
  return { wiper, chain, key, channel: new Channel(new Uint8Array(16), 60_000) };
}

const seal = ({ channel, key }: Setting, shape: Shape) =>
  sealMessage(channel, key, 0, { data: DATA, content: CONTENT.message, context: CONTEXT, ...shape });

/** The slot of the epoch: the second that was taken. */
const EPOCH_SLOT = 1;

function* wipes(page: Page): Generator<() => void> {
  const bytes = () => page.keys.subarray(EPOCH_SLOT * SLOT_BYTES, (EPOCH_SLOT + 1) * SLOT_BYTES);
  yield () => page.wipe(EPOCH_SLOT, () => 0, CAUSE.due);
  // The other thread is interrupted in the middle of its zeros.
  for (const part of [1, SLOT_BYTES / 2 - 1, SLOT_BYTES / 2 + 1]) {
    yield () => {
      const word = page.states[EPOCH_SLOT] as number;
      if ((word & STATE_MASK) !== STATE.live) return;
      page.states[EPOCH_SLOT] = (word & ~STATE_MASK) | STATE.dying;
      bytes().subarray(0, part).fill(0);
    };
  }
}

/** Runs something and calls `meddle` before call number `at` of a built-in function; tells how many calls there were. */
function withMeddling<T>(at: number, meddle: () => void, run: () => T): { calls: number; result: T } {
  let calls = 0;
  let meddling = false;
  const point = () => {
    if (meddling) return;
    meddling = true;
    if (calls++ === at) meddle();
    meddling = false;
  };
  const spies = (
    [
      [Atomics, 'load'],
      [Atomics, 'compareExchange'],
      [Uint8Array.prototype, 'set'],
      [Uint8Array.prototype, 'fill'],
      [Uint8Array.prototype, 'subarray'],
      [Uint8Array.prototype, 'slice'],
      [nodeCrypto.Cipheriv.prototype, 'update'],
      [nodeCrypto.Cipheriv.prototype, 'final'],
      [nodeCrypto.Decipheriv.prototype, 'update'],
      [nodeCrypto.Decipheriv.prototype, 'final'],
    ] as unknown as [Record<string, (...args: unknown[]) => unknown>, string][]
  ).map(([target, name]) => {
    const original = target[name] as (...args: unknown[]) => unknown;
    return vi.spyOn(target, name).mockImplementation(function (this: unknown, ...args: unknown[]) {
      point();
      return Reflect.apply(original, this, args);
    });
  });
  try {
    const result = run();
    return { calls, result };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** Every point, every way of zeroing, with a key that was used before and one that was not. */
function everywhere(check: (setting: Setting, at: number, meddle: () => void) => number): number {
  let points = 0;
  for (const used of [true, false]) {
    for (let way = 0; way < 4; way++) {
      for (let at = 0; ; at++) {
        const setting = setUp(used);
        const [page] = pagesOf(setting.wiper) as [Page];
        const meddle = [...wipes(page)][way] as () => void;
        const calls = check(setting, at, meddle);
        setting.chain.destroy(CAUSE.disposed);
        if (at >= calls) break;
        points++;
      }
    }
  }
  return points;
}

describe.each(SHAPES)('$name', (shape) => {
  it('sealing gives what opens under the whole key, or nothing', () => {
    const points = everywhere((setting, at, meddle) => {
      const { calls, result } = withMeddling(at, meddle, () => seal(setting, shape));
      // Whenever the end came, even at the last look, nothing is given away.
      expect(result === undefined).toBe(at < calls);
      if (result !== undefined) {
        const fresh = setUp(true);
        const read = result.map((fragment) => readFragment('fragment', fragment));
        expect(openMessage(setting.channel, fresh.key, read, CONTEXT)?.data).toEqual(DATA);
        fresh.chain.destroy(CAUSE.disposed);
      }
      return calls;
    });
    console.info(`${points} points`);
    expect(points).toBeGreaterThan(100);
  });

  it('opening gives the message, or nothing', () => {
    const maker = setUp(true);
    const fragments = (seal(maker, shape) as Uint8Array[]).map((bytes) =>
      readFragment('fragment', bytes),
    ) as Fragment[];
    const points = everywhere((setting, at, meddle) => {
      const { calls, result } = withMeddling(at, meddle, () =>
        openMessage(setting.channel, setting.key, fragments, CONTEXT),
      );
      // A key that died is told as that, and not as a forgery that it made of good fragments.
      if (at < calls) expect(result).toBeUndefined();
      else expect(result?.data).toEqual(DATA);
      return calls;
    });
    console.info(`${points} points`);
    expect(points).toBeGreaterThan(100);
  });

  it('nothing of the key stays in the slot, when the end is complete', () => {
    everywhere((setting, at, meddle) => {
      const { calls } = withMeddling(at, meddle, () => seal(setting, shape));
      setting.key.slot.wipe(() => 0, CAUSE.due);
      const [page] = pagesOf(setting.wiper) as [Page];
      const slot = page.keys.subarray(EPOCH_SLOT * SLOT_BYTES, (EPOCH_SLOT + 1) * SLOT_BYTES);
      expect(slot.every((byte) => byte === 0)).toBe(true);
      expect(filledSlots(setting.wiper).length).toBe(1);
      return calls;
    });
  });
});
