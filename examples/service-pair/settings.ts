/**
 * What both services are told by whoever starts them.
 */

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; examples/service-pair.ts sets it`);
  return value;
}

/** Where Redis is, where the keys are, how long data, sessions and keys live. */
export interface Settings {
  readonly redisUrl: string;
  readonly folder: string;
  /** How long a message can be opened. */
  readonly ttlMs: number;
  /** How long a session lasts; each new one asks for the identities again. */
  readonly renewMs: number;
  /** How long a generation of a key is active. */
  readonly periodMs: number;
  /** Only for tests: another name for the two channels. */
  readonly channel: string;
}

const DAY_MS = 86_400_000;

/** Reads them from the environment. */
export function readSettings(): Settings {
  return {
    redisUrl: required('REDIS_URL'),
    folder: required('PAIR_FOLDER'),
    ttlMs: Number(process.env['MWRASP_TTL_MS'] ?? 100),
    renewMs: Number(process.env['PAIR_RENEW_MS'] ?? 60_000),
    periodMs: Number(process.env['PAIR_PERIOD_MS'] ?? DAY_MS),
    channel: process.env['PAIR_CHANNEL'] ?? 'telemetry',
  };
}

/** Messages of handshakes that were refused, by the reason. */
export type Refused = Readonly<Record<string, number>>;

/** What the services tell whoever started them, and each other through it. */
export type Report =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'sent';
      readonly sent: number;
      /** Generations of the inbox that messages were sealed to. */
      readonly inboxes: readonly number[];
      readonly refused: Refused;
    }
  | {
      readonly kind: 'received';
      readonly received: number;
      readonly alerts: number;
      /** Generations of the probe's identity that sessions were made with. */
      readonly generations: readonly number[];
      readonly refused: Refused;
      readonly metrics: string;
    };
