/**
 * Keeps the newest directory of a peer: gets it, verifies it from the one before, and never takes an older one.
 *
 * @module
 */
import { checkInteger, checkOptions, describe, isObject } from '../../bytes.ts';
import { type Clock, checkClock } from '../../clock.ts';
import { InputError } from '../../errors.ts';
import { checkDirectory, type IdentityPin, type KeyDirectory } from './directory.ts';
import { checkPins, verifyDirectory } from './verify.ts';

/** Options of a {@link DirectoryFollower}. */
export interface DirectoryFollowerOptions {
  /** Gets the bytes of the newest directory, from wherever they are served. */
  readonly fetch: () => Promise<Uint8Array>;
  /** Identities that are known, until the first directory was verified. */
  readonly pinned?: IdentityPin | readonly IdentityPin[];
  /** The directory that was verified last, instead of `pinned`. */
  readonly previous?: KeyDirectory;
  /** Smallest sequence number of the first directory, as it was kept from an earlier run; 0 by default. */
  readonly minSequence?: number;
  /** Least time between two looks that unknown key ids bring about, milliseconds; 10 s by default. */
  readonly cooldownMs?: number;
  /** Called with each newer directory: the place to keep its `identity` and `sequence` for the next start. */
  readonly onUpdate?: (directory: KeyDirectory) => void;
  /** Called when a look that an unknown key id brought about has failed. */
  readonly onError?: (error: unknown) => void;
  /** Where time comes from; the system's clocks by default. */
  readonly clock?: Clock;
}

const DEFAULT_COOLDOWN_MS = 10_000;
const MAX_COOLDOWN_MS = 86_400_000;
const OPTIONS = ['fetch', 'pinned', 'previous', 'minSequence', 'cooldownMs', 'onUpdate', 'onError', 'clock'];

let isFollower: (value: object) => boolean;

function checkFunction(argument: string, value: unknown): void {
  if (typeof value !== 'function')
    throw new InputError('ERR_INPUT_TYPE', argument, 'a function', describe(value));
}

/**
 * The newest directory of a peer, as far as it is known.
 *
 * @example
 * const follower = new DirectoryFollower({ fetch: () => readFile('directory.mwy'), pinned: { keyId, generation: 1 } });
 * await follower.refresh();
 */
export class DirectoryFollower {
  readonly #fetch: () => Promise<Uint8Array>;
  readonly #pinned: readonly IdentityPin[];
  readonly #minSequence: number;
  readonly #cooldownMs: number;
  readonly #onUpdate: ((directory: KeyDirectory) => void) | undefined;
  readonly #onError: ((error: unknown) => void) | undefined;
  readonly #clock: Clock;
  #current: KeyDirectory | undefined;
  #refreshing: Promise<KeyDirectory> | undefined;
  #triedAtMs: number | undefined;

  static {
    isFollower = (value) => #triedAtMs in value;
  }

  /**
   * @param options - Where directories come from, and what is known of the peer.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_RANGE`, `ERR_INPUT_LENGTH`.
   */
  constructor(options: DirectoryFollowerOptions) {
    const given = checkOptions('options', options, OPTIONS);
    const { pinned, previous, minSequence = 0, cooldownMs = DEFAULT_COOLDOWN_MS, onUpdate, onError } = given;
    checkFunction('options.fetch', given.fetch);
    if (previous !== undefined) checkDirectory('options.previous', previous);
    this.#pinned = checkPins('options.pinned', pinned === undefined ? previous?.identity : pinned);
    checkInteger('options.minSequence', minSequence, 0, Number.MAX_SAFE_INTEGER);
    checkInteger('options.cooldownMs', cooldownMs, 0, MAX_COOLDOWN_MS);
    if (onUpdate !== undefined) checkFunction('options.onUpdate', onUpdate);
    if (onError !== undefined) checkFunction('options.onError', onError);
    this.#fetch = given.fetch as () => Promise<Uint8Array>;
    this.#minSequence = minSequence;
    this.#cooldownMs = cooldownMs;
    this.#onUpdate = onUpdate;
    this.#onError = onError;
    this.#clock = checkClock('options.clock', given.clock);
    this.#current = previous;
  }

  /** The newest directory that was verified; undefined before the first. It may have ended since. */
  get current(): KeyDirectory | undefined {
    return this.#current;
  }

  /**
   * Gets the newest directory and verifies it, from the one before if there is one. Calls at the same time share one look.
   *
   * @returns The newest directory.
   * @throws As {@link verifyDirectory} does, and whatever `fetch` throws; the one before stays.
   */
  refresh(): Promise<KeyDirectory> {
    this.#refreshing ??= this.#look().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /**
   * {@link refresh}, unless the last look was shortly before; what it throws is told to `onError`. Made key ids cannot have the
   * source asked more often than once in the cooldown.
   *
   * @returns Whether there was a look, and it went well.
   */
  async tryRefresh(): Promise<boolean> {
    const nowMs = this.#clock.monotonicMs();
    const isCool = this.#triedAtMs === undefined || nowMs - this.#triedAtMs >= this.#cooldownMs;
    if (!isCool && this.#refreshing === undefined) return false;
    try {
      await this.refresh();
      return true;
    } catch (error) {
      try {
        this.#onError?.(error);
      } catch {
        // A listener that throws does not disturb whoever asked for a key.
      }
      return false;
    }
  }

  /**
   * Whether a key id stands in a directory that has not ended, so that a look would tell nothing new of it.
   *
   * @internal
   */
  knows(keyId: string, nowMs: number): boolean {
    const current = this.#current;
    return current !== undefined && nowMs < current.expiresAtMs && current.find(keyId) !== undefined;
  }

  async #look(): Promise<KeyDirectory> {
    this.#triedAtMs = this.#clock.monotonicMs();
    const bytes = await this.#fetch();
    const previous = this.#current;
    const known =
      previous === undefined ? { pinned: this.#pinned, minSequence: this.#minSequence } : { previous };
    const directory = verifyDirectory(bytes, { ...known, nowMs: Math.floor(this.#clock.wallMs()) });
    this.#current = directory;
    if (directory.sequence !== previous?.sequence) {
      try {
        this.#onUpdate?.(directory);
      } catch {
        // A listener that throws does not undo what was verified.
      }
    }
    return directory;
  }
}

/** Whether a value is a follower; nothing that only looks like one is. */
export function isDirectoryFollower(value: unknown): value is DirectoryFollower {
  return isObject(value) && isFollower(value);
}
