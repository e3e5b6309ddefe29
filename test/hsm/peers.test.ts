/**
 * What is said when pkcs11js or koffi is missing.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TYPESCRIPT } from '../support/run-typescript.ts';

const root = resolve(import.meta.dirname, '../..');

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
    const output = execFileSync(process.execPath, ['--no-warnings', ...TYPESCRIPT, 'ask.ts'], {
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
