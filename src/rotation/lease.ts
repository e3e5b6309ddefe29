/**
 * Who rotates: one process among many, for as long as its lease lasts. A lease only keeps others from trying; what makes a
 * late holder harmless is the fence, which the keystore compares when a change is committed.
 *
 * @module
 */
import { checkInteger, describe, isObject, readFrom } from '../bytes.ts';
import { type Clock, checkClock, systemClock } from '../clock.ts';
import { InputError } from '../errors.ts';

/** One holder's right to rotate for a while. */
export interface Lease {
  /** Grows with each grant. */
  readonly fence: number;
  /** Whether it still lasts, by the holder's own monotonic clock. */
  isHeld(): boolean;
  /**
   * Asks for the whole time again.
   *
   * @returns Whether it was given; `false` when the lease was lost.
   * @throws {@link LeaseError} `ERR_LEASE_UNREACHABLE` when nobody could be asked; it lasts until its end all the same.
   */
  renew(): Promise<boolean>;
  /**
   * Gives it back early; does nothing when it is lost.
   *
   * @throws {@link LeaseError} `ERR_LEASE_UNREACHABLE` when nobody could be told; it runs out.
   */
  release(): Promise<void>;
}

/** Who holds a lease, as others see it. */
export interface LeaseHolder {
  /** The name that {@link LeaseProvider.acquire} was called with. */
  readonly holder: string;
  /** Of its grant. */
  readonly fence: number;
  /** When it ends unless it is renewed, milliseconds since the Unix epoch. */
  readonly expiresAtMs: number;
}

/** Where leases come from. */
export interface LeaseProvider {
  /**
   * Asks for the lease; does not wait for it.
   *
   * @param holder - Who asks: 1 to 128 characters.
   * @param ttlMs - For how long, 1 to 86 400 000 milliseconds.
   * @returns The lease; undefined while somebody else holds it.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`; `ERR_INPUT_STATE` when it was closed.
   * @throws {@link LeaseError} `ERR_LEASE_UNREACHABLE` when the place where leases are kept does not answer.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER` when a package is missing.
   */
  acquire(holder: string, ttlMs: number): Promise<Lease | undefined>;
  /**
   * Who holds it now, if anybody.
   *
   * @throws {@link InputError} `ERR_INPUT_STATE` when it was closed.
   * @throws {@link LeaseError} `ERR_LEASE_UNREACHABLE`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER`.
   */
  current(): Promise<LeaseHolder | undefined>;
  /**
   * Makes all further fences larger than one that a store has seen: for providers whose counter can be lost.
   *
   * @param fence - The largest that was seen.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`.
   */
  raise?(fence: number): Promise<void>;
  /** Lets go of what the provider uses. Leases that were not given back run out. */
  close(): Promise<void>;
}

const MAX_HOLDER_LENGTH = 128;
/** Longest lease. */
export const MAX_TTL_MS = 86_400_000;

/**
 * Checks what a lease is asked for with.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`.
 */
export function checkLeaseRequest(
  holder: unknown,
  ttlMs: unknown,
  holderArgument = 'holder',
  ttlArgument = 'ttlMs',
): void {
  if (typeof holder !== 'string') {
    throw new InputError('ERR_INPUT_TYPE', holderArgument, 'a string', describe(holder));
  }
  if (holder === '' || holder.length > MAX_HOLDER_LENGTH) {
    const expected = `1 to ${MAX_HOLDER_LENGTH} characters`;
    throw new InputError('ERR_INPUT_LENGTH', holderArgument, expected, describe(holder));
  }
  checkInteger(ttlArgument, ttlMs, 1, MAX_TTL_MS);
}

/**
 * Checks a provider of leases.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`.
 */
export function checkLeaseProvider(argument: string, value: unknown): asserts value is LeaseProvider {
  const fits = readFrom(
    argument,
    'a LeaseProvider',
    () =>
      isObject(value) &&
      (['acquire', 'current', 'close'] as const).every(
        (name) => typeof (value as Partial<LeaseProvider>)[name] === 'function',
      ),
  );
  if (!fits) throw new InputError('ERR_INPUT_TYPE', argument, 'a LeaseProvider', describe(value));
}

interface Grant {
  readonly holder: string;
  readonly fence: number;
  endMs: number;
}

/** Leases among the users of one object, in one process: the default. */
export class MemoryLeaseProvider implements LeaseProvider {
  readonly #clock: Clock;
  #fence = 0;
  #grant: Grant | undefined;

  /**
   * @param clock - Where time comes from; the system's clocks by default.
   * @throws {@link InputError} `ERR_INPUT_TYPE`.
   */
  constructor(clock: Clock = systemClock) {
    this.#clock = checkClock('clock', clock);
  }

  /**
   * Asks for the lease; does not wait for it.
   *
   * @param holder - Who asks: 1 to 128 characters.
   * @param ttlMs - For how long, 1 to 86 400 000 milliseconds.
   * @returns The lease; undefined while somebody else holds it.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`.
   */
  async acquire(holder: string, ttlMs: number): Promise<Lease | undefined> {
    checkLeaseRequest(holder, ttlMs);
    if (this.#grant !== undefined && this.#lasts(this.#grant)) return undefined;
    const grant: Grant = { holder, fence: ++this.#fence, endMs: this.#clock.monotonicMs() + ttlMs };
    this.#grant = grant;
    const isHeld = () => this.#grant === grant && this.#lasts(grant);
    return {
      fence: grant.fence,
      isHeld,
      renew: async () => {
        if (!isHeld()) return false;
        grant.endMs = this.#clock.monotonicMs() + ttlMs;
        return true;
      },
      release: async () => {
        if (this.#grant === grant) this.#grant = undefined;
      },
    };
  }

  async current(): Promise<LeaseHolder | undefined> {
    const grant = this.#grant;
    if (grant === undefined || !this.#lasts(grant)) return undefined;
    const { holder, fence, endMs } = grant;
    return { holder, fence, expiresAtMs: this.#clock.wallMs() + endMs - this.#clock.monotonicMs() };
  }

  /**
   * Makes all further fences larger than one that a store has seen.
   *
   * @param fence - The largest that was seen.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`.
   */
  async raise(fence: number): Promise<void> {
    checkInteger('fence', fence, 0, Number.MAX_SAFE_INTEGER - 1);
    this.#fence = Math.max(this.#fence, fence);
  }

  async close(): Promise<void> {
    this.#grant = undefined;
  }

  #lasts({ endMs }: Grant): boolean {
    return this.#clock.monotonicMs() < endMs;
  }
}
