/**
 * Doctor's reports, with what is wrong and the next command to type.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { play } from './support/child.ts';
import { custodyIn, makeToken, needsToken, type TestToken, TOKEN_KINDS, testedOf } from './support/tokens.ts';

const root = resolve(import.meta.dirname, '../..');

for (const kind of TOKEN_KINDS) {
  needsToken(kind)(`doctor on ${kind}`, () => {
    let token: TestToken;

    beforeEach(() => {
      token = makeToken(kind);
    });

    afterEach(() => token.remove());

    const report = (more: object = {}) => play(token, 'doctor', 'report', more);

    it('tells token, capabilities and custody, and leaves nothing behind', async () => {
      const found = await report({ pin: token.pin });
      expect(found).toMatchObject({
        ok: true,
        tested: true,
        token: { label: token.options.token, initialised: true },
        custody: custodyIn(kind),
        findings: [],
      });
      for (const [algorithm, custody] of Object.entries(custodyIn(kind))) {
        expect(found.text).toMatch(new RegExp(`^${algorithm} +${custody} +\\S`, 'm'));
      }
      // The table in the docs is the one that is printed.
      const table = /^algorithm(?:.*\n){4}/m.exec(found.text)?.[0].trim() ?? 'no table';
      expect(readFileSync(join(root, 'docs/hsm.md'), 'utf8')).toContain(table);
    });

    it('tells what can be told without a PIN, and that one is missing', async () => {
      const found = await report();
      expect(found.token.label).toBe(token.options.token);
      expect(found.custody).toBeUndefined();
      expect(found.findings).toMatchObject([
        { problem: 'pin-missing', next: expect.stringContaining('pin-source') },
      ]);
    });

    it('tells a wrong PIN, and shows none', async () => {
      const found = await report({ pin: 'not-that-one' });
      expect(found.findings).toMatchObject([{ problem: 'pin-wrong' }]);
      expect(JSON.stringify(found)).not.toContain('not-that-one');
    });

    it('tells which tokens there are when none is the one', async () => {
      const found = await report({ token: 'another' });
      expect(found.findings).toMatchObject([
        { problem: 'token-not-found', next: expect.stringContaining('--list-token-slots') },
      ]);
      expect(found.text).toContain(`sees    "${token.options.token}"`);
    });

    it.each([
      ['no file', '/nonexistent/libp11.so', 'module-not-found'],
      ['a text', resolve(root, 'package.json'), 'not-a-library'],
      ['a library that is no module', '/usr/lib/x86_64-linux-gnu/libm.so.6', 'not-a-pkcs11-module'],
    ])('tells %s from a module', async (_label, module, problem) => {
      const found = await report({ module });
      expect(found).toMatchObject({ ok: false, findings: [{ problem }] });
      expect(found.findings[0].next).not.toContain('MODULE');
    });

    it('tells another architecture', async () => {
      const module = join(token.folder, 'other.so');
      const bytes = readFileSync(token.options.module as string);
      bytes.writeUInt16LE(process.arch === 'x64' ? 183 : 62, 18);
      writeFileSync(module, bytes);
      expect((await report({ module })).findings).toMatchObject([
        { problem: 'wrong-architecture', next: expect.stringContaining('file -L') },
      ]);
    });
  });
}

for (const kind of testedOf('SoftHSM')) {
  needsToken(kind)('doctor on tokens that are not ready', () => {
    let token: TestToken;

    beforeEach(() => {
      token = makeToken(kind);
    });

    afterEach(() => token.remove());

    it('tells one that is not initialised', async () => {
      rmSync(token.tokenFolder, { recursive: true });
      mkdirSync(token.tokenFolder);
      const found = await play(token, 'doctor', 'report', { pin: '1234' });
      expect(found.findings).toMatchObject([
        { problem: 'token-not-found', next: expect.stringContaining('--list-token-slots') },
      ]);
    });

    it('tells a configuration that is not there', async () => {
      rmSync(token.tokenFolder, { recursive: true });
      const found = await play(token, 'doctor', 'report', { pin: '1234' });
      expect(found.ok).toBe(false);
      expect(found.findings[0].next).toMatch(/softhsm2-util|pkcs11-tool/);
    });
  });
}
