import { type KatOptions, type KatReport, runKat } from '@mwrasp/crypto/kat';

// A run is told what to run by name.
// @ts-expect-error a folder has its name
await runKat('./vectors');
// @ts-expect-error a folder is a path
await runKat({ vectors: ['./vectors'] });
// @ts-expect-error engines are a list
await runKat({ engines: 'noble' });
// @ts-expect-error of engines that exist
await runKat({ engines: ['openssl'] });
// @ts-expect-error an option that does not exist
await runKat({ engine: 'noble' });
// @ts-expect-error rounds are a number
await runKat({ facts: { rounds: '100' } });
// @ts-expect-error facts are all or none
await runKat({ facts: ['kem'] });
// @ts-expect-error a limit is a number
await runKat({ maxMessageBytes: '1 MiB' });
// @ts-expect-error whoever hears of it is a function
await runKat({ onProgress: console });
// @ts-expect-error of a progress
await runKat({ onProgress: (progress: string) => progress });
// @ts-expect-error a controller is no signal
await runKat({ signal: new AbortController() });
// @ts-expect-error absent is absent, not undefined
export const absent: KatOptions = { vectors: undefined };

// A report is a promise until it is awaited, and says what was.
// @ts-expect-error a promise is no report
export const early: KatReport = runKat();
// @ts-expect-error a total is read-only
(await runKat()).totals.failed = 0;
// @ts-expect-error a set that failed is not taken out
(await runKat()).sets.pop();
// @ts-expect-error a report is no verdict
export const verdict: boolean = await runKat();
