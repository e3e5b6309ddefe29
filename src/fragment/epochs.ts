/**
 * The epochs of a vault: which one it is, who has its keys, and what happens when time is lost.
 *
 * Epochs begin and keys die by the system's monotonic clock. The caller's clock can only make a life shorter: it moves
 * epochs on when it is ahead, and refuses what is over by its own count.
 *
 * @module
 */
import { allocateSecret, equalAt, randomFill, toHex, wipe } from '../bytes.ts';
import { type Clock, systemClock } from '../clock.ts';
import { ExpiredError, InputError } from '../errors.ts';
import { EpochChain, type EpochKey } from './chain.ts';
import { Channel } from './channel.ts';
import { Listeners, reasonOf, type VaultEvent } from './events.ts';
import { CHANNEL_BYTES, type Fragment, MAX_EPOCH, MAX_MESSAGES_PER_EPOCH, OFFSET } from './format.ts';
import { KEY_BYTES } from './kdf.ts';
import { LagRecorder, type LagReport } from './lag.ts';
import { CAUSE, type Cause } from './slab.ts';
import { ANOMALY_CAUSES, type AnomalyReason, anomalyOf, PartingWatch, type Wiper } from './wiper.ts';

/** Ids whose keys were destroyed by an anomaly and that are remembered, so that the error can say so. */
const MAX_LOST = 16;

const LOST_MESSAGES: { readonly [reason in AnomalyReason]: string } = {
  'clocks-parted': 'the wall clock and the monotonic clock parted, so every key was destroyed',
  late: 'keys could not be destroyed in time, so all of them were destroyed',
  'no-clock': 'the clock gave no number, so every key was destroyed',
  'thread-ended': 'the thread that destroys keys ended, so every key was destroyed',
};

function anomalyError(reason: AnomalyReason): ExpiredError {
  return new ExpiredError('ERR_EXPIRED_CLOCK_ANOMALY', LOST_MESSAGES[reason]);
}

/** The time of a caller's clock, which may return anything; NaN when it is no number. */
function numberOf(reading: unknown): number {
  return typeof reading === 'number' ? reading : Number.NaN;
}

/** Where a message goes: the keys of the present epoch, and a number that nobody else gets. */
export interface Place {
  readonly channel: Channel;
  readonly key: EpochKey;
  readonly number: number;
}

/** The epochs of a vault. */
export class Epochs {
  readonly #wiper: Wiper;
  readonly #ttlMs: number;
  readonly #epochMs: number;
  readonly #clock: Clock;
  readonly #parting: PartingWatch;
  readonly #lag = new LagRecorder();
  readonly #listeners = new Listeners();
  /** Start of epoch 0, on the caller's clock and on the system's. */
  readonly #startMs: number;
  readonly #systemStartMs: number;
  #channel: Channel;
  #chain: EpochChain;
  #lost: { readonly id: Uint8Array; readonly reason: AnomalyReason }[] = [];
  /** When the oldest keys are due; infinity while there are none. */
  #nextDueMs = Number.POSITIVE_INFINITY;
  /** When they are over by the caller's clock, since the start of epoch 0. */
  #nextDeadlineMs = Number.POSITIVE_INFINITY;
  #messages = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopListening: (() => void) | undefined;
  #disposed = false;

  constructor(wiper: Wiper, ttlMs: number, epochMs: number, clock: Clock) {
    this.#wiper = wiper;
    this.#ttlMs = ttlMs;
    this.#epochMs = epochMs;
    this.#clock = clock;
    this.#parting = new PartingWatch(clock);
    const nowMs = systemClock.monotonicMs();
    // Vaults of one epoch length begin their epochs together, so that one waking of the wiper serves them all.
    const phaseMs = clock === systemClock ? nowMs % epochMs : 0;
    this.#systemStartMs = nowMs - phaseMs;
    this.#startMs = clock === systemClock ? this.#systemStartMs : numberOf(clock.monotonicMs());
    this.#channel = this.#newChannel();
    this.#chain = this.#newChain();
  }

