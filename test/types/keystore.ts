import type { KemPublicKey } from '@mwrasp/crypto/kem';
import {
  type FileKeystore,
  type KeyInfo,
  type KeyRef,
  type Keystore,
  type KeystoreChange,
  openKeystore,
} from '@mwrasp/crypto/keystore';
import type { SignPublicKey } from '@mwrasp/crypto/sign';

declare const store: Keystore;
declare const fileStore: FileKeystore;
declare const info: KeyInfo;
declare const ref: KeyRef;
declare const change: KeystoreChange;
declare const bytes: Uint8Array;
declare const signPublic: SignPublicKey;

// A store says which backend, and what it needs.
// @ts-expect-error the options are missing
await openKeystore();
// @ts-expect-error the backend is missing
await openKeystore({ path: 'keys', rootKey: bytes });
// @ts-expect-error no such backend
await openKeystore({ backend: 'cloud' });
// @ts-expect-error a file store has a folder
await openKeystore({ backend: 'file', rootKey: bytes });
// @ts-expect-error memory has no folder
await openKeystore({ backend: 'memory', path: 'keys' });
// @ts-expect-error nor a root key
await openKeystore({ backend: 'memory', rootKey: bytes });
// @ts-expect-error a function is no clock
await openKeystore({ backend: 'memory', clock: () => 0 });
// @ts-expect-error no such custody
await openKeystore({ backend: 'memory', requireCustody: 'hardware' });
// @ts-expect-error a lock is waited for in milliseconds, and the unit is in the name
await openKeystore({ backend: 'file', path: 'keys', rootKey: bytes, lockTimeout: 1000 });
// @ts-expect-error a mark has a path, or there is none
await openKeystore({ backend: 'file', path: 'keys', rootKey: bytes, highWaterMark: true });
// @ts-expect-error a store is a promise until it is awaited
export const early: Keystore = openKeystore({ backend: 'memory' });
// @ts-expect-error only a file store can be re-keyed
export const inMemory: FileKeystore = await openKeystore({ backend: 'memory' });

// Something unlocks a file store.
// @ts-expect-error nothing does
await openKeystore({ backend: 'file', path: 'keys' });
// @ts-expect-error a password is no root key
await openKeystore({ backend: 'file', path: 'keys', rootKey: 'password' });
// @ts-expect-error a passphrase is bytes, which can be wiped
await openKeystore({ backend: 'file', path: 'keys', passphrase: 'password' });
// @ts-expect-error and so is what a function gives
await openKeystore({ backend: 'file', path: 'keys', passphrase: async () => 'password' });
// @ts-expect-error a key file has a path
await openKeystore({ backend: 'file', path: 'keys', keyFile: bytes });
// @ts-expect-error memory is said in KiB
await openKeystore({ backend: 'file', path: 'keys', passphrase: bytes, argon2id: { memory: 65536 } });
// @ts-expect-error another keystore has a key that wraps
await openKeystore({ backend: 'file', path: 'keys', rootKeystore: { keystore: store } });
// @ts-expect-error and is no public key
await openKeystore({ backend: 'file', path: 'keys', rootKeystore: { keystore: signPublic, key: 'root' } });
// @ts-expect-error a store is re-keyed to something
await fileStore.rekey();
// @ts-expect-error a root key has its name
await fileStore.rekey(bytes);
// @ts-expect-error a store is re-keyed where it is
await fileStore.rekey({ path: 'other', rootKey: bytes });
// @ts-expect-error not every store can be re-keyed
await store.rekey({ rootKey: bytes });

// A URL is a text, and what stands beside it are options.
// @ts-expect-error an object is no text
await openKeystore(new URL('file:///keys'));
// @ts-expect-error a passphrase is not passed alone
await openKeystore('file:///keys', bytes);
// @ts-expect-error the place stands in the URL
await openKeystore('file:///keys', { backend: 'file', rootKey: bytes });
// @ts-expect-error a file store may be one of a token
export const byUrl: FileKeystore = await openKeystore('file:///keys', { rootKey: bytes });

