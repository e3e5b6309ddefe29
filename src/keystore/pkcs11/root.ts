/**
 * The root key of the folder beside a token: random, and wrapped by an AES key in the token that cannot be read.
 *
 * The wrapped bytes: version 1 (1), id of the object in the token (16), nonce (12), ciphertext and tag.
 *
 * @module
 */
import { concat, randomFill, toHex } from '../../bytes.ts';
import { AuthenticationError } from '../../errors.ts';
import { AES_256_GCM } from '../../params.ts';
import { SecretBytes } from '../../secret.ts';
import type { HeldLock } from '../file/lock.ts';
import type { Keystore } from '../keystore.ts';
import { ENTRY_ID_BYTES } from '../manifest.ts';
import type { TokenCustodian } from './custodian.ts';
import { type Intents, ROOT_SEED_BYTES, rootIdOf } from './intents.ts';

const VERSION = 1;
const NONCE_OFFSET = 1 + ENTRY_ID_BYTES;
const SEALED_OFFSET = NONCE_OFFSET + AES_256_GCM.nonceBytes;

/** Name of the wrapping key, which only this file has. */
export const ROOT_KEY_NAME = 'root';

/** Wraps and unwraps root keys. A store that is made gets a wrapping key of its own, while nobody else makes one. */
export class TokenRoot implements Pick<Keystore, 'wrap' | 'unwrap'> {
  readonly #custodian: TokenCustodian;
  readonly #intents: Intents;
  readonly #lock: () => Promise<HeldLock>;
  #held: HeldLock | undefined;
  /** Ids of wrapping keys that were made and are not known to be in use. */
  readonly #made = new Map<string, Uint8Array>();
  #id: Uint8Array = new Uint8Array(ENTRY_ID_BYTES);

  /**
   * @param custodian - Of the token.
   * @param intents - Of the store; unlocked with its root key.
   * @param lock - Waits for the lock of the store's folder.
   */
  constructor(custodian: TokenCustodian, intents: Intents, lock: () => Promise<HeldLock>) {
    this.#custodian = custodian;
    this.#intents = intents;
    this.#lock = lock;
  }

  /** Id of the wrapping key that was used last: that of the store, once it is open. */
  get id(): Uint8Array {
    return this.#id;
  }

  async wrap(_key: unknown, secret: unknown, options?: { readonly aad?: Uint8Array }): Promise<Uint8Array> {
    this.#held ??= await this.#lock();
    const seed = randomFill(new Uint8Array(ROOT_SEED_BYTES));
    const id = rootIdOf(seed);
    await this.#custodian.create(id, AES_256_GCM.name, undefined, seed);
    this.#made.set(toHex(id), id);
    this.#id = id;
    this.#intents.unlock(secret as Uint8Array);
    const head = concat(Uint8Array.of(VERSION), id);
    const { nonce, sealed } = await this.#custodian.seal(id, aadOf(head, options), secret as Uint8Array);
    return concat(head, nonce, sealed);
  }

  async unwrap(wrapped: Uint8Array, options?: { readonly aad?: Uint8Array }): Promise<SecretBytes> {
    if (wrapped[0] !== VERSION || wrapped.length < SEALED_OFFSET) throw new AuthenticationError();
    const head = wrapped.subarray(0, NONCE_OFFSET);
    const id = head.subarray(1);
    const nonce = wrapped.subarray(NONCE_OFFSET, SEALED_OFFSET);
    const root = await this.#custodian.open(id, nonce, aadOf(head, options), wrapped.subarray(SEALED_OFFSET));
    if (root === undefined) throw new AuthenticationError();
    // Another process was faster: its store is the one, and what was made here is not needed.
    this.#made.delete(toHex(id));
    this.#id = id.slice();
    this.#intents.unlock(root);
    await this.#discard();
    return SecretBytes.adopt(root);
  }

  async #discard(): Promise<void> {
    for (const [name, id] of this.#made) {
      this.#made.delete(name);
      await this.#custodian.destroy({ id });
    }
  }

  /** The store is open, or is not going to be: others may make one. */
  async end(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    // What cannot be released is taken over when it is stale.
    await held?.release().catch(() => {});
  }
}

function aadOf(head: Uint8Array, options: { readonly aad?: Uint8Array } | undefined): Uint8Array {
  return concat(head, options?.aad ?? new Uint8Array(0));
}
