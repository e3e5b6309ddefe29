/**
 * What sessions tell of themselves on `node:diagnostics_channel`, channel `mwrasp-crypto:session`, where the runtime has it,
 * and what they count. Never with secrets or plaintext.
 *
 * @module
 */
import { builtinModule } from '../../runtime.ts';
import type { Refusal } from './refusal.ts';

/** Name of the channel. */
export const SESSION_CHANNEL = 'mwrasp-crypto:session';

/** Why a session ended. */
export type SessionEnd =
  /** A renewal took its place. */
  | 'renewed'
  /** Closed on this side. */
  | 'closed'
  /** Closed on the other side. */
  | 'ended by peer'
  /** Nothing was heard for three heartbeats. */
  | 'silent'
  /** Time went lost: suspend, SIGSTOP, a clock that was set, a late or missing thread. */
  | 'clock anomaly'
  /** The handshake was never completed. */
  | 'unconfirmed'
  /** It was not renewed in time. */
  | 'too old';

/** A message on the channel. */
export interface SessionEvent {
  readonly role: 'receiver' | 'sender';
  readonly event: 'offered' | 'answered' | 'established' | 'ended' | 'refused';
  /** The session, in hexadecimal digits, where it is about one. */
  readonly sessionId?: string;
  /** Key id of the peer, base64url, where it is known. */
  readonly peer?: string;
  /** Why a session ended, or a message was refused. */
  readonly reason?: SessionEnd | Refusal;
  /** What went wrong with an identity or a directory, for the reason `failed`. */
  readonly error?: unknown;
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
export function publish(message: () => SessionEvent): void {
  channel ??= builtinModule<DiagnosticsChannel>('node:diagnostics_channel')?.channel(SESSION_CHANNEL);
  if (channel?.hasSubscribers) channel.publish(message());
}

/** What one end of a session has counted so far. */
export interface SessionCounters {
  /** Offers made, or answered. */
  readonly handshakes: number;
  /** Sessions that both sides confirmed. */
  readonly established: number;
  /** Sessions that a renewal replaced. */
  readonly renewed: number;
  /** Heartbeats sent, or taken. */
  readonly heartbeats: number;
  /** Sessions that a clock anomaly ended. */
  readonly anomalies: number;
  /** Sessions that ended because nothing was heard. */
  readonly silences: number;
  /** Messages refused, by reason. */
  readonly refused: Readonly<Partial<Record<Refusal, number>>>;
}

/** The counters of one end, as it counts. */
export class Counters {
  handshakes = 0;
  established = 0;
  renewed = 0;
  heartbeats = 0;
  anomalies = 0;
  silences = 0;
  #refused: Partial<Record<Refusal, number>> | undefined;

  /** Counts a message that was refused. */
  refuse(reason: Refusal): void {
    this.#refused ??= {};
    this.#refused[reason] = (this.#refused[reason] ?? 0) + 1;
  }

  /** Counts a session that ended. */
  end(reason: SessionEnd): void {
    if (reason === 'renewed') this.renewed++;
    else if (reason === 'clock anomaly') this.anomalies++;
    else if (reason === 'silent') this.silences++;
  }

  /** @returns A copy of what was counted. */
  report(): SessionCounters {
    const { handshakes, established, renewed, heartbeats, anomalies, silences } = this;
    return {
      handshakes,
      established,
      renewed,
      heartbeats,
      anomalies,
      silences,
      refused: { ...this.#refused },
    };
  }
}
