/**
 * A storage over a folder, shared by any number of processes:
 *
 *     manifest-<revision, 16 digits>.mwk    the newest is the store
 *     keys/<entry id>-<revision>.mwb        one blob a key, written for that revision
 *     lock, lock.wanted.*, *.tmp            of writers at work, and those that wait
 *
 * **Commit.** Nothing is ever overwritten. Blobs first, each durable before its name is; then the manifest under a name
 * that nobody reads; then a link to the name of the next revision, which only one can make. Whoever finds it taken reads
 * what is there and works again: that decides who was first, and the lock is there for order only.
 *
 * A writer that slept while others committed may find the name of *its* next revision free again, because old manifests
 * go. So it looks, after the link, whether there is a newer one, and whether its own commit stands in that one's line.
 *
 * **Cleaning** comes after a commit and touches only what was there before it: a sleeping writer's next revision is then
 * taken, so what it had prepared is of no use to it; and it never uses the name of a blob twice.
 *
 * @module
 */
import { AeadKey } from '../../aead/index.ts';
import { equal, randomFill, toHex, wipe } from '../../bytes.ts';
import { KeyStoreError } from '../../errors.ts';
import { sha3_512 } from '../../hash/index.ts';
import type { KeyEntry, Manifest } from '../manifest.ts';
import type { Change, NewBlob, Storage } from '../storage.ts';
import { Disk, type OpenFolder, TEMPORARY } from './disk.ts';
import {
  COMMIT_ID_BYTES,
  continuesFrom,
  isSealedBy,
  MAX_LINE,
  MAX_MANIFEST_BYTES,
  type ManifestBody,
  readBody,
  readHead,
  writeManifest,
} from './format.ts';
import { FolderLock } from './lock.ts';
import { type Mark, MarkFile } from './mark.ts';
import { blobName, KEYS, manifestName, revisionsOf } from './names.ts';
import { checkHead, prepareFolder, type State, unlock } from './start.ts';
import type { RootSource } from './unlock.ts';
import { writeUnlockSection } from './unlock-section.ts';
import { watchFolder } from './watch.ts';

/** A larger blob is not one of ours. */
const MAX_BLOB_BYTES = 1024 * 1024;
/** Others that are faster so many times in a row are no coincidence. */
const MAX_ATTEMPTS = 100;

/** What {@link FileStorage.open} needs. */
export interface FileStorageOptions {
  /** The store's folder. */
  readonly path: string;
  /** Where the root key comes from; not needed any more when the store is open. */
  readonly source: RootSource;
  /** The high-water mark: its file, the usual place when undefined, or none. */
  readonly highWaterMark: string | false | undefined;
  /** How long a change waits for other writers, milliseconds. */
  readonly lockTimeoutMs: number;
  /** Whether a store is made where there is none. */
  readonly create: boolean;
  /** Milliseconds between two looks for changes by others, beside the system's notices. */
  readonly lookMs?: number;
}

/** Seals the next manifest otherwise than the last one. */
interface NewSeal {
  readonly rootKey: AeadKey;
  readonly unlockBytes: Uint8Array;
}

function lastCommit({ line }: ManifestBody): Uint8Array {
  return line[line.length - 1] as Uint8Array;
}

/** One store in one folder, as one process sees it. */
export class FileStorage implements Storage {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #keys: string;
  readonly #lock: FolderLock;
  readonly #lockTimeoutMs: number;
  readonly #lookMs: number | undefined;
  readonly #mark: MarkFile | undefined;
  #rootKey: AeadKey;
  #state: State;
  /** Changes of this process run one after the other. */
  #tail: Promise<unknown> = Promise.resolve();
  #refreshing: Promise<void> | undefined;
  #endWatch: (() => void) | undefined;
  #listener: ((manifest: Manifest) => void) | undefined;
  /** Whether a writer may have left something that nobody needs. */
  #mayHoldLeftovers = true;
  /** No new changes; those that were asked for before still end. */
  #closing = false;
  #closed = false;

