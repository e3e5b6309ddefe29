/**
 * What may happen to a rotator.
 *
 * @module
 */
import fc from 'fast-check';
import { checkPolicy, type RotationPolicy } from '../../../src/rotation/policy.ts';
import { DAY, HOUR, NAME, type World } from './world.ts';

type Command = fc.AsyncCommand<object, World>;

/** A command from what it does. */
function command(text: string, run: (world: World) => Promise<void>): Command {
  return {
    check: () => true,
    run: async (_model, world) => run(world),
    toString: () => text,
  };
}

const duration = fc.oneof(
  fc.integer({ min: 1, max: 60_000 }),
  fc.integer({ min: 1, max: 10 }).map((hours) => hours * HOUR),
  fc.integer({ min: 1, max: 6 }).map((days) => days * DAY),
);
const jump = fc.constantFrom(1000, HOUR, DAY, 365 * DAY).chain((size) => fc.constantFrom(size, -size));
const number = fc.nat(20);

const policies: readonly Partial<RotationPolicy>[] = [
  {},
  { periodMs: 12 * HOUR },
  { periodMs: 3 * DAY, leadMs: 6 * HOUR },
  { retained: 1 },
  { retained: 5, leadMs: DAY, minLeadMs: 3 * HOUR },
];

/** Anything that may happen. */
export const anyCommand: readonly fc.Arbitrary<Command>[] = [
  duration.map((ms) => command(`live ${ms}`, (world) => world.live(ms))),
  duration.map((ms) => command(`live on ${ms}`, (world) => world.live(ms))),
  duration.map((ms) =>
    command(`sleep ${ms}`, async (world) => {
      world.sleep(ms);
      await world.tick();
    }),
  ),
  jump.map((ms) =>
    command(`jump ${ms}`, async (world) => {
      world.calm = false;
      world.jumped = true;
      world.offsetMs = Math.max(DAY * 800 - world.trueMs, world.offsetMs + ms);
      await world.tick();
    }),
  ),
  fc.constantFrom('before', 'after').map((cut) =>
    command(`cut ${cut}`, async (world) => {
      world.calm = false;
      world.store.cut = cut as 'before' | 'after';
    }),
  ),
  fc.boolean().map((urgent) =>
    command(`rotate ${urgent ? 'urgently' : 'now'}`, async (world) => {
      world.calm = false;
      await world.run(() => world.rotator.rotateNow('model', { name: NAME, urgent }));
    }),
  ),
  number.map((n) =>
    command(`compromise ${n}`, async (world) => {
      const found = world.pick(['active', 'pending', 'retired', 'suspended'], n);
      if (found === undefined) return;
      world.calm = false;
      await world.run(() => world.rotator.compromise(found.ref));
    }),
  ),
  number.map((n) =>
    command(`suspend ${n}`, async (world) => {
      const found = world.pick(['active', 'pending', 'retired'], n);
      if (found === undefined) return;
      world.calm = false;
      await world.run(() => world.rotator.suspend(found.ref));
    }),
  ),
  number.map((n) =>
    command(`resume ${n}`, async (world) => {
      const found = world.pick(['suspended'], n);
      if (found !== undefined) await world.run(() => world.rotator.resume(found.ref));
    }),
  ),
  fc.tuple(number, fc.boolean()).map(([n, on]) =>
    command(`${on ? 'hold' : 'let go'} ${n}`, async (world) => {
      const found = world.pick(['active', 'retired'], n);
      if (found === undefined) return;
      world.calm = false;
      const { generation } = found.ref;
      const cut = world.store.cut;
      world.store.cut = undefined;
      await world.run(() => world.rotator.hold(found.ref, on ? undefined : 0));
      world.store.cut = cut;
      if (on) world.held.add(generation);
      else world.held.delete(generation);
    }),
  ),
  fc.constantFrom(...policies).map((given) =>
    command(`policy ${JSON.stringify(given)}`, async (world) => {
      world.calm = false;
      world.policy = checkPolicy('policy', given);
      world.restart();
      await world.tick();
    }),
  ),
];
