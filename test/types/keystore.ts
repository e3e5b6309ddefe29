import type { KemPublicKey } from '@mwrasp/crypto/kem';
import { type KeyInfo, type KeyRef, type Keystore, openKeystore } from '@mwrasp/crypto/keystore';
import type { SignPublicKey } from '@mwrasp/crypto/sign';

declare const store: Keystore;
declare const info: KeyInfo;
declare const ref: KeyRef;
declare const bytes: Uint8Array;
declare const signPublic: SignPublicKey;

// A store says which backend, and what it needs.
// @ts-expect-error the options are missing
await openKeystore();
// @ts-expect-error the backend is missing
await openKeystore({ path: 'keys', rootKey: bytes });
// @ts-expect-error no such backend
await openKeystore({ backend: 'cloud' });
// @ts-expect-error a file has a name
await openKeystore({ backend: 'file', rootKey: bytes });
// @ts-expect-error a file has a root key
await openKeystore({ backend: 'file', path: 'keys' });
// @ts-expect-error a password is no root key
await openKeystore({ backend: 'file', path: 'keys', rootKey: 'password' });
// @ts-expect-error memory has no name
await openKeystore({ backend: 'memory', path: 'keys' });
// @ts-expect-error a function is no clock
await openKeystore({ backend: 'memory', clock: () => 0 });
// @ts-expect-error a store is a promise until it is awaited
export const early: Keystore = openKeystore({ backend: 'memory' });

// Keys do things and do not come out.
// @ts-expect-error there is no private key to be had
await store.privateKey('name');
// @ts-expect-error nor an export
await store.export('name');
// @ts-expect-error nor a seed in what is told of a key
export const seed: Uint8Array = info.seed;

// Keys are made by name and algorithm.
// @ts-expect-error the algorithm is missing
await store.generate({ name: 'name' });
// @ts-expect-error the name is missing
await store.generate({ algorithm: 'ML-DSA-87' });
// @ts-expect-error no such algorithm
await store.generate({ name: 'name', algorithm: 'ML-DSA-65' });
// @ts-expect-error a generation is counted by the store
await store.generate({ name: 'name', algorithm: 'ML-DSA-87', generation: 2 });

// They are chosen by name or reference.
// @ts-expect-error a number is no key
await store.get(1);
// @ts-expect-error half a reference
await store.get({ name: 'name' });
// @ts-expect-error a generation is a number
await store.get({ name: 'name', generation: '1' });
// @ts-expect-error what is told of a key is no reference to it
await store.get(info);
// @ts-expect-error a public key is no key of the store
await store.sign(signPublic, bytes);
// @ts-expect-error a name may stand for several generations: what is destroyed is said exactly
await store.destroy('name');
// @ts-expect-error a key id is a text
await store.find(bytes);

// Operations take bytes, and options that they know.
// @ts-expect-error a text is no message
await store.sign('name', 'text');
// @ts-expect-error a context has its name
await store.sign('name', bytes, bytes);
// @ts-expect-error the ciphertext is missing
await store.decapsulate('name');
// @ts-expect-error a secret is no bytes
export const secret: Promise<Uint8Array> = store.decapsulate('name', bytes);
// @ts-expect-error the sender's key is public
await store.openEnvelope(bytes, { sender: 'key id' });
// @ts-expect-error a public key may be of either algorithm
export const either: Promise<KemPublicKey> = store.publicKey('name');

// What is told is read-only.
// @ts-expect-error a reference does not change
ref.generation = 2;
// @ts-expect-error nor does what is told of a key
info.custody = 'in-token';
// @ts-expect-error nor the kind of store
store.backend = 'memory';
