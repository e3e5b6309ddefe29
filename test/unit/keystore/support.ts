/**
 * A file keystore in a folder of its own, and its bytes.
 *
 * @module
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AeadKey, seal } from '@mwrasp/crypto/aead';
import { type Keystore, openKeystore } from '@mwrasp/crypto/keystore';
import { concat } from '../../../src/bytes.ts';
import type { ByteSecret } from '../../../src/secret.ts';
import { makeFolder, ROOT_KEY } from '../../contract/support/keystores.ts';

/** `MWK`, version 0. */
export const PREAMBLE: Uint8Array = Uint8Array.of(0x4d, 0x57, 0x4b, 0);

/** Seals any content as a store's file, under the real root key. */
export function craftFile(plaintext: Uint8Array, rootKey: Uint8Array = ROOT_KEY): Uint8Array {
  using key = AeadKey.fromBytes(rootKey);
  return concat(PREAMBLE, seal(key, plaintext, { aad: PREAMBLE }));
}

/** One folder with one store. */
export class StoreFolder implements Disposable {
  readonly folder: string = makeFolder();
  readonly path: string = join(this.folder, 'keys.mwk');
  readonly #opened: Keystore[] = [];

  /** Opens the store. */
  async open(rootKey: ByteSecret = ROOT_KEY): Promise<Keystore> {
    const store = await openKeystore({ backend: 'file', path: this.path, rootKey });
    this.#opened.push(store);
    return store;
  }

  /** The file's bytes. */
  read(): Uint8Array {
    return new Uint8Array(readFileSync(this.path));
  }

  /** Puts other bytes in the file's place. */
  write(bytes: Uint8Array): void {
    writeFileSync(this.path, bytes);
  }

  /** Names of everything in the folder. */
  names(): string[] {
    return readdirSync(this.folder);
  }

  [Symbol.dispose](): void {
    for (const store of this.#opened) void store.close();
    rmSync(this.folder, { recursive: true });
  }
}

/** References in short, in the order of the list. */
export async function refsOf(store: Keystore): Promise<string[]> {
  return (await store.list()).map(({ ref }) => `${ref.name} ${ref.generation}`);
}
