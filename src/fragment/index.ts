/**
 * Temporal fragmentation: data that nobody can read after its time to live, because its key is gone.
 *
 * @module
 */
export { FRAGMENT_CHANNEL, type FragmentEvent } from './events.ts';
export type { Content, Secrecy } from './format.ts';
export { explainFragment, type FragmentField, type FragmentInfo, inspectFragment } from './inspect.ts';
export type { LagReport } from './lag.ts';
export { type DestructionReceipt, verifyReceipt } from './receipt.ts';
export type { WipedBy } from './slab/wiping.ts';
export type { FragmentSource, StreamOptions } from './stream.ts';
export {
  type ReassembleOptions,
  type SplitOptions,
  type SplitStreamOptions,
  TemporalVault,
  type VaultOptions,
} from './vault.ts';
