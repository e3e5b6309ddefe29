/**
 * The service that evaluates: it opens what comes in time, counts what needs attention, and shows metrics to Prometheus.
 */
import { fragmentMetrics } from '@mwrasp/crypto/fragment/metrics';
import { connectReceiver, FragmentReceiver } from '@mwrasp/crypto/fragment/session';
import { redisTransport } from '@mwrasp/crypto/fragment/transport';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { currentIdentity, openServiceKeystore, peerIn } from './identity.ts';
import { type Report, readSettings } from './settings.ts';

const { redisUrl, folder, ttlMs, renewMs, channel } = readSettings();

const port = Number(process.env['METRICS_PORT'] ?? 9464);
const exporter = new PrometheusExporter({ host: '127.0.0.1', port });
const provider = new MeterProvider({ readers: [exporter] });
const metrics = await fragmentMetrics({ meter: provider.getMeter('analysis') });

const keystore = await openServiceKeystore('analysis', folder);
// The other one finds the key from the beginning.
await currentIdentity(keystore, 'analysis', folder);
const transport = await redisTransport({
  url: redisUrl,
  send: `${channel}.to-probe`,
  receive: `${channel}.to-analysis`,
});
const receiver = await FragmentReceiver.create({
  identity: () => currentIdentity(keystore, 'analysis', folder),
  peer: peerIn('probe', folder),
  ttlMs,
  renewMs,
});
let received = 0;
let alerts = 0;
/** Generations of the probe's key that sessions were made with. */
const generations = new Set<number>();
const link = connectReceiver(receiver, transport, ({ data }) => {
  const reading = JSON.parse(new TextDecoder().decode(data)) as { severity: number };
  data.fill(0);
  received++;
  if (reading.severity >= 7) alerts++;
  if (receiver.peer !== undefined) generations.add(receiver.peer.generation);
});
process.send?.({ kind: 'ready' } satisfies Report);

/** Answers whoever asks how far it is. */
process.on('message', async () => {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  process.send?.({
    kind: 'received',
    received,
    alerts,
    generations: [...generations],
    metrics: await response.text(),
  } satisfies Report);
});

process.once('disconnect', async () => {
  metrics.close();
  await link.close();
  await transport.close();
  await keystore.close();
  await provider.shutdown();
});
