/**
 * Every public function with every kind of wrong argument, one at a time: what comes is the work done, or an error whose
 * class and code the docstring names, which blames the argument and shows no secret.
 */
import { InputError } from '@mwrasp/crypto';
import { describe, expect, it } from 'vitest';
import { thrownBy } from '../../support/errors.ts';
import { readSurface } from './documented.ts';
import { type Call, callsOf, methodRow, problemOf, type Row, type Subject, validCall } from './row.ts';
import { methodArguments, rowsOf, TABLE } from './table.ts';
import { COMMON } from './values.ts';

const { documented } = readSurface();
const callable = [...documented.values()].filter(({ isHidden }) => !isHidden);
const hidden = [...documented.values()].filter(({ isHidden }) => isHidden);

async function problemsOf(row: Row, calls: readonly Call[], id: string): Promise<string[]> {
  const problems: string[] = [];
  for (const one of calls) {
    const problem = await problemOf(row, one, documented.get(id)?.codes ?? new Map());
    if (problem !== undefined) problems.push(problem);
  }
  return problems;
}

describe('wrong inputs', () => {
  it.each(callable.map(({ id, parameters }) => [id, parameters] as const))('%s', async (id, parameters) => {
    const problems: string[] = [];
    for (const row of rowsOf(id, parameters)) problems.push(...(await problemsOf(row, callsOf(row), id)));
    expect(problems).toEqual([]);
  });
});

describe('what is over', () => {
  const ended = callable.filter(({ id }) => TABLE.subjects[id.split('#')[0] as string]?.ended !== undefined);

  it.each(ended.map(({ id }) => id))('%s', async (id) => {
    const [subjectId, name] = id.split('#') as [string, string];
    const subject = TABLE.subjects[subjectId] as Required<Subject>;
    const row = methodRow(subject.ended, name, methodArguments(subject, name));
    expect(await problemsOf(row, [validCall(row, 'either')], id)).toEqual([]);
  });
});

describe('constructors that are not for callers', () => {
  it.each(hidden.map(({ id }) => id))('%s', async (id) => {
    const object = (await TABLE.subjects[id.slice('new '.length)]?.live()) as object;
    const hiddenClass = object.constructor as new (...args: unknown[]) => unknown;
    for (const make of [...Object.values(COMMON), () => object]) {
      const error = thrownBy(() => new hiddenClass(make(), make(), make()));
      expect(error).toBeInstanceOf(InputError);
      expect(error).toMatchObject({ code: 'ERR_INPUT_TYPE', argument: 'constructor' });
    }
  });
});
