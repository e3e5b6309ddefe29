/**
 * The table of what happens when, step by step.
 */
import { describe, expect, it } from 'vitest';
import type { GenerationView } from '../../../src/rotation/life.ts';
import { type PlanInput, plan } from '../../../src/rotation/planner.ts';
import { DEFAULT_ROTATION_POLICY as policy } from '../../../src/rotation/policy.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Long ago enough for clocks that go back a year. */
const START = 1_800_000_000_000;

function view(generation: number, changes: Partial<GenerationView> = {}): GenerationView {
  const activatedAtMs = START + (generation - 1) * DAY;
  return {
    generation,
    state: 'active',
    publicOnly: false,
    createdAtMs: activatedAtMs - 2 * HOUR,
    createdRunningMs: activatedAtMs - 2 * HOUR - START,
    activatedAtMs,
    activatedRunningMs: activatedAtMs - START,
    ...changes,
  };
}

/** Generations up to the active one. */
function line(count: number, changes: Partial<GenerationView> = {}): GenerationView[] {
  return Array.from({ length: count }, (_, i) => {
    if (i === count - 1) return view(i + 1);
    return view(i + 1, { state: 'retired', retiredAtMs: START + (i + 1) * DAY, ...(i === 0 ? changes : {}) });
  });
}

function input(
  atMs: number,
  generations: readonly GenerationView[],
  more: Partial<PlanInput> = {},
): PlanInput {
  const nowMs = START + atMs;
  return {
    algorithm: 'ML-KEM-1024',
    policy,
    generations,
    linked: new Set(),
    nowMs,
    runningMs: atMs,
    wallHighMs: nowMs,
    ...more,
  };
}

const actionsAt = (...args: Parameters<typeof input>) => plan(input(...args)).actions;

describe('the active generation', () => {
  it('is made at once when there is none', () => {
    expect(plan(input(0, []))).toMatchObject({
      actions: [{ kind: 'create', generation: 1, state: 'active', activateAtMs: START }],
      problems: [],
    });
  });

  it('is the one that is published when there is no active one', () => {
    const generations = [view(1, { state: 'compromised' }), view(2, { state: 'pending' })];
    expect(actionsAt(23 * HOUR, generations)).toEqual([{ kind: 'activate', generation: 2 }]);
  });

  it('is made unannounced when none is published', () => {
    expect(plan(input(5 * HOUR, [view(1, { state: 'suspended' })]))).toMatchObject({
      actions: [{ kind: 'create', generation: 2, state: 'active' }],
      problems: [{ kind: 'unannounced' }],
    });
  });

  it('is the newest of several', () => {
    expect(actionsAt(DAY + HOUR, [view(1), view(2)])).toEqual([{ kind: 'retire', generation: 1 }]);
  });
});

describe('the next generation', () => {
  it('is published a lead before its activation, and not earlier', () => {
    expect(actionsAt(22 * HOUR - 1, line(1))).toEqual([]);
    expect(actionsAt(22 * HOUR, line(1))).toEqual([
      { kind: 'create', generation: 2, state: 'pending', activateAtMs: START + DAY },
    ]);
  });

  it('is linked to the one that signs now, when it is there', () => {
    const sign = { algorithm: 'ML-DSA-87' } as const;
    expect(actionsAt(22 * HOUR, line(1), sign)).toMatchObject([{ kind: 'create' }]);
    const generations = [...line(1), view(2, { state: 'pending' })];
    expect(actionsAt(22 * HOUR, generations, sign)).toEqual([{ kind: 'link', from: 1, to: 2 }]);
    expect(actionsAt(22 * HOUR, generations, { ...sign, linked: new Set([1]) })).toEqual([]);
  });

  it('takes over at its time', () => {
    const generations = [...line(1), view(2, { state: 'pending' })];
    expect(actionsAt(DAY - 1, generations)).toEqual([]);
    expect(actionsAt(DAY, generations)).toEqual([
      { kind: 'activate', generation: 2 },
      { kind: 'retire', generation: 1 },
    ]);
  });

  it('waits, and says so, until it was published for the minimum lead', () => {
    const createdAtMs = START + DAY - 10 * 60_000;
    const generations = [...line(1), view(2, { state: 'pending', createdAtMs })];
    expect(plan(input(DAY, generations))).toMatchObject({
      actions: [],
      problems: [{ kind: 'postponed', generation: 2, untilMs: createdAtMs + HOUR }],
    });
    expect(actionsAt(DAY + 50 * 60_000, generations)).toMatchObject([
      { kind: 'activate' },
      { kind: 'retire' },
    ]);
  });

  it('is one after a long sleep, not one a missed period', () => {
    const atMs = 40 * DAY;
    expect(plan(input(atMs, line(1)))).toMatchObject({
      actions: [{ kind: 'create', generation: 2, activateAtMs: START + atMs + HOUR }],
      problems: [{ kind: 'postponed' }],
    });
  });
});

describe('a private key that signs', () => {
  const sign = { algorithm: 'ML-DSA-87', linked: new Set([1]) } as const;

  it('is destroyed when it is retired, and its public half stays', () => {
    expect(actionsAt(DAY, [...line(1), view(2, { state: 'pending' })], sign)).toEqual([
      { kind: 'activate', generation: 2 },
      { kind: 'retire', generation: 1 },
      { kind: 'drop-private', generation: 1 },
    ]);
  });

  it.each(['compromised', 'retired'] as const)('is destroyed when it is found %s', (state) => {
    const generations = [view(1, { state }), view(2)];
    expect(actionsAt(DAY, generations, sign)).toEqual([{ kind: 'drop-private', generation: 1 }]);
  });

  it('is destroyed when it is suspended beyond its time', () => {
    const generations = [view(1, { state: 'suspended' }), view(2, { activatedAtMs: START + 12 * HOUR })];
    expect(actionsAt(DAY - 1, generations, sign)).toEqual([]);
    expect(actionsAt(DAY, generations, sign)).toEqual([{ kind: 'drop-private', generation: 1 }]);
  });
});