  private constructor(disk: Disk, options: FileStorageOptions, rootKey: AeadKey, state: State) {
    this.#disk = disk;
    this.#path = disk.resolve(options.path);
    this.#keys = disk.join(this.#path, KEYS);
    this.#lock = new FolderLock(disk, this.#path);
    this.#lockTimeoutMs = options.lockTimeoutMs;
    this.#lookMs = options.lookMs;
    this.#rootKey = rootKey;
    this.#state = state;
    const { highWaterMark } = options;
    const { storeId } = state.head;
    this.#mark =
      highWaterMark === false ? undefined : new MarkFile(disk, highWaterMark, storeId, state.body.markKey);
  }

  /**
   * Opens the store in a folder, or makes one.
   *
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`,
   * `ERR_KEYSTORE_NOT_FOUND` when there is none and none is to be made.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a store of another release.
   * @throws {@link InputError} `ERR_INPUT_OPTION` when the store is unlocked by something else.
   */
  static async open(options: FileStorageOptions): Promise<FileStorage> {
    const disk = new Disk();
    const path = disk.resolve(options.path);
    await prepareFolder(disk, path, options.create);
    const unlocked = await unlock(disk, path, options);
    const storage = new FileStorage(disk, options, unlocked.rootKey, unlocked.state);
    try {
      await storage.#checkMark();
      return storage;
    } catch (error) {
      wipe(...unlocked.state.body.manifest.entries.map(({ protection }) => protection));
      await storage.close();
      throw error;
    }
  }

  get manifest(): Manifest {
    return this.#state.body.manifest;
  }

  /** Path of the folder, for messages. */
  get path(): string {
    return this.#path;
  }

