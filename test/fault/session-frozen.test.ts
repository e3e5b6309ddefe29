/**
 * One end of a session loses time: it is stopped for longer than its messages live, or its wall clock is set. It goes on with
 * new keys only.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { toHex } from '../../src/bytes.ts';
import type { SessionCounters } from '../../src/fragment/session/index.ts';
import { SignPrivateKey } from '../../src/sign/index.ts';
import { TYPESCRIPT } from '../support/run-typescript.ts';
import { type ClockStep, clockStep } from './support/clock-step.ts';

interface Said {
  readonly wire?: string;
  readonly got?: number;
  readonly sent?: number;
  readonly counters?: SessionCounters;
}

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Two processes, and everything that passes between them. */
function startPair(clocks: readonly (ClockStep | undefined)[] = []) {
  const seeds = [1, 2].map((byte) => new Uint8Array(32).fill(byte));
  const keys = seeds.map((seed) => toHex(SignPrivateKey.fromSeed(seed).publicKey.toBytes()));
  const state = {
    got: [] as number[],
    sent: 0,
    counters: [undefined, undefined] as (SessionCounters | undefined)[],
    held: undefined as string[] | undefined,
  };
  const pair = ['receiver', 'sender'].map((role, i) =>
    fork(
      join(import.meta.dirname, 'support/session-child.ts'),
      [role, toHex(seeds[i] as Uint8Array), keys[1 - i] as string],
      {
        execArgv: [...TYPESCRIPT, ...(clocks[i]?.args ?? [])],
        env: { ...process.env, ...clocks[i]?.env },
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      },
    ),
  );
  children.push(...pair);
  for (const [i, child] of pair.entries()) {
    child.on('message', ({ wire, got, sent, counters }: Said) => {
      if (wire !== undefined) pair[1 - i]?.send({ wire });
      if (got !== undefined) state.got.push(got);
      if (sent !== undefined) state.sent = sent;
      if (counters !== undefined) state.counters[i] = counters;
    });
  }
  return { pair, state };
}

it.each([
  ['receiver', 0],
  ['sender', 1],
] as const)('the %s, stopped for a second, destroys what it had and shakes hands again', async (_, index) => {
  const { pair, state } = startPair();
  while (state.got.length < 20) await pause(20);
  const child = pair[index] as ChildProcess;
  child.kill('SIGSTOP');
  // What was sent before is over when it goes on.
  await pause(1_000);
  const sentBefore = state.sent;
  const gotBefore = state.got.length;
  child.kill('SIGCONT');
  while ((state.got.at(-1) ?? 0) <= sentBefore) await pause(20);
  const ended = (counters: SessionCounters | undefined) =>
    (counters?.anomalies ?? 0) + (counters?.silences ?? 0);
  while (ended(state.counters[index]) === 0) await pause(20);
  // Nothing that was sealed before it was stopped, or while it was, came out after.
  const after = state.got.slice(gotBefore);
  expect(after.every((number) => number > sentBefore - (index === 0 ? 0 : 1))).toBe(true);
  expect(new Set(state.got).size).toBe(state.got.length);
});

it.each([
  ['receiver', 0, 3_600_000],
  ['receiver', 0, -3_600_000],
  ['sender', 1, 3_600_000],
  ['sender', 1, -3_600_000],
] as const)('the %s (%d), its wall clock set by %d ms, does the same', async (_, index, stepMs) => {
  const folder = mkdtempSync(join(tmpdir(), 'session-step-'));
  const clock = clockStep(folder, stepMs);
  const { state } = startPair(index === 0 ? [clock] : [undefined, clock]);
  while (state.got.length < 20) await pause(20);
  const established = state.counters[0]?.established ?? 0;
  clock.step();
  while ((state.counters[index]?.anomalies ?? 0) === 0) await pause(20);
  const sentBefore = state.sent;
  while ((state.counters[0]?.established ?? 0) <= established) await pause(20);
  while ((state.got.at(-1) ?? 0) <= sentBefore + 20) await pause(20);
  expect(new Set(state.got).size).toBe(state.got.length);
  rmSync(folder, { recursive: true });
});
