/**
 * What both services are told by whoever starts them.
 */

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; examples/service-pair.ts sets it`);
  return value;
}

/** Where Redis is, where the keys are, how long data lives. */
export function readSettings() {
  return {
    redisUrl: required('REDIS_URL'),
    folder: required('PAIR_FOLDER'),
    /** How long a message can be opened. */
    ttlMs: Number(process.env['MWRASP_TTL_MS'] ?? 100),
    /** How long a session lasts; each new one asks for the identities again. */
    renewMs: Number(process.env['PAIR_RENEW_MS'] ?? 60_000),
    /** Only for tests: another name for the two channels. */
    channel: process.env['PAIR_CHANNEL'] ?? 'telemetry',
  };
}

/** What the services tell whoever started them, and each other through it. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'sent'; readonly sent: number }
  | {
      readonly kind: 'received';
      readonly received: number;
      readonly alerts: number;
      readonly generations: readonly number[];
      readonly metrics: string;
    };
