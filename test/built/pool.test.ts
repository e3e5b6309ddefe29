/**
 * The pool of the built package: its workers run a file of dist/, and its peer may be missing.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../../scripts/entries.mjs';

let folder: string;

beforeEach(() => {
  // Outside of every folder in which Node would look for the peer.
  folder = mkdtempSync('/var/tmp/mwrasp-pool-');
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  mkdirSync(join(folder, 'node_modules'));
  install('@noble');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function install(name: string): void {
  symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
}

/** Runs a program in the folder. */
function run(program: string, env: NodeJS.ProcessEnv = {}): unknown {
  writeFileSync(join(folder, 'program.js'), program);
  const output = execFileSync(process.execPath, ['program.js'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return JSON.parse(output);
}

describe('the pool of the built package', () => {
  it.each(['node', 'noble'])('signs, verifies and generates with %s', (engine) => {
    install('piscina');
    const found = run(
      `import { engineInfo } from './dist/engines/index.js';
       import { createPool } from './dist/pool/index.js';
       import { generateSignKey } from './dist/sign/index.js';
       await using pool = createPool({ threads: 2 });
       const key = generateSignKey();
       const messages = Array.from({ length: 20 }, (_, i) => new Uint8Array([i]));
       const signatures = await pool.signMany(key, messages);
       const items = messages.map((message, i) => ({ message, signature: signatures[i ^ 1] }));
       items[3].signature = signatures[3];
       const right = [];
       for await (const isRight of pool.verifyMany(key.publicKey, items)) right.push(isRight);
       const keys = [...await pool.generateSignKeys(2), ...await pool.generateKemKeys(2)];
       console.log(JSON.stringify({
         engine: engineInfo().sign.engine,
         right: right.map(Number).join(''),
         algorithms: keys.map(({ algorithm }) => algorithm),
       }));`,
      { MWRASP_CRYPTO_ENGINE: engine },
    );
    expect(found).toEqual({
      engine,
      right: '00010000000000000000',
      algorithms: ['ML-DSA-87', 'ML-DSA-87', 'ML-KEM-1024', 'ML-KEM-1024'],
    });
  });

  it('says what to type when piscina is not installed, when it is first needed', () => {
    expect(existsSync(join(folder, 'node_modules/piscina'))).toBe(false);
    const error = run(
      `import { createPool } from './dist/pool/index.js';
       const pool = createPool({ threads: 1 });
       const failed = () => pool.generateKemKeys(1).then(() => 'nothing', (error) => error);
       await failed();
       const { name, code, message } = await failed();
       await pool.close();
       console.log(JSON.stringify({ name, code, message }));`,
    );
    expect(error).toEqual({
      name: 'UnsupportedError',
      code: 'ERR_UNSUPPORTED_PEER',
      message: 'a pool of workers needs the package piscina, which is not installed: npm install piscina',
    });
  });
});
