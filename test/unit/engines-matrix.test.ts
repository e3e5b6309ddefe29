/**
 * The tests of keys, signatures, encodings and envelopes run on the engine that is picked; here they run once more, in
 * processes of their own, on the engines that other runtimes have.
 */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { engineInfo } from '@mwrasp/crypto/engines';
import { describe, expect, it } from 'vitest';

const root = dirname(dirname(import.meta.dirname));
const forced = process.env['MWRASP_CRYPTO_ENGINE'];

/** This file is among them, so that the run proves which engine it had. */
const FILES = ['kem/', 'sign/', 'encodings/', 'envelope/', 'keypair', 'insecure', 'engines-matrix'].map(
  (name) => `test/unit/${name}`,
);

function runTests(engine: string): Promise<{ output: string; failure: unknown }> {
  // The variables of the run around it would make a worker of it.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_V8_COVERAGE)/.test(name));
  const env = { ...Object.fromEntries(inherited), MWRASP_CRYPTO_ENGINE: engine };
  const args = [join(root, 'scripts/vitest.mjs'), 'run', '--project', 'source', ...FILES];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root, env, maxBuffer: 2 ** 26 }, (failure, stdout, stderr) =>
      resolve({ output: stdout + stderr, failure }),
    );
  });
}

if (forced === undefined) {
  describe.each(['noble', 'hash=wasm,kem=wasm,sign=wasm'])('on %s', (engine) => {
    it('the same tests pass', { timeout: 600_000 }, async () => {
      const { output, failure } = await runTests(engine);
      const counts = /^(\d+) passed, (\d+) failed, (\d+) skipped$/m.exec(output)?.slice(1).map(Number);
      expect(failure, output).toBeNull();
      expect(counts).toEqual([expect.any(Number), 0, 0]);
      expect(counts?.[0]).toBeGreaterThan(1000);
    });
  });
} else {
  describe('in a run with an engine forced', () => {
    it('that engine is the one in use', () => {
      const choice = new Map(forced.split(',').map((pair) => pair.split('=') as [string, string]));
      for (const [family, info] of Object.entries(engineInfo())) {
        const wanted = forced.includes('=') ? choice.get(family) : forced;
        if (wanted !== undefined) expect(info).toMatchObject({ engine: wanted, forced: true });
      }
    });
  });
}
