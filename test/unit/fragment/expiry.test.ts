import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectFragment, TemporalVault, type VaultOptions } from '@mwrasp/crypto/fragment';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { utf8 } from '../../../src/bytes.ts';
import { type Clock, systemClock } from '../../../src/clock.ts';
import { ExpiredError, InputError } from '../../../src/errors.ts';
import { type Expected, expectError } from '../../contract/support/errors.ts';
import { ManualClock, untilZero, waitUntil, withSlab } from './support.ts';

const DEADLINE: Expected = [ExpiredError, 'ERR_EXPIRED_DEADLINE'];
const GONE: Expected = [ExpiredError, 'ERR_EXPIRED_EPOCH_GONE'];
const ANOMALY: Expected = [ExpiredError, 'ERR_EXPIRED_CLOCK_ANOMALY'];
const BUDGET: Expected = [ExpiredError, 'ERR_EXPIRED_USE_BUDGET'];

/** A life so long that no test outlasts it: only what a test does to its clock counts. */
const LONG = { ttlMs: 60_000, epochMs: 15_000 };
const DATA = utf8('a message of a few bytes');

const vaults: TemporalVault[] = [];

async function makeVault(options: VaultOptions): Promise<TemporalVault> {
  const vault = await TemporalVault.create(options);
  vaults.push(vault);
  return vault;
}

afterEach(() => {
  vi.restoreAllMocks();
  for (const vault of vaults.splice(0)) vault.dispose();
});

