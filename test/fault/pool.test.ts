/**
 * What is left in memory when a process that has a pool ends, or goes on without the keys. The engine is the one that keeps
 * keys in buffers of ours (noble); what runtime objects keep until they are collected is in `docs/threat-model.md`.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MASK, SEED_BYTES } from './support/pool-child.ts';
import { searchMemory } from './support/search-memory.ts';

const CHILD = fileURLToPath(new URL('./support/pool-child.ts', import.meta.url));
/** How often the runtime may use its memory again before nothing may be left. */
const COLLECTIONS = 5;

const env = { ...process.env, MWRASP_CRYPTO_ENGINE: 'noble' };

describe('process.exit() while workers sign', () => {
  it('waits until they hold nothing, and wipes what is theirs', () => {
    const { status, stdout } = spawnSync(process.execPath, ['--no-warnings', CHILD, 'exit'], {
      env,
      encoding: 'utf8',
      timeout: 50_000,
    });
    const { before, after, running, jobs } = JSON.parse(stdout);
    expect(status).toBe(7);
    expect(before).toBeGreaterThan(0);
    expect({ after, running }).toEqual({ after: 0, running: 0 });
    expect(jobs).toBeGreaterThan(2);
  });
});

function nextLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', (data: Buffer) => resolve(data.toString().trim()));
    child.once('exit', (code) => reject(new Error(`the child ended with ${code}`)));
  });
}

it.runIf(existsSync('/proc/self/mem'))(
  'the memory of a process has no seed of a key that ended',
  async () => {
    const seeds = crypto.getRandomValues(new Uint8Array(3 * SEED_BYTES));
    const secrets = new Map(
      ['signed', 'aborted', 'live'].map((name, i) => [
        name,
        seeds.subarray(i * SEED_BYTES, (i + 1) * SEED_BYTES),
      ]),
    );
    const child = spawn(process.execPath, ['--no-warnings', '--expose-gc', CHILD, 'search'], {
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      child.stdin?.write(`${Buffer.from(seeds.map((byte) => byte ^ MASK)).toString('hex')}\n`);
      expect(await nextLine(child)).toBe('open');
      // The search finds what is there, and only in the key that lives on the main thread.
      expect(searchMemory(child.pid as number, secrets).found).toEqual(['live']);
      child.stdin?.write('go on\n');
      expect(await nextLine(child)).toBe('closed');
      let closed = searchMemory(child.pid as number, secrets);
      // What a collection moved in a worker lies in memory of the runtime until that is used again.
      for (let i = 0; i < COLLECTIONS && closed.found.length > 0; i++) {
        child.stdin?.write('again\n');
        expect(await nextLine(child)).toBe('closed');
        closed = searchMemory(child.pid as number, secrets);
      }
      expect(closed.found).toEqual([]);
      console.log(`searched ${(closed.bytes / 2 ** 20).toFixed(0)} MiB of memory for ${secrets.size} seeds`);
      child.stdin?.write('end\n');
    } finally {
      child.kill();
    }
  },
);
