/**
 * A ceremony in a folder, for custodians who come one after the other: a file for each custodian and the transcript. The root
 * key is in no file: whoever dealt forgets it, and it is there again when enough custodians meet. Node and what is like it only.
 *
 * @module
 */
import { checkOptions, equal } from '../bytes.ts';
import { type Clock, checkClock } from '../clock.ts';
import type { Recipient, Signer } from '../envelope/index.ts';
import { toDecapsulator, toSigner } from '../envelope/session.ts';
import { InputError, KeyStoreError } from '../errors.ts';
import { Disk } from '../keystore/file/disk.ts';
import { FolderLock } from '../keystore/file/lock.ts';
import { checkName } from '../keystore/keystore.ts';
import { checkPath } from '../keystore/options.ts';
import { type CeremonyOptions, type CustodianKeys, createCeremony } from './ceremony.ts';
import { MAX_SHARE_BYTES } from './share.ts';
import { MAX_TRANSCRIPT_BYTES, readTranscript, type TranscriptInfo, transcriptInfo } from './transcript.ts';
import { signFor } from './verify.ts';

/** The transcript's name in the folder. */
export const TRANSCRIPT_NAME = 'transcript.mwp';
/** Ending of a share's name, after its custodian's. */
const SHARE_ENDING = '.mwc';

/** How long a custodian waits for another who signs at the same time. */
const LOCK_TIMEOUT_MS = 30_000;

/** Options of {@link createCeremonyFolder}. */
export interface CeremonyFolderOptions extends CeremonyOptions {
  /** The folder; made, for this user only. There must be nothing of that name, and its parent has to be there. */
  readonly path: string;
}

/** Options of {@link verifyCeremonyFolder}. */
export interface VerifyFolderOptions extends CustodianKeys {
  /** The ceremony's folder. */
  readonly path: string;
  /** Who it is that verifies. */
  readonly custodian: string;
  /** Where time comes from; the system's clocks by default. */
  readonly clock?: Clock;
}

function checkFolderOptions<T extends object, K extends keyof T & string>(
  options: T,
  known: readonly K[],
): Partial<T> {
  if (options === undefined) {
    throw new InputError('ERR_INPUT_TYPE', 'options', 'an options object', 'undefined');
  }
  return checkOptions('options', options, known);
}

/** Writes a file and reads it back. */
async function writeChecked(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  await disk.writeNew(path, bytes);
  const back = await disk.read(path, bytes.length);
  if (back === undefined || !equal(back, bytes)) {
    throw new KeyStoreError('ERR_KEYSTORE_IO', `what was written to ${path} is not what is read from it`);
  }
}

/**
 * Begins a ceremony in a folder: `NAME.mwc` for each custodian, and `transcript.mwp`. The folder is there whole or not at all,
 * and every file in it was read back. Each custodian then verifies the own share by {@link verifyCeremonyFolder}; the last one
 * commits the ceremony. Until then nobody can combine the shares.
 *
 * @param options - Folder, rule and custodians.
 * @returns What the transcript tells.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT` (also the path), `ERR_INPUT_RANGE`, `ERR_INPUT_LENGTH`,
 * `ERR_INPUT_OPTION`.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_EXISTS` when there is something of that name; `ERR_KEYSTORE_IO`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_RUNTIME` when the runtime has no files or no random generator.
 * @example await createCeremonyFolder({ path: 'ceremony', threshold: 3, custodians });
 */
export async function createCeremonyFolder(options: CeremonyFolderOptions): Promise<TranscriptInfo> {
  const { path, ...rest } = checkFolderOptions(options, [
    'path',
    'threshold',
    'custodians',
    'label',
    'clock',
  ]);
  checkPath('options.path', path);
  const disk = new Disk();
  const folder = disk.resolve(path);
  const taken = new KeyStoreError('ERR_KEYSTORE_EXISTS', `${folder} exists: a ceremony takes a new folder`);
  using ceremony = await createCeremony(rest as CeremonyOptions);
  if ((await disk.kind(folder)) !== undefined) throw taken;
  const temporary = disk.temporary(folder);
  let named = false;
  try {
    if (!(await disk.makeFolder(temporary))) throw taken;
    for (const { custodian, bytes } of ceremony.shares) {
      await writeChecked(disk, disk.join(temporary, custodian + SHARE_ENDING), bytes);
    }
    await writeChecked(disk, disk.join(temporary, TRANSCRIPT_NAME), ceremony.transcript);
    await disk.syncFolder(temporary);
    // An empty folder would be replaced.
    if ((await disk.kind(folder)) !== undefined) throw taken;
    named = await disk.rename(temporary, folder);
    await disk.syncFolder(disk.parent(folder));
  } catch (error) {
    await disk.removeFolder(named ? folder : temporary).catch(() => {});
    throw error;
  }
  return ceremony.info;
}

