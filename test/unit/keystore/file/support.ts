/**
 * A place for a file keystore, and what lies in it.
 *
 * @module
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type FileKeystore,
  type FileKeystoreOptions,
  type Keystore,
  openKeystore,
} from '@mwrasp/crypto/keystore';
import { ROOT_KEY } from '../../../contract/support/keystores.ts';

/** A folder of its own, with a store in it once one was opened; removed with it. */
export class StorePlace implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'keystore-'));
  readonly path: string = join(this.folder, 'store');
  readonly mark: string = join(this.folder, 'mark');
  readonly #open: Keystore[] = [];

  /** Opens the store. */
  async open(options: Partial<FileKeystoreOptions> & Record<string, unknown> = {}): Promise<FileKeystore> {
    const unlock = ['rootKey', 'passphrase', 'keyFile', 'rootKeystore'].some((name) => name in options)
      ? {}
      : { rootKey: ROOT_KEY };
    const all = { backend: 'file', path: this.path, highWaterMark: this.mark, ...unlock, ...options };
    const store = await openKeystore(all as FileKeystoreOptions);
    this.#open.push(store);
    return store;
  }

  /** Names in the store's folder. */
  names(): string[] {
    return readdirSync(this.path).sort();
  }

  /** Names of blobs. */
  blobs(): string[] {
    return readdirSync(join(this.path, 'keys')).sort();
  }

  /** Path of a blob, the only one unless said otherwise. */
  blob(index = 0): string {
    return join(this.path, 'keys', this.blobs()[index] as string);
  }

  /** Path of the newest manifest. */
  get manifest(): string {
    return join(this.path, this.names().findLast((name) => name.startsWith('manifest-')) as string);
  }

  /** Its revision. */
  get revision(): number {
    return Number(this.manifest.slice(-20, -4));
  }

  /** Copies the store's folder somewhere, and gives what puts the copy in its place. */
  snapshot(): () => void {
    const copy = mkdtempSync(join(this.folder, 'copy-'));
    cpSync(this.path, copy, { recursive: true });
    return () => {
      rmSync(this.path, { recursive: true });
      cpSync(copy, this.path, { recursive: true });
    };
  }

  read(path: string): Uint8Array {
    return new Uint8Array(readFileSync(path));
  }

  write(path: string, bytes: Uint8Array): void {
    writeFileSync(path, bytes);
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((store) => store.close()));
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A store's keys in a few words. */
export async function refsOf(store: Keystore): Promise<string[]> {
  return (await store.list()).map(({ ref }) => `${ref.name} ${ref.generation}`);
}

/** Waits until something is so; fails after five seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 5000;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error('it never became so');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
