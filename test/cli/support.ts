/**
 * Runs the built command in a folder of its own, and keeps what came of it.
 *
 * @module
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test as base, expect, vi } from 'vitest';
import { exportPublicKey } from '../../src/encodings/index.ts';
import { exportPrivateKey } from '../../src/insecure.ts';
import { testKeys } from '../support/keys.ts';
import { needs, type Suite } from '../support/require.ts';

/** The built program. */
export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

// Every test starts processes, and a busy machine takes its time for each.
vi.setConfig({ testTimeout: 300_000 });

/** What came of a run. */
export interface Outcome {
  readonly args: readonly string[];
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output before it was taken for text. */
  readonly bytes: Uint8Array;
}

/** How to run. */
export interface RunOptions {
  /** Standard input; nothing when absent. */
  readonly input?: Uint8Array | string;
  readonly env?: NodeJS.ProcessEnv;
}

/** The environment without what changes colours, engines or keystores. */
const {
  NO_COLOR: _color,
  FORCE_COLOR: _force,
  MWRASP_CRYPTO_ENGINE: _engine,
  MWRASP_CRYPTO_KEYSTORE: _keystore,
  MWRASP_CRYPTO_PASSPHRASE_FILE: _passphrase,
  ...ENVIRONMENT
} = process.env;

/** A folder in which a test runs commands. */
export class Place {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, data: Uint8Array | string): Promise<void> {
    await writeFile(this.path(name), data);
  }

  async read(name: string): Promise<Uint8Array> {
    return new Uint8Array(await readFile(this.path(name)));
  }

  async text(name: string): Promise<string> {
    return await readFile(this.path(name), 'utf8');
  }

  /** Permissions, `600` for a secret. */
  async mode(name: string): Promise<string> {
    return ((await stat(this.path(name))).mode & 0o777).toString(8);
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  /** Names of all that is in the folder. */
  async list(): Promise<string[]> {
    return (await readdir(this.folder)).sort();
  }

  /** Starts a program in the folder. */
  start(command: string, args: readonly string[], options: RunOptions = {}): ChildProcessWithoutNullStreams {
    const child = spawn(command, args, { cwd: this.folder, env: { ...ENVIRONMENT, ...options.env } });
    // A program that ends early does not read its input.
    child.stdin.on('error', () => {});
    return child;
  }

  /** Runs the command line. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const child = this.start(process.execPath, [MAIN, ...args], options);
    child.stdin.end(options.input ?? '');
    return { ...(await outcomeOf(child)), args };
  }

  /** Runs command lines that do not depend on one another, two at a time. */
  async runAll(lines: readonly (readonly string[])[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const waiting = lines.entries();
    const lane = async () => {
      for (const [i, args] of waiting) outcomes[i] = await this.run(args);
    };
    await Promise.all([lane(), lane()]);
    return outcomes;
  }

  /** Runs a line of shell in which `mwrasp-crypto` is the command line. */
  async shell(line: string, options: RunOptions = {}): Promise<Outcome> {
    const preamble = `mwrasp-crypto() { "${process.execPath}" "${MAIN}" "$@"; }; `;
    const child = this.start('bash', ['-o', 'pipefail', '-c', preamble + line], options);
    child.stdin.end(options.input ?? '');
    return { ...(await outcomeOf(child)), args: [line] };
  }
}

/** What every test here is given: a place of its own, so that tests can run side by side. */
export interface WithPlace {
  readonly place: Place;
}

/** A test with a fresh {@link Place}, gone at the end. */
export const it = base.extend<WithPlace>({
  place: async ({ task: _task }, use) => {
    const place = new Place(await mkdtemp(join(tmpdir(), 'mwrasp-cli-test-')));
    await use(place);
    await rm(place.folder, { recursive: true, force: true });
  },
});

/** Waits for a child to end. */
export async function outcomeOf(child: ChildProcessWithoutNullStreams): Promise<Omit<Outcome, 'args'>> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => out.push(piece));
  child.stderr.on('data', (piece: Buffer) => err.push(piece));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (...end) => resolve(end));
  });
  const bytes = Buffer.concat(out);
  return {
    code,
    signal,
    stdout: bytes.toString(),
    stderr: Buffer.concat(err).toString(),
    bytes: new Uint8Array(bytes),
  };
}

/** Gives a command a terminal. */
export const SCRIPT = '/usr/bin/script';

/** A suite that needs a terminal. */
export const needsTerminal: Suite = needs(
  'script',
  process.platform === 'linux' && existsSync(SCRIPT),
  'apt-get install bsdutils',
);

/** A question, and what is typed when it is shown. */
export type Answer = readonly [question: string, keys: string];

/** Runs the command line on a terminal and answers what it asks; all that is shown is in `stdout`. */
export async function onTerminal(
  place: Place,
  line: string,
  answers: readonly Answer[],
  env: NodeJS.ProcessEnv,
): Promise<Omit<Outcome, 'args'>> {
  const command = `"${process.execPath}" "${MAIN}" ${line}`;
  // What the terminal is, not what it was for whoever runs the tests.
  const child = place.start(SCRIPT, ['-qec', command, '/dev/null'], {
    env: { TERM: 'xterm', CI: '', NO_COLOR: '1', ...env },
  });
  const waiting = [...answers];
  let shown = '';
  child.stdout.on('data', (piece: Buffer) => {
    shown += piece.toString();
    const [next] = waiting;
    if (next === undefined || !shown.includes(next[0])) return;
    waiting.shift();
    shown = '';
    child.stdin.write(next[1]);
  });
  const outcome = await outcomeOf(child);
  expect(waiting, outcome.stdout).toEqual([]);
  return outcome;
}

/** Writes the keys that never change: `signer`, `stranger` (ML-DSA-87), `recipient`, `other` (ML-KEM-1024). */
export async function writeKeys(place: Place): Promise<void> {
  const { signer, otherSigner, recipient, otherRecipient } = testKeys();
  const keys = { signer, stranger: otherSigner, recipient, other: otherRecipient };
  for (const [name, key] of Object.entries(keys)) {
    await place.write(`${name}.key`, exportPrivateKey(key, 'pem'));
    await place.write(`${name}.pub`, exportPublicKey(key.publicKey, 'pem'));
  }
}

/** Bytes that look like data: neither text nor zeros. */
export function noise(sizeBytes: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: sizeBytes }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

/** A case of wrong input: what it is, the arguments, exit code and message. */
export type WrongCase = [what: string, args: string[], code: number, message: RegExp | string];

/** Checks that a run succeeded, and said nothing beside its result. */
export function expectDone({ code, signal, stderr }: Outcome): void {
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
}

/** Checks that a run failed with one line on standard error and nothing on standard output. */
export function expectFailure(
  { code, stdout, stderr }: Outcome,
  expected: number,
  message: RegExp | string,
): void {
  expect({ code, stdout, stderr }).toEqual({ code: expected, stdout: '', stderr: expect.any(String) });
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^error: [^\n]+\n$/);
}

/** Runs as a terminal would show them. */
export function transcript(outcomes: readonly Outcome[]): string {
  return outcomes
    .map(({ args, code, stdout, stderr }) => {
      const end = code === 0 ? '' : `exit code ${code}\n`;
      return `$ mwrasp-crypto ${args.join(' ')}\n${stdout}${stderr}${end}`;
    })
    .join('\n');
}