async function readRequired(disk: Disk, path: string, maxBytes: number): Promise<Uint8Array> {
  const bytes = await disk.read(path, maxBytes);
  if (bytes === undefined) throw new KeyStoreError('ERR_KEYSTORE_NOT_FOUND', `there is no ${path}`);
  return bytes;
}

/**
 * A custodian's part in a folder: reads the share back from its file, verifies it, and adds the signature to the transcript.
 * The transcript is replaced as a whole: it has the new signature, or is as it was. When the call rejects, it is as it was, but
 * for an `ERR_KEYSTORE_IO` after the replacement, whose name could not be made durable: `verifyTranscript` tells.
 *
 * @param options - Folder, custodian and keys.
 * @returns What the transcript tells now; `committed` after the last custodian.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`;
 * `ERR_INPUT_LENGTH` when a signer that is no key gives no signature; `ERR_INPUT_RANGE` when the clock gives no time;
 * `ERR_INPUT_KEY` when `signer` is not the custodian's key.
 * @throws {@link CeremonyError} `ERR_CEREMONY_TRANSCRIPT`; `ERR_CEREMONY_STATE` when the custodian has signed already, or is
 * none of this ceremony; `ERR_CEREMONY_SHARE_DAMAGED`, `ERR_CEREMONY_SHARE_FOREIGN`, `ERR_CEREMONY_SHARE_SWAPPED`,
 * `ERR_CEREMONY_SHARE_WRONG`, naming custodian and share.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND` when there is no transcript or no share; `ERR_KEYSTORE_IO`,
 * `ERR_KEYSTORE_CORRUPT` for a file that is far too large, `ERR_KEYSTORE_LOCKED` when others keep the folder busy.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for files of another release; `ERR_UNSUPPORTED_RUNTIME` when the
 * runtime has no files.
 * @throws What a decapsulator or a signer that is no key throws, as it is.
 * @example await verifyCeremonyFolder({ path: 'ceremony', custodian: 'alice', recipient, signer });
 */
export async function verifyCeremonyFolder(options: VerifyFolderOptions): Promise<TranscriptInfo> {
  const wanted = checkFolderOptions(options, ['path', 'custodian', 'recipient', 'signer', 'clock']);
  const { path, custodian } = wanted;
  checkPath('options.path', path);
  checkName('options.custodian', custodian);
  const recipient = toDecapsulator(wanted.recipient as Recipient, 'options.recipient');
  const signer = { argument: 'options.signer', ...toSigner(wanted.signer as Signer, 'options.signer') };
  const clock = checkClock('options.clock', wanted.clock);
  const disk = new Disk();
  const folder = disk.resolve(path);
  const shareFile = disk.join(folder, custodian + SHARE_ENDING);
  const transcriptFile = disk.join(folder, TRANSCRIPT_NAME);
  await readRequired(disk, transcriptFile, MAX_TRANSCRIPT_BYTES);
  const lock = await new FolderLock(disk, folder).acquire(LOCK_TIMEOUT_MS);
  try {
    const transcript = readTranscript(
      transcriptFile,
      await readRequired(disk, transcriptFile, MAX_TRANSCRIPT_BYTES),
    );
    const bytes = await readRequired(disk, shareFile, MAX_SHARE_BYTES);
    const share = { argument: shareFile, bytes };
    const next = await signFor(transcript, { custodian, share, recipient, signer, clock });
    await replace(disk, transcriptFile, next.bytes);
    return transcriptInfo(next);
  } finally {
    await lock.release();
  }
}

/** Replaces a file as a whole. */
async function replace(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = disk.temporary(path);
  try {
    await writeChecked(disk, temporary, bytes);
    const folder = await disk.openFolder(disk.parent(path));
    try {
      await disk.rename(temporary, path);
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    await disk.remove(temporary).catch(() => {});
    throw error;
  }
}