  async refresh(): Promise<Manifest> {
    this.#checkOpen();
    this.#refreshing ??= this.#readNewest().finally(() => {
      this.#refreshing = undefined;
    });
    await this.#refreshing;
    return this.manifest;
  }

  transact<T>(work: (current: Manifest) => Promise<Change<T>>): Promise<T> {
    return this.#inTurn(async () => this.#commit(work, undefined));
  }

  /**
   * Seals the store under another root key, in one commit.
   *
   * @param source - Where the new one comes from; not needed any more afterwards.
   * @throws As {@link transact}.
   */
  rekey(source: RootSource): Promise<void> {
    return this.#inTurn(async () => {
      const { root, section } = await source.make(this.#state.head.storeId);
      const rootKey = AeadKey.fromBytes(root);
      wipe(root);
      try {
        const seal = { rootKey, unlockBytes: writeUnlockSection(section) };
        const next = (current: Manifest) => ({ ...current, revision: current.revision + 1 });
        await this.#commit(async (current) => ({ next: next(current), result: undefined }), seal);
      } finally {
        if (this.#rootKey !== rootKey) rootKey.dispose();
      }
    });
  }

  async readBlob(id: Uint8Array, digest: Uint8Array): Promise<Uint8Array> {
    const hex = toHex(id);
    const path = this.#blobPath(hex);
    const bytes = path === undefined ? undefined : await this.#disk.read(path, MAX_BLOB_BYTES);
    if (path !== undefined && bytes !== undefined && equal(sha3_512(bytes), digest)) return bytes;
    // It may be gone because somebody else destroyed the key.
    await this.refresh();
    if (path === undefined || this.#blobPath(hex) === undefined) {
      throw new KeyStoreError('ERR_KEYSTORE_NOT_FOUND', 'the key is gone');
    }
    const what = bytes === undefined ? 'it is not there' : 'it is damaged, or that of another time';
    throw new KeyStoreError('ERR_KEYSTORE_CORRUPT', `cannot read ${path}: ${what}`);
  }

  onRemoteCommit(listener: (manifest: Manifest) => void): void {
    this.#listener = listener;
    this.#endWatch ??= watchFolder(
      this.#disk,
      this.#path,
      async () => {
        if (!this.#closing) await this.refresh();
      },
      this.#lookMs,
    );
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#endWatch?.();
    await this.#tail;
    await this.#refreshing?.catch(() => {});
    this.#closed = true;
    this.#rootKey.dispose();
    wipe(this.#state.body.markKey);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing) return Promise.reject(closedError());
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => {});
    return done;
  }

  async #commit<T>(work: (current: Manifest) => Promise<Change<T>>, seal: NewSeal | undefined): Promise<T> {
    const lock = await this.#lock.acquire(this.#lockTimeoutMs);
    try {
      if (lock.broken) this.#mayHoldLeftovers = true;
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        await this.refresh();
        await this.#checkMark();
        const change = await work(this.manifest);
        if (change.next === this.manifest) return change.result;
        if (await this.#tryCommit(change, seal)) return change.result;
      }
    } finally {
      // What cannot be released is taken over when it is stale.
      await lock.release().catch(() => {});
    }
    throw new KeyStoreError(
      'ERR_KEYSTORE_LOCKED',
      `others changed ${this.#path} at the same time, ${MAX_ATTEMPTS} times in a row; nothing was changed`,
    );
  }

  /** One attempt; false when somebody else was faster. */
  async #tryCommit(change: Change<unknown>, seal: NewSeal | undefined): Promise<boolean> {
    const before = this.#state;
    const { next, blobs = [], dropped = [] } = change;
    const { revision } = next;
    const droppedPaths = dropped.map((id) => this.#blobPath(toHex(id)));
    const { rootKey, unlockBytes } = seal ?? { rootKey: this.#rootKey, ...before.head };
    const state: State = {
      head: { storeId: before.head.storeId, unlockBytes },
      body: nextBody(before.body, next, blobs),
    };
    const folder = await this.#disk.openFolder(this.#path);
    const written: string[] = [];
    /** From the link on, others may build on what was written: it is not ours to take away again. */
    let linked = false;
    try {
      const leftovers = this.#mayHoldLeftovers ? await this.#findLeftovers(state.body) : [];
      const temporary = this.#disk.temporary(this.#disk.join(this.#path, manifestName(revision)));
      const outcome = await this.#write(state, rootKey, blobs, temporary, written).finally(() =>
        this.#disk.remove(temporary).catch(() => {}),
      );
      linked = outcome === 'made';
      if (!linked || !(await this.#isInLine(state.body))) {
        await this.#withdraw(written);
        return false;
      }
      this.#accept(state, seal);
      await this.#finish(folder, leftovers, droppedPaths, seal !== undefined);
      return true;
    } catch (error) {
      if (!linked) await this.#withdraw(written);
      throw error;
    } finally {
      await folder.close();
    }
  }

  /** Writes blobs and manifest; says how the last step, the link, went. What has to go if it did not is noted. */
  async #write(
    { head, body }: State,
    rootKey: AeadKey,
    blobs: readonly NewBlob[],
    temporary: string,
    written: string[],
  ): Promise<'made' | 'taken' | 'gone'> {
    const { revision } = body.manifest;
    for (const { id, bytes } of blobs) {
      const path = this.#disk.join(this.#keys, blobName(toHex(id), revision));
      const unfinished = this.#disk.temporary(path);
      await this.#disk.writeNew(unfinished, bytes);
      written.push(unfinished, path);
      if (!(await this.#disk.rename(unfinished, path))) return 'gone';
    }
    if (blobs.length > 0) await this.#disk.syncFolder(this.#keys);
    const target = this.#disk.join(this.#path, manifestName(revision));
    const bytes = writeManifest(this.#path, head.storeId, head.unlockBytes, rootKey, body);
    await this.#disk.writeNew(temporary, bytes);
    const outcome = await this.#disk.link(temporary, target);
    if (outcome === 'made') written.push(target);
    return outcome;
  }

  /** Whether what was just linked is the newest commit, or one that the newest goes on from. */
  async #isInLine(body: ManifestBody): Promise<boolean> {
    const { revision } = body.manifest;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const [newest = -1] = revisionsOf(await this.#disk.names(this.#path));
      if (newest === revision) return true;
      const bytes = newest < revision ? undefined : await this.#readManifest(newest);
      if (bytes === undefined) continue;
      const path = this.#manifestPath(newest);
      const other = readBody(path, bytes, readHead(path, bytes), this.#rootKey);
      wipe(other.markKey, ...other.manifest.entries.map(({ protection }) => protection));
      const continues = continuesFrom(other, revision, lastCommit(body));
      if (continues !== undefined) return continues;
      break;
    }
    throw new KeyStoreError(
      'ERR_KEYSTORE_IO',
      `${this.#path} changed so often meanwhile that nobody can tell whether this change was made: look, and repeat it if not`,
    );
  }

  /** Takes what was written and not committed away again. Its names are used by nobody else, now or later. */
  async #withdraw(written: readonly string[]): Promise<void> {
    for (const path of written) await this.#disk.remove(path).catch(() => {});
  }

  /** Takes a commit of our own over. */
  #accept(state: State, seal: NewSeal | undefined): void {
    this.#state = state;
    if (seal === undefined) return;
    this.#rootKey.dispose();
    this.#rootKey = seal.rootKey;
  }

  /** What follows a commit: make it durable, move the mark, remove what it replaced. */
  async #finish(
    folder: OpenFolder,
    leftovers: readonly string[],
    dropped: readonly (string | undefined)[],
    rekeyed: boolean,
  ): Promise<void> {
    const { revision } = this.manifest;
    try {
      const old = revisionsOf(await this.#disk.names(this.#path)).filter((other) => other < revision);
      await folder.sync();
      await this.#raiseMark();
      const mustGo = rekeyed || dropped.length > 0;
      const removals = [
        ...old.map((other) => this.#disk.erase(this.#manifestPath(other))),
        ...dropped.map((path) => (path === undefined ? undefined : this.#disk.erase(path))),
        ...leftovers.map((path) => this.#disk.remove(path)),
      ];
      const results = await Promise.allSettled(removals);
      const failed = results.find((result) => result.status === 'rejected');
      this.#mayHoldLeftovers = failed !== undefined;
      if (!mustGo) return;
      // Who destroys a key wants its bytes gone, and is told when they are not.
      if (failed !== undefined) throw failed.reason;
      await folder.sync();
      await this.#disk.syncFolder(this.#keys);
    } catch (error) {
      this.#mayHoldLeftovers = true;
      const message = error instanceof Error ? error.message : String(error);
      throw new KeyStoreError(
        'ERR_KEYSTORE_IO',
        `the change of ${this.#path} was made, but what follows it was not finished: ${message}`,
        { cause: error },
      );
    }
  }

  /** Files that no state needs, as they are now: of writers that were cut off, or that sleep. */
  async #findLeftovers({ blobRevisions }: ManifestBody): Promise<string[]> {
    const wanted = new Set(
      [...this.#state.body.blobRevisions, ...blobRevisions].map(([id, at]) => blobName(id, at)),
    );
    const inKeys = (await this.#disk.names(this.#keys)).filter((name) => !wanted.has(name));
    const inFolder = (await this.#disk.names(this.#path)).filter((name) => name.endsWith(TEMPORARY));
    return [
      ...inKeys.map((name) => this.#disk.join(this.#keys, name)),
      ...inFolder.map((name) => this.#disk.join(this.#path, name)),
    ];
  }

  /** Reads the newest manifest, if it is another one than the one that is known. */
  async #readNewest(): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const known = this.#state;
      const { revision } = known.body.manifest;
      const [newest = -1] = revisionsOf(await this.#disk.names(this.#path));
      if (this.#state !== known) continue;
      if (newest === revision) return;
      // A folder that changes while it is read may show neither the old name nor the new one.
      if (newest < revision && attempt < 3) continue;
      if (newest < revision) throw this.#rollback(`revision ${newest}, after ${revision}`);
      const bytes = await this.#readManifest(newest);
      // Replaced while it was read: it is gone, or was overwritten to be gone.
      if (bytes === undefined) continue;
      let body: ManifestBody;
      try {
        body = this.#decode(newest, bytes);
      } catch (error) {
        const [now = -1] = revisionsOf(await this.#disk.names(this.#path));
        if (now > newest) continue;
        throw error;
      }
      this.#adopt(body);
      return;
    }
    throw new KeyStoreError('ERR_KEYSTORE_IO', `${this.#path} changes too often to be read`);
  }

  /** Opens a manifest that somebody else wrote. */
  #decode(revision: number, bytes: Uint8Array): ManifestBody {
    const path = this.#manifestPath(revision);
    const head = readHead(path, bytes);
    checkHead(path, head, revision, this.#state.head.storeId);
    if (!isSealedBy(bytes, head, this.#rootKey)) {
      throw new KeyStoreError(
        'ERR_KEYSTORE_STATE',
        `${path} has another root key, or is damaged: if the store was re-keyed, open it with what unlocks it now`,
      );
    }
    return readBody(path, bytes, head, this.#rootKey);
  }

  /** Takes a newer state over. Secrets that are the same are kept once, in the buffers that are there already. */
  #adopt(body: ManifestBody): void {
    const { manifest } = body;
    const known = this.#state.body;
    if (this.#closed || manifest.revision <= known.manifest.revision) {
      wipe(body.markKey, ...manifest.entries.map(({ protection }) => protection));
      return;
    }
    if (continuesFrom(body, known.manifest.revision, lastCommit(known)) === false) {
      throw this.#rollback(
        `a revision ${manifest.revision} that does not go on from ${known.manifest.revision}`,
      );
    }
    const old = new Map(known.manifest.entries.map((entry) => [toHex(entry.id), entry]));
    const entries = manifest.entries.map((entry) => keepProtection(entry, old.get(toHex(entry.id))));
    wipe(body.markKey);
    this.#state = {
      head: this.#state.head,
      body: { ...body, markKey: known.markKey, manifest: { ...manifest, entries } },
    };
    this.#listener?.(this.manifest);
  }

  /** Compares the store with its mark; one that has none yet gets it. */
  async #checkMark(): Promise<void> {
    if (this.#mark === undefined) return;
    for (let attempt = 0; ; attempt++) {
      const mark = await this.#mark.read();
      if (mark === undefined) return this.#mark.write(this.#ownMark());
      const known = continuesFrom(this.#state.body, mark.revision, mark.commit);
      if (mark.revision <= this.manifest.revision && known !== false) return;
      // Somebody may have committed since we read the store.
      if (attempt < 3) {
        await this.refresh();
        continue;
      }
      throw this.#rollback(
        known === false
          ? `a revision ${this.manifest.revision} that does not go on from ${mark.revision}, which ${this.#mark.path} has seen`
          : `revision ${this.manifest.revision}, and ${this.#mark.path} has seen ${mark.revision}`,
      );
    }
  }

  async #raiseMark(): Promise<void> {
    const own = this.#ownMark();
    const mark = await this.#mark?.read();
    if (mark === undefined || mark.revision < own.revision) await this.#mark?.write(own);
  }

  #ownMark(): Mark {
    return { revision: this.manifest.revision, commit: lastCommit(this.#state.body) };
  }

  #blobPath(id: string): string | undefined {
    const revision = this.#state.body.blobRevisions.get(id);
    return revision === undefined ? undefined : this.#disk.join(this.#keys, blobName(id, revision));
  }

  #manifestPath(revision: number): string {
    return this.#disk.join(this.#path, manifestName(revision));
  }

  #readManifest(revision: number): Promise<Uint8Array | undefined> {
    return this.#disk.read(this.#manifestPath(revision), MAX_MANIFEST_BYTES);
  }

  #rollback(found: string): KeyStoreError {
    return new KeyStoreError(
      'ERR_KEYSTORE_ROLLBACK',
      `${this.#path} was put back to an older state: it holds ${found}`,
    );
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError();
  }
}

function closedError(): KeyStoreError {
  return new KeyStoreError('ERR_KEYSTORE_STATE', 'this keystore was closed');
}

/** What a commit leads to. */
function nextBody(before: ManifestBody, manifest: Manifest, blobs: readonly NewBlob[]): ManifestBody {
  const commit = randomFill(new Uint8Array(COMMIT_ID_BYTES));
  const added = new Set(blobs.map(({ id }) => toHex(id)));
  const blobRevisions = new Map<string, number>();
  for (const { id } of manifest.entries) {
    const hex = toHex(id);
    const old = before.blobRevisions.get(hex);
    blobRevisions.set(hex, old === undefined || added.has(hex) ? manifest.revision : old);
  }
  return { ...before, manifest, line: [...before.line, commit].slice(-MAX_LINE), blobRevisions };
}

/** An entry with the protection that is in memory already, when it is the same. */
function keepProtection(entry: KeyEntry, old: KeyEntry | undefined): KeyEntry {
  if (old === undefined || !equal(old.protection, entry.protection)) return entry;
  wipe(entry.protection);
  return { ...entry, protection: old.protection };
}
