import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectFragment, TemporalVault, type VaultEvent } from '@mwrasp/crypto/fragment';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { utf8 } from '../../../src/bytes.ts';
import { type Clock, systemClock } from '../../../src/clock.ts';
import { ExpiredError, InputError } from '../../../src/errors.ts';
import type { Wiper } from '../../../src/fragment/wiper.ts';
import { theWiper } from '../../../src/fragment/wiper-thread.ts';
import { type Expected, expectError } from '../../contract/support/errors.ts';
import { block, filledSlots, ManualClock, until } from './support.ts';
import { LONG, makeVault } from './support-vault.ts';

const DEADLINE: Expected = [ExpiredError, 'ERR_EXPIRED_DEADLINE'];
const GONE: Expected = [ExpiredError, 'ERR_EXPIRED_EPOCH_GONE'];
const ANOMALY: Expected = [ExpiredError, 'ERR_EXPIRED_CLOCK_ANOMALY'];
const BUDGET: Expected = [ExpiredError, 'ERR_EXPIRED_USE_BUDGET'];

const DATA = utf8('a message of a few bytes');

let wiper: Wiper;

beforeEach(async () => {
  wiper = await theWiper();
});

/** Slots with keys of epochs; one more holds the chain key of the vault. */
const epochsAlive = () => filledSlots(wiper).length - 1;

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
    const changed = fragments.map((fragment) => fragment.with(90, 0).with(60, 0));
    await expectError(() => vault.reassemble(changed), ...DEADLINE);
  });

  it('is looked at again before data is given away, and what was opened is wiped', async () => {
    const data = new Uint8Array(4999).fill(7);
    for (const options of [{}, { total: 2 }]) {
      clock.nowMs = 0;
      vault = await makeVault({ ...LONG, clock });
      const fragments = vault.split(data, options);
      // Every reading from here on; the last one is the first after the deadline.
      let readings = 0;
      vi.spyOn(clock, 'monotonicMs').mockImplementation(() => (readings++ === 0 ? 59_999 : 60_000));
      vi.spyOn(clock, 'wallMs').mockImplementation(() => (readings <= 1 ? 59_999 : 60_000));
      const wiped: number[] = [];
      const fill = Uint8Array.prototype.fill;
      vi.spyOn(Uint8Array.prototype, 'fill').mockImplementation(function (this: Uint8Array, ...args) {
        if (args[0] === 0 && this.some((byte) => byte === 7)) wiped.push(this.length);
        return fill.apply(this, args as [number]) as never;
      });
      await expectError(() => vault.reassemble(fragments), ...DEADLINE);
      vi.restoreAllMocks();
      expect(wiped).toContain(data.length);
    }
  });

  it('keys are zero from their deadline on, at the next call', () => {
    for (let epoch = 0; epoch < 10; epoch++) {
      at(epoch * 15_000);
      split();
      expect(epochsAlive()).toBe(Math.min(epoch + 1, 4));
    }
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
    const old = split();
    at(3_600_000);
    const fresh = split();
    expect(epochsAlive()).toBe(1);
    expect(vault.reassemble(fresh)).toEqual(DATA);
    await expectError(() => vault.reassemble(old), ...DEADLINE);
    at(0);
    await expectError(() => vault.reassemble(old), ...GONE);
    // What is sealed after the clock went back is sealed under a key that lives.
    expect(vault.reassemble(split())).toEqual(DATA);
  });

  it('a vault has 2^32 epochs', async () => {
    at((2 ** 32 - 1) * 15_000);
    const fragments = split();
    expect(epochOf(fragments)).toBe(2 ** 32 - 1);
    at(2 ** 32 * 15_000);
    await expectError(() => split(), ...BUDGET);
    expect(vault.reassemble(fragments)).toEqual(DATA);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, undefined])(
    'a clock that says %s destroys every key, and new messages work when it is right again',
    async (reading) => {
      const old = split();
      const before = clock.nowMs;
      clock.nowMs = reading as number;
      await expectError(() => vault.reassemble(old), ...ANOMALY);
      expect(epochsAlive()).toBe(0);
      await expectError(() => split(), ...ANOMALY);
      clock.nowMs = before;
      await expectError(() => vault.reassemble(old), ...ANOMALY);
      expect(vault.reassemble(split())).toEqual(DATA);
    },
  );

  it.each([51, -51, 3_600_000, -3_600_000])(
    'a wall clock that is set by %d ms destroys every key; the vault says so and goes on under a new id',
    async (byMs) => {
      const events: VaultEvent[] = [];
      const stop = vault.onEvent((event) => events.push(event));
      const old = split();
      const { vaultId } = inspectFragment(old[0] as Uint8Array);
      const secrets = filledSlots(wiper).map((slot) => slot.toString());
      clock.setMs = byMs;
      await expectError(() => vault.reassemble(old), ...ANOMALY);
      for (const slot of filledSlots(wiper)) expect(secrets).not.toContain(slot.toString());
      const fresh = split();
      expect(inspectFragment(fresh[0] as Uint8Array).vaultId).not.toBe(vaultId);
      expect(vault.reassemble(fresh)).toEqual(DATA);
      await expectError(() => vault.reassemble(old), ...ANOMALY);
      at(60_000);
      await expectError(() => vault.reassemble(old), ...DEADLINE);
      await until(() => events.some(({ event }) => event === 'anomaly'));
      expect(events).toContainEqual({ event: 'anomaly', vaultId, reason: 'clocks-parted' });
      expect(events).toContainEqual(
        expect.objectContaining({ event: 'destroyed', epoch: 0, reason: 'anomaly' }),
      );
      stop();
    },
  );

  it('events that nobody listens to any more are not told', async () => {
    const events: VaultEvent[] = [];
    const stop = vault.onEvent((event) => events.push(event));
    split();
    await until(() => events.length === 1);
    expect(events).toMatchObject([{ event: 'epoch', epoch: 0 }]);
    stop();
    at(15_000);
    split();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(events.length).toBe(1);
  });
});

