/**
 * One process at a time makes or destroys objects in a token. Stores have locks of their own, but several stores may share a
 * token; NSS loses keys when two processes make one at the same moment.
 *
 * @module
 */
import { toHex, utf8 } from '../../bytes.ts';
import { sha3_512 } from '../../hash/index.ts';
import { Disk } from '../file/disk.ts';
import { FolderLock } from '../file/lock.ts';
import { node } from './node.ts';

/** Longer than any token takes to make a key, for as many waiters as there may be. */
const TIMEOUT_MS = 120_000;

/** The user's folder of state which is no data (XDG Base Directory), where high-water marks are as well. */
function stateFolder(): string {
  const given = process.env['XDG_STATE_HOME'];
  const { join } = node('path');
  return join(given?.startsWith('/') ? given : join(node('os').homedir(), '.local/state'), 'mwrasp-crypto');
}

/** The lock of one token. */
export class TokenLock {
  readonly #disk = new Disk();
  readonly #name: string;
  /** Those who wait in this process: one at a time goes to the file. */
  #tail: Promise<unknown> = Promise.resolve();

  /** @param token - What tells the token from all others. */
  constructor(token: string) {
    this.#name = `token-${toHex(sha3_512(utf8(token)).subarray(0, 16))}`;
  }

  /**
   * Runs alone among all processes of this user on this machine.
   *
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_LOCKED`, `ERR_KEYSTORE_IO`.
   */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(async () => {
      // Each time: somebody may have tidied up.
      const folder = node('path').join(stateFolder(), this.#name);
      await this.#disk.makeFolder(folder, true);
      const held = await new FolderLock(this.#disk, folder).acquire(TIMEOUT_MS);
      try {
        return await work();
      } finally {
        // What cannot be released is taken over when it is stale.
        await held.release().catch(() => {});
      }
    });
    this.#tail = done.catch(() => {});
    return done;
  }
}
