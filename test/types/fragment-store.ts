import { type FragmentStore, memoryStore, redisStore } from '@mwrasp/crypto/fragment/store';

declare const store: FragmentStore;
declare const bytes: Uint8Array;

// @ts-expect-error fragments are several
await store.put('id', bytes, 100);
// @ts-expect-error a time to live is told
await store.put('id', [bytes]);
// @ts-expect-error an id is a text or bytes
await store.get(17);
// @ts-expect-error what comes back is an array
export const one: Uint8Array = await store.get('id');
// @ts-expect-error an option that does not exist
memoryStore({ ttlMs: 100 });
// @ts-expect-error a spread is a number
await redisStore({ url: 'redis://127.0.0.1', spread: 'wide' });
