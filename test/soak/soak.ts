/**
 * Many operations with failures in between, and what they leave in memory.
 *
 * @module
 */
import './force-wasm.ts';
import { setImmediate } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';
import { registry } from '../../src/engines/index.ts';
import { PqError } from '../../src/errors.ts';
import { ML_DSA_87, ML_KEM_1024 } from '../../src/params.ts';
import { Draw } from '../differential/draw.ts';
import { instance } from '../unit/engines/wasm/memory.ts';
import { type Action, WrongResult } from './action.ts';
import { apiActions, clearApi } from './api.ts';
import { clearEngine, engineActions } from './engine.ts';

/** Between so many operations the collector runs, and what it announces is heard. */
const COLLECT_EVERY = 500;
/** How many figures there are of the memory: the first one ends the warm-up. */
const SAMPLES = 10;
/** More keys than the engine keeps expanded. */
const CROWD = { kem: 40, sign: 10 } as const;

/** Bytes of the process, after collecting. */
export interface MemorySample {
  readonly operations: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
}

/** What a soak did, and found. */
export interface SoakReport {
  readonly operations: number;
  /** Those that had to fail, and did. */
  readonly failures: number;
  /** By action. */
  readonly actions: Readonly<Record<string, number>>;
  /** What was not as it has to be, with the number of the operation. */
  readonly wrong: readonly string[];
  /** Operations after which the region of secrets was not all zeros. */
  readonly dirty: readonly string[];
  /** Bytes of the slots that are not zero when all keys are gone. */
  readonly slotBytesLeft: number;
  /** Bytes of the linear memory, before and after. */
  readonly linearBytes: readonly [number, number];
  readonly samples: readonly MemorySample[];
}

v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc') as () => void;

/** Collects what can be, and lets finalizers run. */
async function collect(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    gc();
    await setImmediate();
  }
}

/** How a soak is run. */
export interface SoakOptions {
  /** How many operations; the first tenth is the warm-up. */
  readonly operations: number;
  /** Of all that is random, but for what the library draws itself. */
  readonly seed: string;
  /** What is done: by default everything there is. */
  readonly actions?: readonly Action[];
  /** Called now and then with how many are done. */
  readonly onProgress?: (done: number) => void;
}

/** Runs an action; says what is wrong with how it ended. */
async function attempt(action: Action, draw: Draw): Promise<string | undefined> {
  try {
    await action.run(draw);
  } catch (error) {
    const isRight =
      action.fails &&
      !(error instanceof WrongResult || error instanceof WebAssembly.RuntimeError) &&
      // The API says in its own words what was wrong.
      (error instanceof PqError || action.name.startsWith('engine:'));
    return isRight ? undefined : `${action.name}: ${String(error)}`;
  }
  return action.fails ? `${action.name}: did not fail` : undefined;
}

/** Has other keys take all slots, and disposes of them: what was dropped without being disposed of gives its slot away. */
function crowdOut(): void {
  const draw = new Draw('crowd', 'random keys', 0);
  const [kem, sign] = [registry.named('wasm', 'kem'), registry.named('wasm', 'sign')];
  const others = [
    ...Array.from({ length: CROWD.kem }, () => kem.prepareSeed(draw.bytes(ML_KEM_1024.seedBytes))),
    ...Array.from({ length: CROWD.sign }, () => sign.prepareSeed(draw.bytes(ML_DSA_87.seedBytes))),
  ];
  for (const other of others) other.dispose();
}

/** Runs a soak. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { operations, seed, actions: all = [...apiActions, ...engineActions] } = options;
  const places = all.flatMap((action) => Array.from({ length: action.weight }, () => action));
  const { memory, exports } = instance();
  const secrets = memory.subarray(exports.SECRETS.value, exports.SECRETS_END.value);
  const zeros = new Uint8Array(secrets.length);
  const bytesBefore = exports.memory.buffer.byteLength;
  const actions: Record<string, number> = Object.fromEntries(places.map(({ name }) => [name, 0]));
  const [wrong, dirty]: [string[], string[]] = [[], []];
  const samples: MemorySample[] = [];
  let failures = 0;
  const every = Math.ceil(operations / SAMPLES);
  for (let number = 1; number <= operations; number++) {
    const draw = new Draw(seed, 'random', number);
    const action = draw.pick(places);
    const complaint = await attempt(action, draw);
    actions[action.name] = (actions[action.name] as number) + 1;
    if (action.fails) failures++;
    if (complaint !== undefined) wrong.push(`${number}: ${complaint}`);
    if (Buffer.compare(secrets, zeros) !== 0) {
      dirty.push(`${number}: ${action.name}`);
      secrets.fill(0);
    }
    if (number % COLLECT_EVERY === 0) {
      await collect();
      options.onProgress?.(number);
    }
    if (number % every === 0) {
      await collect();
      const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
      samples.push({ operations: number, rss, heapUsed, external, arrayBuffers });
    }
  }
  clearApi();
  clearEngine();
  await collect();
  crowdOut();
  const slots = memory.subarray(
    exports.KEM_SLOTS.value,
    exports.DSA_SLOTS.value + 8 * exports.DSA_SLOT_BYTES.value,
  );
  return {
    operations,
    failures,
    actions,
    wrong,
    dirty,
    slotBytesLeft: slots.reduce((count, byte) => count + (byte === 0 ? 0 : 1), 0),
    linearBytes: [bytesBefore, exports.memory.buffer.byteLength],
    samples,
  };
}
