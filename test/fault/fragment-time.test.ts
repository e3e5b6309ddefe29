/**
 * Processes that lose time: stopped, with a wall clock that is set, with a thread that dies. Everything is destroyed, and
 * what comes after works.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { TYPESCRIPT } from '../support/run-typescript.ts';
import { clockStep } from './support/clock-step.ts';

const PROGRAM = new URL('./support/fragment-time.ts', import.meta.url).pathname;

let folder: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fragment-time-'));
});

afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

interface Talk {
  say(line: string): void;
  hear(): Promise<Record<string, unknown>>;
}

/** Starts the program; each line that is said to it is answered by one of JSON. */
function talkTo(environment: Record<string, string> = {}, args: string[] = []): Talk {
  const started = spawn(process.execPath, [...args, ...TYPESCRIPT, PROGRAM], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  child = started;
  const lines: string[] = [];
  let wake = () => {};
  let rest = '';
  started.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() as string;
    lines.push(...parts);
    wake();
  });
  return {
    say: (line) => started.stdin.write(`${line}\n`),
    async hear() {
      while (lines.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return JSON.parse(lines.shift() as string);
    },
  };
}

async function ask(talk: Talk, line: string): Promise<Record<string, unknown>> {
  talk.say(line);
  return talk.hear();
}

describe('a vault', () => {
  it('that was stopped for a second opens nothing old, says so, and goes on', async () => {
    const talk = talkTo();
    await talk.hear();
    await ask(talk, 'split');
    child?.kill('SIGSTOP');
    await sleep(1000);
    child?.kill('SIGCONT');
    const opened = await ask(talk, 'open');
    expect(opened['result']).toMatch(/^ERR_EXPIRED_(DEADLINE|CLOCK_ANOMALY|EPOCH_GONE)$/);
    expect((await ask(talk, 'lie'))['result']).toMatch(/^ERR_EXPIRED_(CLOCK_ANOMALY|EPOCH_GONE)$/);
    await ask(talk, 'honest');
    expect(await ask(talk, 'round')).toEqual({ result: 'opened' });
    const { anomalies } = await ask(talk, 'anomalies');
    expect(anomalies).toEqual(expect.arrayContaining([expect.stringMatching(/^(late|wiper-stalled)$/)]));
  });

  it.each([3_600_000, -3_600_000])(
    'whose wall clock is set by %d ms destroys everything and goes on',
    async (stepMs) => {
      const clock = clockStep(folder, stepMs);
      const talk = talkTo({ ...clock.env, TTL_MS: '60000' }, [...clock.args]);
      await talk.hear();
      await ask(talk, 'split');
      expect(await ask(talk, 'open')).toEqual({ result: 'opened' });
      clock.step();
      let result: unknown = 'opened';
      while (result === 'opened') result = (await ask(talk, 'open'))['result'];
      expect(result).toBe('ERR_EXPIRED_CLOCK_ANOMALY');
      // The thread tells of it in a message, after it was found out.
      let anomalies: unknown = [];
      while ((anomalies as unknown[]).length === 0) anomalies = (await ask(talk, 'anomalies'))['anomalies'];
      // Twice where the thread saw the step after the main thread did.
      expect(new Set(anomalies as string[])).toEqual(new Set(['clock-step']));
      expect(await ask(talk, 'round')).toEqual({ result: 'opened' });
      expect(await ask(talk, 'open')).toEqual({ result: 'ERR_EXPIRED_CLOCK_ANOMALY' });
    },
  );

  it('whose thread dies destroys everything, and starts another one', async () => {
    const talk = talkTo({ TTL_MS: '60000' });
    await talk.hear();
    await ask(talk, 'split');
    expect(await ask(talk, 'end thread')).toEqual({ result: 'ended' });
    expect(await ask(talk, 'open')).toEqual({ result: 'ERR_EXPIRED_CLOCK_ANOMALY' });
    let result: unknown;
    while (result !== 'opened') result = (await ask(talk, 'round'))['result'];
    expect(await ask(talk, 'open')).toEqual({ result: 'ERR_EXPIRED_CLOCK_ANOMALY' });
    expect((await ask(talk, 'anomalies'))['anomalies']).toContain('wiper-ended');
  });

  it('on a main thread that is blocked: keys die on time all the same', async () => {
    const talk = talkTo({ TTL_MS: '60' });
    await talk.hear();
    const { destroyed, anomalies } = await ask(talk, 'block');
    expect(destroyed).toBeGreaterThan(0);
    expect(anomalies).toEqual([]);
  });

  it('lets the process end', async () => {
    const talk = talkTo({ TTL_MS: '60000' });
    await talk.hear();
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    talk.say('end');
    expect(await ended).toBe(0);
  });
});
