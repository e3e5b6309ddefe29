/**
 * Two services in two processes: a probe sends telemetry to an analysis, in sessions over Redis, with keys from a
 * keystore (an HSM, or a folder) that rotate every day. Nobody who records Redis reads it after 100 ms, whatever he takes later.
 *
 *     REDIS_URL=redis://127.0.0.1:6379 node examples/service-pair.ts [FILE]
 *
 * after `npm run build`, with `npm install redis @opentelemetry/sdk-metrics @opentelemetry/exporter-prometheus`.
 * `HSM_MODULE`, `HSM_TOKEN` and `HSM_PIN_FILE` put the keys into an HSM. `PAIR_PERIOD_MS` rotates them more often, and
 * `PAIR_RENEW_MS` the sessions. FILE has a JSON object a line; by default examples/data/telemetry.jsonl.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Refused, Report } from './service-pair/settings.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const file = process.argv[2] ?? here('./data/telemetry.jsonl');

/** A port for metrics that nobody uses now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

function start(name: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const child = fork(here(`./service-pair/${name}.ts`), args, { env });
  child.once('exit', (code) => {
    if (code) process.exitCode = code;
  });
  return child;
}

/** The next report of a kind; the other ones are passed over. */
async function reportOf<K extends Report['kind']>(
  child: ChildProcess,
  kind: K,
): Promise<Extract<Report, { kind: K }>> {
  for (;;) {
    const [report] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => {
        throw new Error(`a service ended before it reported "${kind}"`);
      }),
    ])) as [Report];
    if (report.kind === kind) return report as Extract<Report, { kind: K }>;
  }
}

/** Not refused is what came too late: asked for again (busy), or of a session that was replaced (unknown). */
function countOf({ busy: _, unknown: __, ...refused }: Refused): number {
  return Object.values(refused).reduce((sum, count) => sum + count, 0);
}

const folder = process.env['PAIR_FOLDER'] ?? (await mkdtemp(join(tmpdir(), 'service-pair-')));
const env = {
  REDIS_URL: 'redis://127.0.0.1:6379',
  ...process.env,
  PAIR_FOLDER: folder,
  METRICS_PORT: String(await freePort()),
};
// In production a root key comes from a secret store, and each service sees its own only.
for (const name of ['probe', 'analysis']) {
  const root = Buffer.from(crypto.getRandomValues(new Uint8Array(32)));
  await writeFile(join(folder, `${name}.root`), root, { mode: 0o600, flag: 'wx' }).catch(() => undefined);
}

const analysis = start('analysis', [], env);
await reportOf(analysis, 'ready');
const probe = start('probe', [file, ...process.argv.slice(3)], env);
const { sent, inboxes, refused: refusedByProbe } = await reportOf(probe, 'sent');

// What is under way arrives, or is over.
await sleep(Number(process.env['MWRASP_TTL_MS'] ?? 100));
analysis.send('how far?');
const { received, alerts, generations, refused, metrics } = await reportOf(analysis, 'received');
console.log(`sent ${sent}, opened in time ${received}, alerts ${alerts}`);
console.log(`generations of the identity ${generations.join(', ')}, of the inbox ${inboxes.join(', ')}`);
console.log(`refused by the probe ${countOf(refusedByProbe)}, by the analysis ${countOf(refused)}`);
for (const line of metrics.split('\n')) {
  if (/^mwrasp_fragment_(opened|epochs_destroyed|destruction_lag(_milliseconds)?\{)/.test(line))
    console.log(line);
}

for (const child of [probe, analysis]) {
  child.disconnect();
  await once(child, 'exit');
}
if (process.env['PAIR_FOLDER'] === undefined) await rm(folder, { recursive: true });
