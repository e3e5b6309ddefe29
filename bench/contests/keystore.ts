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
import { type Contest, NOBODY, ours, type Runner, theirForms, type World } from './contest.ts';
import { at, keyForms, random, randomMessages } from './inputs.ts';
import { SIGN_MESSAGES, SIGN_WEIGHT, SIGNED_BYTES, signingOptions } from './sign.ts';

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

/** Raw calls with key objects; a keystore holds its keys too. */
function withObjects(runners: readonly Runner[]): Runner[] {
  const objects = runners.filter(({ form }) => form === 'objects');
  return (objects.length > 0 ? objects : runners).map((runner) => ({ ...runner, form: null }));
}

function signContest(backend: Backend): Contest {
  return {
    suite: 'keystore',
    operation: `${backend} keystore: ML-DSA-87 sign`,
    sizeBytes: SIGNED_BYTES,
    family: 'sign',
    weight: SIGN_WEIGHT,
    async prepare(world) {
      const { store, close } = await makeStore(backend);
      const key = generateSignKey();
      await store.import({ name: NAME, algorithm: 'ML-DSA-87', key });
      const forms = keyForms(key);
      const messages = randomMessages(SIGN_MESSAGES, SIGNED_BYTES);
      const options = signingOptions();
      const raw = await theirForms(world, world.raw?.sign, async (keyed) => {
        const calls = await keyed.withKey(forms);
        return (i) => calls.sign(at(messages, i));
      });
      const run = (i: number) => store.sign(NAME, at(messages, i), options);
      return { runners: [...ours(world, { async: true, run }), ...withObjects(raw)], close };
    },
  };
}

function decapsulateContest(backend: Backend): Contest {
  return {
    suite: 'keystore',
    operation: `${backend} keystore: ML-KEM-1024 decapsulate`,
    sizeBytes: 0,
    family: 'kem',
    async prepare(world) {
      const { store, close } = await makeStore(backend);
      const key = generateKemKey();
      await store.import({ name: NAME, algorithm: 'ML-KEM-1024', key: exportPrivateKey(key, 'seed') });
      const forms = keyForms(key);
      const ciphertexts = Array.from({ length: CIPHERTEXTS }, () => encapsulate(key.publicKey).ciphertext);
      const raw = await theirForms(world, world.raw?.kem, async (keyed) => {
        const calls = await keyed.withKey(forms);
        return (i) => calls.decapsulate(at(ciphertexts, i));
      });
      const run = (i: number) => store.decapsulate(NAME, at(ciphertexts, i));
      return { runners: [...ours(world, { async: true, run }), ...withObjects(raw)], close };
    },
  };
}

async function makeKeys(store: Keystore, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await store.generate({ name: `${NAME}-${i}`, algorithm: 'AES-256-GCM' });
}

/** A contest of a store with many keys and a store with one. */
function manyKeysContest(
  operation: string,
  calls: (store: TemporaryStore) => (i: number) => Promise<unknown>,
): Contest {
  return {
    suite: 'keystore',
    operation: `file keystore: ${operation}`,
    sizeBytes: 0,
    parameters: { keys: MANY_KEYS },
    family: 'aead',
    slowToPrepare: true,
    async prepare(world: World) {
      if (!world.ours) return NOBODY;
      const [many, one] = [await makeStore('file'), await makeStore('file')];
      await makeKeys(many.store, MANY_KEYS);
      await makeKeys(one.store, 1);
      return {
        runners: [
          ...ours(world, { async: true, run: calls(many) }),
          { contender: 'baseline', form: null, async: true, run: calls(one) },
        ],
        async close() {
          await many.close();
          await one.close();
        },
      };
    },
  };
}

/** The contests of keystores. */
export const KEYSTORE_CONTESTS: readonly Contest[] = [
  signContest('memory'),
  signContest('file'),
  decapsulateContest('memory'),
  decapsulateContest('file'),
  manyKeysContest('open', (store) => async () => await (await store.open()).close()),
  manyKeysContest(
    'get',
    ({ store }) =>
      () =>
        store.get(`${NAME}-0`),
  ),
];
