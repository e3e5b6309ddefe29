/**
 * ML-DSA-87, with key objects and with keys as bytes.
 *
 * @module
 */
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import { generateSignKey, SignPrivateKey, SignPublicKey, sign, verify } from '@mwrasp/crypto/sign';
import { type Contest, ours, signsWithNoble, theirForms } from './contest.ts';
import { at, keyForms, randomMessages } from './inputs.ts';
import { KIB } from './sizes.ts';

/** Bytes of a message that is signed. */
export const SIGNED_BYTES: number = KIB;
/** How often a signature is rejected depends on the message: hundreds of them give a mean. */
export const SIGN_MESSAGES = 512;
/** Slices of signatures are longer, for the same reason. */
export const SIGN_WEIGHT = 5;
const VERIFY_MESSAGES = 32;

/**
 * noble signs without randomness on both sides, so that both meet the same rejections: at its speed a few hundred hedged
 * signatures would differ by chance alone. The others sign hedged, thousands of times.
 */
export function signingOptions(): { deterministic?: true } {
  return signsWithNoble() ? { deterministic: true } : {};
}

const keygen: Contest = {
  suite: 'primitives',
  operation: 'ML-DSA-87 keygen',
  sizeBytes: 0,
  family: 'sign',
  async prepare(world) {
    return {
      runners: [
        ...ours(world, { form: 'objects', run: () => generateSignKey() }),
        ...ours(world, {
          form: 'bytes',
          run() {
            using key = generateSignKey();
            return [key.publicKey.toBytes(), exportPrivateKey(key, 'seed').expose()];
          },
        }),
        ...(await theirForms(world, world.raw?.sign, (keyed) => () => keyed.generate())),
      ],
    };
  },
};

const signing: Contest = {
  suite: 'primitives',
  operation: 'ML-DSA-87 sign',
  sizeBytes: SIGNED_BYTES,
  family: 'sign',
  weight: SIGN_WEIGHT,
  async prepare(world) {
    const key = generateSignKey();
    const forms = keyForms(key);
    const messages = randomMessages(SIGN_MESSAGES, SIGNED_BYTES);
    const options = signingOptions();
    return {
      runners: [
        ...ours(world, { form: 'objects', run: (i) => sign(key, at(messages, i), options) }),
        ...ours(world, {
          form: 'bytes',
          keyFormat: 'seed',
          run(i) {
            using imported = SignPrivateKey.fromSeed(forms.seed);
            return sign(imported, at(messages, i), options);
          },
        }),
        ...ours(world, {
          form: 'bytes',
          keyFormat: 'expanded',
          run(i) {
            using imported = SignPrivateKey.fromExpandedKey(forms.expanded);
            return sign(imported, at(messages, i), options);
          },
        }),
        ...(await theirForms(world, world.raw?.sign, async (keyed) => {
          const calls = await keyed.withKey(forms);
          return (i) => calls.sign(at(messages, i));
        })),
      ],
    };
  },
};

const verification: Contest = {
  suite: 'primitives',
  operation: 'ML-DSA-87 verify',
  sizeBytes: SIGNED_BYTES,
  family: 'sign',
  async prepare(world) {
    const key = generateSignKey();
    const { publicKey } = key;
    const forms = keyForms(key);
    const signed = randomMessages(VERIFY_MESSAGES, SIGNED_BYTES).map((message) => ({
      message,
      signature: sign(key, message),
    }));
    return {
      runners: [
        ...ours(world, {
          form: 'objects',
          run(i) {
            const { message, signature } = at(signed, i);
            return verify(publicKey, message, signature);
          },
        }),
        ...ours(world, {
          form: 'bytes',
          run(i) {
            const { message, signature } = at(signed, i);
            return verify(SignPublicKey.fromBytes(forms.publicKey), message, signature);
          },
        }),
        ...(await theirForms(world, world.raw?.sign, async (keyed) => {
          const calls = await keyed.withKey(forms);
          return (i) => {
            const { message, signature } = at(signed, i);
            return calls.verify(message, signature);
          };
        })),
      ],
    };
  },
};

/** The contests of ML-DSA-87. */
export const SIGN_CONTESTS: readonly Contest[] = [keygen, signing, verification];