describe('the end of a generation', () => {
  const told = { noticeRunningMs: 4 * DAY - 6 * HOUR };
  const toldTwice = { ...told, lastNoticeRunningMs: 4 * DAY - HOUR };
  /** Five generations, the first at its end. */
  const atEnd = (changes: Partial<GenerationView>) => line(5, changes);

  it('is told 6 hours and 1 hour before', () => {
    const destroyAtMs = START + 4 * DAY;
    expect(actionsAt(4 * DAY - 6 * HOUR - 1, line(4))).toEqual([]);
    expect(actionsAt(4 * DAY - 6 * HOUR, line(4))).toEqual([
      { kind: 'notice', generation: 1, last: false, destroyAtMs },
    ]);
    const next = view(5, { state: 'pending' });
    expect(actionsAt(4 * DAY - HOUR - 1, [...line(4, told), next])).toEqual([]);
    expect(actionsAt(4 * DAY - HOUR, [...line(4, told), next])).toEqual([
      { kind: 'notice', generation: 1, last: true, destroyAtMs },
    ]);
  });

  it('comes when it is old and enough are younger, in two steps', () => {
    expect(actionsAt(4 * DAY, atEnd(toldTwice))).toEqual([{ kind: 'doom', generation: 1 }]);
    expect(actionsAt(4 * DAY, atEnd({ ...toldTwice, state: 'destroying' }))).toEqual([
      { kind: 'destroy', generation: 1 },
    ]);
  });

  it('comes in the moment in which the next one becomes active', () => {
    const generations = [...line(4, toldTwice), view(5, { state: 'pending' })];
    expect(actionsAt(4 * DAY, generations).map(({ kind }) => kind)).toEqual(['activate', 'retire', 'doom']);
  });

  it('does not come by age alone: missed rotations leave what they leave', () => {
    expect(actionsAt(30 * DAY, line(3, toldTwice)).map(({ kind }) => kind)).toEqual([
      'create',
      'withdraw-notice',
    ]);
  });

  it('does not come by number alone: many rotations flush no young one', () => {
    const young = Array.from({ length: 9 }, (_, i) =>
      view(i + 1, {
        state: i === 8 ? 'active' : 'retired',
        activatedAtMs: START + i * HOUR,
        activatedRunningMs: i * HOUR,
      }),
    );
    expect(actionsAt(10 * HOUR, young)).toEqual([]);
  });

  it('does not come before rotators have run for 6 hours since holders were told', () => {
    expect(actionsAt(4 * DAY, atEnd(toldTwice), { runningMs: 4 * DAY - 1 })).toEqual([]);
  });

  it('does not come when the clock jumps: holders are told first', () => {
    const atMs = 400 * DAY;
    const jumped = { runningMs: 4 * DAY };
    const generations = line(5).map((one) => ({ ...one, activatedRunningMs: 0 }));
    const kinds = actionsAt(atMs, generations, jumped).map(({ kind }) => kind);
    expect(kinds).toEqual(['create', 'notice', 'notice']);
    const after = actionsAt(atMs, line(5, { noticeRunningMs: 4 * DAY }), jumped).map(({ kind }) => kind);
    expect(after).toEqual(['create', 'notice']);
  });

  it('is withdrawn when the clock that told it was wrong', () => {
    expect(actionsAt(2 * DAY, line(3, told))).toEqual([{ kind: 'withdraw-notice', generation: 1 }]);
  });

  it('is postponed by a hold', () => {
    const heldUntilMs = START + 10 * DAY;
    const kinds = actionsAt(4 * DAY, atEnd({ ...toldTwice, heldUntilMs })).map(({ kind }) => kind);
    expect(kinds).toEqual(['withdraw-notice']);
  });

  it('is not before what was promised under an earlier policy', () => {
    const destroyAfterMs = START + 9 * DAY;
    const kinds = actionsAt(4 * DAY, atEnd({ ...toldTwice, destroyAfterMs })).map(({ kind }) => kind);
    expect(kinds).toEqual(['withdraw-notice']);
  });
});

describe.each([
  ['a second', 1000, false],
  ['an hour', HOUR, true],
  ['a year', 365 * DAY, true],
] as const)('a clock that goes back %s', (_name, byMs, isTold) => {
  const back = { wallHighMs: START + 2 * DAY + 5 * HOUR };
  const atMs = 2 * DAY + 5 * HOUR - byMs;

  it('brings no generation back, and is reported', () => {
    const { actions, problems } = plan(input(atMs, line(3), { ...back, runningMs: 2 * DAY + 5 * HOUR }));
    expect(actions).toEqual([]);
    expect(problems.map(({ kind }) => kind)).toEqual(isTold ? ['clock'] : []);
  });

  it('does not stop rotation: running time goes on', () => {
    const runningMs = 3 * DAY - 2 * HOUR;
    const kinds = actionsAt(atMs, line(3), { ...back, runningMs }).map(({ kind }) => kind);
    expect(kinds).toEqual(byMs > 5 * HOUR ? ['create'] : []);
  });
});
