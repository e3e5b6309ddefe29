/**
 * The keeper with a clock in hand: what it zeroes, and when.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { concat, toHex, uintBytes, utf8 } from '../../../src/bytes.ts';
import { registry } from '../../../src/engines/index.ts';
import { type Block, STATE } from '../../../src/fragment/slab/block.ts';
import { CONTROL_BYTES, Control } from '../../../src/fragment/slab/control.ts';
import { Keeper, type KeeperNews } from '../../../src/fragment/slab/keeper.ts';
import { blocksOf, type PageShape, pageBytes } from '../../../src/fragment/slab/page.ts';
import { sha3_512 } from '../../../src/hash/index.ts';
import { ManualClock, pattern } from './support.ts';

const hash = registry.capable('hash', 'wiped-state');
const CK0 = pattern(32);
const TIMES = { startMs: 0, epochMs: 25, lifeMs: 100, graceMs: 100 };
const SLOTS = 8;

let clock: ManualClock;
let control: Control;
let keeper: Keeper;
let pages: PageShape[];
let blocks: Block[];
let news: KeeperNews[];
let buffer: ArrayBuffer;

function begin(block: Block, sleepy = false, first = 0, skip = 0): void {
  block.fill(hash, TIMES, CK0, first, skip, sleepy);
  block.state = STATE.active;
  control.changed(block.id);
  keeper.tick();
}

/** Lets time pass as the thread would spend it: asleep until the next death. */
function pass(ms: number): void {
  const end = clock.nowMs + ms;
  for (;;) {
    const sleepMs = keeper.tick();
    if (clock.nowMs + sleepMs > end) break;
    clock.nowMs += Math.max(sleepMs, 0.01);
  }
  clock.nowMs = end;
  keeper.tick();
}

/** Message keys as the docs have them. */
function messageKeys(count: number): string[] {
  const keys: string[] = [];
  let chainKey: Uint8Array = CK0;
  for (let epoch = 0; epoch < count; epoch++) {
    const digest = sha3_512(concat(utf8('mwrasp-crypto/fragment/v1/ratchet'), uintBytes(epoch, 4), chainKey));
    keys.push(toHex(digest.subarray(0, 32)));
    chainKey = digest.subarray(32);
  }
  return keys;
}

function keyOf(block: Block, epoch: number): string | undefined {
  const generation = block.generation(epoch);
  if (generation === 0) return undefined;
  const out = new Int32Array(8);
  expect(block.copyMessageKey(epoch, generation, out)).toBe(true);
  return toHex(new Uint8Array(out.buffer));
}

/** Epochs of the first hundred that have a key. */
const alive = (block: Block) =>
  Array.from({ length: 100 }, (_, epoch) => epoch).filter((epoch) => block.generation(epoch) !== 0);

/** Whether any of some keys, or the chain key that gives them, stands anywhere in the page. */
const holds = (key: string) => toHex(new Uint8Array(buffer)).includes(key);

beforeEach(() => {
  clock = new ManualClock();
  control = new Control(new ArrayBuffer(CONTROL_BYTES));
  buffer = new ArrayBuffer(pageBytes(SLOTS));
  const page = { page: 0, buffer, slots: SLOTS };
  pages = [page];
  blocks = blocksOf(page);
  news = [];
  keeper = new Keeper({
    control,
    clock,
    hash,
    nextPage: () => pages.shift(),
    tell: (told) => news.push(...told),
  });
});

const first = () => blocks[0] as Block;

describe('a block', () => {
  it('holds the keys of the documented ratchet', () => {
    begin(first());
    const keys = messageKeys(SLOTS);
    expect(alive(first())).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    for (const [epoch, key] of keys.entries()) expect(keyOf(first(), epoch)).toBe(key);
  });

  it('begins at any epoch of the chain', () => {
    begin(first(), false, 5, 5);
    expect(keyOf(first(), 5)).toBe(messageKeys(6)[5]);
    expect(keyOf(first(), 4)).toBeUndefined();
  });

  it('leaves other blocks of its page alone', () => {
    begin(blocks[1] as Block);
    first().zero();
    expect(alive(first())).toEqual([]);
    expect(alive(blocks[1] as Block).length).toBe(SLOTS);
  });
});

