/**
 * The `file` backend: keys sealed in a folder that any number of processes may share.
 *
 * @module
 */
import { checkInteger, checkOptions, describe } from '../../bytes.ts';
import { InputError } from '../../errors.ts';
import { KeystoreCore, type KeystoreParts } from '../core.ts';
import type { Keystore } from '../keystore.ts';
import { COMMON_OPTIONS, type CommonKeystoreOptions, checkCommonOptions, checkPath } from '../options.ts';
import { SoftwareCustodian } from '../software.ts';
import { FileStorage } from './storage.ts';
import { readUnlock, UNLOCK_OPTIONS, type Unlock } from './unlock.ts';

/** Options of a file keystore, beside what unlocks it. */
export interface FileKeystorePlace extends CommonKeystoreOptions {
  readonly backend: 'file';
  /** The store's folder; made, for this user only, where there is none. Its parent has to be there. */
  readonly path: string;
  /** `false`: opens only a store that is there. `true` by default. */
  readonly create?: boolean;
  /**
   * A file outside of the store's folder that remembers how far the store had got, so that an older copy of the folder is
   * refused; `false` for none. By default `$XDG_STATE_HOME/mwrasp-crypto/<store id>.mark`, `~/.local/state` without that.
   */
  readonly highWaterMark?: string | false;
  /** How long a change waits for other writers, 1 to 600 000 ms; 30 000 by default. */
  readonly lockTimeoutMs?: number;
}

/** Options of a file keystore. */
export type FileKeystoreOptions = FileKeystorePlace & Unlock;

/** A keystore in a folder. */
export interface FileKeystore extends Keystore {
  /**
   * Seals the store under another root key, in one commit: the keys stay what they are. Other processes that have it open can
   * go on using the keys they know, and are refused changes with `ERR_KEYSTORE_STATE` until they open it again.
   *
   * @param unlock - Where the new root key comes from: exactly one source, of the same kind or another. What is secret in it
   * is copied at the call, and stays the caller's to wipe.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE` (cost, generation), `ERR_INPUT_FORMAT`
   * (path, name of a key), `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`; `ERR_INPUT_ALGORITHM` when the key of the other keystore
   * cannot wrap.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_IO`, also when the key file is refused, `ERR_KEYSTORE_LOCKED`,
   * `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`; `ERR_KEYSTORE_STATE` when the store was closed, or re-keyed by another
   * process; of the other keystore also `ERR_KEYSTORE_NOT_FOUND`, `ERR_KEYSTORE_CUSTODY`, `ERR_KEYSTORE_TOKEN`.
   * @throws {@link ExpiredError} `ERR_EXPIRED_USE_BUDGET` when the key of the other keystore has no use left.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` when another release wrote the files meanwhile;
   * `ERR_UNSUPPORTED_ENGINE` when an engine without Argon2 is forced; `ERR_UNSUPPORTED_RUNTIME` when the runtime has no
   * random generator, or not the memory that Argon2 is to use.
   * @throws {@link SelfTestError} `ERR_SELF_TEST` when Argon2 gave a wrong known answer.
   * @throws What a function `unlock.passphrase` throws, as it is.
   * @example await keystore.rekey({ keyFile: '/run/secrets/new-root' });
   */
  rekey(unlock: Unlock): Promise<void>;
}

const DEFAULT_LOCK_TIMEOUT_MS = 30_000;
const MAX_LOCK_TIMEOUT_MS = 600_000;

const OPTIONS = [
  ...COMMON_OPTIONS,
  'path',
  'create',
  'highWaterMark',
  'lockTimeoutMs',
  ...UNLOCK_OPTIONS,
] as const;

class FileKeystoreCore extends KeystoreCore implements FileKeystore {
  readonly #storage: FileStorage;

  constructor(parts: KeystoreParts, storage: FileStorage) {
    super(parts);
    this.#storage = storage;
  }

  async rekey(unlock: Unlock): Promise<void> {
    if (unlock === undefined) {
      throw new InputError('ERR_INPUT_TYPE', 'unlock', 'an options object', 'undefined');
    }
    const source = readUnlock('unlock', checkOptions('unlock', unlock as object, UNLOCK_OPTIONS));
    try {
      // It would wait for itself, and nothing could ever open it again.
      if (source.keystore === this) {
        const argument = 'unlock.rootKeystore.keystore';
        throw new InputError('ERR_INPUT_OPTION', argument, 'another keystore', 'the one that is re-keyed');
      }
      await this.#storage.rekey(source);
    } finally {
      source.dispose();
    }
  }
}

/**
 * Opens a file keystore, or makes one where there is none.
 *
 * @param given - Its options; what is secret in them is copied.
 * @throws As `openKeystore` does for files.
 */
export async function openFileKeystore(given: FileKeystoreOptions): Promise<FileKeystore> {
  const options: { readonly [Name in (typeof OPTIONS)[number]]?: unknown } = checkOptions(
    'options',
    given as object,
    OPTIONS,
  );
  const { path, create = true, highWaterMark, lockTimeoutMs = DEFAULT_LOCK_TIMEOUT_MS } = options;
  checkPath('options.path', path);
  if (typeof create !== 'boolean') {
    throw new InputError('ERR_INPUT_TYPE', 'options.create', 'a boolean', describe(create));
  }
  const marked = highWaterMark === undefined || highWaterMark === false;
  if (!marked) checkPath('options.highWaterMark', highWaterMark);
  checkInteger('options.lockTimeoutMs', lockTimeoutMs, 1, MAX_LOCK_TIMEOUT_MS);
  const common = checkCommonOptions(options as CommonKeystoreOptions);
  const source = readUnlock('options', options);
  try {
    const storage = await FileStorage.open({
      path,
      source,
      highWaterMark: highWaterMark as string | false | undefined,
      lockTimeoutMs,
      create,
    });
    const parts = {
      backend: 'file',
      storage,
      custodian: new SoftwareCustodian('sealed'),
      ...common,
    } as const;
    return new FileKeystoreCore(parts, storage);
  } finally {
    source.dispose();
  }
}
