/**
 * The keys of a vault over its whole life: one chain after the other, as time may go lost, and the clocks that decide.
 *
 * Keys die by the system's monotonic clock, whatever clock the caller gave: one that lies cannot keep data alive, and one
 * that is ahead makes keys die earlier.
 *
 * @module
 */
import { type Clock, systemClock } from '../clock.ts';
import { AuthenticationError, ExpiredError } from '../errors.ts';
import { type ChainDeath, EpochChain } from './chain.ts';
import { startWiping, type Wiping } from './slab/wiping.ts';

/** What a vault wants to know of its keys. */
export interface KeysListener {
  onDestroyed(epoch: number, lagMs: number): void;
  onAnomaly(reason: ChainDeath): void;
  onRecovered(epoch: number): void;
}

/** What {@link VaultKeys} needs. */
export interface VaultTimes {
  readonly ttlMs: number;
  readonly epochMs: number;
  readonly clock: Clock;
}

/** The time of a caller's clock, which may return anything; NaN when it is no number. */
function nowMs(clock: Clock): number {
  const now: unknown = clock.monotonicMs();
  return typeof now === 'number' ? now : Number.NaN;
}

/** Chains of one vault. */
export class VaultKeys {
  readonly #times: VaultTimes;
  readonly #listener: KeysListener;
  #wiping: Wiping;
  #chain: EpochChain;
  /** The moment on the caller's clock that epoch 0 begins at. */
  #zeroMs: number;
  /** Epochs up to this one were lost with a clock. */
  #lostUpTo = -1;
  /** Keys that earlier chains zeroed at their time, and the longest lag among them. */
  #past = { destroyed: 0, maxLagMs: 0 };
  /** Tells of the death of the chain in use, once. */
  #tellDeath: (death: ChainDeath) => void = () => {};
  #recovering = false;
  #disposed = false;

  constructor(wiping: Wiping, times: VaultTimes, listener: KeysListener) {
    this.#wiping = wiping;
    this.#times = times;
    this.#listener = listener;
    this.#zeroMs = nowMs(times.clock);
    this.#chain = this.#makeChain(systemClock.monotonicMs());
  }

  /** The chain in use, which follows the caller's clock. */
  get chain(): EpochChain {
    return this.#chain;
  }

