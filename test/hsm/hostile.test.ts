/**
 * Nothing that a caller passes ends the process.
 */
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { play } from './support/child.ts';
import { makeToken, needsToken, type TestToken, TOKEN_KINDS } from './support/tokens.ts';

interface Row {
  readonly what: string;
  readonly failure?: { readonly name: string; readonly code: string; readonly message: string };
}

/** Wrong values that are right ones after all. */
const ACCEPTED = new Set([
  'create: true',
  // A finding: no slot has that number.
  'doctor, slotId: a number beyond 32 bits',
  'sign: deterministic: true',
  'sealData: plaintext: shared bytes of no length',
  'sign: message: shared bytes of no length',
  'wrap: secret: shared bytes of no length',
  'sign: context: shared bytes of no length',
  'sealData: aad: shared bytes of no length',
]);

for (const kind of TOKEN_KINDS) {
  needsToken(kind)(`${kind} and wrong types`, () => {
    let token: TestToken;

    beforeEach(() => {
      token = makeToken(kind);
    });

    afterEach(() => token.remove());

    it('every argument of every method: a typed error, and the store is as good as before', async () => {
      const rows: Row[] = await play(token, 'hostile', 'everything');
      const last = rows.pop() as unknown as { failure: { names: string[] } };
      expect(last.failure.names).toEqual(['data', 'dsa', 'kem']);
      expect(rows.length).toBeGreaterThan(700);
      const untyped = rows.filter(
        ({ what, failure }) =>
          !ACCEPTED.has(what) && !/^(InputError|KeyStoreError)$/.test(failure?.name ?? ''),
      );
      expect(untyped).toEqual([]);
      for (const { failure } of rows) expect(failure?.message ?? '').not.toContain(token.pin);
    });

    it('modules that are none: a typed error each time, and a good one works afterwards', async () => {
      const at = (name: string) => join(token.folder, name);
      const elf = readFileSync(token.options.module as string);
      const changed = (offset: number, value: number) => {
        const bytes = Buffer.from(elf.subarray(0, 4096));
        bytes[offset] = value;
        return bytes;
      };
      writeFileSync(at('text.so'), 'no library');
      writeFileSync(at('empty.so'), '');
      writeFileSync(at('short.so'), elf.subarray(0, 10));
      writeFileSync(at('cut.so'), elf.subarray(0, 4096));
      writeFileSync(at('other-machine.so'), changed(18, 0xf3));
      writeFileSync(at('program.so'), changed(16, 2));
      mkdirSync(at('folder.so'));
      symlinkSync(at('nowhere'), at('dangling.so'));
      writeFileSync(at('closed.so'), elf);
      chmodSync(at('closed.so'), 0o000);
      const names = ['text', 'empty', 'short', 'cut', 'other-machine', 'program', 'folder', 'dangling'];
      const modules = [
        ...names.map((name) => at(`${name}.so`)),
        at('missing.so'),
        '/dev/null',
        '/dev/zero',
        '/usr/lib/x86_64-linux-gnu/libm.so.6',
      ];
      const rows: Row[] = await play(token, 'hostile', 'wrongModules', { modules });
      expect(rows).toHaveLength(2 * modules.length);
      for (const { failure } of rows) expect(failure).toMatchObject({ code: 'ERR_KEYSTORE_TOKEN' });
    });
  });
}
