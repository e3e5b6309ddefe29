/**
 * The main side's view of the worlds: which there are, and what is asked of them.
 *
 * @module
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type EngineName, engineInfo } from '@mwrasp/crypto/engines';
import type { Entrant } from './contests/contest.ts';
import type { Details } from './measure.ts';
import { FURTHER_PEERS, type PeerStatus, REFERENCES } from './peers/index.ts';
import type { PeerName } from './peers/peer.ts';
import type { Answer, Answers, Request, WorkerTask } from './worker.ts';

/** An engine, or `auto`: what the library picks by itself. */
export type EngineChoice = EngineName | 'auto';

/** The raw calls that stand beside an engine, since both do the same: they share its world. */
const PEER_OF_ENGINE: Readonly<Partial<Record<string, PeerName>>> = { noble: 'noble', node: 'node:crypto' };

/** Every engine that there is, and the library's own choice first. */
export function engineChoices(): EngineChoice[] {
  return ['auto', ...engineInfo().hash.engines.map(({ engine }) => engine)];
}

/** Forces an engine for whatever it has; a keystore needs what one engine lacks as well. */
function forcing(engine: EngineName): string {
  return Object.entries(engineInfo())
    .filter(([, { engines }]) => engines.some((status) => status.engine === engine && status.available))
    .map(([family]) => `${family}=${engine}`)
    .join(',');
}

/** A world as it is started. */
interface Plan extends WorkerTask {
  readonly choice: EngineChoice | null;
}

/** Worlds for some engines, the references, and further peers if they are wanted. */
export function planWorlds(engines: readonly EngineChoice[], peers: boolean): Plan[] {
  const plans: Plan[] = engines.map((choice) => ({
    choice,
    engine: choice === 'auto' ? null : choice,
    ours: true,
    peer: PEER_OF_ENGINE[choice] ?? null,
  }));
  const wanted = [...REFERENCES, ...(peers ? FURTHER_PEERS : [])];
  const alone = wanted.filter((peer) => !plans.some((plan) => plan.peer === peer));
  return [...plans, ...alone.map((peer) => ({ choice: null, engine: null, ours: false, peer }))];
}

/** One world in its worker. */
export class WorldHandle {
  /** The engine of the library there; null where only a peer is. */
  readonly engine: EngineChoice | null;
  readonly #worker: Worker;
  readonly #signal: AbortSignal | undefined;

  constructor(program: URL, plan: Plan, signal: AbortSignal | undefined) {
    this.engine = plan.choice;
    this.#signal = signal;
    const { engine, ours, peer } = plan;
    const { MWRASP_CRYPTO_ENGINE: _, ...env } = process.env;
    this.#worker = new Worker(program, {
      workerData: { engine, ours, peer } satisfies WorkerTask,
      // WebCrypto is new in parts; whoever measures it knows. Deno knows no such option.
      execArgv: 'deno' in process.versions ? [] : ['--disable-warning=ExperimentalWarning'],
      env: engine === null ? env : { ...env, MWRASP_CRYPTO_ENGINE: forcing(engine) },
    });
    // A failure is reported to whoever waits for an answer.
    this.#worker.on('error', () => {});
  }

  /** Loads the peer. */
  open(): Promise<PeerStatus | null> {
    return this.#ask({ ask: 'open' });
  }

  /** Prepares a contest, warms up, and tells who enters. */
  prepare(contest: number, sliceMs: number): Promise<readonly Entrant[]> {
    return this.#ask({ ask: 'prepare', contest, sliceMs });
  }

  /** Measures one round: calls a second of each entrant. */
  round(): Promise<readonly number[]> {
    return this.#ask({ ask: 'round' });
  }

  /** Ends the contest and tells the rest. */
  finish(): Promise<readonly Details[]> {
    return this.#ask({ ask: 'finish' });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  async #ask<R extends Request>(request: R): Promise<Answers[R['ask']]> {
    const options = this.#signal === undefined ? {} : { signal: this.#signal };
    const answered = once(this.#worker, 'message', options);
    this.#worker.postMessage(request);
    const [answer] = (await answered) as [Answer];
    if ('error' in answer) throw answer.error;
    return answer.value as Answers[R['ask']];
  }
}
