/**
 * Doctor's reports, with what is wrong and the next command to type.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { play } from './support/child.ts';
import { CUSTODY, makeToken, needsToken, type TestToken, TOKEN_KINDS } from './support/tokens.ts';

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
        custody: CUSTODY[kind],
        findings: [],
      });
      for (const [algorithm, custody] of Object.entries(CUSTODY[kind])) {
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

needsToken('SoftHSM')('doctor on tokens that are not ready', () => {
  let token: TestToken;

  beforeEach(() => {
    token = makeToken('SoftHSM');
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

/** This project as somebody has it who installed it without some peers. */
function installWithout(folder: string, peers: 'none' | 'not built' | 'no koffi'): string {
  cpSync(join(root, 'src'), join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  for (const name of ['@noble', 'hpke', 'asn1js', 'pvtsutils', 'pvutils', 'tslib']) {
    const path = join(root, 'node_modules', name);
    if (existsSync(path)) symlinkSync(path, join(modules, name));
  }
  if (peers === 'none') return folder;
  // Both have their entry in the package's own folder.
  const find = (name: string) => dirname(createRequire(import.meta.url).resolve(name));
  if (peers !== 'no koffi') symlinkSync(find('koffi'), join(modules, 'koffi'));
  cpSync(find('pkcs11js'), join(modules, 'pkcs11js'), {
    recursive: true,
    filter: (path) => peers !== 'not built' || !path.endsWith('/build'),
  });
  return folder;
}

describe('peers that are missing', () => {
  let folder: string;

  beforeEach(() => {
    // Outside of every folder in which Node would look for them.
    folder = execFileSync('mktemp', ['-d', '/var/tmp/peers-XXXXXX'], { encoding: 'utf8' }).trim();
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['none', 'peer-missing', 'npm install pkcs11js koffi'],
    ['no koffi', 'peer-missing', 'npm install pkcs11js koffi'],
    ['not built', 'addon-not-built', 'allowScripts.pkcs11js=true'],
  ] as const)('%s: errors say what to type', (peers, problem, next) => {
    installWithout(folder, peers);
    writeFileSync(
      join(folder, 'ask.ts'),
      `import { openKeystore } from './src/keystore/index.ts';
       import { doctor } from './src/keystore/pkcs11/index.ts';
       const module = process.execPath.endsWith('node') ? ${JSON.stringify(libraryOfThisMachine())} : '';
       const error = await openKeystore({ backend: 'pkcs11', path: 'store', module }).catch((e) => e);
       const { findings } = await doctor({ module });
       console.log(JSON.stringify({ code: error.code, message: error.message, findings }));`,
    );
    const output = execFileSync(process.execPath, ['--no-warnings', 'ask.ts'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const { code, message, findings } = JSON.parse(output);
    expect(code).toBe('ERR_UNSUPPORTED_PEER');
    expect(message).toContain(peers === 'not built' ? '"allowScripts": { "pkcs11js": true }' : next);
    expect(findings).toMatchObject([{ problem, next: expect.stringContaining(next) }]);
  });
});

/** Any shared library: peers are asked for before it is loaded. */
function libraryOfThisMachine(): string {
  const map = readFileSync('/proc/self/maps', 'utf8');
  return /(\/\S+libc\.so\.6)/.exec(map)?.[1] ?? '';
}
