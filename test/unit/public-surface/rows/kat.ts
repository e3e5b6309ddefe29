import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { types } from 'node:util';
import { runKat } from '@mwrasp/crypto/kat';
import { afterAll } from 'vitest';
import { argument, arrayOf, integer, oneOf, optional, options } from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { throwingGetters } from '../values.ts';

const folder = mkdtempSync(join(tmpdir(), 'mwrasp-surface-'));
writeFileSync(join(folder, 'one.json'), '{ "header": { "set": "one" }, "cases": [{ "unknown": true }] }');
const emptyFolder = mkdtempSync(join(tmpdir(), 'mwrasp-surface-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(emptyFolder, { recursive: true, force: true });
});

/** Ends every run at its first step, so that none takes long. */
const reason = new Error('enough');
const aborted = AbortSignal.abort(reason);

/** Without options every fact would run. */
function runUnlessAll(wanted?: object): Promise<unknown> {
  return runKat(
    wanted === undefined || (typeof wanted === 'object' && takesNothing(wanted))
      ? { signal: aborted }
      : wanted,
  );
}

/** Whether it is an object without options; whatever is another object is for runKat to refuse. */
function takesNothing(wanted: object): boolean {
  if (wanted === null || types.isProxy(wanted) || Array.isArray(wanted)) return false;
  const prototype: unknown = Object.getPrototypeOf(wanted);
  return (prototype === null || prototype === Object.prototype) && Object.keys(wanted).length === 0;
}

export const KAT: Table = {
  rows: {
    'kat.runKat': row(
      runUnlessAll,
      [
        options(
          argument('options.vectors', () => folder, {
            isShown: true,
            right: { 'left out': () => undefined },
            takes: ['undefined'],
            wrong: {
              'a folder that is not there': () => join(folder, 'missing'),
              'a file': () => join(folder, 'one.json'),
              'a folder without vectors': () => emptyFolder,
              'a name with a zero byte': () => 'a\0b',
            },
          }),
          optional({
            ...arrayOf('options.engines', oneOf('options.engines', 'noble', 'node', 'wasm')),
            takes: [],
          }),
          optional({
            ...argument('options.facts', () => false),
            takes: ['true', 'false', 'an empty object', 'an object without prototype'],
            wrong: {
              'rounds of a number that has no value': () => ({ rounds: 11 }),
              'rounds in words': () => ({ rounds: '10' }),
              'an unknown option': () => ({ round: 10 }),
              'rounds that cannot be read': () => throwingGetters('rounds'),
            },
          }),
          optional(integer('options.maxMessageBytes', 100, 0, Number.MAX_SAFE_INTEGER)),
          optional(
            argument('options.onProgress', () => () => undefined, {
              takes: ['a function', 'a class', 'a proxy of a function that throws'],
            }),
          ),
          optional(
            argument('options.signal', () => aborted, {
              wrong: { 'half a signal': () => ({ aborted: true }) },
            }),
          ),
        ),
      ],
      (error) => error === reason,
    ),
  },
  subjects: {},
};
