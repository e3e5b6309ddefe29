import * as fs from 'node:fs';
import { afterEach, expect, it, vi } from 'vitest';
import { UnsupportedError } from '../../src/errors.ts';
import { builtinModule, requireBuiltin } from '../../src/runtime.ts';
import { thrownBy } from '../support/errors.ts';

afterEach(() => vi.unstubAllGlobals());

it('gives a module of Node', () => {
  expect(builtinModule<typeof fs>('node:fs')?.readFileSync).toBe(fs.readFileSync);
  expect(requireBuiltin<typeof fs>('node:fs', 'a test').readFileSync).toBe(fs.readFileSync);
});

it('has none that Node does not have', () => {
  expect(builtinModule('node:nothing')).toBeUndefined();
});

it.each([
  ['no process', undefined],
  ['a process of another kind', {}],
  ['a process without the module', { getBuiltinModule: () => undefined }],
])('tells what is missing where there is %s', (_, process) => {
  vi.stubGlobal('process', process);
  expect(builtinModule('node:fs')).toBeUndefined();
  const error = thrownBy(() => requireBuiltin('node:fs', 'the keystore file'));
  expect(error).toBeInstanceOf(UnsupportedError);
  expect(error).toMatchObject({
    code: 'ERR_UNSUPPORTED_RUNTIME',
    message: 'the keystore file needs node:fs, which this runtime does not have',
  });
});
