/**
 * Starting up one process at a time, for modules that need it. SoftHSM writes its token's file whenever somebody logs in, and
 * whoever initialises the module or reads the token at that moment takes half a file for the whole: it then says that the
 * token has no PIN, until it is initialised anew.
 *
 * @module
 */
import { TokenLock } from './lock.ts';
import { quirksOf } from './quirks.ts';

const locks = new Map<string, TokenLock>();

/**
 * Initialises, looks for a token or logs in.
 *
 * @param path - The module's file.
 * @param work - Must not start up itself.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_LOCKED`, `ERR_KEYSTORE_IO`.
 */
export async function startUp<T>(path: string, work: () => Promise<T> | T): Promise<T> {
  if (!quirksOf(path).loginWrites) return work();
  let lock = locks.get(path);
  if (lock === undefined) {
    lock = new TokenLock(`start of ${path}`);
    locks.set(path, lock);
  }
  return lock.run(async () => work());
}
