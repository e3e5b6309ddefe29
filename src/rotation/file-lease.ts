/**
 * Leases among the processes of one host, in a folder: one file a grant, `lease-<fence>`. The newest is the lease.
 *
 * **Granting** is a compare-and-swap: a grant is written under a name that nobody reads, made durable, and linked to the name of
 * the next fence, which only one can make. Old grants go, but for the last few, so whoever slept before its link may find the
 * name of *its* fence free again; so it looks, after the link, whether there is a newer one.
 *
 * **Holding** is a beat: the last eight bytes of the file, which the holder counts up when it renews. No wall time is written or
 * read. Others take over when the grant was given back, when its process is gone, or when *they* saw the same beat for the
 * whole time of the lease, by their own monotonic clock. The holder counts from before it wrote, and believes in a renewal only
 * if it ended while the lease still lasted: so nobody can have seen the old beat for long enough. All processes of a host have
 * one monotonic clock; it is not the one of another host, and this lease is not for several.
 *
 * @module
 */
import type * as FileSystem from 'node:fs/promises';
import { checkInteger, checkOptions, describe, equal, randomFill, uintBytes } from '../bytes.ts';
import { type Clock, checkClock } from '../clock.ts';
import { InputError, LeaseError } from '../errors.ts';
import { Disk, errorCode, TEMPORARY } from '../keystore/file/disk.ts';
import { processPlace, processStatus } from '../keystore/file/processes.ts';
import { requireBuiltin } from '../runtime.ts';
import {
  BEAT_BYTES,
  fencesOf,
  type Grant,
  grantName,
  MAX_GRANT_BYTES,
  RELEASED,
  readGrant,
  writeGrant,
} from './file-lease-format.ts';
import { checkLeaseRequest, type Lease, type LeaseHolder, type LeaseProvider } from './lease.ts';

/** Options of {@link fileLease}. */
export interface FileLeaseOptions {
  /** The lease's folder, on a disk of this host; made if it is not there. Not that of a keystore: beside it. */
  readonly path: string;
  /** Where time comes from; the system's clocks by default. */
  readonly clock?: Clock;
}

/** Grants that stay when newer ones are there, so that a folder that changes while it is read still shows one. */
const KEPT_GRANTS = 8;

/** A grant as it was last seen, and since when it has not changed. */
interface Seen {
  readonly fence: number;
  readonly bytes: Uint8Array;
  readonly sinceMs: number;
}

/** The newest grant, looked at just now. */
interface Newest extends Seen {
  /** Before it was read. */
  readonly nowMs: number;
  /** Undefined when it is damaged. */
  readonly grant: (Grant & { readonly beat: number }) | undefined;
}

function unreachable(path: string, cause: unknown): LeaseError {
  if (cause instanceof LeaseError) return cause;
  const why = cause instanceof Error ? cause.message : 'it failed';
  return new LeaseError('ERR_LEASE_UNREACHABLE', `cannot use the lease in ${path}: ${why}`, { cause });
}

/** What a lease needs of its folder. */
interface GrantFile {
  /** Writes a beat; does nothing when the file is gone. */
  write(beat: number): Promise<void>;
  /** Whether there is no newer grant. */
  isNewest(): Promise<boolean>;
}

/** A lease that was granted. */
class FileLease implements Lease {
  readonly fence: number;
  readonly #file: GrantFile;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  #endMs: number;
  #beat = 0;
  /** Lost, or given back. */
  #over = false;
  #tail: Promise<unknown> = Promise.resolve();

  constructor({ fence, ttlMs }: Grant, startMs: number, clock: Clock, file: GrantFile) {
    this.fence = fence;
    this.#file = file;
    this.#ttlMs = ttlMs;
    this.#clock = clock;
    this.#endMs = startMs + ttlMs;
  }

  isHeld(): boolean {
    return !this.#over && this.#clock.monotonicMs() < this.#endMs;
  }