describe('whatever the clock says', () => {
  it('the key is zero after its time, though this thread is blocked', async () => {
    const clock = new ManualClock();
    const vault = await makeVault({ ttlMs: 200, clock });
    const fragments = vault.split(DATA, { total: 3 });
    expect(epochsAlive()).toBe(1);
    const start = performance.now();
    while (epochsAlive() > 0 && performance.now() - start < 30_000) block(5);
    expect(epochsAlive()).toBe(0);
    await expectError(() => vault.reassemble(fragments), ...GONE);
    expect(vault.lag().count).toBe(1);
    console.info(`destroyed ${vault.lag().maxMs.toFixed(2)} ms late`);
    expect(inspectFragment(vault.split(DATA)[0] as Uint8Array).epoch).toBeGreaterThan(0);
  });

  it('the key is gone though the clock jumped ahead and then stood still', async () => {
    const clock = new ManualClock();
    const vault = await makeVault({ ttlMs: 200, clock });
    clock.nowMs = 3_600_000;
    const fragments = vault.split(DATA);
    block(210);
    await expectError(() => vault.reassemble(fragments), ...GONE);
    expect(epochsAlive()).toBe(0);
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
    const vault = await makeVault({ ttlMs: 200, clock });
    vault.split(DATA);
    fails = true;
    await until(() => epochsAlive() === 0);
    expect(vault.lag().count).toBe(1);
  });

  it('what destroyed is told though nothing else happens', async () => {
    const vault = await makeVault({ ttlMs: 200 });
    const events: VaultEvent[] = [];
    const stop = vault.onEvent((event) => events.push(event));
    vault.split(DATA);
    await until(() => events.some(({ event }) => event === 'destroyed'));
    expect(events.at(-1)).toMatchObject({ event: 'destroyed', reason: 'due' });
    stop();
  });
});