  /**
   * The present epoch, with its keys in place, and a new message number.
   *
   * @throws {@link ExpiredError} `ERR_EXPIRED_USE_BUDGET`, `ERR_EXPIRED_CLOCK_ANOMALY`.
   */
  enter(): Place {
    const { nowMs, elapsedMs } = this.#readClocks();
    // Whichever clock is ahead: a caller's clock that stands still must not keep an epoch going.
    const epochNow = Math.floor(Math.max(elapsedMs, nowMs - this.#systemStartMs) / this.#epochMs);
    const { newest } = this.#chain;
    let key = newest < 0 ? undefined : this.#chain.find(newest);
    if (key?.isAlive() !== true || epochNow > newest) {
      // A newest key that is gone died early, after a clock went wrong: the next epoch begins early too.
      key = this.#begin(Math.max(newest + (key?.isAlive() === true ? 0 : 1), epochNow), nowMs);
    }
    if (this.#messages >= MAX_MESSAGES_PER_EPOCH) {
      throw new ExpiredError(
        'ERR_EXPIRED_USE_BUDGET',
        'this epoch has sealed 2^40 messages; wait for the next one',
      );
    }
    return { channel: this.#channel, key, number: this.#messages++ };
  }

  /**
   * The keys of an epoch whose time is not over.
   *
   * @throws {@link ExpiredError} `ERR_EXPIRED_DEADLINE` by the caller's clock, `ERR_EXPIRED_EPOCH_GONE` when the key is gone
   * whatever that clock says, `ERR_EXPIRED_CLOCK_ANOMALY` when time was lost.
   */
  keyOf(epoch: number): EpochKey {
    const channel = this.#channel;
    const { elapsedMs } = this.#readClocks();
    this.#checkDeadline(epoch, elapsedMs);
    if (this.#channel !== channel) throw this.#lossOf(channel.id) as ExpiredError;
    const key = this.#chain.find(epoch);
    if (key === undefined || !key.isAlive()) throw this.gone();
    return key;
  }

  /** Why keys that were asked for are not there. */
  gone(): ExpiredError {
    const { id } = this.#channel;
    if (!this.#chain.isAlive()) this.#recover(this.#reason());
    return (
      this.#lossOf(id) ?? new ExpiredError('ERR_EXPIRED_EPOCH_GONE', 'the key of these fragments is gone')
    );
  }

  /** The channel that fragments are made for and opened for. */
  get channel(): Channel {
    return this.#channel;
  }

  /**
   * Checks whose fragment it is.
   *
   * @throws {@link ExpiredError} when it is this vault's, of before time was lost: `ERR_EXPIRED_DEADLINE` or
   * `ERR_EXPIRED_CLOCK_ANOMALY`.
   * @throws {@link InputError} `ERR_INPUT_KEY` when it is another's.
   */
  checkOwn(argument: string, { bytes, epoch }: Fragment): void {
    if (equalAt(bytes, OFFSET.channel, this.#channel.id)) return;
    const loss = this.#lossOf(bytes.subarray(OFFSET.channel, OFFSET.channel + CHANNEL_BYTES));
    if (loss === undefined) {
      throw new InputError('ERR_INPUT_KEY', argument, 'a fragment of this vault', 'one of another');
    }
    this.#checkDeadline(epoch, this.#readClocks().elapsedMs);
    throw loss;
  }

  /** How late keys were destroyed so far. */
  lag(): LagReport {
    if (!this.#disposed) this.#collect();
    return this.#lag.report();
  }

  /** Tells a listener what becomes of the vault; returns what ends that. */
  listen(listener: (event: VaultEvent) => void): () => void {
    const remove = this.#listeners.add(listener);
    // Whoever listens is told at once, and not at the next operation.
    this.#stopListening ??= this.#wiper.onAnomaly((reason) => {
      if (!this.#disposed && !this.#chain.isAlive()) this.#recover(reason);
    });
    this.#armCollection();
    return () => {
      remove();
      if (this.#listeners.size === 0) this.#stopTelling();
    };
  }

  /** Zeroes every key. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#end(CAUSE.disposed);
    this.#stopTelling();
  }

  #stopTelling(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Both clocks, after everything that they give reason to destroy was destroyed. */
  #readClocks(): { nowMs: number; elapsedMs: number } {
    const clockMs = numberOf(this.#clock.monotonicMs());
    const nowMs = this.#clock === systemClock ? clockMs : systemClock.monotonicMs();
    if (!Number.isFinite(clockMs)) {
      this.#recover('no-clock');
      throw anomalyError('no-clock');
    }
    if (this.#parting.hasParted(clockMs)) this.#recover('clocks-parted');
    if (this.#wiper.lateMs(nowMs) > this.#ttlMs) {
      this.#wiper.catchUp();
      if (this.#wiper.lateMs(nowMs) > this.#ttlMs) {
        // Whoever has to destroy keys does not run: until it does, there are none.
        this.#recover('late');
        throw anomalyError('late');
      }
    }
    if (!this.#chain.isAlive()) this.#recover(this.#reason());
    const elapsedMs = clockMs - this.#startMs;
    if (nowMs >= this.#nextDueMs || elapsedMs >= this.#nextDeadlineMs) this.#destroyDue(nowMs, elapsedMs);
    return { nowMs, elapsedMs };
  }

  #checkDeadline(epoch: number, elapsedMs: number): void {
    if (elapsedMs >= epoch * this.#epochMs + this.#ttlMs) {
      throw new ExpiredError('ERR_EXPIRED_DEADLINE', `the time to live of ${this.#ttlMs} ms is over`);
    }
  }

  /** The next epoch and its keys. */
  #begin(epoch: number, nowMs: number): EpochKey {
    if (epoch > MAX_EPOCH) {
      throw new ExpiredError('ERR_EXPIRED_USE_BUDGET', 'this vault has used up its epochs; make a new one');
    }
    // One time to live after its start, and after this moment if a clock that is ahead says that the start is to come.
    const dueMs = Math.min(this.#systemStartMs + epoch * this.#epochMs, nowMs) + this.#ttlMs;
    const key = this.#chain.jumpTo(epoch, dueMs);
    if (key === undefined) throw this.gone();
    this.#noteOldest();
    this.#messages = 0;
    this.#listeners.tell(() => ({ event: 'epoch', vaultId: this.#vaultId(), epoch }));
    this.#armCollection();
    return key;
  }

  /** Zeroes what is due on the system's clock, or on the caller's. Mostly the wiper has done it before. */
  #destroyDue(nowMs: number, elapsedMs: number): void {
    const last = Math.floor((elapsedMs - this.#ttlMs) / this.#epochMs);
    if (last >= 0) this.#chain.destroyUpTo(last);
    this.#chain.destroyDue(nowMs);
    this.#collect();
  }

  /** Notes what was destroyed, by whomever. */
  #collect(): void {
    for (const { epoch, cause, lagMs } of this.#chain.collect()) {
      if (cause !== CAUSE.disposed) this.#lag.record(lagMs);
      this.#tellDestroyed(epoch, cause, lagMs);
    }
    this.#noteOldest();
  }

  #noteOldest(): void {
    const oldest = this.#chain.oldest;
    this.#nextDueMs = oldest?.dueMs ?? Number.POSITIVE_INFINITY;
    this.#nextDeadlineMs = oldest ? oldest.epoch * this.#epochMs + this.#ttlMs : Number.POSITIVE_INFINITY;
  }

  #tellDestroyed(epoch: number, cause: Cause, lagMs: number): void {
    this.#listeners.tell(() => ({
      event: 'destroyed',
      vaultId: this.#vaultId(),
      epoch,
      reason: reasonOf(cause),
      lagMs,
    }));
  }

  /** Destroys every key, says so, and begins again with a chain of which nobody knows anything. */
  #recover(reason: AnomalyReason): void {
    const { id } = this.#channel;
    this.#lost = [{ id, reason }, ...this.#lost].slice(0, MAX_LOST);
    this.#end(ANOMALY_CAUSES[reason]);
    this.#listeners.tell(() => ({ event: 'anomaly', vaultId: toHex(id), reason }));
    this.#channel = this.#newChannel();
    this.#chain = this.#newChain();
    this.#messages = 0;
  }

  /** Why the wiper destroyed the chain. */
  #reason(): AnomalyReason {
    return anomalyOf(this.#chain.ending?.cause) ?? 'late';
  }

  #end(cause: Cause): void {
    this.#chain.destroy(cause);
    this.#collect();
    this.#chain.release();
    this.#noteOldest();
  }

  #lossOf(id: Uint8Array): ExpiredError | undefined {
    const loss = this.#lost.find((candidate) => equalAt(id, 0, candidate.id));
    return loss && anomalyError(loss.reason);
  }

  #newChannel(): Channel {
    return new Channel(randomFill(new Uint8Array(CHANNEL_BYTES)), this.#ttlMs);
  }

  #newChain(): EpochChain {
    const chainKey = randomFill(allocateSecret(KEY_BYTES));
    try {
      return new EpochChain(this.#wiper, chainKey, this.#ttlMs);
    } finally {
      wipe(chainKey);
    }
  }

  #vaultId(): string {
    return toHex(this.#channel.id);
  }

  /** While somebody listens, what was destroyed is told soon after, whether or not anything else happens. */
  #armCollection(): void {
    if (
      this.#timer !== undefined ||
      this.#listeners.size === 0 ||
      this.#nextDueMs === Number.POSITIVE_INFINITY
    ) {
      return;
    }
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        if (this.#disposed) return;
        this.#collect();
        this.#armCollection();
      },
      Math.max(1, this.#nextDueMs - systemClock.monotonicMs() + 1),
    );
    (this.#timer as { unref?(): void }).unref?.();
  }
}
