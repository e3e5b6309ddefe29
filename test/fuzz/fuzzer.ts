/**
 * Fuzzes one target: runs inputs, keeps those that reach code or counts that none reached before, and changes them.
 *
 * @module
 */
import { allocated, Coverage, resetCounters } from './counters.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import { allocationBound, objection, type Target } from './target.ts';

/** How long and from where. */
export interface FuzzOptions {
  /** Inputs to run beside those that are given. */
  readonly runs: number;
  /** Stops earlier when this much time went by. */
  readonly seconds?: number;
  readonly seed: number;
  /** Inputs of earlier runs. */
  readonly corpus: readonly Uint8Array[];
  /** Blocks that have counters; 0 without instrumentation, and then nothing is kept. */
  readonly blocks: () => number;
  /** Told of each input before it runs, so that one that does not come back is known. */
  readonly before?: (input: Uint8Array) => void;
  /** Told of progress every few hundred runs. */
  readonly progress?: (runs: number) => void;
}

/** An input that broke a promise. */
export interface Finding {
  readonly objection: string;
  readonly input: Uint8Array;
}

/** What came of it. */
export interface FuzzReport {
  readonly target: string;
  readonly runs: number;
  readonly seconds: number;
  /** Blocks that were entered. */
  readonly blocks: number;
  /** Inputs that were kept, the given ones first; fewest that still enter the same blocks as often. */
  readonly corpus: readonly Uint8Array[];
  /** The slowest input, milliseconds. */
  readonly slowestMs: number;
  /** Inputs that were read without an error. */
  readonly accepted: number;
  readonly findings: readonly Finding[];
}

/** More findings of one target say no more. */
const MAX_FINDINGS = 8;
const PROGRESS_EVERY = 256;
const MAX_KEPT = 4096;

/** Whether what a target returned is awaited. */
function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | undefined)?.then === 'function';
}

class Session {
  readonly #target: Target;
  readonly #options: FuzzOptions;
  readonly coverage = new Coverage();
  readonly findings = new Map<string, Uint8Array>();
  accepted = 0;
  slowestMs = 0;

  constructor(target: Target, options: FuzzOptions) {
    this.#target = target;
    this.#options = options;
  }

  /** Runs one input; says what is wrong, and leaves its counters. */
  run(input: Uint8Array): Promise<string | undefined> | string | undefined {
    this.#options.before?.(input);
    resetCounters(this.#options.blocks());
    try {
      const returned = this.#target.run(input);
      if (isPromise(returned)) {
        return returned.then(
          () => this.#judge(input),
          (error: unknown) => objection(this.#target, error) ?? this.#judgeMemory(input),
        );
      }
    } catch (error) {
      return objection(this.#target, error) ?? this.#judgeMemory(input);
    }
    return this.#judge(input);
  }

  #judge(input: Uint8Array): string | undefined {
    this.accepted += 1;
    return this.#judgeMemory(input);
  }

  #judgeMemory(input: Uint8Array): string | undefined {
    const bound = allocationBound(this.#target, input.length);
    return allocated() > bound ? `allocated ${allocated()} bytes, bound ${bound}` : undefined;
  }
}

/** The fewest of some inputs that cover the same, small ones first. */
async function fewest(
  session: Session,
  inputs: readonly Uint8Array[],
  blocks: () => number,
): Promise<Uint8Array[]> {
  const coverage = new Coverage();
  const kept: Uint8Array[] = [];
  for (const input of [...inputs].sort((a, b) => a.length - b.length)) {
    await session.run(input);
    if (coverage.learn(blocks())) kept.push(input);
  }
  return kept;
}

/** The smallest input that meets the same objection, found by leaving parts out. */
async function shrink(session: Session, input: Uint8Array, wanted: string): Promise<Uint8Array> {
  let best = input;
  let budget = 2000;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length && budget > 0; ) {
      const shorter = new Uint8Array(best.length - Math.min(size, best.length - at));
      shorter.set(best.subarray(0, at));
      shorter.set(best.subarray(at + size), at);
      budget -= 1;
      if ((await session.run(shorter)) === wanted) best = shorter;
      else at += size;
    }
  }
  return best;
}

/** Fuzzes a target. */
export async function fuzz(target: Target, options: FuzzOptions): Promise<FuzzReport> {
  const { runs, seconds = Number.POSITIVE_INFINITY, seed, blocks, progress } = options;
  const session = new Session(target, options);
  const random = new Random(seed);
  const inputs: Uint8Array[] = [];
  const material = { inputs, words: target.words ?? [] };
  const draft = { bytes: new Uint8Array(target.maxBytes), length: 0 };
  const startMs = performance.now();
  let done = 0;

  const runOne = async (input: Uint8Array, isGiven: boolean): Promise<void> => {
    const beganMs = performance.now();
    const pending = session.run(input);
    const wrong = typeof pending === 'object' ? await pending : pending;
    session.slowestMs = Math.max(session.slowestMs, performance.now() - beganMs);
    done += 1;
    if (wrong !== undefined && !session.findings.has(wrong)) {
      session.findings.set(wrong, await shrink(session, input.slice(), wrong));
    }
    if (session.coverage.learn(blocks()) || isGiven) inputs.push(input.slice());
  };

  for (const input of [new Uint8Array(0), ...target.seeds, ...options.corpus]) await runOne(input, true);
  const end = done + runs;
  while (done < end && session.findings.size < MAX_FINDINGS) {
    if (done % PROGRESS_EVERY === 0) {
      progress?.(done);
      if (performance.now() - startMs > seconds * 1000) break;
    }
    // Half of the time one of the inputs that were found last: they stand where nothing has looked yet.
    const recent = Math.max(1, inputs.length >> 2);
    const from =
      random.below(2) === 0 ? inputs.length - recent + random.below(recent) : random.below(inputs.length);
    const parent = inputs[from] as Uint8Array;
    draft.length = Math.min(parent.length, draft.bytes.length);
    draft.bytes.set(parent.subarray(0, draft.length));
    mutate(draft, random, material);
    const pending = runOne(draft.bytes.subarray(0, draft.length), false);
    if (isPromise(pending)) await pending;
    if (inputs.length > MAX_KEPT) inputs.splice(target.seeds.length, 1);
  }
  const report = {
    target: target.name,
    runs: done,
    seconds: (performance.now() - startMs) / 1000,
    blocks: session.coverage.blocks,
    slowestMs: session.slowestMs,
    accepted: session.accepted,
    findings: [...session.findings].map(([wrong, input]) => ({ objection: wrong, input })),
  };
  return { ...report, corpus: await fewest(session, inputs, blocks) };
}
