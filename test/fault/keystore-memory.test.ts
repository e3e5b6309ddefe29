/**
 * What is in the memory of a process after keys were destroyed, and after the store was closed: read from the outside, as
 * somebody would who takes the machine. The engine is the one that keeps keys in buffers of ours (noble); what runtime
 * objects keep until they are collected is in `docs/threat-model.md`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { MASK } from './support/memory-child.ts';
import { emptyPlace } from './support/scenario.ts';
import { searchMemory } from './support/search-memory.ts';

const CHILD = fileURLToPath(new URL('./support/memory-child.ts', import.meta.url));

/** Where each secret stands in what the child is given; each half of an ML-KEM seed is looked for on its own. */
const SECRETS = {
  'root key': 0,
  'destroyed ML-KEM d': 32,
  'destroyed ML-KEM z': 64,
  'destroyed ML-DSA': 96,
  'destroyed AES': 128,
  'live ML-KEM d': 160,
  'live ML-KEM z': 192,
  'live ML-DSA': 224,
  'live AES': 256,
} as const;

/** Names of the secrets that are found in the memory of a process. */
function search(pid: number, secrets: Uint8Array): { readonly found: string[]; readonly bytes: number } {
  const byName = Object.entries(SECRETS).map(
    ([name, offset]) => [name, secrets.subarray(offset, offset + 32)] as const,
  );
  return searchMemory(pid, new Map(byName));
}

function nextLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', (data: Buffer) => resolve(data.toString().trim()));
    child.once('exit', (code) => reject(new Error(`the child ended with ${code}`)));
  });
}

it.runIf(existsSync('/proc/self/mem'))('holds no secret that ended', async () => {
  const place = emptyPlace();
  const secrets = crypto.getRandomValues(new Uint8Array(288));
  const child = spawn(process.execPath, ['--no-warnings', '--expose-gc', CHILD, place], {
    env: { ...process.env, MWRASP_CRYPTO_ENGINE: 'noble' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const masked = Buffer.from(secrets.map((byte) => byte ^ MASK)).toString('hex');
    child.stdin?.write(`${masked}\n`);
    expect(await nextLine(child)).toBe('open');
    const open = search(child.pid as number, secrets);
    // The search finds what is there; of the root key the store keeps only what it needs.
    expect(open.found).toEqual(
      expect.arrayContaining(['live AES', 'live ML-DSA', 'live ML-KEM d', 'live ML-KEM z']),
    );
    expect(open.found.filter((name) => name.startsWith('destroyed'))).toEqual([]);
    child.stdin?.write('go on\n');
    expect(await nextLine(child)).toBe('closed');
    const closed = search(child.pid as number, secrets);
    expect(closed.found).toEqual([]);
    console.log(
      `searched ${(closed.bytes / 2 ** 20).toFixed(0)} MiB of memory for ${Object.keys(SECRETS).length} secrets`,
    );
    child.stdin?.write('end\n');
  } finally {
    child.kill();
    rmSync(place, { recursive: true });
  }
});
