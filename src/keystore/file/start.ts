/**
 * How a storage starts: the store in a folder is unlocked, or made where there is none.
 *
 * @module
 */
import { AeadKey } from '../../aead/index.ts';
import { allocateSecret, equal, randomFill, wipe } from '../../bytes.ts';
import { KeyStoreError, PqError } from '../../errors.ts';
import { EMPTY_MANIFEST } from '../manifest.ts';
import type { Disk } from './disk.ts';
import {
  COMMIT_ID_BYTES,
  checkVersion,
  MARK_KEY_BYTES,
  MAX_MANIFEST_BYTES,
  type ManifestBody,
  type ManifestHead,
  readBody,
  readHead,
  STORE_ID_BYTES,
  writeManifest,
} from './format.ts';
import { KEYS, manifestName, revisionsOf } from './names.ts';
import type { RootSource } from './unlock.ts';
import { writeUnlockSection } from './unlock-section.ts';

/** Attempts to read a store that others change at the same time. */
const MAX_ATTEMPTS = 100;
/** What a folder may hold that is to become a store: what an attempt that was cut off left, and what disks put there. */
const HARMLESS = /^(?:keys|intents|lost\+found|lock|lock\.wanted\..*|.*\.tmp)$/;

/** What is known of the newest commit. */
export interface State {
  readonly head: Pick<ManifestHead, 'storeId' | 'unlockBytes'>;
  readonly body: ManifestBody;
}

/** Refuses a manifest that is not the one it should be. */
export function checkHead(path: string, head: ManifestHead, revision: number, storeId: Uint8Array): void {
  const why =
    head.revision !== revision
      ? `it is revision ${head.revision} under the name of another`
      : equal(head.storeId, storeId)
        ? undefined
        : 'it is that of another store';
  if (why !== undefined) throw new KeyStoreError('ERR_KEYSTORE_CORRUPT', `cannot read ${path}: ${why}`);
}

/** Sees to it that the path is a folder. */
export async function prepareFolder(disk: Disk, path: string, create: boolean): Promise<void> {
  const kind = await disk.kind(path);
  if (kind === 'folder') return;
  if (kind === undefined) {
    if (!create) throw new KeyStoreError('ERR_KEYSTORE_NOT_FOUND', `there is no keystore at ${path}`);
    if (await disk.makeFolder(path)) await disk.syncFolder(disk.parent(path));
    return;
  }
  if (kind === 'file') {
    const bytes = await disk.read(path, MAX_MANIFEST_BYTES);
    // A keystore of version 0 was one file: say so. Anything else is simply in the way.
    if (bytes?.[0] === 0x4d && bytes[1] === 0x57) checkVersion(path, bytes);
  }
  throw new KeyStoreError('ERR_KEYSTORE_IO', `${path} is not a folder, and a keystore is one`);
}

/** What starting needs to know. */
export interface StartOptions {
  readonly source: RootSource;
  /** Whether a store is made where there is none. */
  readonly create: boolean;
}

/** A store that was unlocked. */
export interface Unlocked {
  readonly rootKey: AeadKey;
  readonly state: State;
}

/** Reads the store that is in a folder, or makes it. */
export async function unlock(disk: Disk, path: string, { source, create }: StartOptions): Promise<Unlocked> {
  /** Deriving a root key may take a second: once for each unlock section that is met. */
  let derived: { unlockBytes: Uint8Array; rootKey: AeadKey } | undefined;
  try {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const names = await disk.names(path);
      const [newest] = revisionsOf(names);
      if (newest === undefined) {
        await checkEmpty(disk, path, names, create);
        const made = await makeStore(disk, path, source);
        if (made !== undefined) return made;
        continue;
      }
      const file = disk.join(path, manifestName(newest));
      const bytes = await disk.read(file, MAX_MANIFEST_BYTES);
      if (bytes === undefined) continue;
      try {
        const head = readHead(file, bytes);
        checkHead(file, head, newest, head.storeId);
        if (derived === undefined || !equal(derived.unlockBytes, head.unlockBytes)) {
          derived?.rootKey.dispose();
          derived = undefined;
          const root = await source.recover(file, head.storeId, head.unlock);
          derived = { unlockBytes: head.unlockBytes, rootKey: AeadKey.fromBytes(root) };
          wipe(root);
        }
        const { rootKey } = derived;
        const body = readBody(file, bytes, head, rootKey);
        derived = undefined;
        return { rootKey, state: { head, body } };
      } catch (error) {
        // It may have been replaced, and overwritten, while it was read.
        const [now = -1] = revisionsOf(await disk.names(path));
        if (!(error instanceof PqError) || now <= newest) throw error;
      }
    }
  } finally {
    derived?.rootKey.dispose();
  }
  throw new KeyStoreError('ERR_KEYSTORE_IO', `${path} changes too often to be read`);
}

/** Refuses to make a store where there may have been one, or among other people's files. */
async function checkEmpty(
  disk: Disk,
  path: string,
  names: readonly string[],
  create: boolean,
): Promise<void> {
  if (!create) throw new KeyStoreError('ERR_KEYSTORE_NOT_FOUND', `there is no keystore at ${path}`);
  const other = names.find((name) => !HARMLESS.test(name));
  if (other !== undefined) {
    throw new KeyStoreError('ERR_KEYSTORE_IO', `${path} is no keystore, and not empty: it holds ${other}`);
  }
  if (!names.includes(KEYS)) return;
  const blob = (await disk.names(disk.join(path, KEYS))).find((name) => name.endsWith('.mwb'));
  if (blob !== undefined) {
    throw new KeyStoreError('ERR_KEYSTORE_CORRUPT', `${path} holds keys, but its manifest is not there`);
  }
}

/** Makes an empty store; undefined when somebody else was faster. */
async function makeStore(disk: Disk, path: string, source: RootSource): Promise<Unlocked | undefined> {
  const storeId = randomFill(new Uint8Array(STORE_ID_BYTES));
  const { root, section } = await source.make(storeId);
  const rootKey = AeadKey.fromBytes(root);
  wipe(root);
  const folder = await disk.openFolder(path).catch((error: unknown) => {
    rootKey.dispose();
    throw error;
  });
  const temporary = disk.temporary(disk.join(path, manifestName(0)));
  try {
    await disk.makeFolder(disk.join(path, KEYS));
    const body: ManifestBody = {
      manifest: EMPTY_MANIFEST,
      markKey: randomFill(allocateSecret(MARK_KEY_BYTES)),
      line: [randomFill(new Uint8Array(COMMIT_ID_BYTES))],
      blobRevisions: new Map(),
    };
    const unlockBytes = writeUnlockSection(section);
    await disk.writeNew(temporary, writeManifest(path, storeId, unlockBytes, rootKey, body));
    const outcome = await disk.link(temporary, disk.join(path, manifestName(0)));
    await disk.remove(temporary);
    // A store that was made and used meanwhile has no revision 0 any more, so the name was free.
    const [newest] = revisionsOf(await disk.names(path));
    if (outcome === 'made' && newest === 0) {
      await folder.sync();
      return { rootKey, state: { head: { storeId, unlockBytes }, body } };
    }
    if (outcome === 'made') await disk.remove(disk.join(path, manifestName(0)));
    rootKey.dispose();
    return undefined;
  } catch (error) {
    rootKey.dispose();
    await disk.remove(temporary).catch(() => {});
    throw error;
  } finally {
    await folder.close();
  }
}
