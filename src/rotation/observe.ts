/**
 * What happened between two states of a store, whoever did it.
 *
 * @module
 */
import type { KeyState } from '../keystore/keystore.ts';
import type { Manifest } from '../keystore/manifest.ts';
import type { GenerationEvent, RotationEvent } from './events.ts';
import { type GenerationView, generationsOf } from './life.ts';
import { readLife } from './life-format.ts';
import { planFor } from './status.ts';

const KINDS: Readonly<Partial<Record<KeyState, GenerationEvent['kind']>>> = {
  active: 'activated',
  retired: 'retired',
  suspended: 'suspended',
  compromised: 'compromised',
  destroying: 'destroying',
};

function kindOf(
  before: GenerationView | undefined,
  after: GenerationView,
): GenerationEvent['kind'] | undefined {
  if (before === undefined || before.state === after.state) return undefined;
  return before.state === 'suspended' && after.state !== 'compromised' && after.state !== 'destroying'
    ? 'resumed'
    : KINDS[after.state];
}

/**
 * Compares two states.
 *
 * @param before - Undefined for the first state that is seen: what holders have to know is told then, and nothing else.
 * @param after - The newer one.
 * @param names - The keys.
 * @param nowMs - The time.
 */
export function eventsBetween(
  before: Manifest | undefined,
  after: Manifest,
  names: Iterable<string>,
  nowMs: number,
): RotationEvent[] {
  const events: RotationEvent[] = [];
  const life = readLife(after);
  for (const name of names) {
    const old = new Map<number, GenerationView>();
    if (before !== undefined) {
      for (const view of generationsOf(before, readLife(before), name)) old.set(view.generation, view);
    }
    const views = generationsOf(after, life, name);
    const key = life.keys.get(name);
    const next = key === undefined ? [] : planFor(after, life, key, nowMs, life.runningMs).next;
    for (const view of views) {
      const ref = { name, generation: view.generation };
      const was = old.get(view.generation);
      if (before !== undefined && was === undefined) {
        events.push({ kind: 'created', ref });
        if (view.state === 'active') events.push({ kind: 'activated', ref });
      }
      const kind = kindOf(was, view);
      if (kind !== undefined) events.push({ kind, ref });
      const wasTold = was?.lastNoticeRunningMs ?? was?.noticeRunningMs;
      const isTold = view.lastNoticeRunningMs ?? view.noticeRunningMs;
      if (isTold === undefined || isTold === wasTold || view.state === 'destroying') continue;
      const destroyAtMs =
        next.find(({ what, generation }) => what === 'destroy' && generation === view.generation)?.atMs ??
        nowMs;
      events.push({ kind: 'expiring', ref, last: view.lastNoticeRunningMs !== undefined, destroyAtMs });
    }
    const left = new Set(views.map(({ generation }) => generation));
    for (const generation of old.keys()) {
      if (!left.has(generation)) events.push({ kind: 'destroyed', ref: { name, generation } });
    }
  }
  return events;
}