describe('by an injected clock', () => {
  let clock: ManualClock;
  let vault: TemporalVault;

  beforeEach(async () => {
    clock = new ManualClock();
    clock.nowMs = 1_000_000;
    vault = await makeVault({ ...LONG, clock });
  });

  /** Moves the clock to a time since the vault was made. */
  const at = (elapsedMs: number) => {
    clock.nowMs = 1_000_000 + elapsedMs;
  };
  const split = () => vault.split(DATA, { total: 2 });
  const epochOf = (fragments: Uint8Array[]) => inspectFragment(fragments[0] as Uint8Array).epoch;

  it('a message opens until its deadline and not at it', async () => {
    const fragments = split();
    for (const elapsedMs of [0, 15_000, 59_999, 59_999.999]) {
      at(elapsedMs);
      expect(vault.reassemble(fragments)).toEqual(DATA);
    }
    at(60_000);
    await expectError(() => vault.reassemble(fragments), ...DEADLINE);
    at(600_000);
    await expectError(() => vault.reassemble(fragments), ...DEADLINE);
  });

  it('the deadline is that of the epoch: a message at its end lives one epoch less', async () => {
    at(29_999.5);
    const fragments = split();
    expect(epochOf(fragments)).toBe(1);
    at(74_999);
    expect(vault.reassemble(fragments)).toEqual(DATA);
    at(75_000);
    await expectError(() => vault.reassemble(fragments), ...DEADLINE);
  });

  it("epochs are counted from the vault's beginning", () => {
    for (const [elapsedMs, epoch] of [
      [0, 0],
      [14_999, 0],
      [15_000, 1],
      [45_000, 3],
      [1_499_999, 99],
    ] as const) {
      at(elapsedMs);
      expect(epochOf(split())).toBe(epoch);
    }
  });

  it('comes before everything that is wrong with the fragments but their form', async () => {
    const fragments = split();
    at(60_000);
    await expectError(() => vault.reassemble(fragments.slice(1)), ...DEADLINE);
    const changed = fragments.map((fragment) => fragment.with(80, 0).with(40, 0));
    await expectError(() => vault.reassemble(changed), ...DEADLINE);
  });

  it('is looked at again before data is given away', async () => {
    const readings = [0, 0, 59_999, 60_000];
    const made: Uint8Array[] = [];
    vault = await makeVault({
      ...LONG,
      clock: { wallMs: () => 0, monotonicMs: () => readings.shift() ?? 0 },
    });
    const data = new Uint8Array(4999).fill(7);
    const fragments = vault.split(data);
    vi.stubGlobal(
      'Uint8Array',
      new Proxy(Uint8Array, {
        construct(target, args) {
          const array: Uint8Array = Reflect.construct(target, args);
          if (args[0] === data.length) made.push(array);
          return array;
        },
      }),
    );
    try {
      await expectError(() => vault.reassemble(fragments), ...DEADLINE);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(readings).toEqual([]);
    // It had been opened, and was wiped.
    expect(made.length).toBe(1);
    expect(made[0]?.every((byte) => byte === 0)).toBe(true);
  });

  it('keys are zero from their deadline on, at the next call', async () => {
    const { made, slab } = await withSlab(() => makeVault({ ...LONG, clock }));
    vault = made;
    const start = clock.nowMs;
    const fragments: Uint8Array[][] = [];
    for (let epoch = 0; epoch < 4; epoch++) {
      clock.nowMs = start + epoch * 15_000;
      fragments.push(split());
      expect(slab.filledSlots()).toBe(epoch + 1);
    }
    for (let epoch = 4; epoch < 10; epoch++) {
      clock.nowMs = start + epoch * 15_000;
      fragments.push(split());
      expect(slab.filledSlots()).toBe(4);
    }
    for (const old of fragments.slice(0, 6)) await expectError(() => vault.reassemble(old), ...DEADLINE);
    for (const live of fragments.slice(6)) expect(vault.reassemble(live)).toEqual(DATA);
    expect(vault.lag().count).toBe(6);
  });

  it('a key that died stays dead when the clock goes back', async () => {
    const fragments = split();
    at(60_000);
    await expectError(() => vault.reassemble(fragments), ...DEADLINE);
    for (const elapsedMs of [59_999, 0, -1_000_000]) {
      at(elapsedMs);
      await expectError(() => vault.reassemble(fragments), ...GONE);
    }
  });

  it('a jump ahead destroys what is behind it, and new messages work', async () => {
    const { made, slab } = await withSlab(() => makeVault({ ...LONG, clock }));
    vault = made;
    const old = split();
    clock.nowMs += 3_600_000;
    const fresh = split();
    expect(slab.filledSlots()).toBe(1);
    expect(vault.lag().count).toBe(1);
    expect(vault.reassemble(fresh)).toEqual(DATA);
    await expectError(() => vault.reassemble(old), ...DEADLINE);
    clock.nowMs -= 3_600_000;
    await expectError(() => vault.reassemble(old), ...GONE);
    // What is sealed after the clock went back is sealed under a key that lives.
    expect(vault.reassemble(split())).toEqual(DATA);
  });

  it('a jump of months is over at once', () => {
    for (const days of [1, 30, 365]) {
      at(days * 86_400_000);
      expect(vault.reassemble(split())).toEqual(DATA);
    }
  });

  it('a vault has 2^32 epochs', async () => {
    at((2 ** 32 - 1) * 15_000);
    const fragments = split();
    expect(epochOf(fragments)).toBe(2 ** 32 - 1);
    expect(vault.reassemble(fragments)).toEqual(DATA);
    at(2 ** 32 * 15_000);
    await expectError(() => split(), ...BUDGET);
    expect(vault.reassemble(fragments)).toEqual(DATA);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, undefined])(
    'a clock that says %s destroys every key, and new messages work when it is right again',
    async (reading) => {
      const { made, slab } = await withSlab(() => makeVault({ ...LONG, clock }));
      vault = made;
      const old = split();
      const before = clock.nowMs;
      clock.nowMs = reading as number;
      await expectError(() => vault.reassemble(old), ...ANOMALY);
      expect(slab.filledSlots()).toBe(0);
      await expectError(() => split(), ...ANOMALY);
      clock.nowMs = before;
      await expectError(() => vault.reassemble(old), ...GONE);
      expect(vault.reassemble(split())).toEqual(DATA);
    },
  );
});

describe('whatever the clock says', () => {
  it('the key is gone after its time', async () => {
    const clock = new ManualClock();
    const start = performance.now();
    const { made: vault, slab } = await withSlab(() => makeVault({ ttlMs: 30, clock }));
    const fragments = vault.split(DATA, { total: 3 });
    await waitUntil(60, start);
    await expectError(() => vault.reassemble(fragments), ...GONE);
    expect(slab.filledSlots()).toBe(0);
    const { count, p50Ms, p99Ms, maxMs } = vault.lag();
    expect(count).toBe(1);
    expect(p50Ms).toBeGreaterThanOrEqual(0);
    expect(maxMs).toBeGreaterThanOrEqual(p99Ms);
    // A new message has a key of the time that it is.
    const fresh = vault.split(DATA);
    expect(inspectFragment(fresh[0] as Uint8Array).epoch).toBeGreaterThan(0);
  });

  it('the key is zeroed without any call', async () => {
    const { made: vault, slab } = await withSlab(() => makeVault({ ttlMs: 20 }));
    vault.split(DATA);
    await untilZero(slab);
    // The slot was filled at the beginning, or the wait proves nothing.
    expect(vault.lag().count).toBe(1);
  });

  it('the key is gone though the thread was too busy for the timer', async () => {
    const clock = new ManualClock();
    const vault = await makeVault({ ttlMs: 20, clock });
    const fragments = vault.split(DATA);
    const end = performance.now() + 25;
    while (performance.now() < end);
    await expectError(() => vault.reassemble(fragments), ...GONE);
  });

  it('the key is gone though the clock jumped ahead and then stood still', async () => {
    const clock = new ManualClock();
    const { made: vault, slab } = await withSlab(() => makeVault({ ttlMs: 30, clock }));
    clock.nowMs = 3_600_000;
    const start = performance.now();
    const fragments = vault.split(DATA);
    await waitUntil(60, start);
    await expectError(() => vault.reassemble(fragments), ...GONE);
    expect(slab.filledSlots()).toBe(0);
  });

  it('the key is gone though the clock jumped ahead and went back', async () => {
    const clock = new ManualClock();
    const { made: vault, slab } = await withSlab(() => makeVault({ ttlMs: 30, clock }));
    clock.nowMs = 3_600_000;
    vault.split(DATA);
    clock.nowMs = 0;
    const start = performance.now();
    const fragments = vault.split(DATA);
    await waitUntil(60, start);
    await expectError(() => vault.reassemble(fragments), ...GONE);
    expect(slab.filledSlots()).toBe(0);
  });

  it('the key is zeroed though the clock fails', async () => {
    let fails = false;
    const clock: Clock = {
      wallMs: () => 0,
      monotonicMs: () => {
        if (fails) throw new Error('no clock');
        return 0;
      },
    };
    const { made: vault, slab } = await withSlab(() => makeVault({ ttlMs: 20, clock }));
    vault.split(DATA);
    fails = true;
    await untilZero(slab);
    expect(vault.lag().count).toBe(1);
  });
});

describe("by the system's clock", () => {
  it('the deadline comes first', async () => {
    const start = performance.now();
    const vault = await makeVault({ ttlMs: 30 });
    const fragments = vault.split(DATA, { total: 2 });
    await waitUntil(60, start);
    await expectError(() => vault.reassemble(fragments), ...DEADLINE);
  });

  describe('with timers in hand', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    });

    afterEach(() => {
      vi.useRealTimers();
    });

    /** Lets time pass in steps no larger than a millisecond, as a runtime would. */
    const pass = (ms: number) => {
      for (let i = 0; i < ms; i++) vi.advanceTimersByTime(1);
    };

    it('each key dies by the timer at its time, and no sooner', async () => {
      const { made: vault, slab } = await withSlab(() => makeVault({ ttlMs: 100 }));
      const fragments: Uint8Array[][] = [];
      for (let epoch = 0; epoch < 4; epoch++) {
        fragments.push(vault.split(DATA));
        pass(25);
      }
      // 100 ms have passed: the first key is gone, the others follow every 25 ms.
      for (let gone = 1; gone <= 4; gone++) {
        expect(slab.filledSlots()).toBe(4 - gone);
        expect(vault.lag()).toEqual({ count: gone, p50Ms: 0, p99Ms: 0, maxMs: 0 });
        pass(24);
        if (gone < 4) expect(vault.reassemble(fragments[gone] as Uint8Array[])).toEqual(DATA);
        expect(slab.filledSlots()).toBe(4 - gone);
        pass(1);
      }
      expect(vi.getTimerCount()).toBe(0);
      expect(vault.lag().count).toBe(4);
    });

    it('a timer that comes early is set again', async () => {
      const { made: vault, slab } = await withSlab(() => makeVault({ ttlMs: 100 }));
      vault.split(DATA);
      const now = performance.now();
      const spy = vi.spyOn(systemClock, 'monotonicMs').mockImplementation(() => performance.now() - 0.8);
      vi.advanceTimersByTime(100);
      expect(performance.now() - now).toBe(100);
      expect(slab.filledSlots()).toBe(1);
      expect(vi.getTimerCount()).toBe(1);
      vi.advanceTimersByTime(1);
      expect(slab.filledSlots()).toBe(0);
      spy.mockRestore();
    });

    it('a timer that comes late is measured', async () => {
      const { made: vault, slab } = await withSlab(() => makeVault({ ttlMs: 100 }));
      vault.split(DATA);
      // The thread was busy: the clock is 40 ms further than the timer knows.
      const spy = vi.spyOn(systemClock, 'monotonicMs').mockImplementation(() => performance.now() + 40);
      pass(100);
      expect(slab.filledSlots()).toBe(0);
      expect(vault.lag()).toEqual({ count: 1, p50Ms: 40, p99Ms: 40, maxMs: 40 });
      spy.mockRestore();
    });

    it("keys die by the timer within their life though the caller's clock is hours ahead", async () => {
      const clock = new ManualClock();
      const { made: vault, slab } = await withSlab(() => makeVault({ ttlMs: 100, clock }));
      vault.split(DATA);
      pass(20);
      clock.nowMs = 7_200_000;
      const fragments = vault.split(DATA);
      expect(slab.filledSlots()).toBe(1);
      pass(99);
      expect(vault.reassemble(fragments)).toEqual(DATA);
      pass(1);
      expect(slab.filledSlots()).toBe(0);
      await expectError(() => vault.reassemble(fragments), ...GONE);
      expect(vi.getTimerCount()).toBe(0);
    });

    it('a vault that sealed nothing sets no timer', async () => {
      await makeVault({ ttlMs: 100 });
      expect(vi.getTimerCount()).toBe(0);
      pass(1000);
    });

    it('a vault that idled for a month goes on at once', async () => {
      const vault = await makeVault({ ttlMs: 20, epochMs: 5 });
      vault.split(DATA);
      vi.advanceTimersByTime(30 * 86_400_000);
      const fragments = vault.split(DATA);
      expect(inspectFragment(fragments[0] as Uint8Array).epoch).toBe((30 * 86_400_000) / 5);
      expect(vault.reassemble(fragments)).toEqual(DATA);
    });
  });
});

