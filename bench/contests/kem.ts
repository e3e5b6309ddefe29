/**
 * ML-KEM-1024, with key objects and with keys as bytes.
 *
 * @module
 */
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import { decapsulate, encapsulate, generateKemKey, KemPrivateKey, KemPublicKey } from '@mwrasp/crypto/kem';
import { type Contest, ours, theirForms } from './contest.ts';
import { at, keyForms } from './inputs.ts';

const CIPHERTEXTS = 16;

const keygen: Contest = {
  suite: 'primitives',
  operation: 'ML-KEM-1024 keygen',
  sizeBytes: 0,
  family: 'kem',
  async prepare(world) {
    return {
      runners: [
        ...ours(world, { form: 'objects', run: () => generateKemKey() }),
        ...ours(world, {
          form: 'bytes',
          run() {
            using key = generateKemKey();
            return [key.publicKey.toBytes(), exportPrivateKey(key, 'seed').expose()];
          },
        }),
        ...(await theirForms(world, world.raw?.kem, (keyed) => () => keyed.generate())),
      ],
    };
  },
};

const encapsulation: Contest = {
  suite: 'primitives',
  operation: 'ML-KEM-1024 encapsulate',
  sizeBytes: 0,
  family: 'kem',
  async prepare(world) {
    const key = generateKemKey();
    const { publicKey } = key;
    const forms = keyForms(key);
    return {
      runners: [
        ...ours(world, { form: 'objects', run: () => encapsulate(publicKey) }),
        ...ours(world, {
          form: 'bytes',
          run() {
            const { ciphertext, sharedSecret } = encapsulate(KemPublicKey.fromBytes(forms.publicKey));
            return [ciphertext, sharedSecret.expose()];
          },
        }),
        ...(await theirForms(world, world.raw?.kem, async (keyed) => {
          const calls = await keyed.withKey(forms);
          return () => calls.encapsulate();
        })),
      ],
    };
  },
};

const decapsulation: Contest = {
  suite: 'primitives',
  operation: 'ML-KEM-1024 decapsulate',
  sizeBytes: 0,
  family: 'kem',
  async prepare(world) {
    const key = generateKemKey();
    const forms = keyForms(key);
    const ciphertexts = Array.from({ length: CIPHERTEXTS }, () => encapsulate(key.publicKey).ciphertext);
    return {
      runners: [
        ...ours(world, { form: 'objects', run: (i) => decapsulate(key, at(ciphertexts, i)) }),
        ...ours(world, {
          form: 'bytes',
          keyFormat: 'seed',
          run(i) {
            using imported = KemPrivateKey.fromSeed(forms.seed);
            return decapsulate(imported, at(ciphertexts, i)).expose();
          },
        }),
        ...ours(world, {
          form: 'bytes',
          keyFormat: 'expanded',
          run(i) {
            using imported = KemPrivateKey.fromExpandedKey(forms.expanded);
            return decapsulate(imported, at(ciphertexts, i)).expose();
          },
        }),
        ...(await theirForms(world, world.raw?.kem, async (keyed) => {
          const calls = await keyed.withKey(forms);
          return (i) => calls.decapsulate(at(ciphertexts, i));
        })),
      ],
    };
  },
};

/** The contests of ML-KEM-1024. */
export const KEM_CONTESTS: readonly Contest[] = [keygen, encapsulation, decapsulation];
