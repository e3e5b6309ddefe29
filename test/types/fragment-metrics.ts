import { fragmentMetrics } from '@mwrasp/crypto/fragment/metrics';
import { metrics } from '@opentelemetry/api';

// A meter of OpenTelemetry is one.
await fragmentMetrics({ meter: metrics.getMeter('mine') });
// @ts-expect-error a provider is no meter
await fragmentMetrics({ meter: metrics });
// @ts-expect-error a name is no meter
await fragmentMetrics({ meter: 'mine' });
