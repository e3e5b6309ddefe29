/**
 * Places for fragments. None of them is trusted.
 *
 * @module
 */
export type { RedisClient, RedisListener, RedisOptions, RedisSetOptions } from '../redis.ts';
export { type MemoryStoreOptions, memoryStore } from './memory.ts';
export { type RedisStoreOptions, redisStore } from './redis.ts';
export type { FragmentId, FragmentStore } from './store.ts';
