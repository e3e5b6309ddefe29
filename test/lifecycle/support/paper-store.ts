/**
 * A store whose keys are made of paper: the drafts, manifests and rules of real ones, without cryptography, so that a hundred
 * thousand histories fit in minutes.
 *
 * @module
 */
import type { AnyPublicKey } from '../../../src/encodings/index.ts';
import type { StoreAccess } from '../../../src/keystore/access.ts';
import { Draft, type DraftTools } from '../../../src/keystore/draft.ts';
import type { Keystore, KeystoreAlgorithm } from '../../../src/keystore/keystore.ts';
import { EMPTY_MANIFEST, type Manifest } from '../../../src/keystore/manifest.ts';

const EMPTY = new Uint8Array(0);

/** What a process is told when it is cut off. */
export class Cut extends Error {}

/** A store. */
export class PaperStore implements StoreAccess {
  manifest: Manifest = EMPTY_MANIFEST;
  /** The next commit is cut off, before or after it is made. */
  cut: 'before' | 'after' | undefined;
  readonly #listeners = new Set<(manifest: Manifest) => void>();
  #made = 0;

  async refresh(): Promise<Manifest> {
    return this.manifest;
  }

  async change<T>(work: (draft: Draft) => Promise<T>): Promise<T> {
    const tools: DraftTools = {
      make: async (_slot, algorithm) => this.#make(algorithm),
      publicKey: async () => paperKey(0),
    };
    const draft = new Draft(this.manifest, tools);
    const { change } = draft.finish(await work(draft));
    if (change.next === this.manifest) return change.result;
    const { cut } = this;
    this.cut = undefined;
    if (cut === 'before') throw new Cut('before');
    this.manifest = change.next;
    if (cut === 'after') throw new Cut('after');
    for (const listener of this.#listeners) listener(this.manifest);
    return change.result;
  }

  async sweep(): Promise<void> {}

  /** The process ends: nobody listens any more. */
  forget(): void {
    this.#listeners.clear();
  }

  onCommit(listener: (manifest: Manifest) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  loadOnce(): never {
    throw new Error('paper keys do nothing');
  }

  /** What stands where rotation wants a keystore. */
  get keystore(): Keystore {
    return this as unknown as Keystore;
  }

  #make(algorithm: KeystoreAlgorithm) {
    const id = new Uint8Array(16);
    new DataView(id.buffer).setUint32(0, ++this.#made);
    const publicKey = paperKey(this.#made);
    return { id, algorithm, custody: 'memory', publicKey, protection: EMPTY, secret: EMPTY } as const;
  }
}

function paperKey(number: number): AnyPublicKey {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, number);
  return { toBytes: () => bytes, thumbprint: () => bytes } as unknown as AnyPublicKey;
}
