/**
 * The worker's side: one worker an engine, since the library picks its engines once in a JavaScript world and keys keep
 * what their engine made of them. It does what the main side asks, one thing at a time.
 *
 * @module
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type EngineName, engineInfo } from '@mwrasp/crypto/engines';
import type { Bare } from './bare/bare.ts';
import { nobleBare } from './bare/noble.ts';
import { nodeBare } from './bare/node.ts';
import { CONTESTS } from './contests.ts';
import { Measurement, type RoundRates } from './measure.ts';

/** What a worker is started with. */
export interface WorkerTask {
  readonly engine: EngineName;
}

/** What a worker is asked for. */
export type Request =
  | { readonly ask: 'contests' }
  | { readonly ask: 'prepare'; readonly contest: number; readonly sliceMs: number }
  | { readonly ask: 'round' }
  | { readonly ask: 'close' };

/** What it answers. */
export type Answer = { readonly value: unknown } | { readonly error: unknown };

/** Answers by request. */
export interface Answers {
  /** Which contests the engine can enter here, as indices of the list. */
  contests: readonly number[];
  prepare: undefined;
  round: RoundRates;
  close: undefined;
}

/** Our own module has no raw form: its bar is noble's. */
const BARE: Record<EngineName, Bare> = { node: nodeBare, wasm: nobleBare, noble: nobleBare };

function available(engine: EngineName): number[] {
  const info = engineInfo();
  return CONTESTS.flatMap(({ family }, index) =>
    info[family].engines.some((status) => status.engine === engine && status.available) ? [index] : [],
  );
}

/** The largest block that teaches glibc's malloc to keep memory. */
const LARGE_BLOCK_BYTES = 2 ** 25 - 2 ** 16;

/**
 * Has malloc keep freed memory, as it does in any process that once freed a large block: on Linux it otherwise gives
 * every message of 1 MiB back to the kernel and faults it in again, which takes up to eight times as long as the cipher,
 * on whichever side the collections of the garbage happen to fall.
 */
function keepFreedMemory(): void {
  const block = new ArrayBuffer(LARGE_BLOCK_BYTES) as ArrayBuffer & {
    transfer?(length: number): ArrayBuffer;
  };
  block.transfer?.(0);
}

function serve(port: MessagePort, engine: EngineName): void {
  let current: Measurement | undefined;
  const handle = async (request: Request): Promise<unknown> => {
    if (request.ask === 'contests') return available(engine);
    if (request.ask === 'round') return current?.round();
    if (request.ask === 'close') return current?.close();
    const contest = CONTESTS[request.contest];
    if (contest === undefined) throw new RangeError(`no contest ${request.contest}`);
    current = new Measurement(await contest.prepare(BARE[engine], engine), contest);
    await current.calibrate(request.sliceMs * (contest.weight ?? 1));
    return undefined;
  };
  port.on('message', (request: Request) => {
    handle(request).then(
      (value) => port.postMessage({ value } satisfies Answer),
      (error: unknown) => port.postMessage({ error } satisfies Answer),
    );
  });
}

if (parentPort !== null) {
  keepFreedMemory();
  serve(parentPort, (workerData as WorkerTask).engine);
}