  renew(): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!this.isHeld()) return false;
      const startMs = this.#clock.monotonicMs();
      await this.#file.write(++this.#beat);
      // Who wrote too late may have been taken over from by somebody that this look did not see yet.
      const isKept = (await this.#file.isNewest()) && this.isHeld();
      if (isKept) this.#endMs = startMs + this.#ttlMs;
      else this.#over = true;
      return isKept;
    });
  }

  release(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#over) return;
      this.#over = true;
      await this.#file.write(RELEASED);
    });
  }

  /** Ends it here; for others it runs out. */
  abandon(): void {
    this.#over = true;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work).catch((error: unknown) => {
      throw unreachable(grantName(this.fence), error);
    });
    this.#tail = done.catch(() => {});
    return done;
  }
}

/** Leases in one folder. */
class FileLeaseProvider implements LeaseProvider {
  readonly #fs: typeof FileSystem = requireBuiltin('node:fs/promises', 'a file lease');
  readonly #disk = new Disk();
  readonly #clock: Clock;
  readonly #path: string;
  #place: Promise<string> | undefined;
  #seen: Seen | undefined;
  /** The lease that was granted last. */
  #own: FileLease | undefined;
  /** Fences are larger than this. */
  #floor = 0;
  #closed = false;

  constructor(path: string, clock: Clock) {
    this.#path = this.#disk.resolve(path);
    this.#clock = clock;
  }