describe('the keeper', () => {
  it('zeroes each key at the start of its epoch plus the life, and fills in the next', () => {
    begin(first());
    const keys = messageKeys(20);
    for (let epoch = 0; epoch < 8; epoch++) {
      pass(epoch === 0 ? 99.9 : 24.9);
      expect(holds(keys[epoch] as string)).toBe(true);
      pass(0.1);
      expect(holds(keys[epoch] as string)).toBe(false);
      expect(alive(first())[0]).toBe(epoch + 1);
      expect(keyOf(first(), epoch + SLOTS)).toBe(keys[epoch + SLOTS]);
    }
    expect(first().destroyed).toBe(8);
    expect(control.lag.report()).toMatchObject({ count: 8, maxMs: 0 });
  });

  it('records how late it was', () => {
    begin(first());
    clock.nowMs = 107.5;
    keeper.tick();
    expect(control.lag.report()).toMatchObject({ count: 1, maxMs: 7.5 });
    expect(first().maxLagMs).toBe(7.5);
    expect(first().death).toBeUndefined();
  });

  it('destroys a chain one of whose keys was later than the grace', () => {
    begin(first());
    keeper.tick();
    clock.nowMs = 200.5;
    keeper.tick();
    expect(first().death).toBe('late');
    expect(alive(first())).toEqual([]);
    expect(news).toContainEqual({ kind: 'dead', id: 0, death: 'late' });
    expect(new Uint8Array(buffer, 72, 32)).toEqual(new Uint8Array(32));
  });

  it.each([3_600_000, -3_600_000, 51, -51])(
    'destroys everything when the wall clock steps by %d ms',
    (step) => {
      begin(first());
      begin(blocks[1] as Block);
      pass(10);
      clock.wallAheadMs += step;
      keeper.tick();
      for (const block of [first(), blocks[1] as Block]) {
        expect(block.death).toBe('clock-step');
        expect(alive(block)).toEqual([]);
      }
      expect(keeper.tick()).toBe(Number.POSITIVE_INFINITY);
    },
  );

  it('bears a wall clock that is slewed', () => {
    begin(first());
    for (let i = 0; i < 100; i++) {
      pass(20);
      clock.wallAheadMs += 10;
    }
    expect(first().death).toBeUndefined();
  });

  it('looks at the clocks at least every 50 ms while keys live, and sleeps without end when none does', () => {
    expect(keeper.tick()).toBe(Number.POSITIVE_INFINITY);
    begin(first());
    expect(keeper.tick()).toBe(50);
    first().die('disposed');
    control.changed(0);
    expect(keeper.tick()).toBe(Number.POSITIVE_INFINITY);
  });

  it('tells of every key only when somebody listens', () => {
    begin(first());
    pass(110);
    expect(news).toEqual([]);
    control.wantsEvents = true;
    pass(25);
    expect(news).toMatchObject([{ kind: 'destroyed', id: 0, epoch: 1 }]);
  });

  it('lets a chain sleep that nobody uses: no key is left, and it is woken with fresh ones', () => {
    begin(first(), true);
    expect(first().use(1)).toBe(true);
    pass(124);
    expect(first().state).toBe(STATE.active);
    pass(2);
    expect(first().state).toBe(STATE.asleep);
    expect(alive(first())).toEqual([]);
    expect(new Uint8Array(buffer, 72, 32)).toEqual(new Uint8Array(32));
    expect(keeper.tick()).toBe(Number.POSITIVE_INFINITY);
    expect(first().use(9)).toBe(false);
  });

  it('keeps a chain awake whose keys are used', () => {
    begin(first(), true);
    for (let epoch = 0; epoch < 40; epoch++) {
      expect(first().use(epoch)).toBe(true);
      pass(25);
      expect(first().state).toBe(STATE.active);
    }
  });

  it('drops chain key and coming keys of a retired chain at once, the others at their time', () => {
    begin(first());
    pass(30);
    first().retire();
    control.changed(0);
    keeper.tick();
    expect(alive(first())).toEqual([0, 1]);
    expect(new Uint8Array(buffer, 72, 32)).toEqual(new Uint8Array(32));
    pass(75);
    expect(alive(first())).toEqual([1]);
    pass(25);
    expect(first().death).toBe('retired');
  });

  it('lets keys die earlier when epoch 0 is moved back', () => {
    begin(first());
    expect(first().move(30)).toBe(true);
    control.changed(0);
    pass(69.9);
    expect(alive(first())[0]).toBe(0);
    pass(0.2);
    expect(alive(first())[0]).toBe(1);
    expect(first().move(2 ** 32)).toBe(false);
  });

  it('frees what was released, and nothing else', () => {
    begin(first());
    begin(blocks[1] as Block);
    first().die('disposed');
    first().state = STATE.released;
    control.changed(0);
    keeper.tick();
    expect(first().state).toBe(STATE.free);
    expect((blocks[1] as Block).state).toBe(STATE.active);
  });

  it('finds every change when there were more than the ring can tell', () => {
    for (const block of blocks) {
      block.fill(hash, TIMES, CK0, 0, 0, false);
      block.state = STATE.active;
      for (let i = 0; i < 20; i++) control.changed(block.id);
    }
    pass(101);
    for (const block of blocks) expect(alive(block)[0]).toBe(1);
  });

  it('zeroes a block again that died while it was filled', () => {
    begin(first());
    clock.nowMs = 100;
    const sha3 = hash.sha3_512;
    let dies = true;
    const sly = {
      ...hash,
      sha3_512: (data: Uint8Array, out: Uint8Array) => {
        sha3(data, out);
        if (dies) first().die('disposed');
        dies = false;
      },
    };
    first().destroyOldest();
    first().refill(sly);
    expect(alive(first())).toEqual([]);
    expect(new Uint8Array(buffer, 72, 32)).toEqual(new Uint8Array(32));
  });
});

it('a copy that was made while a key died is told to be worthless', () => {
  begin(first());
  const generation = first().generation(0);
  first().destroyOldest();
  expect(first().copyMessageKey(0, generation, new Int32Array(8))).toBe(false);
  expect(first().keepDerived(0, generation, new Int32Array(8).fill(-1))).toBe(false);
  expect(holds('ffffffff')).toBe(false);
});
