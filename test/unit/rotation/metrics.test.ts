/**
 * A rotator's state in the words of OpenTelemetry, through its real SDK.
 */
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterEach, expect, it } from 'vitest';
import { meterRotator } from '../../../src/rotation/index.ts';
import { HOUR, makeScene, type Scene } from './support.ts';

let scene: Scene;
afterEach(() => scene.close());

it('tells ages, states, what comes next, failures and who holds the lease', async () => {
  scene = await makeScene({ inbox: { algorithm: 'ML-KEM-1024' } }, { holder: 'here' });
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  const end = await meterRotator(scene.rotator, { meter: provider.getMeter('test') });
  await scene.until(25 * HOUR);
  await provider.forceFlush();
  const points = new Map(
    exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
      .map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]),
  );
  const about = (name: string) => points.get(name)?.map(({ value, attributes }) => [value, attributes]);
  expect(about('mwrasp.rotation.generation.age')).toEqual([
    [25 * 3600, { key: 'inbox', generation: 1, state: 'retired' }],
    [3600, { key: 'inbox', generation: 2, state: 'active' }],
  ]);
  expect(about('mwrasp.rotation.generations')).toEqual([
    [1, { key: 'inbox', state: 'retired' }],
    [1, { key: 'inbox', state: 'active' }],
  ]);
  expect(about('mwrasp.rotation.next')).toContainEqual([21 * 3600, { key: 'inbox', what: 'publish' }]);
  expect(about('mwrasp.rotation.overdue')).toEqual([[0, { key: 'inbox' }]]);
  expect(about('mwrasp.rotation.leader')).toEqual([[1, { holder: 'here' }]]);
  expect(about('mwrasp.rotation.fence')).toEqual([[1, {}]]);
  expect(about('mwrasp.rotation.events')).toContainEqual([2, { kind: 'activated', key: 'inbox' }]);
  end();
  end();
  await provider.shutdown();
});

it('takes the global meter when it is given none', async () => {
  scene = await makeScene({ inbox: { algorithm: 'ML-KEM-1024' } });
  (await meterRotator(scene.rotator))();
});

it.each([[{}], [null], ['meter']])('refuses %j as a meter', async (meter) => {
  scene = await makeScene({ inbox: { algorithm: 'ML-KEM-1024' } });
  await expect(meterRotator(scene.rotator, { meter } as never)).rejects.toMatchObject({
    code: 'ERR_INPUT_TYPE',
  });
  await expect(meterRotator({} as never)).rejects.toMatchObject({ code: 'ERR_INPUT_TYPE' });
});
