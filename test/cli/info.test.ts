import { readFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { engineInfo, runSelfTests } from '../../src/index.ts';
import { expectDone, expectFailure, it, transcript } from './support.ts';

const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
const { node, openssl } = process.versions;

describe.concurrent('info', () => {
  it('shows versions, engines and how the self-tests went', async ({ place, expect }) => {
    const outcome = await place.run(['info']);
    expectDone(outcome);
    const text = transcript([outcome])
      .replace(manifest.version, 'VERSION')
      .replace(node, 'NODE-VERSION')
      .replace(openssl ?? 'none', 'OPENSSL-VERSION')
      .replace(`${process.platform} ${process.arch}`, 'PLATFORM');
    await expect(text).toMatchFileSnapshot('__snapshots__/info.txt');
  });

  it('tells machines the same', async ({ place }) => {
    const outcome = await place.run(['info', '--json']);
    expectDone(outcome);
    runSelfTests();
    expect(JSON.parse(outcome.stdout)).toEqual({
      version: manifest.version,
      runtime: { node, openssl: openssl ?? null, platform: process.platform, arch: process.arch },
      engines: JSON.parse(JSON.stringify(engineInfo())),
    });
  });

  it('shows the engine that the environment asks for', async ({ place }) => {
    const env = { MWRASP_CRYPTO_ENGINE: 'kem=noble,hash=node' };
    const { stdout } = await place.run(['info'], { env });
    expect(stdout).toMatch(/^kem +node +passed/m);
    expect(stdout).toMatch(/^kem +noble +in use +passed/m);
    expect(stdout).toMatch(/^hash +node +in use +passed/m);
  });

  it('refuses an engine that nobody knows', async ({ place }) => {
    const outcome = await place.run(['info'], { env: { MWRASP_CRYPTO_ENGINE: 'openssl' } });
    expectFailure(outcome, 2, /^error: MWRASP_CRYPTO_ENGINE: expected one of node, wasm, noble, got "openssl"/);
  });

  it('prints the version of the package', async ({ place }) => {
    expect(await place.run(['--version'])).toMatchObject({ code: 0, stdout: `${manifest.version}\n` });
  });
});
