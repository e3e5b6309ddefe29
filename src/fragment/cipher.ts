/**
 * The one place where an epoch's encryption key leaves its slot: a scratch buffer, for one operation.
 *
 * @module
 */
import { allocateSecret, wipe } from '../bytes.ts';
import type { PreparedAeadKey } from '../engines/engine.ts';
import { engine } from '../engines/index.ts';
import type { EpochKey } from './chain.ts';
import { KEY_BYTES } from './kdf.ts';

const SCRATCH = allocateSecret(KEY_BYTES);
let scratchCipher: PreparedAeadKey | undefined;

/**
 * Runs work with the cipher of an epoch.
 *
 * The copy of the key counts only when it is whole, so work never sees a key that is partly zero; the caller looks once
 * more, with {@link EpochKey.isAlive}, before it gives a result away. Work calls nothing of the application.
 *
 * @param key - The epoch's keys.
 * @param work - Runs at most once, and may not keep the cipher.
 * @returns What work returned; undefined when the key is gone.
 */
export function withCipher<T>(key: EpochKey, work: (cipher: PreparedAeadKey) => T): T | undefined {
  try {
    if (!key.copyEncryption(SCRATCH)) return undefined;
    // It refers to the scratch buffer, so it is that of whatever key lies there.
    scratchCipher ??= engine('aead').prepareTransient(SCRATCH);
    return work(scratchCipher);
  } finally {
    wipe(SCRATCH);
    key.letGo();
  }
}

/** Runs work with a key that nobody else has: the inner one of a message. */
export function withOwnCipher<T>(key: Uint8Array, work: (cipher: PreparedAeadKey) => T): T {
  const cipher = engine('aead').prepareTransient(key);
  try {
    return work(cipher);
  } finally {
    cipher.dispose();
  }
}
