/**
 * Coverage-guided fuzzing of every reader of the library: `npm run fuzz`.
 *
 *     node test/fuzz/run.ts [TARGET…] [--runs N] [--seconds S] [--seed N] [--workers N] [--keep] [--json]
 *     node test/fuzz/run.ts TARGET --input FILE
 *     node test/fuzz/run.ts --list
 *
 * Runs 100 000 inputs of each target by default, beside its seeds and its corpus. `--keep` replaces the corpora in the tree
 * by the fewest inputs that cover what was found. Exit code 1 when an input broke a promise: it is saved, and printed.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { table } from '../../src/cli/terminal.ts';
import { saveFinding } from './corpus.ts';
import { MAX_INPUT_BYTES, type Result, SHARED_HEAD_BYTES, type Task } from './messages.ts';
import { TARGETS } from './targets/index.ts';

/** An input that takes longer hangs; the slowest takes milliseconds, on a machine that does much else. */
const HANG_MS = 20_000;
const LOOK_MS = 250;
/** The readers' heap: an input that needs more ends its thread. */
const HEAP_MIB = 512;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '100000' },
    seconds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '1' },
    input: { type: 'string' },
    keep: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

function integer(name: 'runs' | 'seconds' | 'seed' | 'workers', least: number): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${name}: an integer from ${least} on`);
}

function namesOf(wanted: readonly string[]): string[] {
  const known = TARGETS.map(({ name }) => name);
  for (const name of wanted) {
    if (!known.includes(name)) throw new Error(`no target "${name}"; there are: ${known.join(', ')}`);
  }
  return wanted.length === 0 ? known : [...wanted];
}

/** More of an input is not printed: it is in the file. */
const SHOWN_BYTES = 512;

const spaced = (count: number) => Math.round(count).toLocaleString('en').replaceAll(',', ' ');

let ended = 0;

/** Shows how far it is, where a line can be overwritten. */
function progress(name: string, runs: number, of: number): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r\x1b[K${ended} of ${of} targets · ${name} · ${spaced(runs)} runs`);
}

/** What stands for a thread that did not come back. */
function lost(target: string, runs: number, seconds: number, objection: string, input: Uint8Array): Result {
  const nothing = { kept: 0, ofBlocks: 0, blocks: 0, accepted: 0, slowestMs: HANG_MS };
  return { target, runs, seconds, ...nothing, findings: [{ objection, input }] };
}

/** Fuzzes one target in a thread, and watches it. */
function fuzzInThread(task: Omit<Task, 'shared'>, of: number): Promise<Result> {
  const shared = new SharedArrayBuffer(SHARED_HEAD_BYTES + MAX_INPUT_BYTES);
  const head = new Int32Array(shared, 0, 2);
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { ...task, shared } satisfies Task,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  const startMs = performance.now();
  return new Promise((resolve, reject) => {
    let seen = 0;
    let sinceMs = performance.now();
    const end = (result: Result) => {
      clearInterval(look);
      void worker.terminate();
      resolve(result);
    };
    const giveUp = (objection: string) => {
      const input = new Uint8Array(shared, SHARED_HEAD_BYTES, head[1]).slice();
      end(lost(task.target, seen, (performance.now() - startMs) / 1000, objection, input));
    };
    const look = setInterval(() => {
      const runs = Atomics.load(head, 0);
      progress(task.target, runs, of);
      if (runs !== seen || runs === 0) [seen, sinceMs] = [runs, performance.now()];
      else if (performance.now() - sinceMs > HANG_MS) giveUp(`did not come back within ${HANG_MS} ms`);
    }, LOOK_MS);
    worker.once('message', end);
    worker.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') giveUp(`needed more than ${HEAP_MIB} MiB`);
      else {
        clearInterval(look);
        reject(error);
      }
    });
  });
}

function tableOf(results: readonly Result[]): string {
  const head = ['target', 'runs', 'runs/s', 'read', 'blocks', 'kept', 'slowest', 'findings'];
  const rows = results.map((result) => [
    result.target,
    spaced(result.runs),
    spaced(result.runs / result.seconds),
    spaced(result.accepted),
    spaced(result.blocks),
    spaced(result.kept),
    `${result.slowestMs.toFixed(1)} ms`,
    spaced(result.findings.length),
  ]);
  return table(rows, ['left', ...head.slice(1).map(() => 'right' as const)], head);
}

async function main(): Promise<void> {
  const wanted = namesOf(positionals);
  if (values.list) return console.log(wanted.join('\n'));
  const input = values.input === undefined ? undefined : new Uint8Array(readFileSync(values.input));
  const common = {
    runs: input === undefined ? integer('runs', 0) : 0,
    ...(values.seconds === undefined ? {} : { seconds: integer('seconds', 1) }),
    seed: integer('seed', 0),
    keep: values.keep,
    ...(input === undefined ? {} : { input }),
  };
  const results: Result[] = [];
  const queue = [...wanted];
  const serve = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      results.push(await fuzzInThread({ target: name, ...common }, wanted.length));
      ended += 1;
    }
  };
  await Promise.all(Array.from({ length: integer('workers', 1) }, serve));
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');

  results.sort((a, b) => wanted.indexOf(a.target) - wanted.indexOf(b.target));
  const runs = results.reduce((sum, result) => sum + result.runs, 0);
  const findings = results.flatMap(({ target, findings: found }) =>
    found.map((finding) => ({
      target,
      objection: finding.objection,
      path: saveFinding(target, finding.input),
      hex: Buffer.from(finding.input.subarray(0, SHOWN_BYTES)).toString('hex'),
      bytes: finding.input.length,
    })),
  );
  if (values.json) {
    const targets = results.map(({ findings: _, ...result }) => result);
    console.log(JSON.stringify({ runs, seed: common.seed, targets, findings }));
  } else {
    console.log(tableOf(results));
    console.log(`\n${spaced(runs)} runs of ${results.length} targets, ${findings.length} findings`);
    for (const { target, objection, path, hex, bytes } of findings) {
      const more = bytes > SHOWN_BYTES ? ` … (${bytes} bytes)` : '';
      console.log(`\n${target}: ${objection}\n  ${path}\n  ${hex}${more}`);
    }
  }
  process.exitCode = findings.length === 0 ? 0 : 1;
}

await main();
