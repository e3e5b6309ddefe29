/**
 * Runs a scenario in a process of its own: native code that crashes must not take the tests with it.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { TYPESCRIPT } from '../../support/run-typescript.ts';
import type { TestToken } from './tokens.ts';

/** How a scenario ended. */
export interface Outcome {
  /** What it returned, through JSON; undefined when it did not get so far. */
  // biome-ignore lint/suspicious/noExplicitAny: each scenario has its own
  readonly result: any;
  readonly exit: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** What a scenario is given. */
export interface ScenarioContext {
  readonly kind: TestToken['kind'];
  readonly options: TestToken['options'];
  readonly pin: string;
  readonly folder: string;
  readonly tokenFolder: string;
  /** The folder beside the token. */
  readonly path: string;
  /** Whatever else it needs. */
  // biome-ignore lint/suspicious/noExplicitAny: each scenario has its own
  readonly extra: any;
}

const RUNNER = join(import.meta.dirname, 'run.ts');

/** A scenario under way: what it prints while it runs, and what it is told. */
export interface Running {
  readonly outcome: Promise<Outcome>;
  /** The next line that it says with `tell`. */
  next(): Promise<string>;
  send(line: string): void;
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Starts a scenario.
 *
 * @param file - Its program in test/hsm/scenarios, without ending.
 * @param name - The function.
 */
export function start(
  token: TestToken,
  file: string,
  name: string,
  extra: unknown = {},
  env: Record<string, string> = {},
): Running {
  const context: ScenarioContext = {
    kind: token.kind,
    options: token.options,
    pin: token.pin,
    folder: token.folder,
    tokenFolder: token.tokenFolder,
    path: join(token.folder, 'store'),
    extra,
  };
  const child = spawn(process.execPath, [...TYPESCRIPT, RUNNER, file, name], {
    env: { ...process.env, NODE_NO_WARNINGS: '1', ...token.env, ...env, SCENARIO: JSON.stringify(context) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stderr = '';
  let result: unknown;
  const lines: string[] = [];
  const waiting: ((line: string) => void)[] = [];
  let buffered = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    buffered += text;
    const parts = buffered.split('\n');
    buffered = parts.pop() as string;
    for (const line of parts) {
      if (line.startsWith('RESULT ')) result = JSON.parse(line.slice(7));
      else if (line.startsWith('TELL ')) {
        const take = waiting.shift();
        if (take === undefined) lines.push(line.slice(5));
        else take(line.slice(5));
      }
    }
  });
  const outcome = new Promise<Outcome>((done) => {
    child.on('close', (exit, signal) => {
      for (const take of waiting.splice(0)) take(`ended: ${stderr}`);
      done({ result, exit, signal, stderr });
    });
  });
  return {
    outcome,
    next: () =>
      lines.length > 0 ? Promise.resolve(lines.shift() as string) : new Promise((take) => waiting.push(take)),
    send: (line) => void child.stdin.write(`${line}\n`),
    pid: child.pid as number,
    kill: (signal) => void child.kill(signal),
  };
}

/** Runs a scenario to its end; fails when it crashed or threw. */
// biome-ignore lint/suspicious/noExplicitAny: each scenario returns its own
export async function play(...args: Parameters<typeof start>): Promise<any> {
  const { result, exit, signal, stderr } = await start(...args).outcome;
  if (exit !== 0 || result === undefined) {
    throw new Error(`scenario ${args[2]} ended with ${signal ?? exit}: ${stderr.slice(-2000)}`);
  }
  return result;
}
