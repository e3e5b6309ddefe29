import { fragmentMetrics, type MetricsMeter } from '@mwrasp/crypto/fragment/metrics';
import { argument, optional, options } from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { throwingGetters } from '../values.ts';

const instrument = { addCallback: () => undefined, removeCallback: () => undefined };
const meter: MetricsMeter = {
  createObservableGauge: () => instrument,
  createObservableCounter: () => instrument,
};

export const FRAGMENT_METRICS: Table = {
  rows: {
    'fragment-metrics.fragmentMetrics': row(
      async (wanted: never) => (await fragmentMetrics(wanted)).close(),
      [
        options(
          optional(
            argument('options.meter', () => meter, {
              wrong: {
                'half a meter': () => ({ ...meter, createObservableGauge: undefined }),
                'one that cannot be read': () => throwingGetters('createObservableGauge'),
              },
            }),
          ),
        ),
      ],
    ),
  },
  subjects: {
    'fragment-metrics.FragmentMetrics': { live: () => fragmentMetrics({ meter }), methods: {} },
  },
};
