/**
 * What a transport tells beside messages: to the one who made it, and on `node:diagnostics_channel`, channel
 * `mwrasp-crypto:transport`, where the runtime has it. Events never hold a message.
 *
 * @module
 */
import { builtinModule } from '../../runtime.ts';

/** Name of the channel. */
export const TRANSPORT_CHANNEL = 'mwrasp-crypto:transport';

/**
 * An event of a transport. `error`: a listener threw, the other end sent what cannot be taken, or the connection failed.
 * `disconnected`: nothing arrives until `connected`. `closed`: the last one, whichever end it was.
 */
export type TransportEvent =
  | { readonly type: 'error'; readonly error: unknown }
  | { readonly type: 'disconnected' }
  | { readonly type: 'connected' }
  | { readonly type: 'closed' };

/** A message on the channel. */
export interface TransportDiagnostic {
  /** Which kind of transport, `redis` for example. */
  readonly transport: string;
  readonly event: TransportEvent;
}

interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: TransportDiagnostic): void;
}

interface DiagnosticsChannel {
  channel(name: string): Channel;
}

let channel: Channel | undefined;

/** Publishes an event, where somebody listens. */
export function publish(transport: string, event: TransportEvent): void {
  channel ??= builtinModule<DiagnosticsChannel>('node:diagnostics_channel')?.channel(TRANSPORT_CHANNEL);
  if (channel?.hasSubscribers) channel.publish({ transport, event });
}
