/**
 * What is measured of keystores: their operations beside the raw calls of the engine, and what many keys cost.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import { encapsulate, generateKemKey } from '@mwrasp/crypto/kem';
import { type Keystore, openKeystore } from '@mwrasp/crypto/keystore';
import { generateSignKey } from '@mwrasp/crypto/sign';
import { at, type Contest, keyForms, type Pair, random, randomMessages } from './contest.ts';

const MESSAGE_BYTES = 1024;
const SIGN_MESSAGES = 512;
const SIGN_WEIGHT = 5;
const CIPHERTEXTS = 16;
const MANY_KEYS = 1000;
const NAME = 'key';

type Backend = 'memory' | 'file';

/** A store that leaves nothing behind. */
interface TemporaryStore {
  readonly store: Keystore;
  /** Opens it once more. */
  open(): Promise<Keystore>;
  close(): Promise<void>;
}

/** A new store; a file store's root key is random, so that no password hashing is measured. */
async function makeStore(backend: Backend): Promise<TemporaryStore> {
  if (backend === 'memory') {
    const store = await openKeystore({ backend });
    return { store, open: async () => store, close: () => store.close() };
  }
  const folder = await mkdtemp(join(tmpdir(), 'mwrasp-bench-'));
  const path = join(folder, 'store');
  const rootKey = random(32);
  const open = () => openKeystore({ backend, path, rootKey, highWaterMark: false });
  const store = await open();
  return {
    store,
    open,
    async close() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function signContest(backend: Backend): Contest {
  return {
    suite: 'keystore',
    operation: `${backend} keystore: ML-DSA-87 sign`,
    sizeBytes: MESSAGE_BYTES,
    family: 'sign',
    async: true,
    weight: SIGN_WEIGHT,
    async prepare(bare, engine) {
      const { store, close } = await makeStore(backend);
      const key = generateSignKey();
      await store.import({ name: NAME, algorithm: 'ML-DSA-87', key });
      const raw = bare.sign(keyForms(key));
      const messages = randomMessages(SIGN_MESSAGES, MESSAGE_BYTES);
      // As for the primitive: noble signs without randomness on both sides.
      const options = engine === 'noble' ? { deterministic: true } : {};
      return {
        ours: (i) => store.sign(NAME, at(messages, i), options),
        bare: (i) => raw.sign(at(messages, i)),
        close,
      };
    },
  };
}

function decapsulateContest(backend: Backend): Contest {
  return {
    suite: 'keystore',
    operation: `${backend} keystore: ML-KEM-1024 decapsulate`,
    sizeBytes: 0,
    family: 'kem',
    async: true,
    async prepare(bare) {
      const { store, close } = await makeStore(backend);
      const key = generateKemKey();
      await store.import({ name: NAME, algorithm: 'ML-KEM-1024', key: exportPrivateKey(key, 'seed') });
      const raw = bare.kem(keyForms(key));
      const ciphertexts = Array.from({ length: CIPHERTEXTS }, () => encapsulate(key.publicKey).ciphertext);
      return {
        ours: (i) => store.decapsulate(NAME, at(ciphertexts, i)),
        bare: (i) => raw.decapsulate(at(ciphertexts, i)),
        close,
      };
    },
  };
}

async function makeKeys(store: Keystore, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await store.generate({ name: `${NAME}-${i}`, algorithm: 'AES-256-GCM' });
}

/** A contest of a store with many keys and a store with one. */
function manyKeysContest(
  operation: string,
  pair: (many: TemporaryStore, one: TemporaryStore) => Pair,
): Contest {
  return {
    suite: 'keystore',
    operation: `file keystore: ${operation}`,
    sizeBytes: 0,
    family: 'aead',
    async: true,
    asyncBare: true,
    slowToPrepare: true,
    async prepare() {
      const [many, one] = [await makeStore('file'), await makeStore('file')];
      await makeKeys(many.store, MANY_KEYS);
      await makeKeys(one.store, 1);
      return {
        ...pair(many, one),
        async close() {
          await many.close();
          await one.close();
        },
      };
    },
  };
}

async function openAndClose(store: TemporaryStore): Promise<void> {
  await (await store.open()).close();
}

/** The contests of keystores. */
export const KEYSTORE_CONTESTS: readonly Contest[] = [
  signContest('memory'),
  signContest('file'),
  decapsulateContest('memory'),
  decapsulateContest('file'),
  manyKeysContest(`open with ${MANY_KEYS} keys, to one`, (many, one) => ({
    ours: () => openAndClose(many),
    bare: () => openAndClose(one),
  })),
  manyKeysContest(`get with ${MANY_KEYS} keys, to one`, (many, one) => ({
    ours: () => many.store.get(`${NAME}-0`),
    bare: () => one.store.get(`${NAME}-0`),
  })),
];
