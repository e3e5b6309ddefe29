/**
 * Whether this process is the one that rotates.
 *
 * @module
 */
import type { Clock } from '../clock.ts';
import type { Lease, LeaseProvider } from './lease.ts';

/** The lease of one rotator. */
export class Leadership {
  readonly #leases: LeaseProvider;
  readonly #holder: string;
  readonly #leaseMs: number;
  readonly #clock: Clock;
  #lease: Lease | undefined;
  #renewedMs = 0;

  /**
   * @param leases - Where leases come from.
   * @param holder - Who asks.
   * @param leaseMs - For how long.
   * @param clock - Where time comes from.
   */
  constructor(leases: LeaseProvider, holder: string, leaseMs: number, clock: Clock) {
    this.#leases = leases;
    this.#holder = holder;
    this.#leaseMs = leaseMs;
    this.#clock = clock;
  }

  /** The lease that is held, if one is. */
  get lease(): Lease | undefined {
    return this.#lease?.isHeld() ? this.#lease : undefined;
  }

  /** Keeps the lease, or asks for it. */
  async hold(): Promise<Lease | undefined> {
    const nowMs = this.#clock.monotonicMs();
    const { lease } = this;
    if (lease !== undefined) {
      if (nowMs - this.#renewedMs < this.#leaseMs / 3) return lease;
      if (await lease.renew()) {
        this.#renewedMs = nowMs;
        return lease;
      }
    }
    this.#lease = await this.#leases.acquire(this.#holder, this.#leaseMs);
    this.#renewedMs = nowMs;
    return this.lease;
  }

  /** Gives a lease back whose fence is too low, and sees to it that the next one is not, where the provider can. */
  async outgrow(fence: number): Promise<void> {
    await this.release();
    await this.#leases.raise?.(fence);
  }

  /** Gives the lease back. */
  async release(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    await lease?.release();
  }
}
