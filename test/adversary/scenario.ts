/**
 * What the adversary watches: processes, and what it recorded of them.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Handshake } from './kernel.ts';

/** A fragment that went by. */
export interface Recorded {
  /** Of its plaintext. */
  readonly number: number;
  readonly fragment: Uint8Array;
  /** When it was recorded, on the monotonic clock of the adversary: after it was sealed. */
  readonly atMs: number;
}

/** A process under watch. */
export interface Watched {
  readonly name: string;
  readonly pid: number;
}

/** Processes that run. */
export interface Scene {
  readonly watched: readonly Watched[];
  readonly recorded: readonly Recorded[];
  /** Of the session, when there is one. */
  handshake(): Handshake | undefined;
  /** Settles with the next fragment that is recorded. */
  next(): Promise<void>;
  end(): Promise<void>;
}

/** Lengths of epochs and lives. */
export interface Times {
  readonly epochMs: number;
  readonly ttlMs: number;
}

/** A way to set processes up. */
export type Scenario = (node: string, times: Times, folder: string) => Promise<Scene>;

/** Starts a program of `actors/` on some Node; `heard` gets what it writes, line by line. */
export function startActor(
  node: string,
  folder: string,
  name: string,
  args: readonly (string | number)[],
  heard: (line: Record<string, unknown>) => void,
): ChildProcess & { readonly pid: number } {
  const program = join(import.meta.dirname, 'actors', `${name}.mjs`);
  const child = spawn(
    node,
    ['--heapsnapshot-signal=SIGUSR2', '--no-warnings', program, ...args.map(String)],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  if (child.pid === undefined) throw new Error(`${node} does not start`);
  createInterface({ input: child.stdout }).on('line', (line) => heard(JSON.parse(line)));
  return child as ChildProcess & { readonly pid: number };
}

/** Ends a process, and waits until it has. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

/** Notes what is recorded, and tells whoever waits. */
export class Recorder {
  readonly recorded: Recorded[] = [];
  #waiting: (() => void)[] = [];

  add(number: number, fragment: Uint8Array): void {
    this.recorded.push({ number, fragment, atMs: performance.now() });
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** One process that seals and opens. */
export const localScenario: Scenario = async (node, { epochMs, ttlMs }, folder) => {
  const recorder = new Recorder();
  const child = startActor(node, folder, 'vault', [epochMs, ttlMs], ({ number, fragment, isRight }) => {
    if (isRight !== true) throw new Error(`message ${number} came out wrong`);
    recorder.add(number as number, Buffer.from(fragment as string, 'hex'));
  });
  return {
    watched: [{ name: 'vault', pid: child.pid }],
    recorded: recorder.recorded,
    handshake: () => undefined,
    next: () => recorder.next(),
    end: () => endProcess(child),
  };
};