describe('while whatever destroys keys does not run', () => {
  it('nothing is sealed or opened, and what is sealed when it runs again works', async () => {
    const vault = await makeVault();
    const old = vault.split(DATA);
    const late = vi.spyOn(wiper, 'lateMs').mockReturnValue(60_001);
    await expectError(() => vault.reassemble(old), ...ANOMALY);
    await expectError(() => vault.split(DATA), ...ANOMALY);
    expect(epochsAlive()).toBe(0);
    late.mockReturnValue(60_000);
    await expectError(() => vault.reassemble(old), ...ANOMALY);
    expect(vault.reassemble(vault.split(DATA))).toEqual(DATA);
  });
});

describe("by the system's clock", () => {
  it('the deadline comes first', async () => {
    const vault = await makeVault({ ttlMs: 200 });
    const fragments = vault.split(DATA, { total: 2 });
    block(210);
    await expectError(() => vault.reassemble(fragments), ...DEADLINE);
  });

  it('vaults of one epoch length begin their epochs together', async () => {
    const now = vi.spyOn(systemClock, 'monotonicMs');
    vi.spyOn(wiper, 'lateMs').mockReturnValue(0);
    const ends: number[] = [];
    // So far ahead that the thread, which has a clock of its own, leaves the keys alone.
    for (const nowMs of [1e9, 1e9 + 3, 1e9 + 11]) {
      now.mockReturnValue(nowMs);
      vi.spyOn(systemClock, 'wallMs').mockReturnValue(nowMs);
      const vault = await makeVault({ ttlMs: 100, epochMs: 25 });
      const epoch = () => inspectFragment(vault.split(DATA)[0] as Uint8Array).epoch;
      let endMs = nowMs;
      for (const first = epoch(); epoch() === first; endMs++) {
        now.mockReturnValue(endMs);
        vi.spyOn(systemClock, 'wallMs').mockReturnValue(endMs);
      }
      ends.push(endMs);
    }
    expect(new Set(ends).size).toBe(1);
  });
});

describe('disposal', () => {
  const DISPOSED: Expected = [InputError, 'ERR_INPUT_DISPOSED'];

  it('zeroes every key and refuses further work', async () => {
    const clock = new ManualClock();
    const vault = await makeVault({ ...LONG, clock });
    const fragments = vault.split(DATA);
    clock.nowMs = 15_000;
    vault.split(DATA);
    expect(filledSlots(wiper).length).toBe(3);
    vault.dispose();
    expect(filledSlots(wiper)).toEqual([]);
    for (const call of [
      () => vault.split(DATA),
      () => vault.splitMany([DATA]),
      () => vault.splitStream([DATA]),
      () => vault.reassemble(fragments),
      () => vault.reassemble([]),
      () => vault.reassembleMany([]),
      () => vault.reassembleStream([]),
      () => vault.onEvent(() => {}),
    ]) {
      await expectError(call, ...DISPOSED);
    }
    vault.dispose();
    expect(vault.lag().count).toBe(0);
  });

  it('happens at the end of a block', async () => {
    let kept: TemporalVault;
    {
      using vault = await TemporalVault.create(LONG);
      kept = vault;
      expect(vault.reassemble(vault.split(DATA, { total: 2 }))).toEqual(DATA);
    }
    await expectError(() => kept.split(DATA), ...DISPOSED);
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
      console.log(vault.wipedBy, vault.reassemble(fragments).length);
      process.on('exit', () => console.log(vault.lag().count));`,
    );
    buildSync({
      entryPoints: [source],
      outfile: program,
      bundle: true,
      minify: true,
      keepNames: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
    });
    // A timer or thread that kept the process would keep it for a minute; the limit only ends a test that would fail.
    const { status, stdout, stderr } = spawnSync(process.execPath, [program], {
      encoding: 'utf8',
      timeout: 45_000,
    });
    expect(stderr).toBe('');
    expect(stdout).toBe('thread 10\n0\n');
    expect(status).toBe(0);
  });
});
