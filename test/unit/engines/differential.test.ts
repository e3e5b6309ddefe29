/**
 * The differential fuzzing of `npm run test:differential`, with few cases; and that it finds what is there to be found.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { KemEngine, SignEngine } from '../../../src/engines/engine.ts';
import { Comparison } from '../../differential/comparison.ts';
import { HINTS } from '../../differential/crafted.ts';
import { Draw } from '../../differential/draw.ts';
import { KINDS, type Kind } from '../../differential/operation.ts';
import { OPERATIONS, PERIOD } from '../../differential/operations/index.ts';
import { preparedEngines, runTask, sumOf, tasksOf } from '../../differential/period.ts';
import { type Engines, World } from '../../differential/world.ts';
import { TYPESCRIPT } from '../../support/run-typescript.ts';
import { like } from './support.ts';

const CASES = 1500;
/** Of how many cases the dearest operation has its share in a full run. */
const MILLION = 1_000_000;
/** Seconds of a quiet machine are minutes of a busy one. */
const PATIENCE_MS = 600_000;

describe('the engine in WebAssembly, noble and node:crypto', () => {
  it.each(KINDS)(
    `say the same of ${CASES} %s inputs`,
    (kind) => {
      const seed = randomBytes(16).toString('hex');
      const { differences, tallies } = sumOf(tasksOf(seed, kind, CASES).map((task) => runTask(task)));
      expect(differences, `seed ${seed}`).toEqual([]);
      const counts = Object.fromEntries(Object.entries(tallies).map(([name, { cases }]) => [name, cases]));
      console.log(`${kind}, seed ${seed}: ${JSON.stringify(counts)}`);
      expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(CASES);
      for (const { name, weight } of OPERATIONS[kind])
        expect(counts[name], name).toBeGreaterThanOrEqual(weight);
    },
    PATIENCE_MS,
  );

  it('are compared at least 5000 times in each operation of a full run', () => {
    for (const { name, weight } of KINDS.flatMap((kind) => OPERATIONS[kind])) {
      expect((weight * MILLION) / PERIOD, name).toBeGreaterThanOrEqual(5000);
    }
  });

  it('refuse some inputs of every operation on wrong ones, and none of the others', () => {
    const { tallies } = runTask({ seed: 'refusals', kind: 'invalid', first: 0, end: 200 });
    const refused = Object.values(tallies).reduce((sum, tally) => sum + tally.refused, 0);
    expect(refused).toBeGreaterThan(80);
    const right = runTask({ seed: 'refusals', kind: 'random', first: 0, end: 100 });
    expect(Object.values(right.tallies).every((tally) => tally.refused === 0)).toBe(true);
  });
});

/** What an operation finds, in some of its cases, with other engines. */
function differencesWith(changes: Partial<Engines>, kind: Kind, name: string, cases: number): string[] {
  const world = new World({ ...preparedEngines(), ...changes }, 'faults', `${kind} keys`, 0);
  const operation = OPERATIONS[kind].find((candidate) => candidate.name === name);
  const found: string[] = [];
  for (let number = 0; number < cases; number++) {
    const comparison = new Comparison();
    operation?.run(new Draw('faults', kind, number), world, comparison);
    found.push(...comparison.differences);
  }
  world.dispose();
  return found;
}

