/**
 * Engines for tests: parts of real ones, with whatever a test changes.
 */
import {
  Absent,
  type Engine,
  type EngineName,
  FAMILIES,
  type Family,
  type FamilyEngines,
} from '../../../src/engines/engine.ts';
import { registry } from '../../../src/engines/index.ts';
import { nobleEngine } from '../../../src/engines/noble.ts';

/** The engines that this runtime can run for a family. */
export function available(family: Family): EngineName[] {
  return registry.names.filter((name) => registry.status(name, family).available);
}

/** A part of the engine that runs everywhere. */
export function noblePart<F extends Family>(family: F): FamilyEngines[F] {
  return nobleEngine[family]() as FamilyEngines[F];
}

/** An object like another, with some members replaced; methods keep the `this` they had. */
export function like<T extends object>(original: T, changes: Partial<T>): T {
  return new Proxy(original, {
    get(target, name) {
      if (Object.hasOwn(changes, name)) return changes[name as keyof T];
      const value = target[name as keyof T];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

export interface FakeEngine extends Engine {
  /** How often a family was asked for something that only a test or a use asks for. */
  readonly asked: Record<Family, number>;
}

/**
 * An engine of the right answers.
 *
 * @param name - Its name.
 * @param parts - Parts that differ: another part, or a reason why there is none.
 */
export function fakeEngine(
  name: EngineName,
  parts: { readonly [F in Family]?: FamilyEngines[F] | string } = {},
): FakeEngine {
  const asked = { hash: 0, aead: 0, kem: 0, sign: 0 };
  const part = <F extends Family>(family: F) => {
    const given = parts[family];
    if (typeof given === 'string') return () => new Absent(given);
    const engine = given ?? (like(noblePart(family), {}) as FamilyEngines[F]);
    const counted = new Proxy(engine as object, {
      get(target, member) {
        if (member !== 'capabilities') asked[family]++;
        return Reflect.get(target, member);
      },
    });
    return () => counted as FamilyEngines[F];
  };
  const [hash, aead, kem, sign] = FAMILIES.map((family) => part(family));
  return { name, asked, hash, aead, kem, sign } as unknown as FakeEngine;
}
