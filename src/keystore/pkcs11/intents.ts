/**
 * What a process is about to do in a token, noted in the folder beside it before it is done: a token and a folder cannot be
 * changed in one step, and whoever is cut off in between leaves an object that no manifest names. Each note is a file,
 * `intents/<kind>-<id of the object>`.
 *
 * Objects are destroyed for what a note says, so each proves that its writer had a say in that object: whoever may write to the
 * folder of one store must not destroy what others have in the token. A note of the key that wraps a root key holds what that key's
 * id is a hash of, which nobody else knows; every other one an HMAC of the id under a key that is derived from the root key.
 *
 * @module
 */
import { concat, equal, fromHex, toHex, utf8 } from '../../bytes.ts';
import { KeyStoreError } from '../../errors.ts';
import { hkdfSha3_512, hmacSha3_512, sha3_512 } from '../../hash/index.ts';
import type { SecretBytes } from '../../secret.ts';
import { Disk } from '../file/disk.ts';
import { ENTRY_ID_BYTES } from '../manifest.ts';

/** What a note says. */
export type IntentKind =
  /** A key that wraps a root key is made, for a store that is about to be. */
  | 'root'
  /** A key is made, and about to be committed. */
  | 'made'
  /** The same, by a process that was found to be cut off: it cannot commit the key any more. */
  | 'dead'
  /** A key is about to be destroyed, once the manifest has let go of it. */
  | 'gone';

/** A note. */
export interface Intent {
  readonly kind: IntentKind;
  readonly id: Uint8Array;
}

const FOLDER = 'intents';
const NAME = /^(root|made|dead|gone)-([0-9a-f]{32})$/;
const KINDS: readonly IntentKind[] = ['root', 'made', 'dead', 'gone'];
const PROOF_BYTES = 32;
const ROOT_INFO = utf8('mwrasp-crypto/token-root/v1');
const KEY_INFO = utf8('mwrasp-crypto/token-intents/v1');

/** Bytes of what the id of a wrapping key is a hash of. */
export const ROOT_SEED_BYTES: number = PROOF_BYTES;

/** The id of a wrapping key. */
export function rootIdOf(seed: Uint8Array): Uint8Array {
  return sha3_512(concat(ROOT_INFO, seed)).slice(0, ENTRY_ID_BYTES);
}

/** The notes of one store. */
export class Intents {
  readonly #disk = new Disk();
  readonly #store: string;
  readonly #folder: string;
  #key: SecretBytes | undefined;

  /** @param path - The store's folder. */
  constructor(path: string) {
    this.#store = this.#disk.resolve(path);
    this.#folder = this.#disk.join(this.#store, FOLDER);
  }

  /** Before any note is written or read but those of wrapping keys. @param root - The store's root key, not kept. */
  unlock(root: Uint8Array): void {
    this.close();
    this.#key = hkdfSha3_512(root, { info: KEY_INFO, length: PROOF_BYTES });
  }

  /** Wipes the key of the notes. */
  close(): void {
    this.#key?.dispose();
    this.#key = undefined;
  }

  /**
   * Notes that a key is about to be made, or destroyed, durably.
   *
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_IO`.
   */
  write(kind: 'made' | 'gone', id: Uint8Array): Promise<void> {
    return this.#write(kind, id, this.#proof(id));
  }

  /**
   * Notes that a wrapping key is about to be made, durably.
   *
   * @param seed - What its id is a hash of; nobody else's.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_IO`.
   */
  writeRoot(seed: Uint8Array): Promise<void> {
    return this.#write('root', rootIdOf(seed), seed);
  }

  /** Whether something is noted. */
  async has(kind: IntentKind, id: Uint8Array): Promise<boolean> {
    const bytes = await this.#disk.read(this.#path(kind, id), PROOF_BYTES).catch(() => undefined);
    if (bytes?.length !== PROOF_BYTES) return false;
    return kind === 'root' ? equal(rootIdOf(bytes), id) : equal(bytes, this.#proof(id));
  }

  /** Takes a `made` key from its maker, who sees that; says whether it was there. */
  claim(id: Uint8Array): Promise<boolean> {
    return this.#disk.rename(this.#path('made', id), this.#path('dead', id));
  }

  /** Forgets all about an object. If that does not last, the next one to look finds nothing to do. */
  async remove(id: Uint8Array): Promise<void> {
    for (const kind of KINDS) await this.#disk.remove(this.#path(kind, id));
  }

  /** All notes that are proven. One that is half written says nothing: what it was to announce has not begun. */
  async list(): Promise<Intent[]> {
    if ((await this.#disk.kind(this.#folder)) === undefined) return [];
    const found: Intent[] = [];
    for (const name of await this.#disk.names(this.#folder)) {
      const [, kind, hex] = NAME.exec(name) ?? [];
      if (hex === undefined) continue;
      const intent: Intent = { kind: kind as IntentKind, id: fromHex(hex) };
      if (await this.has(intent.kind, intent.id)) found.push(intent);
    }
    return found;
  }

  #proof(id: Uint8Array): Uint8Array {
    if (this.#key === undefined) throw new KeyStoreError('ERR_KEYSTORE_STATE', 'this keystore was closed');
    return hmacSha3_512(this.#key.expose(), id).subarray(0, PROOF_BYTES);
  }

  async #write(kind: IntentKind, id: Uint8Array, proof: Uint8Array): Promise<void> {
    if (await this.has(kind, id)) return;
    if (await this.#disk.makeFolder(this.#folder)) await this.#disk.syncFolder(this.#store);
    // What may be there is worth nothing.
    await this.#disk.remove(this.#path(kind, id));
    await this.#disk.writeNew(this.#path(kind, id), proof);
    await this.#disk.syncFolder(this.#folder);
  }

  #path(kind: IntentKind, id: Uint8Array): string {
    return this.#disk.join(this.#folder, `${kind}-${toHex(id)}`);
  }
}
