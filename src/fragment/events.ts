/**
 * What a vault tells of itself: to its listeners, and on `node:diagnostics_channel`, channel `mwrasp-crypto:fragment`,
 * where the runtime has it. Never with keys or data.
 *
 * @module
 */
import { builtinModule } from '../runtime.ts';
import { CAUSE, type Cause } from './slab.ts';
import { type AnomalyReason, anomalyOf } from './wiper.ts';

/** Name of the channel. */
export const FRAGMENT_CHANNEL = 'mwrasp-crypto:fragment';

/** Why the keys of an epoch were destroyed. */
export type DestructionReason = 'due' | 'disposed' | 'anomaly';

/** What a vault tells. */
export type VaultEvent =
  /** An epoch has its keys. */
  | { readonly event: 'epoch'; readonly vaultId: string; readonly epoch: number }
  /** The keys of an epoch are zero, so many milliseconds after they were due. */
  | {
      readonly event: 'destroyed';
      readonly vaultId: string;
      readonly epoch: number;
      readonly reason: DestructionReason;
      readonly lagMs: number;
    }
  /** Time was lost: every key of this vault id was destroyed, and the vault goes on under a new one. */
  | { readonly event: 'anomaly'; readonly vaultId: string; readonly reason: AnomalyReason };

/** The name of a cause. */
export function reasonOf(cause: Cause): DestructionReason {
  if (cause === CAUSE.due) return 'due';
  return anomalyOf(cause) === undefined ? 'disposed' : 'anomaly';
}

interface DiagnosticsChannel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

let channel: DiagnosticsChannel | undefined;

function diagnostics(): DiagnosticsChannel | undefined {
  channel ??= builtinModule<{ channel(name: string): DiagnosticsChannel }>(
    'node:diagnostics_channel',
  )?.channel(FRAGMENT_CHANNEL);
  return channel;
}

/** Whoever wants to know what becomes of a vault. */
export class Listeners {
  readonly #listeners = new Set<(event: VaultEvent) => void>();

  /** Listeners of this vault alone. */
  get size(): number {
    return this.#listeners.size;
  }

  /** Adds one; returns what removes it. */
  add(listener: (event: VaultEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells an event, made only when somebody listens. Listeners run later: never inside an operation on keys. */
  tell(make: () => VaultEvent): void {
    const subscribed = diagnostics()?.hasSubscribers ?? false;
    if (this.#listeners.size === 0 && !subscribed) return;
    const event = make();
    if (subscribed) diagnostics()?.publish(event);
    for (const listener of this.#listeners) {
      queueMicrotask(() => {
        try {
          listener(event);
        } catch {
          // What a listener does is no concern of the vault.
        }
      });
    }
  }
}
