import type { Keystore } from '@mwrasp/crypto/keystore';
import {
  createKeyring,
  createRotator,
  type Keyring,
  type LeaseProvider,
  MemoryLeaseProvider,
  type RewrapResult,
  type RotationEvent,
  Rotator,
  rewrap,
} from '@mwrasp/crypto/rotation';

declare const keystore: Keystore;
declare const keyring: Keyring;
declare const rotator: Rotator;
declare const event: RotationEvent;
declare const result: RewrapResult;
declare const bytes: Uint8Array;

// A rotator has a store, and keys with algorithms.
// @ts-expect-error the keys are missing
createRotator({ keystore });
// @ts-expect-error a key has an algorithm
createRotator({ keystore, keys: { inbox: {} } });
// @ts-expect-error no such algorithm
createRotator({ keystore, keys: { inbox: { algorithm: 'RSA' } } });
// @ts-expect-error times say their unit
createRotator({ keystore, keys: { inbox: { algorithm: 'ML-KEM-1024', policy: { period: 5 } } } });
// @ts-expect-error it is made by a function
new Rotator();
// @ts-expect-error why is no option
await rotator.rotateNow({ name: 'inbox' });
// @ts-expect-error one generation, exactly
await rotator.compromise('inbox');

// A provider of leases does all of it.
export const provider: LeaseProvider = new MemoryLeaseProvider();
// @ts-expect-error it has to be closed
export const half: LeaseProvider = { acquire: async () => undefined, current: async () => undefined };

// Whoever opens says how it came.
createKeyring({ keystore, name: 'inbox' });
// @ts-expect-error not said
await keyring.openEnvelope(bytes);
// @ts-expect-error nor here
await keyring.open(bytes, {});
// @ts-expect-error no such way
await keyring.open(bytes, { use: 'later' });
// @ts-expect-error a signature comes with its key id
await keyring.verify(bytes, bytes);

// Only what was moved has bytes.
// @ts-expect-error perhaps it has none
export const moved: Uint8Array = result.bytes;
// @ts-expect-error an item has an id
void rewrap([{ bytes }], { keystore, name: 'inbox' });
// @ts-expect-error a generation, only of events that are about one
export const { ref } = event;
