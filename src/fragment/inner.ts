/**
 * The inner layer of the threshold form: AES-256-GCM under a key that needs the epoch's message key and a secret of the
 * message, which is shared among its fragments. Fewer than k of them tell nothing, even to whoever has the epoch's keys.
 *
 * One derivation over message key and secret gives the inner key and a commitment to both, which stands in every
 * fragment. The key seals one message, so its nonce is zeros.
 *
 * @module
 */
import { allocate, allocateSecret, equal, wipe } from '../bytes.ts';
import { AES_256_GCM } from '../params.ts';
import type { EpochKey } from './chain.ts';
import { withOwnCipher } from './cipher.ts';
import { derive, derivedBuffer, KEY_BYTES, LABELS } from './kdf.ts';

const NONCE = new Uint8Array(AES_256_GCM.nonceBytes);
const NO_INFO = new Uint8Array(0);

/** The inner key of one message, and what commits to it. */
export class InnerKey {
  readonly #derived: Uint8Array;

  private constructor(derived: Uint8Array) {
    this.#derived = derived;
  }

  /**
   * Derives it.
   *
   * @param key - The epoch's keys.
   * @param secret - 32 bytes; the caller wipes them.
   * @returns The key, for the caller to wipe; undefined when the epoch's key is gone.
   */
  static derive(key: EpochKey, secret: Uint8Array): InnerKey | undefined {
    const both = allocateSecret(2 * KEY_BYTES);
    const derived = derivedBuffer();
    try {
      if (!key.copyMessage(both.subarray(0, KEY_BYTES))) return undefined;
      both.set(secret, KEY_BYTES);
      derive(both, LABELS.threshold, NO_INFO, derived);
      return new InnerKey(derived);
    } finally {
      wipe(both);
    }
  }

  /** 32 bytes; public. */
  get commitment(): Uint8Array {
    return this.#derived.slice(KEY_BYTES);
  }

  /** Whether a commitment is to this key. */
  isCommittedBy(commitment: Uint8Array): boolean {
    return equal(commitment, this.#derived.subarray(KEY_BYTES));
  }

  /** Ciphertext and tag. */
  seal(aad: Uint8Array, data: Uint8Array): Uint8Array {
    const out = allocate(data.length + AES_256_GCM.tagBytes);
    withOwnCipher(this.#derived.subarray(0, KEY_BYTES), (cipher) => cipher.seal(NONCE, aad, data, out));
    return out;
  }

  /** The plaintext; undefined when the tag is wrong. */
  open(aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const out = allocate(sealed.length - AES_256_GCM.tagBytes);
    const isRight = withOwnCipher(this.#derived.subarray(0, KEY_BYTES), (cipher) =>
      cipher.open(NONCE, aad, sealed, out),
    );
    return isRight ? out : undefined;
  }

  /** Zeroes it. */
  wipe(): void {
    wipe(this.#derived);
  }
}