describe('a process with a vault that is alive', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vault-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('ends when it has nothing else to do', () => {
    const source = join(folder, 'main.ts');
    const program = join(folder, 'main.mjs');
    const vaultSource = JSON.stringify(join(process.cwd(), 'src/fragment/index.ts'));
    writeFileSync(
      source,
      `import { TemporalVault } from ${vaultSource};
      const vault = await TemporalVault.create({ ttlMs: 60_000 });
      const fragments = vault.split(new Uint8Array(10), { total: 2 });
      console.log(vault.reassemble(fragments).length);
      process.on('exit', () => console.log(vault.lag().count));`,
    );
    buildSync({
      entryPoints: [source],
      outfile: program,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
    });
    // A timer that kept the process would keep it for a minute; the limit only ends a test that would fail.
    const { status, stdout, stderr } = spawnSync(process.execPath, [program], {
      encoding: 'utf8',
      timeout: 45_000,
    });
    expect(stderr).toBe('');
    expect(stdout).toBe('10\n0\n');
    expect(status).toBe(0);
  });
});

it('a disposed vault is not an expired one', async () => {
  const vault = await makeVault({ ttlMs: 20 });
  const fragments = vault.split(DATA);
  vault.dispose();
  await expectError(() => vault.reassemble(fragments), InputError, 'ERR_INPUT_DISPOSED');
});
