/**
 * One of many processes that would rotate the keys of one store: `rotation-race-child.ts PLACE LEASE NUMBER LEASE_MS`. It tells its
 * parent what it sees, and dies or sleeps at a step of its next change when it is told to.
 */
import { join } from 'node:path';
import type { LeaseProvider } from '../../../src/rotation/index.ts';
import { createRotator, fileLease, redisLease } from '../../../src/rotation/index.ts';
import { openPlace } from './rotation-scenario.ts';
import { describeStep, tapDisk } from './tap.ts';

/** What the parent says. */
export type RaceOrder =
  /** Time passes: the wall and the monotonic clock of rotation are so far ahead of the system's. */
  | { readonly kind: 'time'; readonly aheadMs: number }
  /** Whoever leads is cut off at a step of its next change; step 0 takes it back. */
  | { readonly kind: 'cut'; readonly step: number; readonly signal: 'SIGKILL' | 'SIGSTOP' }
  /** Ends. */
  | { readonly kind: 'end' };

/** What a process says. */
export type RaceNews =
  | {
      readonly kind: 'view';
      /** Active and pending generations by name. */
      readonly active: Readonly<Record<string, string>>;
      readonly pending: Readonly<Record<string, string>>;
      readonly leads: boolean;
    }
  /** The order to cut was heard by the leader. */
  | { readonly kind: 'armed' }
  /** It is about to be cut off. */
  | { readonly kind: 'cut'; readonly step: string; readonly committed: boolean }
  /** It was not, so far: the change had fewer steps. */
  | { readonly kind: 'missed'; readonly steps: number }
  /** A tick failed. */
  | { readonly kind: 'failure'; readonly code: string };

/** The keys that are rotated. */
export const RACE_KEYS = {
  identity: { algorithm: 'ML-DSA-87' },
  inbox: { algorithm: 'ML-KEM-1024' },
  data: { algorithm: 'AES-256-GCM' },
} as const;

function say(news: RaceNews): Promise<void> {
  return new Promise((resolve) => {
    if (process.send?.(news, () => resolve()) === undefined) resolve();
  });
}

async function main(): Promise<void> {
  const [place, where, number, leaseMs] = process.argv.slice(2) as [string, string, string, string];
  let aheadMs = 0;
  const clock = {
    wallMs: () => Date.now() + aheadMs,
    monotonicMs: () => performance.now() + aheadMs,
  };
  const leases: LeaseProvider = where.startsWith('redis:')
    ? redisLease({ url: where, key: 'race' })
    : fileLease({ path: where });
  const keystore = await openPlace(place);
  const rotator = createRotator({
    keystore,
    keys: RACE_KEYS,
    leases,
    holder: `process ${number}`,
    leaseMs: Number(leaseMs),
    tickMs: 100,
    clock,
  });

  let cut: (RaceOrder & { readonly kind: 'cut' }) | undefined;
  let steps = 0;
  let committed = false;
  tapDisk(join(place, 'store'), async (step, run) => {
    // A change that had begun when the order came is not the one that is meant: it may be committed already.
    const order = steps > 0 || describeStep(step) === 'create lock' ? cut : undefined;
    const result = order === undefined || ++steps !== order.step ? undefined : order;
    if (result !== undefined) {
      cut = undefined;
      await say({ kind: 'cut', step: describeStep(step), committed });
      process.kill(process.pid, result.signal);
    }
    const done = await run();
    if (order !== undefined && step.call === 'link') committed = true;
    return done;
  });

  const view = async () => {
    const active: Record<string, string> = {};
    const pending: Record<string, string> = {};
    for (const { ref, state } of await keystore.list()) {
      const seen = state === 'active' ? active : state === 'pending' ? pending : {};
      seen[ref.name] = `${seen[ref.name] ?? ''} ${ref.generation}`.trim();
    }
    await say({ kind: 'view', active, pending, leads: rotator.isLeader });
  };
  rotator.onEvent((event) => {
    if (event.kind === 'failure') void say({ kind: 'failure', code: event.code });
  });
  process.on('message', (order: RaceOrder) => {
    if (order.kind === 'time') aheadMs = order.aheadMs;
    if (order.kind === 'end') {
      void rotator
        .stop()
        .then(() => keystore.close())
        .then(() => leases.close())
        .then(() => process.exit(0));
    }
    if (order.kind === 'cut' && order.step === 0) {
      if (cut !== undefined) void say({ kind: 'missed', steps });
      cut = undefined;
    } else if (order.kind === 'cut' && rotator.isLeader) {
      [cut, steps, committed] = [order, 0, false];
      void say({ kind: 'armed' });
    }
  });
  process.on('disconnect', () => process.exit(1));
  rotator.start();
  setInterval(() => void view().catch(() => {}), 50);
}

if (process.argv[1] === import.meta.filename) await main();
