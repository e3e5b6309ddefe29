/**
 * One call opens any keystore.
 *
 * @module
 */
import { checkOptions, describe } from '../bytes.ts';
import { type Clock, checkClock } from '../clock.ts';
import { InputError } from '../errors.ts';
import { AES_256_GCM } from '../params.ts';
import { type ByteSecret, exposeBytes } from '../secret.ts';
import { openFileKeystore } from './file.ts';
import type { Keystore } from './keystore.ts';
import { openMemoryKeystore } from './memory.ts';

/** Options of a memory keystore. */
export interface MemoryKeystoreOptions {
  readonly backend: 'memory';
  /** Where time comes from; the system's clocks by default. */
  readonly clock?: Clock;
}

/** Options of a file keystore. */
export interface FileKeystoreOptions {
  readonly backend: 'file';
  /** The file; made when there is none. Its folder must exist. */
  readonly path: string;
  /** 32 uniformly random bytes that everything in the file is sealed under; copied. Without them the file is lost. */
  readonly rootKey: ByteSecret;
  /** Where time comes from; the system's clocks by default. */
  readonly clock?: Clock;
}

/** Options of {@link openKeystore}. */
export type KeystoreOptions = MemoryKeystoreOptions | FileKeystoreOptions;

/**
 * Opens a keystore.
 *
 * @param options - Which backend, and what it needs.
 * @returns The store, yours to close.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_IO`; `ERR_KEYSTORE_CORRUPT` when the file is damaged or the root key is
 * another one.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a file of another release, `ERR_UNSUPPORTED_RUNTIME`
 * where there are no files.
 * @example const keystore = await openKeystore({ backend: 'file', path: 'keys.mwk', rootKey });
 */
export async function openKeystore(options: KeystoreOptions): Promise<Keystore> {
  const wanted: { readonly [Name in keyof FileKeystoreOptions]?: unknown } = checkOptions(
    'options',
    options,
    ['backend', 'path', 'rootKey', 'clock'],
  );
  const { backend, path } = wanted;
  if (backend === 'memory') {
    checkOptions('options', wanted, ['backend', 'clock']);
    return openMemoryKeystore(checkClock('options.clock', wanted.clock));
  }
  if (backend === 'file') {
    if (typeof path !== 'string' || path === '') {
      throw new InputError('ERR_INPUT_TYPE', 'options.path', 'the name of a file', describe(path));
    }
    const rootKey = exposeBytes('options.rootKey', wanted.rootKey, AES_256_GCM.keyBytes);
    return openFileKeystore(path, rootKey, checkClock('options.clock', wanted.clock));
  }
  const got = typeof backend === 'string' ? `"${backend.slice(0, 32)}"` : describe(backend);
  throw new InputError('ERR_INPUT_OPTION', 'options.backend', '"memory" or "file"', got);
}
