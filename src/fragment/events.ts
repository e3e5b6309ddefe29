/**
 * What vaults and sessions tell on `node:diagnostics_channel`, channel `mwrasp-crypto:fragment`, where the runtime has it.
 * Messages hold ids, epochs and times, never key material.
 *
 * @module
 */
import { builtinModule } from '../runtime.ts';

/** Name of the channel. */
export const FRAGMENT_CHANNEL = 'mwrasp-crypto:fragment';

/** What happened to the keys of a vault. */
export type FragmentEvent =
  /** The key of an epoch was zeroed, so late. */
  | { readonly event: 'destroyed'; readonly id: string; readonly epoch: number; readonly lagMs: number }
  /** Time went lost, so every key was destroyed at once. */
  | { readonly event: 'anomaly'; readonly id: string; readonly reason: string }
  /** New keys are there after an anomaly. */
  | { readonly event: 'recovered'; readonly id: string; readonly epoch: number };

interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

interface DiagnosticsChannel {
  channel(name: string): Channel;
}

let channel: Channel | undefined;

function theChannel(): Channel | undefined {
  channel ??= builtinModule<DiagnosticsChannel>('node:diagnostics_channel')?.channel(FRAGMENT_CHANNEL);
  return channel;
}

/** Whether anybody listens to the channel. */
export function hasSubscribers(): boolean {
  return theChannel()?.hasSubscribers ?? false;
}

/** Publishes a message, made only when somebody listens. */
export function publish(message: () => FragmentEvent): void {
  if (hasSubscribers()) theChannel()?.publish(message());
}
