/**
 * Differential fuzzing of the engine in WebAssembly against noble and node:crypto: `npm run test:differential`.
 *
 *     node test/differential/run.ts [--random N] [--invalid N] [--seed TEXT] [--workers N] [--json]
 *     node test/differential/run.ts --seed TEXT --case random:N | invalid:N
 *
 * A million random inputs and a million wrong ones by default. Exit code 1 when contestants differ in anything; what is printed
 * of a difference runs that case again.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { table } from '../../src/cli/terminal.ts';
import { runInThreads } from './crew.ts';
import { KINDS, type Kind } from './operation.ts';
import { OPERATIONS, PERIOD } from './operations/index.ts';
import { type Difference, type Found, runTask, sumOf, tasksOf } from './period.ts';

const MILLION = 1_000_000;
/** More than this many differences say no more. */
const SHOWN = 20;
/** How often there is a line of progress where it cannot be overwritten. */
const LINE_EVERY_MS = 60_000;

const { values } = parseArgs({
  options: {
    random: { type: 'string', default: String(MILLION) },
    invalid: { type: 'string', default: String(MILLION) },
    seed: { type: 'string', default: randomBytes(16).toString('hex') },
    workers: { type: 'string', default: '2' },
    case: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

function integer(name: 'random' | 'invalid' | 'workers', least: number): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${name}: an integer from ${least} on`);
}

const { seed, json } = values;
const count = (cases: number) => cases.toLocaleString('en').replaceAll(',', ' ');

function show({ kind, number, operation, text }: Difference): void {
  console.error(`DIFFERENT ${operation}, --seed ${seed} --case ${kind}:${number}\n  ${text}`);
}

/** Runs one case by itself; when nothing shows, after those of its period, whose keys it may have found in use. */
function runCase(which: string): void {
  const [kind, digits] = which.split(':');
  const number = Number(digits);
  if (!KINDS.includes(kind as Kind) || !/^\d+$/.test(digits ?? ''))
    throw new Error('--case: random:N or invalid:N');
  const end = number + 1;
  const task = { seed, kind: kind as Kind, end };
  let { differences } = runTask({ ...task, first: number });
  if (differences.length === 0) ({ differences } = runTask({ ...task, first: number - (number % PERIOD) }));
  for (const difference of differences) show(difference);
  if (differences.length === 0) console.log(`${which}: no difference`);
  process.exitCode = differences.length === 0 ? 0 : 1;
}

/** Tasks of both kinds in turn, so that a run that is ended early had some of each. */
function tasksInTurn() {
  const lists = KINDS.map((kind) => tasksOf(seed, kind, integer(kind, 0)));
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list[i] ?? [])).flat();
}

function tableOf(found: Found): string {
  const rows = KINDS.flatMap((kind) => {
    const of = OPERATIONS[kind].flatMap(({ name }) => {
      const tally = found.tallies[name];
      if (tally === undefined) return [];
      return [[kind, name, count(tally.cases), count(tally.refused), count(tally.differences)]];
    });
    const sum = (what: 'cases' | 'refused' | 'differences') =>
      count(OPERATIONS[kind].reduce((total, { name }) => total + (found.tallies[name]?.[what] ?? 0), 0));
    return [...of, [kind, 'in all', sum('cases'), sum('refused'), sum('differences')]];
  });
  return table(
    rows,
    ['left', 'left', 'right', 'right', 'right'],
    ['inputs', 'operation', 'cases', 'refused by all', 'differences'],
  );
}

async function runAll(): Promise<void> {
  const tasks = tasksInTurn();
  const total = tasks.reduce((sum, { first, end }) => sum + end - first, 0);
  const startMs = performance.now();
  const results: Found[] = [];
  let done = 0;
  let differences = 0;
  let lineMs = startMs;
  let isStopped = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      isStopped = true;
    });
  }
  const progress = () => {
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    return `${count(done)} of ${count(total)} cases, ${count(differences)} differences, ${seconds} s`;
  };
  console.error(`seed ${seed}`);
  await runInThreads(
    tasks,
    integer('workers', 1),
    (found, cases) => {
      results.push(found);
      done += cases;
      for (const difference of found.differences) if (differences++ < SHOWN) show(difference);
      if (process.stderr.isTTY) process.stderr.write(`\r${progress()}\u001b[K`);
      else if (performance.now() - lineMs >= LINE_EVERY_MS) {
        lineMs = performance.now();
        console.error(progress());
      }
    },
    () => isStopped,
  );
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  const found = sumOf(results);
  if (json) console.log(JSON.stringify({ seed, cases: done, ...found }));
  else console.log(`${tableOf(found)}\n\n${progress()}, seed ${seed}`);
  if (isStopped) console.error(`stopped before the end: ${count(total - done)} cases were not run`);
  process.exitCode = differences > 0 || isStopped ? 1 : 0;
}

if (values.case === undefined) await runAll();
else runCase(values.case);
