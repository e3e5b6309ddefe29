/**
 * Uses keys of a file keystore, ends them, and waits until its memory has been searched: `memory-child.ts PLACE`. Reads
 * the secrets as one line of hexadecimal, each byte changed, so that they never stand in a string.
 */
import { join } from 'node:path';
import { encapsulate, type KemPublicKey } from '../../../src/kem/index.ts';
import { openKeystore } from '../../../src/keystore/index.ts';

/** What every byte of a secret is changed by on its way here. */
export const MASK = 0x5a;

const collect = (globalThis as { gc?: () => void }).gc;

/** Reads one line; the process goes on when more comes. */
function nextLine(): Promise<string> {
  return new Promise((resolve) => {
    process.stdin.once('data', (data) => resolve(data.toString().trim()));
  });
}

if (process.argv[1] === import.meta.filename) {
  const place = process.argv[2] as string;
  const masked = Buffer.from(await nextLine(), 'hex');
  const secret = (offset: number, length: number): Uint8Array => {
    const bytes = new Uint8Array(new ArrayBuffer(length));
    for (let i = 0; i < length; i++) bytes[i] = (masked[offset + i] as number) ^ MASK;
    return bytes;
  };
  const rootKey = secret(0, 32);
  const store = await openKeystore({
    backend: 'file',
    path: join(place, 'store'),
    highWaterMark: false,
    rootKey,
  });
  for (const [name, algorithm, offset, length] of [
    ['kem', 'ML-KEM-1024', 32, 64],
    ['sign', 'ML-DSA-87', 96, 32],
    ['data', 'AES-256-GCM', 128, 32],
  ] as const) {
    for (const generation of [1, 2]) {
      const key = secret(offset + 128 * (generation - 1), length);
      await store.import({ name, algorithm, key });
      key.fill(0);
      const ref = { name, generation };
      if (algorithm === 'ML-KEM-1024') {
        const { ciphertext } = encapsulate((await store.publicKey(ref)) as KemPublicKey);
        (await store.decapsulate(ref, ciphertext)).dispose();
      } else if (algorithm === 'ML-DSA-87') await store.sign(ref, ciphertextLike());
      else await store.openData(await store.sealData(ref, ciphertextLike()));
    }
    await store.destroy({ name, generation: 1 });
  }
  rootKey.fill(0);
  await settle();
  // The first generation of each was destroyed, the other ends with the store.
  console.log('open');
  await nextLine();
  await store.close();
  await settle();
  console.log('closed');
  await nextLine();
  process.exit(0);
}

/**
 * Lets the runtime collect what nobody holds any more, and use its memory for young objects again: noble's ML-DSA copies a
 * seed into a short array, wipes it, and a collection that moved it meanwhile leaves the copy in memory that is free.
 */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    const ring: Uint8Array[] = [];
    for (let j = 0; j < 1_000_000; j++) ring[j % 100_000] = new Uint8Array(40).fill(i);
    collect?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function ciphertextLike(): Uint8Array {
  return new Uint8Array(100).fill(1);
}