  /** Keys that were zeroed at their time, and the longest that one was late. */
  get history(): { readonly destroyed: number; readonly maxLagMs: number } {
    const { destroyed, maxLagMs } = this.#past;
    return {
      destroyed: destroyed + this.#chain.destroyed,
      maxLagMs: Math.max(maxLagMs, this.#chain.maxLagMs),
    };
  }

  /** How keys are zeroed. */
  get wiping(): Wiping {
    return this.#wiping;
  }

  /**
   * Has the keys in place for sealing now.
   *
   * @throws {@link ExpiredError} `ERR_EXPIRED_CLOCK_ANOMALY` when the caller's clock gives no number, or when the thread
   * that zeroes keys has ended and the next one has not started.
   */
  prepare(): EpochChain {
    const elapsedMs = this.#nowMs() - this.#zeroMs;
    this.#renewIfDead();
    this.#follow(elapsedMs);
    return this.#chain;
  }

  /**
   * Refuses an epoch whose time is over by the caller's clock.
   *
   * @returns The time on the system's clock.
   * @throws {@link ExpiredError} `ERR_EXPIRED_DEADLINE`, `ERR_EXPIRED_CLOCK_ANOMALY`.
   * @throws {@link AuthenticationError} for an epoch that has not begun.
   */
  checkAlive(epoch: number): number {
    const { ttlMs, epochMs, clock } = this.#times;
    const callersMs = this.#nowMs();
    const elapsedMs = callersMs - this.#zeroMs;
    if (elapsedMs >= epoch * epochMs + ttlMs) {
      throw new ExpiredError('ERR_EXPIRED_DEADLINE', `the time to live of ${ttlMs} ms is over`);
    }
    this.#renewIfDead();
    if (epoch <= this.#lostUpTo) {
      throw new ExpiredError('ERR_EXPIRED_CLOCK_ANOMALY', 'time went lost, so every key was destroyed');
    }
    this.#follow(elapsedMs);
    const now = clock === systemClock ? callersMs : systemClock.monotonicMs();
    if (epoch > this.#chain.currentEpoch(now)) throw new AuthenticationError();
    return now;
  }

  /** Zeroes every key for good. */
  dispose(): void {
    this.#disposed = true;
    this.#remember();
    this.#chain.dispose();
  }

  /** The time on the caller's clock, which can be compared with the start of epoch 0. */
  #nowMs(): number {
    const now = nowMs(this.#times.clock);
    if (Number.isFinite(now - this.#zeroMs)) return now;
    if (!Number.isFinite(this.#zeroMs)) this.#zeroMs = nowMs(this.#times.clock);
    if (this.#chain.death === undefined) {
      this.#chain.destroyAll('clock-failed');
      this.#tellDeath('clock-failed');
    }
    throw new ExpiredError(
      'ERR_EXPIRED_CLOCK_ANOMALY',
      'the clock gave no number, so every key was destroyed',
    );
  }

  /** Lets keys die by the caller's clock where that is ahead. */
  #follow(elapsedMs: number): void {
    if (this.#times.clock === systemClock) return;
    const now = systemClock.monotonicMs();
    const aheadMs = elapsedMs - (now - this.#chain.startOf(0));
    if (aheadMs <= 0) return;
    if (aheadMs < this.#times.ttlMs && this.#chain.moveStart(aheadMs)) return;
    this.#replace(now - elapsedMs);
  }

  /** After an anomaly: fresh keys, from the next epoch on; what was sealed before stays dead. */
  #renewIfDead(): void {
    const { death } = this.#chain;
    if (death === undefined) return;
    if (death !== 'disposed') this.#tellDeath(death);
    if (this.#wiping.ended) {
      this.#restart();
      throw new ExpiredError(
        'ERR_EXPIRED_CLOCK_ANOMALY',
        'the thread that zeroes keys has ended; the next one starts',
      );
    }
    this.#renew();
  }

  #renew(): void {
    const { epochMs } = this.#times;
    const now = systemClock.monotonicMs();
    this.#lostUpTo = Math.max(this.#chain.currentEpoch(now), this.#lostUpTo, 0);
    // Epochs are counted on, so that none has two keys.
    this.#zeroMs -= epochMs;
    this.#replace(this.#chain.startOf(0) - epochMs);
    this.#listener.onRecovered(this.#chain.currentEpoch(now));
  }

  #replace(startMs: number): void {
    this.#remember();
    this.#chain.dispose();
    this.#chain = this.#makeChain(startMs);
  }

  #remember(): void {
    this.#past = this.history;
  }

  #restart(): void {
    if (this.#recovering || this.#disposed) return;
    this.#recovering = true;
    void startWiping().then((wiping) => {
      this.#recovering = false;
      if (this.#disposed) return;
      if (this.#wiping.wantsEvents) wiping.wantsEvents = true;
      this.#wiping = wiping;
      this.#renew();
    });
  }

  #makeChain(startMs: number): EpochChain {
    const { ttlMs, epochMs } = this.#times;
    let isTold = false;
    // Once: the thread's message, or a use that finds the keys dead and replaces them before the message is there.
    const told = (death: ChainDeath) => {
      if (isTold) return;
      isTold = true;
      this.#listener.onAnomaly(death);
    };
    this.#tellDeath = told;
    return EpochChain.create(this.#wiping, {
      role: 'local',
      startMs,
      epochMs,
      ttlMs,
      onDestroyed: (epoch, lagMs) => this.#listener.onDestroyed(epoch, lagMs),
      onDead: (death) => {
        if (death === 'disposed') return;
        told(death);
        if (this.#wiping.ended) this.#restart();
      },
    });
  }
}
