/**
 * One call opens any keystore.
 *
 * @module
 */
import { checkOptions, describe } from '../bytes.ts';
import { type Clock, systemClock } from '../clock.ts';
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

function checkClock(clock: Clock | undefined): Clock {
  if (clock === undefined) return systemClock;
  if (typeof clock?.wallMs !== 'function' || typeof clock.monotonicMs !== 'function') {
    throw new InputError('ERR_INPUT_TYPE', 'options.clock', 'a Clock', describe(clock));
  }
  return clock;
}

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
  checkOptions('options', options, ['backend', 'path', 'rootKey', 'clock']);
  const backend: unknown = options?.backend;
  if (options?.backend === 'memory') {
    checkOptions('options', options, ['backend', 'clock']);
    return openMemoryKeystore(checkClock(options.clock));
  }
  if (options?.backend === 'file') {
    if (typeof options.path !== 'string' || options.path === '') {
      throw new InputError('ERR_INPUT_TYPE', 'options.path', 'the name of a file', describe(options.path));
    }
    exposeBytes('options.rootKey', options.rootKey, AES_256_GCM.keyBytes);
    return openFileKeystore(options.path, options.rootKey, checkClock(options.clock));
  }
  const got = typeof backend === 'string' ? `"${backend.slice(0, 32)}"` : describe(backend);
  throw new InputError('ERR_INPUT_OPTION', 'options.backend', '"memory" or "file"', got);
}
