/**
 * What can be told of a keystore's folder without opening it: see docs/formats.md.
 *
 * @module
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The newest of these is the store. */
const MANIFEST = /^manifest-[0-9]{16}\.mwk$/;

/** The newest manifest in a folder; undefined when it holds no keystore, or is none. */
export async function newestManifest(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (['ENOENT', 'ENOTDIR'].includes(error.code ?? '')) return [];
    throw error;
  });
  const newest = names
    .filter((name) => MANIFEST.test(name))
    .sort()
    .at(-1);
  return newest === undefined ? undefined : join(folder, newest);
}

/** What unlocks a store, by its code. */
const UNLOCKS = ['', 'a root key', 'a passphrase', 'a key file', 'another keystore, or a token'];

const STORE_ID_OFFSET = 4;
const REVISION_OFFSET = 20;
const UNLOCK_OFFSET = 28;

/** The head of a manifest, which is not encrypted; undefined for another version, or when it is cut off. */
export function describeManifest(
  bytes: Uint8Array,
): { storeId: string; revision: number; unlockedBy: string } | undefined {
  const unlockedBy = UNLOCKS[bytes[UNLOCK_OFFSET] ?? 0];
  if (bytes[3] !== 1 || !unlockedBy) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    storeId: Buffer.from(bytes.subarray(STORE_ID_OFFSET, REVISION_OFFSET)).toString('hex'),
    revision: Number(view.getBigUint64(REVISION_OFFSET)),
    unlockedBy,
  };
}