// A token has a module and a PIN that can be wiped.
// @ts-expect-error a PIN in a text would be neither wiped nor kept out of logs
await openKeystore({ backend: 'pkcs11', module: 'p11.so', path: 'keys', pin: '1234' });
// @ts-expect-error a file has a name
await openKeystore({ backend: 'pkcs11', module: 'p11.so', path: 'keys', pin: { file: bytes } });
// @ts-expect-error a slot is a number
await openKeystore({ backend: 'pkcs11', module: 'p11.so', path: 'keys', slotId: '1' });
// @ts-expect-error a token unlocks its store itself
await openKeystore({ backend: 'pkcs11', module: 'p11.so', path: 'keys', rootKey: bytes });

// Keys do things and do not come out.
// @ts-expect-error there is no private key to be had
await store.privateKey('name');
// @ts-expect-error nor an export
await store.export('name');
// @ts-expect-error nor a seed in what is told of a key
export const seed: Uint8Array = info.seed;
// @ts-expect-error nor what protects it
export const protection: Uint8Array = info.protection;

// Keys are made by name and algorithm.
// @ts-expect-error the algorithm is missing
await store.generate({ name: 'name' });
// @ts-expect-error the name is missing
await store.generate({ algorithm: 'ML-DSA-87' });
// @ts-expect-error no such algorithm
await store.generate({ name: 'name', algorithm: 'ML-DSA-65' });
// @ts-expect-error a generation is counted by the store
await store.generate({ name: 'name', algorithm: 'ML-DSA-87', generation: 2 });
// @ts-expect-error a new key is not retired
await store.generate({ name: 'name', algorithm: 'ML-DSA-87', state: 'retired' });
// @ts-expect-error a budget is a number
await store.generate({ name: 'name', algorithm: 'AES-256-GCM', maxUses: 1000n });
// @ts-expect-error a key that is generated is not given
await store.generate({ name: 'name', algorithm: 'AES-256-GCM', key: bytes });
// @ts-expect-error a custody is asked for with an algorithm
await store.custodyOf('name', 'ML-DSA-87');

// Keys from elsewhere are private.
// @ts-expect-error the key is missing
await store.import({ name: 'name', algorithm: 'ML-DSA-87' });
// @ts-expect-error a public key is no private one
await store.import({ name: 'name', algorithm: 'ML-DSA-87', key: signPublic });
// @ts-expect-error what is there is not imported into it
await store.import({ name: 'name', algorithm: 'ML-DSA-87', key: bytes, ifAbsent: true });
// @ts-expect-error a JWK is no key yet
await store.import({ name: 'name', algorithm: 'ML-DSA-87', key: { kty: 'AKP' } });

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
// @ts-expect-error and so is what changes
await store.update('name', { state: 'retired' });
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
// @ts-expect-error a signer signs, and is no key
await store.sign(await store.signer('name'), bytes);

// So do sealing and wrapping.
// @ts-expect-error a text is no data
await store.sealData('name', 'text');
// @ts-expect-error the data are missing
await store.sealData('name');
// @ts-expect-error AAD has its name
await store.sealData('name', bytes, bytes);
// @ts-expect-error a nonce is the store's to draw
await store.sealData('name', bytes, { nonce: bytes });
// @ts-expect-error which key sealed stands in what was sealed
await store.openData('name', bytes);
// @ts-expect-error a key of the store does not come out to be wrapped
await store.wrap('name', ref);
// @ts-expect-error which key wrapped stands in what was wrapped
await store.unwrap('name', bytes);
// @ts-expect-error what was unwrapped is a secret
export const unwrapped: Promise<Uint8Array> = store.unwrap(bytes);

// What changes is state and times.
// @ts-expect-error no such state
await store.update(ref, { state: 'destroyed' });
// @ts-expect-error a time is a number of milliseconds
await store.update(ref, { retiredAtMs: new Date() });
// @ts-expect-error an algorithm stays
await store.update(ref, { algorithm: 'ML-DSA-87' });
// @ts-expect-error and a budget
await store.update(ref, { maxUses: 1 });
// @ts-expect-error the changes are missing
await store.update(ref);
// @ts-expect-error changes are told to a function
store.onChange('created');
// @ts-expect-error which gets one change
store.onChange((first: KeystoreChange, second: KeystoreChange) => [first, second]);

// What is told is read-only.
// @ts-expect-error a reference does not change
ref.generation = 2;
// @ts-expect-error nor does what is told of a key
info.custody = 'in-token';
// @ts-expect-error nor its state
info.state = 'active';
// @ts-expect-error nor a change
change.kind = 'destroyed';
// @ts-expect-error nor the kind of store
store.backend = 'memory';
