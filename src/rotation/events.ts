/**
 * What rotation tells of itself, to listeners and on `node:diagnostics_channel`, channel `mwrasp-crypto:rotation`, where the
 * runtime has it. Never anything secret.
 *
 * @module
 */
import type { KeyRef } from '../keystore/keystore.ts';
import { builtinModule } from '../runtime.ts';

/** Name of the channel. */
export const ROTATION_CHANNEL = 'mwrasp-crypto:rotation';

/** Something that happened to a generation, by this process or another one. */
export interface GenerationEvent {
  readonly kind:
    | 'created'
    | 'activated'
    | 'retired'
    | 'suspended'
    | 'resumed'
    | 'compromised'
    | 'destroying'
    | 'destroyed';
  readonly ref: KeyRef;
}

/** A generation is about to be destroyed: what is sealed under it has to be rewrapped. Told at least once, perhaps again. */
export interface ExpiringEvent {
  readonly kind: 'expiring';
  readonly ref: KeyRef;
  /** Whether it is the last time that it is told. */
  readonly last: boolean;
  /** When, at the earliest; milliseconds since the Unix epoch. */
  readonly destroyAtMs: number;
}

/** An activation has to wait, or a generation became active that nobody had seen before. */
export interface LateEvent {
  readonly kind: 'postponed' | 'unannounced';
  readonly name: string;
  /** Until when, for `postponed`. */
  readonly untilMs?: number;
}

/** The clock went back. */
export interface ClockEvent {
  readonly kind: 'clock';
  readonly nowMs: number;
  /** The largest time that was seen. */
  readonly wallHighMs: number;
}

/** This process rotates now, or does not any more. */
export interface RoleEvent {
  readonly kind: 'leader' | 'follower';
  readonly holder: string;
  /** Of the lease, for `leader`. */
  readonly fence?: number;
}

/** Somebody asked for a rotation before its time. */
export interface DemandEvent {
  readonly kind: 'demanded';
  readonly name: string;
  readonly reason: string;
}

/** Something could not be done; it is tried again. */
export interface RotationFailureEvent {
  readonly kind: 'failure';
  readonly code: string;
  readonly message: string;
}

/** What a rotator tells. */
export type RotationEvent =
  | GenerationEvent
  | ExpiringEvent
  | LateEvent
  | ClockEvent
  | RoleEvent
  | DemandEvent
  | RotationFailureEvent;

interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

interface DiagnosticsChannel {
  channel(name: string): Channel;
}

let channel: Channel | undefined;

/** Tells listeners, and the channel. */
export class RotationEmitter {
  readonly #listeners = new Set<(event: RotationEvent) => void>();

  /** Adds a listener; the returned function takes it away. */
  add(listener: (event: RotationEvent) => void): () => void {
    const own = (event: RotationEvent) => listener(event);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Tells. What a listener throws is its own trouble. */
  tell(event: RotationEvent): void {
    channel ??= builtinModule<DiagnosticsChannel>('node:diagnostics_channel')?.channel(ROTATION_CHANNEL);
    if (channel?.hasSubscribers) channel.publish(event);
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch {
        // The listener's own trouble.
      }
    }
  }

  /** Lets go of all listeners. */
  clear(): void {
    this.#listeners.clear();
  }
}
