/**
 * Many signatures, verifications and new keys at once, in worker threads: Node 20.19 or later, and the optional peer
 * `piscina`.
 *
 * @module
 */
export type { SignedMessage } from './operation.ts';
export {
  type CryptoPool,
  createPool,
  type ManyOptions,
  type PoolOptions,
  type SignManyOptions,
  type VerifyManyOptions,
} from './pool.ts';
export type { PoolResults } from './results.ts';
export type { Many } from './source.ts';
