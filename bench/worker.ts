/**
 * The worker's side: one worker a world, since the library picks its engines once in a JavaScript world and keys keep
 * what their engine made of them. It does what the main side asks, one thing at a time.
 *
 * @module
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type EngineName, engineInfo, type Family } from '@mwrasp/crypto/engines';
import { type Entrant, NOBODY, type Prepared, type World } from './contests/contest.ts';
import { CONTESTS } from './contests/index.ts';
import { type Details, Measurement } from './measure.ts';
import { loadPeer, type PeerStatus } from './peers/index.ts';
import { offers, type PeerName } from './peers/peer.ts';

/** What a worker is started with. */
export interface WorkerTask {
  /** The engine that the library is confined to; null where it picks its own, or does not enter. */
  readonly engine: EngineName | null;
  /** Whether the library enters. */
  readonly ours: boolean;
  readonly peer: PeerName | null;
}

/** What a worker is asked for. */
export type Request =
  | { readonly ask: 'open' }
  | { readonly ask: 'prepare'; readonly contest: number; readonly sliceMs: number }
  | { readonly ask: 'round' }
  | { readonly ask: 'finish' };

/** What it answers. */
export type Answer = { readonly value: unknown } | { readonly error: unknown };

/** Answers by request. */
export interface Answers {
  /** What became of the peer, where one was wanted. */
  open: PeerStatus | null;
  /** Who enters. */
  prepare: readonly Entrant[];
  /** Calls a second of each. */
  round: readonly number[];
  /** What else is known of each. */
  finish: readonly Details[];
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

/** What the library can do in this world. */
function availableFamilies(engine: EngineName | null): Set<Family> {
  const info = engineInfo();
  const families = Object.keys(info) as Family[];
  if (engine === null) return new Set(families);
  return new Set(
    families.filter((family) =>
      info[family].engines.some((status) => status.engine === engine && status.available),
    ),
  );
}

/** Does what one main side asks. */
class Service {
  readonly #task: WorkerTask;
  readonly #families: ReadonlySet<Family>;
  #world: World = { ours: false, peer: undefined, raw: undefined };
  #current = new Measurement(NOBODY);
  #sliceMs = 0;

  constructor(task: WorkerTask) {
    this.#task = task;
    this.#families = availableFamilies(task.engine);
  }

  async handle(request: Request): Promise<unknown> {
    switch (request.ask) {
      case 'open':
        return await this.#open();
      case 'prepare':
        return await this.#prepare(request.contest, request.sliceMs);
      case 'round':
        return await this.#current.round();
      case 'finish': {
        const details = await this.#current.details(this.#sliceMs);
        await this.#current.close();
        return details;
      }
    }
  }

  async #open(): Promise<Answers['open']> {
    const { ours, peer } = this.#task;
    this.#world = { ours, peer: undefined, raw: undefined };
    if (peer === null) return null;
    const { raw, status } = await loadPeer(peer, this.#families);
    this.#world = { ours, peer, raw };
    return status;
  }

  async #prepare(index: number, sliceMs: number): Promise<Answers['prepare']> {
    const contest = CONTESTS[index];
    if (contest === undefined) throw new RangeError(`no contest ${index}`);
    const ours = this.#task.ours && this.#families.has(contest.family);
    const isIdle = !ours && !offers(this.#world.raw, contest.family);
    const prepared: Prepared = isIdle ? NOBODY : await contest.prepare({ ...this.#world, ours });
    this.#sliceMs = sliceMs * (contest.weight ?? 1);
    this.#current = new Measurement(prepared);
    await this.#current.calibrate(this.#sliceMs);
    return prepared.runners.map(({ contender, form, keyFormat }) => ({
      contender,
      form,
      ...(keyFormat ? { keyFormat } : {}),
    }));
  }
}

function serve(port: MessagePort, service: Service): void {
  port.on('message', (request: Request) => {
    service.handle(request).then(
      (value) => port.postMessage({ value } satisfies Answer),
      (error: unknown) => port.postMessage({ error } satisfies Answer),
    );
  });
}

if (parentPort !== null) {
  keepFreedMemory();
  serve(parentPort, new Service(workerData as WorkerTask));
}
