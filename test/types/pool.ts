import type { KemPrivateKey, KemPublicKey } from '@mwrasp/crypto/kem';
import { type CryptoPool, createPool, type PoolResults } from '@mwrasp/crypto/pool';
import type { SignPrivateKey, SignPublicKey } from '@mwrasp/crypto/sign';

declare const pool: CryptoPool;
declare const signPublic: SignPublicKey;
declare const signPrivate: SignPrivateKey;
declare const kemPublic: KemPublicKey;
declare const kemPrivate: KemPrivateKey;
declare const message: Uint8Array;
declare const signature: Uint8Array;

// Keys are those of the operation.
// @ts-expect-error a KEM key verifies nothing
await pool.verifyMany(kemPublic, [{ message, signature }]);
// @ts-expect-error a private key is not handed to whoever verifies
await pool.verifyMany(signPrivate, [{ message, signature }]);
// @ts-expect-error a KEM key cannot sign
await pool.signMany(kemPrivate, [message]);
// @ts-expect-error a public key does not sign
await pool.signMany(signPublic, [message]);

// Items are what they are called.
// @ts-expect-error one item is not many
await pool.verifyMany(signPublic, { message, signature });
// @ts-expect-error messages without signatures
await pool.verifyMany(signPublic, [message]);
// @ts-expect-error the signature is missing
await pool.verifyMany(signPublic, [{ message }]);
// @ts-expect-error a text is signed as bytes of an encoding that the caller chose
await pool.signMany(signPrivate, ['text']);
// @ts-expect-error the bytes of one message are not many messages
await pool.signMany(signPrivate, message);
// @ts-expect-error a promise of messages is awaited first
await pool.signMany(signPrivate, Promise.resolve([message]));
// @ts-expect-error how many is a number
await pool.generateSignKeys('10');
// @ts-expect-error how many must be said
await pool.generateKemKeys();

// Options are named, known, and of their type.
// @ts-expect-error an option that does not exist
createPool({ workers: 2 });
// @ts-expect-error a number of threads
createPool({ threads: 'all' });
// @ts-expect-error verifying has no randomness
await pool.verifyMany(signPublic, [], { deterministic: true });
// @ts-expect-error keys have no context
await pool.generateSignKeys(1, { context: message });
// @ts-expect-error a controller is no signal
await pool.signMany(signPrivate, [], { signal: new AbortController() });
// @ts-expect-error absent is absent, not undefined
await pool.signMany(signPrivate, [], { signal: undefined });

// Results are many, and have the type of theirs.
// @ts-expect-error results are not there before they are awaited
export const areRight: boolean[] = pool.verifyMany(signPublic, []);
// @ts-expect-error nor can they be looped over without waiting
for (const result of pool.verifyMany(signPublic, [])) result.valueOf();
// @ts-expect-error an array is no verdict
export const isRight: boolean = await pool.verifyMany(signPublic, []);
// @ts-expect-error signatures are bytes, not verdicts
export const signatures: PoolResults<boolean> = pool.signMany(signPrivate, []);
// @ts-expect-error keys of one algorithm are no keys of the other
export const keys: KemPrivateKey[] = await pool.generateSignKeys(1);

// What is shown cannot be changed, and a pool is closed by waiting for it.
// @ts-expect-error the number of threads is read-only
pool.threads = 3;
// @ts-expect-error a pool is not disposed of at once
pool[Symbol.dispose]();
