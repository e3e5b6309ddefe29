/**
 * Published known answers that need no data: a procedure draws all inputs from a generator, and a hash of all results
 * must come out.
 *
 * @module
 */
import { checkOptions, describe, equal, fromHex } from '../bytes.ts';
import type { FamilyEngines, Xof } from '../engines/engine.ts';
import { type Capability, type EngineName, registry } from '../engines/index.ts';
import { InputError } from '../errors.ts';
import type { Fact, FactTools } from './fact.ts';
import { kemFacts } from './facts-kem.ts';
import { signFacts } from './facts-sign.ts';
import { type KatSetReport, Tally } from './report.ts';
import { type RunOptions, unusable } from './run.ts';
import { failed, notRun, PASSED, type Verdict } from './verdict.ts';

/** Which facts to run. */
export interface KatFacts {
  /**
   * Rounds of the two accumulated facts: 10, 100, 1 000, 10 000 or 1 000 000, 100 when absent. 10 000 rounds take minutes
   * on an engine in JavaScript. That of ML-DSA-87 has no published value for 1 000 000, and stops at 10 000.
   */
  readonly rounds?: number;
}

/** Values are published for these. */
const ROUNDS = [10, 100, 1000, 10_000, 1_000_000] as const;
/** The most that there is a value for ML-DSA-87 of. */
const MAX_SIGN_ROUNDS = 10_000;

type Rounds = (typeof ROUNDS)[number];

/**
 * Checks the option.
 *
 * @param facts - What the caller passed.
 * @returns The rounds, or nothing when no facts are wanted.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_RANGE`.
 */
export function checkFacts(facts: boolean | KatFacts): Rounds | undefined {
  if (typeof facts === 'boolean') return facts ? 100 : undefined;
  const { rounds = 100 } = checkOptions('options.facts', facts, ['rounds']);
  const known = ROUNDS.find((value) => value === rounds);
  if (known === undefined) {
    throw new InputError(
      'ERR_INPUT_RANGE',
      'options.facts.rounds',
      `one of ${ROUNDS.join(', ')}`,
      describe(rounds),
    );
  }
  return known;
}

/** What the procedures need: all randomness given, and the keys written out. */
const NEEDED = {
  kem: { capability: 'seeded-encapsulation', reason: 'the engine cannot encapsulate with given randomness' },
  sign: { capability: 'seeded-signing', reason: 'the engine cannot sign with given randomness' },
} as const satisfies Record<string, { capability: Capability; reason: string }>;

/**
 * Runs every fact on one engine.
 *
 * @param engineName - The engine under test.
 * @param rounds - Rounds of the accumulated facts.
 * @param options - What runs share.
 */
export async function runFacts(
  engineName: EngineName,
  rounds: Rounds,
  options: RunOptions,
): Promise<KatSetReport[]> {
  const reports: KatSetReport[] = [];
  for (const fact of kemFacts(rounds)) reports.push(await runFact('kem', fact, engineName, options));
  for (const fact of signFacts(Math.min(rounds, MAX_SIGN_ROUNDS)))
    reports.push(await runFact('sign', fact, engineName, options));
  return reports;
}

async function runFact<F extends 'kem' | 'sign'>(
  family: F,
  fact: Fact<F>,
  engineName: EngineName,
  { pace }: RunOptions,
): Promise<KatSetReport> {
  const tally = new Tally(fact.set, engineName);
  pace.begin(fact.set, engineName, fact.rounds);
  tally.add('the fact', await checkFact(family, fact, engineName, pace));
  await pace.turn();
  pace.end();
  return tally.report();
}

async function checkFact<F extends 'kem' | 'sign'>(
  family: F,
  fact: Fact<F>,
  engineName: EngineName,
  pace: RunOptions['pace'],
): Promise<Verdict> {
  const verdict = unusable(engineName, family) ?? unusable(engineName, 'hash');
  if (verdict !== undefined) return verdict;
  const engine: FamilyEngines[F] = registry.named(engineName, family);
  if (!engine.capabilities.has(NEEDED[family].capability)) return notRun(NEEDED[family].reason);
  const tools: FactTools = {
    hash: registry.named(engineName, 'hash'),
    createShake128: () => createShake(128),
    createShake256: () => createShake(256),
    step: (done) => pace.step(done),
  };
  try {
    const got = await fact.run(engine, tools);
    return equal(got, fromHex(fact.expected)) ? PASSED : failed('the value differs');
  } catch (error) {
    // An abort shows at the next turn, which throws it.
    return failed(error instanceof Error ? error.message : String(error));
  }
}

/** Streams come from an engine that has them, whatever is under test. */
function createShake(bits: 128 | 256): Xof {
  const xof = registry.capable('hash', 'incremental-xof').createXof?.(bits);
  if (xof === undefined) throw new Error('no engine has streams of SHAKE');
  return xof;
}
