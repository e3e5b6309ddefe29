/**
 * A store with keys in it, changes that are cut off, and what must be true afterwards.
 *
 * @module
 */
import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encapsulate, type KemPublicKey } from '../../../src/kem/index.ts';
import { type FileKeystore, openKeystore } from '../../../src/keystore/index.ts';
import { type SignPublicKey, verify } from '../../../src/sign/index.ts';

/** Root key before a change, and after it when it is the change of the root key. */
export const ROOT_KEYS: readonly [Uint8Array, Uint8Array] = [
  Uint8Array.from({ length: 32 }, (_, i) => 11 * i + 1),
  Uint8Array.from({ length: 32 }, (_, i) => 13 * i + 2),
];

/** The seed that is taken in: looked for on the disk afterwards. */
export const SEED: Uint8Array = Uint8Array.from({ length: 64 }, (_, i) => (i * i * 7 + i * 31 + 5) & 0xff);

/** The changes that are cut off. */
export const CHANGES = ['generate', 'import', 'destroy', 'rekey'] as const;
export type ChangeName = (typeof CHANGES)[number];

const MESSAGE = new TextEncoder().encode('message');

/** Opens the store of a place. */
export function openPlace(place: string, rootKey: Uint8Array = ROOT_KEYS[0]): Promise<FileKeystore> {
  return openKeystore({
    backend: 'file',
    path: join(place, 'store'),
    highWaterMark: join(place, 'mark'),
    rootKey,
    lockTimeoutMs: 20_000,
  });
}

/** Makes a change. */
export async function change(store: FileKeystore, name: ChangeName): Promise<void> {
  if (name === 'generate') await store.generate({ name: 'made', algorithm: 'ML-KEM-1024' });
  else if (name === 'import') await store.import({ name: 'taken', algorithm: 'ML-KEM-1024', key: SEED });
  else if (name === 'destroy') await store.destroy({ name: 'victim', generation: 1 });
  else await store.rekey({ rootKey: ROOT_KEYS[1] });
}

/** What the store holds after each change; before it, it is the first. */
const HOLDS: Readonly<Record<ChangeName | 'nothing', readonly string[]>> = {
  nothing: ['data 1', 'kem 1', 'sign 1', 'victim 1'],
  generate: ['data 1', 'kem 1', 'made 1', 'sign 1', 'victim 1'],
  import: ['data 1', 'kem 1', 'sign 1', 'taken 1', 'victim 1'],
  destroy: ['data 1', 'kem 1', 'sign 1'],
  rekey: ['data 1', 'kem 1', 'sign 1', 'victim 1'],
};

/** A place with a store in it, to be copied, and what its keys are known by. */
export class Original {
  readonly place: string = mkdtempSync(join(tmpdir(), 'keystore-fault-'));
  #publicKeys = new Map<string, KemPublicKey | SignPublicKey>();
  #sealed: Uint8Array = new Uint8Array(0);

  static async make(): Promise<Original> {
    const original = new Original();
    const store = await openPlace(original.place);
    for (const name of ['kem', 'victim']) await store.generate({ name, algorithm: 'ML-KEM-1024' });
    await store.generate({ name: 'sign', algorithm: 'ML-DSA-87' });
    await store.generate({ name: 'data', algorithm: 'AES-256-GCM' });
    original.#sealed = await store.sealData('data', MESSAGE);
    for (const name of ['kem', 'victim', 'sign']) {
      original.#publicKeys.set(name, (await store.publicKey(name)) as KemPublicKey | SignPublicKey);
    }
    await store.close();
    return original;
  }

  /** A copy, at a path that is there no longer than the caller wants. */
  copy(): string {
    const copy = mkdtempSync(join(tmpdir(), 'keystore-fault-'));
    cpSync(this.place, copy, { recursive: true });
    return copy;
  }

  remove(): void {
    rmSync(this.place, { recursive: true, force: true });
  }

  /** Checks that an open store holds what it held before a change, or after it; says which, and that every key works. */
  async check(store: FileKeystore, name: ChangeName): Promise<'before' | 'after'> {
    const refs = (await store.list()).map(({ ref }) => `${ref.name} ${ref.generation}`);
    const isBefore = JSON.stringify(refs) === JSON.stringify(HOLDS.nothing);
    if (!isBefore) assert.deepEqual(refs, HOLDS[name]);
    for (const [key, publicKey] of this.#publicKeys) {
      if (!refs.includes(`${key} 1`)) continue;
      if (publicKey.algorithm === 'ML-DSA-87') {
        assert.ok(verify(publicKey as SignPublicKey, MESSAGE, await store.sign(key, MESSAGE)));
      } else {
        const { ciphertext, sharedSecret } = encapsulate(publicKey as KemPublicKey);
        assert.deepEqual((await store.decapsulate(key, ciphertext)).expose(), sharedSecret.expose());
      }
    }
    for (const key of ['made', 'taken']) {
      if (!refs.includes(`${key} 1`)) continue;
      const { ciphertext, sharedSecret } = encapsulate((await store.publicKey(key)) as KemPublicKey);
      assert.deepEqual((await store.decapsulate(key, ciphertext)).expose(), sharedSecret.expose());
    }
    assert.deepEqual(await store.openData(this.#sealed), MESSAGE);
    return isBefore ? 'before' : 'after';
  }

  /**
   * Checks what a cut left at a place: the store opens, every key works, a later change works and clears up, and no secret
   * lies in the clear.
   *
   * @returns Whether the change that was cut off had happened.
   */
  async checkPlace(place: string, name: ChangeName): Promise<'before' | 'after'> {
    checkNoSecrets(place);
    let rootKey = ROOT_KEYS[0];
    let store = await openPlace(place).catch((error: { code?: string }) => {
      if (name !== 'rekey' || error.code !== 'ERR_KEYSTORE_CORRUPT') throw error;
      rootKey = ROOT_KEYS[1];
      return openPlace(place, rootKey);
    });
    let happened = await this.check(store, name);
    if (rootKey === ROOT_KEYS[1]) happened = 'after';
    // The next writer clears up.
    const { ref } = await store.generate({ name: 'later', algorithm: 'AES-256-GCM' });
    await store.destroy(ref);
    await store.close();
    store = await openPlace(place, rootKey);
    await this.check(store, name);
    const keys = (await store.list()).length;
    await store.close();
    checkTidy(place, keys);
    checkNoSecrets(place);
    return happened;
  }
}

/** Every file under a folder. */
function filesUnder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });
}

/** No seed and no root key in any file. */
export function checkNoSecrets(place: string): void {
  for (const path of filesUnder(place)) {
    const bytes = readFileSync(path);
    for (const secret of [SEED.subarray(0, 16), SEED.subarray(32, 48), ...ROOT_KEYS]) {
      assert.equal(bytes.indexOf(secret), -1, `a secret lies in ${path}`);
    }
  }
}

/** One manifest, one blob a key, nothing else. */
export function checkTidy(place: string, keys: number): void {
  const names = readdirSync(join(place, 'store'));
  assert.deepEqual(
    names.filter((name) => !/^(?:keys|manifest-[0-9]{16}\.mwk)$/.test(name)),
    [],
  );
  assert.equal(names.length, 2, names.join(' '));
  const blobs = readdirSync(join(place, 'store/keys'));
  assert.equal(blobs.length, keys, blobs.join(' '));
}

/** A folder for copies that a caller fills. */
export function emptyPlace(): string {
  const place = mkdtempSync(join(tmpdir(), 'keystore-fault-'));
  mkdirSync(place, { recursive: true });
  return place;
}
