/**
 * The service that evaluates: it opens what comes in time, counts what needs attention, and shows metrics to Prometheus.
 */
import { fragmentMetrics } from '@mwrasp/crypto/fragment/metrics';
import { connectReceiver, FragmentReceiver } from '@mwrasp/crypto/fragment/session';
import { redisTransport } from '@mwrasp/crypto/fragment/transport';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { Service } from './service.ts';
import { type Report, readSettings } from './settings.ts';

const settings = readSettings();
const { redisUrl, ttlMs, renewMs, channel } = settings;

const port = Number(process.env['METRICS_PORT'] ?? 9464);
const exporter = new PrometheusExporter({ host: '127.0.0.1', port });
const provider = new MeterProvider({ readers: [exporter] });
const metrics = await fragmentMetrics({ meter: provider.getMeter('analysis') });

const service = await Service.start('analysis', settings);
const transport = await redisTransport({
  url: redisUrl,
  send: `${channel}.to-probe`,
  receive: `${channel}.to-analysis`,
});
const receiver = await FragmentReceiver.create({
  identity: () => service.identity(),
  peer: service.peer('probe'),
  ttlMs,
  renewMs,
});
let received = 0;
let alerts = 0;
/** Generations of the probe's identity that sessions were made with. */
const generations = new Set<number>();

async function take(envelope: Uint8Array): Promise<void> {
  if (receiver.peer !== undefined) generations.add(receiver.peer.generation);
  const data = await service.open(envelope);
  const reading = JSON.parse(new TextDecoder().decode(data)) as { severity: number };
  data.fill(0);
  received++;
  if (reading.severity >= 7) alerts++;
}

/** Messages that are being opened. */
const opening = new Set<Promise<void>>();
const link = connectReceiver(receiver, transport, ({ data }) => {
  const taken = take(data)
    .catch((error: unknown) => console.error(`not opened: ${String(error)}`))
    .finally(() => opening.delete(taken));
  opening.add(taken);
});
process.send?.({ kind: 'ready' } satisfies Report);

/** Answers whoever asks how far it is. */
process.on('message', async () => {
  await Promise.all(opening);
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  process.send?.({
    kind: 'received',
    received,
    alerts,
    generations: [...generations],
    refused: receiver.counters.refused,
    metrics: await response.text(),
  } satisfies Report);
});

process.once('disconnect', async () => {
  metrics.close();
  await link.close();
  await transport.close();
  await service.stop();
  await provider.shutdown();
});