describe('a fault of one engine is found', () => {
  const { hash, kem, sign } = preparedEngines();

  it('in a hash of some lengths', () => {
    const wasm = like(hash.wasm, {
      sha3_512: (data, out) => hash.wasm.sha3_512(data.length % 8 === 7 ? data.subarray(1) : data, out),
    });
    const found = differencesWith({ hash: { ...hash, wasm } }, 'random', 'SHA3-512', 100);
    expect(found.length).toBeGreaterThan(3);
    expect(found[0]).toMatch(/^digest: wasm [0-9a-f]{96}, noble [0-9a-f]{96}, node [0-9a-f]{96}$/);
  });

  it('in a decapsulation that rejects nothing', () => {
    /** Gives all forged ciphertexts the same secret. */
    const prepare =
      (make: 'prepareSeed' | 'prepareExpanded'): KemEngine['prepareSeed'] =>
      (bytes) => {
        const key = kem.wasm[make](bytes);
        return like(key, {
          decapsulate(ciphertext, out) {
            key.decapsulate(ciphertext, out);
            if (ciphertext.every((byte) => byte === 0xff)) out.fill(0);
          },
        });
      };
    const wasm = like(kem.wasm, {
      prepareSeed: prepare('prepareSeed'),
      prepareExpanded: prepare('prepareExpanded'),
    });
    const name = 'ML-KEM-1024 ciphertexts that are forged';
    expect(differencesWith({ kem: { ...kem, wasm } }, 'invalid', name, 150)).not.toEqual([]);
  });

  /** Engines that verify what a careless reader would make of a signature. */
  function careless(mend: (signature: Uint8Array) => Uint8Array) {
    const preparePublic: SignEngine['preparePublic'] = (bytes) => {
      const key = sign.wasm.preparePublic(bytes);
      return like(key, {
        verify: (message, context, signature) =>
          key.verify(message, context, signature) || key.verify(message, context, mend(signature)),
      });
    };
    return { sign: { ...sign, wasm: like(sign.wasm, { preparePublic }) } };
  }

  it('in a verification that ignores what stands behind the hints', () => {
    const engines = careless((signature) => {
      const mended = Uint8Array.from(signature);
      mended.fill(0, HINTS + (mended.at(-1) as number), HINTS + 75);
      return mended;
    });
    const name = 'ML-DSA-87 signatures whose hints alone may be wrong';
    const found = differencesWith(engines, 'invalid', name, 40);
    expect(found.length).toBeGreaterThan(2);
    expect(found[0]).toMatch(/^verification: FIPS 204 false, wasm true, wasm, μ false/);
  });

  it('in an exception that is none', () => {
    const wasm = like(hash.wasm, {
      createSha3_512: () => {
        throw new WebAssembly.RuntimeError('unreachable');
      },
    });
    const found = differencesWith({ hash: { ...hash, wasm } }, 'random', 'SHA3-512, in pieces', 1);
    expect(found[0]).toContain('wasm threw: RuntimeError: unreachable');
    const comparison = new Comparison();
    const trap = () => {
      throw new WebAssembly.RuntimeError('unreachable');
    };
    comparison.decide('trap', { wasm: trap, noble: trap });
    comparison.decide('undocumented', {
      api: () => {
        throw new TypeError('x is undefined');
      },
      noble: () => {
        throw new Error('refused');
      },
    });
    expect(comparison.differences).toEqual([
      'undocumented: api crashed: TypeError: x is undefined, noble refused',
    ]);
  });
});

describe('a case', () => {
  it('is drawn the same again, and no other is the same', () => {
    const drawn = (seed: string, kind: Kind, number: number) => {
      const draw = new Draw(seed, kind, number);
      return [draw.below(1000), draw.bytes(300), draw.between(3, 9), draw.flipped(new Uint8Array(8), 3)];
    };
    expect(drawn('a', 'random', 7)).toEqual(drawn('a', 'random', 7));
    for (const other of [drawn('b', 'random', 7), drawn('a', 'invalid', 7), drawn('a', 'random', 8)]) {
      expect(drawn('a', 'random', 7)[1]).not.toEqual(other[1]);
    }
  });

  it('is run by the command', () => {
    const program = fileURLToPath(new URL('../../differential/run.ts', import.meta.url));
    const run = (...options: string[]) =>
      spawnSync(process.execPath, [...TYPESCRIPT, program, ...options], { encoding: 'utf8' });
    const some = run('--random', '12', '--invalid', '8', '--seed', 'few', '--workers', '1', '--json');
    expect(some.stderr).toBe('seed few\n');
    expect(some.status).toBe(0);
    expect(JSON.parse(some.stdout)).toMatchObject({ seed: 'few', cases: 20, differences: [] });
    const one = run('--seed', 'few', '--case', 'invalid:3');
    expect([one.stdout, one.status]).toEqual(['invalid:3: no difference\n', 0]);
    expect(run('--case', '3').stderr).toContain('--case: random:N or invalid:N');
  });
});
