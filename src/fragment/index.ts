/**
 * Temporal fragmentation: data that nobody can read after its time to live, because its key is gone.
 *
 * @module
 */
export type { DestructionReason, VaultEvent } from './events.ts';
export { type FragmentField, type FragmentInfo, inspectFragment } from './inspect.ts';
export type { LagBucket, LagReport } from './lag.ts';
export type { ReassembleOptions, SplitOptions, SplitStreamOptions } from './options.ts';
export { TemporalVault, type VaultOptions } from './vault.ts';
export type { AnomalyReason } from './wiper.ts';
