/**
 * Temporal fragmentation: data that nobody can read after its time to live, because its key is gone.
 *
 * @module
 */
export { type FragmentInfo, inspectFragment } from './inspect.ts';
export type { LagReport } from './lag.ts';
export { type SplitOptions, TemporalVault, type VaultOptions } from './vault.ts';
