import { TemporalVault } from '@mwrasp/crypto/fragment';
import { fragmentMetrics } from '@mwrasp/crypto/fragment/metrics';
import {
  connectReceiver,
  connectSender,
  FragmentReceiver,
  FragmentSender,
} from '@mwrasp/crypto/fragment/session';
import { transportPair } from '@mwrasp/crypto/fragment/transport';
import { generateSignKey } from '@mwrasp/crypto/sign';
import { metrics as api } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectInputLater } from '../../../support/errors.ts';
import { pattern, until } from '../transport/contract.ts';

const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
const provider = new MeterProvider({ readers: [reader] });

/** What the instruments say now: values by name and attributes. */
async function collect(): Promise<Map<string, number>> {
  await reader.forceFlush();
  const found = new Map<string, number>();
  for (const { metrics } of exporter.getMetrics().at(-1)?.scopeMetrics ?? []) {
    for (const { descriptor, dataPoints } of metrics) {
      for (const { attributes, value } of dataPoints) {
        const labels = Object.values(attributes).join(' ');
        found.set(`${descriptor.name.replace('mwrasp.fragment.', '')} ${labels}`.trim(), value as number);
      }
    }
  }
  return found;
}

beforeAll(() => void api.setGlobalMeterProvider(provider));
afterAll(() => provider.shutdown());

it('measures lags, messages and sessions, until it is closed', async () => {
  const metrics = await fragmentMetrics();
  using vault = await TemporalVault.create({ ttlMs: 20 });
  vault.split(pattern(10));
  await until(() => vault.lag().count > 0);

  const [receiverKey, senderKey] = [generateSignKey(), generateSignKey()];
  const [left, right] = transportPair();
  const receiver = await FragmentReceiver.create({
    identity: { signer: receiverKey },
    peer: senderKey.publicKey,
    ttlMs: 2000,
  });
  const sender = await FragmentSender.create({
    identity: { signer: senderKey },
    peer: receiverKey.publicKey,
    maxTtlMs: 2000,
  });
  let opened = 0;
  const links = [connectReceiver(receiver, right, () => void opened++), connectSender(sender, left)];
  await sender.ready();
  const [fragment] = sender.seal(pattern(10)) as [Uint8Array];
  const [first] = sender.seal(pattern(1000), { threshold: 2, total: 3 }) as [Uint8Array];
  for (const one of [fragment, fragment, first, pattern(100)]) await left.send(one);
  await until(() => opened === 1);
  let now = await collect();
  while (now.get('in_flight') !== 1) now = await collect();
  expect(now.get('opened')).toBe(1);
  expect(now.get('duplicates')).toBe(1);
  expect(now.get('in_flight_size')).toBeGreaterThan(500);
  expect(now.get('epochs_destroyed')).toBeGreaterThan(0);
  expect(now.get('destruction_lag_bucket +Inf')).toBe(now.get('epochs_destroyed'));
  expect(now.get('destruction_lag_bucket 0.1')).toBeLessThanOrEqual(
    now.get('destruction_lag_bucket 1000') as number,
  );
  expect(now.get('destruction_lag 1')).toBeGreaterThanOrEqual(now.get('destruction_lag 0.5') as number);
  expect(now.get('session_events receiver established')).toBe(1);
  expect(now.get('session_events sender established')).toBe(1);
  expect(now.has('refused forged')).toBe(true);

  await Promise.all(links.map((link) => link.close()));
  receiver.close();
  sender.close();
  now = await collect();
  // What was counted stays when its session is gone.
  expect(now.get('opened')).toBe(1);
  expect(now.get('in_flight')).toBe(0);
  metrics.close();
  metrics.close();
});

it('takes a meter, and nothing else for one', async () => {
  const metrics = await fragmentMetrics({ meter: provider.getMeter('own') });
  expect((await collect()).has('opened')).toBe(true);
  metrics.close();
  await expectInputLater(() => fragmentMetrics({ meter: {} as never }), 'ERR_INPUT_TYPE', 'options.meter');
  await expectInputLater(() => fragmentMetrics({ metre: 1 } as never), 'ERR_INPUT_OPTION', 'options');
});
