/**
 * What a store tells of itself on `node:diagnostics_channel`, channel `mwrasp-crypto:keystore`, where the runtime has it.
 * Messages hold names, states and codes, never key material.
 *
 * @module
 */
import { builtinModule } from '../runtime.ts';
import type { KeyInfo, Keystore } from './keystore.ts';

/** Name of the channel. */
export const KEYSTORE_CHANNEL = 'mwrasp-crypto:keystore';

/** A message on the channel. */
export interface KeystoreEvent {
  readonly backend: Keystore['backend'];
  readonly event: 'created' | 'updated' | 'destroyed' | 'operation' | 'failure';
  /** The key that it is about, where it is about one. */
  readonly info?: KeyInfo;
  /** What was done, for `operation` and `failure`. */
  readonly operation?: string;
  /** Code of the error, for `failure`. */
  readonly code?: string;
}

interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

interface DiagnosticsChannel {
  channel(name: string): Channel;
}

let channel: Channel | undefined;

/** Publishes a message, made only when somebody listens. */
export function publish(message: () => KeystoreEvent): void {
  channel ??= builtinModule<DiagnosticsChannel>('node:diagnostics_channel')?.channel(KEYSTORE_CHANNEL);
  if (channel?.hasSubscribers) channel.publish(message());
}
