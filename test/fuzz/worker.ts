/**
 * The thread that fuzzes one target. It notes each input before it runs, where the other thread can see it.
 *
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import { readCorpus, writeCorpus } from './corpus.ts';
import { fuzz } from './fuzzer.ts';
import { blockCount, instrumentSources } from './instrument.ts';
import { type Result, SHARED_HEAD_BYTES, type Task } from './messages.ts';

// A stack costs more than what most readers do.
Error.stackTraceLimit = 0;
instrumentSources();
const { TARGETS } = await import('./targets/index.ts');

const task = workerData as Task;
const target = TARGETS.find(({ name }) => name === task.target);
if (target === undefined) throw new Error(`no target "${task.target}"`);

const head = new Int32Array(task.shared, 0, 2);
const noted = new Uint8Array(task.shared, SHARED_HEAD_BYTES);

const report = await fuzz(task.input === undefined ? target : { ...target, seeds: [task.input] }, {
  runs: task.runs,
  ...(task.seconds === undefined ? {} : { seconds: task.seconds }),
  seed: task.seed,
  corpus: task.input === undefined ? readCorpus(target.name) : [],
  blocks: blockCount,
  before(input) {
    noted.set(input);
    head[1] = input.length;
    Atomics.add(head, 0, 1);
  },
});
const { corpus, ...rest } = report;
if (task.keep) writeCorpus(target.name, corpus, target.seeds);
const result: Result = { ...rest, kept: corpus.length, ofBlocks: blockCount() };
parentPort?.postMessage(result);