  async acquire(holder: string, ttlMs: number): Promise<Lease | undefined> {
    checkLeaseRequest(holder, ttlMs);
    this.#checkOpen();
    try {
      await this.#disk.makeFolder(this.#path, true);
      const newest = await this.#look();
      if (newest === 'changing') return undefined;
      if (newest !== undefined && !(await this.#isFree(newest, ttlMs))) return undefined;
      // A folder that is new must not give fences that an earlier one gave.
      const before = newest?.fence ?? Math.max(0, Math.floor(this.#clock.wallMs()));
      return await this.#take(Math.max(before, this.#floor) + 1, holder, ttlMs);
    } catch (error) {
      throw unreachable(this.#path, error);
    }
  }

  async current(): Promise<LeaseHolder | undefined> {
    this.#checkOpen();
    try {
      const newest = await this.#look();
      if (newest === undefined || newest === 'changing' || newest.grant === undefined) return undefined;
      const { fence, ttlMs, holder } = newest.grant;
      if (await this.#isFree(newest, ttlMs)) return undefined;
      return { holder, fence, expiresAtMs: this.#clock.wallMs() + newest.sinceMs + ttlMs - newest.nowMs };
    } catch (error) {
      throw unreachable(this.#path, error);
    }
  }

  async raise(fence: number): Promise<void> {
    checkInteger('fence', fence, 0, Number.MAX_SAFE_INTEGER - 1);
    this.#floor = Math.max(this.#floor, fence);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#own?.abandon();
  }

  #checkOpen(): void {
    if (this.#closed)
      throw new InputError('ERR_INPUT_STATE', 'lease', 'an open provider of leases', 'a closed one');
  }

  async #fences(): Promise<number[]> {
    return fencesOf(await this.#disk.names(this.#path));
  }

  /** The newest grant; undefined when there never was one. */
  async #look(): Promise<Newest | 'changing' | undefined> {
    if ((await this.#disk.kind(this.#path)) === undefined) return undefined;
    const [fence] = await this.#fences();
    if (fence === undefined) return undefined;
    const nowMs = this.#clock.monotonicMs();
    const bytes = await this.#disk.read(this.#disk.join(this.#path, grantName(fence)), MAX_GRANT_BYTES);
    // It was newest, and is gone already.
    if (bytes === undefined) return 'changing';
    const before = this.#seen;
    const isSame = before?.fence === fence && equal(before.bytes, bytes);
    this.#seen = isSame ? before : { fence, bytes, sinceMs: this.#clock.monotonicMs() };
    return { ...this.#seen, nowMs, grant: readGrant(bytes) };
  }

  /** Whether a grant has ended: given back, its process gone, or not renewed for its whole time while we watched. */
  async #isFree({ grant, sinceMs, nowMs }: Newest, ttlMs: number): Promise<boolean> {
    if (nowMs - sinceMs >= (grant?.ttlMs ?? ttlMs)) return true;
    if (grant === undefined) return false;
    if (grant.beat === RELEASED) return true;
    if (grant.place !== (await this.#ownPlace())) return false;
    const { state, started } = await processStatus(grant.pid);
    return state === 'gone' || (started !== 0 && grant.started !== 0 && started !== grant.started);
  }

  #ownPlace(): Promise<string> {
    this.#place ??= processPlace();
    return this.#place;
  }

  async #take(fence: number, holder: string, ttlMs: number): Promise<Lease | undefined> {
    const { started } = await processStatus(process.pid);
    const grant: Grant = { fence, ttlMs, pid: process.pid, started, place: await this.#ownPlace(), holder };
    const bytes = writeGrant(grant, randomFill(new Uint8Array(16)));
    const path = this.#disk.join(this.#path, grantName(fence));
    const temporary = this.#disk.temporary(path);
    const folder = await this.#disk.openFolder(this.#path);
    try {
      await this.#disk.writeNew(temporary, bytes);
      const startMs = this.#clock.monotonicMs();
      const outcome = await this.#disk
        .link(temporary, path)
        .finally(() => this.#disk.remove(temporary).catch(() => {}));
      if (outcome !== 'made') return undefined;
      const fences = await this.#fences();
      if (fences[0] !== fence) {
        // Others were granted newer ones while this process slept.
        await this.#disk.remove(path);
        return undefined;
      }
      await folder.sync();
      this.#own = new FileLease(grant, startMs, this.#clock, {
        write: (beat) => this.#writeBeat(path, bytes.length - BEAT_BYTES, beat),
        isNewest: async () => (await this.#fences())[0] === fence,
      });
      await this.#tidy(fences);
      return this.#own;
    } finally {
      await folder.close();
    }
  }

  async #writeBeat(path: string, offset: number, beat: number): Promise<void> {
    let file: FileSystem.FileHandle;
    try {
      file = await this.#fs.open(path, 'r+');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return;
      throw error;
    }
    try {
      await file.write(uintBytes(beat, BEAT_BYTES), 0, BEAT_BYTES, offset);
    } finally {
      await file.close();
    }
  }

  /** Removes older grants, and what those left behind that were cut off. Whoever sleeps with one of these is refused anyway. */
  async #tidy(fences: readonly number[]): Promise<void> {
    const names = await this.#disk.names(this.#path).catch(() => []);
    const old = [
      ...fences.slice(KEPT_GRANTS).map(grantName),
      ...names.filter((name) => name.endsWith(TEMPORARY)),
    ];
    for (const name of old) await this.#disk.remove(this.#disk.join(this.#path, name)).catch(() => {});
  }
}

/**
 * Leases for the processes of one host, by files in a folder: for a file keystore, or a token that several processes of a host use.
 * A holder that was killed is noticed at once, one that was stopped after the time of its lease. Fences grow for as long as the
 * folder is there, and a new folder begins at the wall time, in milliseconds.
 *
 * @param options - The folder.
 * @returns A provider; its methods throw `LeaseError` `ERR_LEASE_UNREACHABLE` when the folder cannot be used.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_LENGTH`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_RUNTIME` where there are no files.
 * @example const lease = fileLease({ path: '/var/lib/service/keys.lease' });
 */
export function fileLease(options: FileLeaseOptions): LeaseProvider {
  const { path, clock } = checkOptions('options', options, ['path', 'clock']);
  if (typeof path !== 'string') {
    throw new InputError('ERR_INPUT_TYPE', 'options.path', 'a path', describe(path));
  }
  if (path === '' || path.includes('\0')) {
    throw new InputError('ERR_INPUT_LENGTH', 'options.path', 'a path', describe(path));
  }
  return new FileLeaseProvider(path, checkClock('options.clock', clock));
}
