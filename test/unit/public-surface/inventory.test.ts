/**
 * Nothing public is without its place in the table of wrong inputs: neither what the entries export at run time, nor
 * what their types show.
 */
import { describe, expect, it } from 'vitest';
import { publicEntries } from '../../../scripts/entries.mjs';
import * as errors from '../../../src/errors.ts';
import { INSPECT } from '../../../src/secret.ts';
import { readSurface } from './documented.ts';
import { rowsOf, TABLE } from './table.ts';

const { documented, internal, properties } = readSurface();
const known = (id: string) => documented.has(id) || internal.has(id) || properties.has(id);

/** A web stream is the platform's, which has more than this library needs of it. */
const OF_THE_PLATFORM = 'index.WebByteStream';

/** What both ends of a session have in common: nothing is just that. */
const ABSTRACT = 'fragment-session.Endpoint';

/** Names of the members of an object and of its prototypes, up to those of the language. */
function membersOf(value: object): string[] {
  const names: string[] = [];
  for (let object: object | null = value; !isBuiltIn(object); object = Object.getPrototypeOf(object)) {
    for (const key of Reflect.ownKeys(object)) {
      if (key === 'constructor' || key === INSPECT) continue;
      const { value: member, get } = Object.getOwnPropertyDescriptor(object, key) ?? {};
      if (typeof member !== 'function' && get === undefined) continue;
      // Older runtimes give the symbol another description.
      if (key === Symbol.dispose) names.push('[Symbol.dispose]');
      else names.push(typeof key === 'symbol' ? `[${key.description}]` : key);
    }
  }
  return names;
}

function isBuiltIn(object: object | null): object is null {
  return (
    object === null ||
    (/\[native code\]/.test(String(object.constructor)) && Object.hasOwn(object, 'constructor'))
  );
}

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

describe('what the entries export at run time', async () => {
  const seen = new Set<unknown>();
  const found: string[] = [];
  const modules = await Promise.all(
    publicEntries.map(async ({ id, report, subpath }) => ({ report, subpath, module: await import(id) })),
  );
  // What the root shows of another entry has that entry's name.
  modules.sort((a, b) => Number(a.subpath === '.') - Number(b.subpath === '.'));
  for (const { report, module } of modules) {
    for (const [name, value] of Object.entries(module as Record<string, unknown>)) {
      if (typeof value !== 'function' || seen.has(value)) continue;
      seen.add(value);
      const id = `${report}.${name}`;
      if (!isClass(value)) {
        found.push(id);
        continue;
      }
      found.push(`new ${id}`);
      for (const member of Object.getOwnPropertyNames(value)) {
        if (!['length', 'name', 'prototype'].includes(member)) found.push(`${id}.${member}`);
      }
      for (const member of membersOf(value.prototype as object)) found.push(`${id}#${member}`);
    }
  }

  it('is found', () => expect(found.length).toBeGreaterThan(60));

  it.each(found)('%s is documented, or marked as internal', (id) => {
    expect(known(id), id).toBe(true);
  });
});

describe('what the types show', () => {
  it.each([...documented.keys()])('%s has its place in the table', (id) => {
    const entry = documented.get(id);
    expect(entry?.isHidden || rowsOf(id, entry?.parameters).length > 0, id).toBe(true);
  });

  it('is all that the table has', () => {
    const methods = Object.entries(TABLE.subjects).flatMap(([id, subject]) =>
      Object.keys(subject.methods).map((name) => `${id}#${name}`),
    );
    expect([...Object.keys(TABLE.rows), ...methods].filter((id) => !documented.has(id))).toEqual([]);
  });

  const subjects = Object.keys(TABLE.subjects).filter((id) => id !== OF_THE_PLATFORM && id !== ABSTRACT);
  it.each(subjects)('is all that a %s has at run time', async (id) => {
    const object = (await TABLE.subjects[id]?.live()) as object;
    const members = membersOf(object).map((name) => `${id}#${name}`);
    expect(members.filter((member) => !known(member))).toEqual([]);
  });
});

describe('every @throws that links to an error', () => {
  const tags = [...documented.values()].flatMap(({ id, throws }) =>
    throws.map((text) => [id, text] as const),
  );
  const linked = tags.filter(([, text]) => text.startsWith('{@link'));

  it('is found', () => expect(linked.length).toBeGreaterThan(100));

  it.each(linked)('of %s names a class of this library, and its codes: %s', (id, text) => {
    const name = /^\{@link (\w+)\}/.exec(text)?.[1] ?? '';
    expect(Object.keys(errors)).toContain(name);
    expect(documented.get(id)?.codes.get(name)?.size).toBeGreaterThan(0);
  });
});
