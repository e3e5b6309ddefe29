/**
 * Actions through the public API, with the engine in WebAssembly in use.
 *
 * @module
 */

import { registry } from '../../src/engines/index.ts';
import {
  createHmacSha3_512,
  createSha3_512,
  hkdfSha3_512,
  hmacSha3_512,
  sha3_512,
  verifyHmacSha3_512,
} from '../../src/hash/index.ts';
import {
  decapsulate,
  encapsulate,
  generateKemKey,
  KemPrivateKey,
  KemPublicKey,
} from '../../src/kem/index.ts';
import { ML_DSA_87, ML_KEM_1024 } from '../../src/params.ts';
import {
  createMu,
  generateSignKey,
  SignPrivateKey,
  SignPublicKey,
  sign,
  signMu,
  signStream,
  verify,
  verifyMu,
} from '../../src/sign/index.ts';
import type { Draw } from '../differential/draw.ts';
import { expandedBytesOf } from '../differential/world.ts';
import { type Action, check, does, fails, Pool, same, withRandom } from './action.ts';

const EMPTY = new Uint8Array(0);
/** Longer than what the module takes at once, one time in fifty. */
const lengthOf = (draw: Draw) => (draw.chance(50) ? 140_000 : draw.below(500));
const message = (draw: Draw) => draw.bytes(lengthOf(draw));
/** No byte string. */
const NO_BYTES = [undefined, null, 7, 'text', [1, 2], {}] as unknown as readonly Uint8Array[];

const wrongLength = (draw: Draw, right: number) =>
  draw.bytes(draw.pick([0, right - 1, right + 1, draw.below(right)]));

/** More than the engine keeps expanded. */
const kemKeys = new Pool(40, (draw) =>
  draw.chance(3) ? generateKemKey() : KemPrivateKey.fromSeed(draw.bytes(ML_KEM_1024.seedBytes)),
);
const signKeys = new Pool(12, (draw) =>
  draw.chance(3) ? generateSignKey() : SignPrivateKey.fromSeed(draw.bytes(ML_DSA_87.seedBytes)),
);

/** Lets go of the keys. */
export function clearApi(): void {
  kemKeys.clear();
  signKeys.clear();
}

/** The expanded form of a new key. */
function expandedOf(draw: Draw, family: 'kem' | 'sign'): Uint8Array {
  const params = family === 'kem' ? ML_KEM_1024 : ML_DSA_87;
  const key = registry.named('wasm', family).prepareSeed(draw.bytes(params.seedBytes));
  const expanded = expandedBytesOf(key, params.expandedKeyBytes);
  key.dispose();
  return expanded;
}

/** Options that dispose of the key when they are read. */
function disposing(key: SignPrivateKey, context: Uint8Array) {
  return {
    get context() {
      key.dispose();
      return context;
    },
  };
}

const hashing: readonly Action[] = [
  does('SHA3-512', 10, (draw) => {
    const data = message(draw);
    const digest = createSha3_512();
    for (const piece of draw.cut(data)) digest.update(piece);
    check('digest', same(digest.digest(), sha3_512(data)));
  }),
  does('HMAC and HKDF', 6, (draw) => {
    const [key, data] = [draw.bytes(draw.below(200)), message(draw)];
    check('tag', verifyHmacSha3_512(key, data, hmacSha3_512(key, data)));
    hkdfSha3_512(key, { info: data.subarray(0, 50), length: draw.between(1, 1000) }).dispose();
  }),
  fails('hash: disposed of in between', 4, (draw) => {
    const digest = draw.chance(2) ? createSha3_512() : createHmacSha3_512(message(draw));
    digest.update(message(draw));
    digest.dispose();
    if (draw.chance(2)) digest.update(EMPTY);
    else digest.digest();
  }),
  fails('hash: no bytes', 2, (draw) => {
    sha3_512(draw.pick(NO_BYTES));
  }),
  fails('HKDF: impossible lengths', 2, (draw) => {
    hkdfSha3_512(message(draw), { length: draw.pick([0, -1, 16_321, 1.5, Number.NaN]) });
  }),
];

const kemming: readonly Action[] = [
  does('ML-KEM-1024 encapsulate, decapsulate', 20, (draw) => {
    const key = kemKeys.take(draw);
    const { ciphertext, sharedSecret } = encapsulate(key.publicKey);
    const received = decapsulate(key, ciphertext);
    check('secret', same(received.expose(), sharedSecret.expose()));
    received.dispose();
    if (draw.chance(2)) sharedSecret.dispose();
  }),
  does('ML-KEM-1024 decapsulate a forgery', 10, (draw) => {
    decapsulate(kemKeys.take(draw), draw.bytes(ML_KEM_1024.ciphertextBytes)).dispose();
  }),
  does('ML-KEM-1024 import an expanded key', 3, (draw) => {
    const key = KemPrivateKey.fromExpandedKey(expandedOf(draw, 'kem'));
    decapsulate(key, draw.bytes(ML_KEM_1024.ciphertextBytes));
    if (draw.chance(2)) key.dispose();
  }),
  fails('ML-KEM-1024 ciphertext of a wrong length', 4, (draw) => {
    decapsulate(kemKeys.take(draw), wrongLength(draw, ML_KEM_1024.ciphertextBytes));
  }),
  fails('ML-KEM-1024 bad public key', 4, (draw) => {
    KemPublicKey.fromBytes(
      draw.pick([draw.bytes(ML_KEM_1024.publicKeyBytes).fill(0xff, 0, 99), wrongLength(draw, 1568)]),
    );
  }),
  fails('ML-KEM-1024 bad expanded key', 3, (draw) => {
    // Any part but z.
    KemPrivateKey.fromExpandedKey(draw.flipped(expandedOf(draw, 'kem'), 4, 0, 3136));
  }),
  fails('ML-KEM-1024 bad seed', 2, (draw) => {
    KemPrivateKey.fromSeed(wrongLength(draw, ML_KEM_1024.seedBytes));
  }),
  fails('ML-KEM-1024 key that was disposed of', 4, (draw) => {
    const key = kemKeys.make(draw);
    const { ciphertext } = encapsulate(key.publicKey);
    if (draw.chance(2)) decapsulate(key, ciphertext).dispose();
    key.dispose();
    decapsulate(key, ciphertext);
  }),
  fails('ML-KEM-1024 without randomness', 3, (draw) => {
    const { publicKey } = kemKeys.take(draw);
    withRandom(
      () => {
        throw new Error('no entropy');
      },
      () => (draw.chance(2) ? encapsulate(publicKey) : generateKemKey()),
    );
  }),
];

const signing: readonly Action[] = [
  does('ML-DSA-87 sign, verify', 14, (draw) => {
    const key = signKeys.take(draw);
    const [text, context] = [message(draw), draw.bytes(draw.below(256))];
    const signature = sign(key, text, { context, deterministic: draw.chance(2) });
    check('verification', verify(key.publicKey, text, signature, { context }));
    check('forgery', !verify(key.publicKey, text, draw.flipped(signature), { context }));
  }),
  does('ML-DSA-87 sign, verify μ', 5, (draw) => {
    const key = signKeys.take(draw);
    const mu = createMu(key.publicKey).update(message(draw)).finish();
    check('verification', verifyMu(key.publicKey, mu, signMu(key, mu)));
  }),
  does('ML-DSA-87 verify with another key', 6, (draw) => {
    const publicKey = SignPublicKey.fromBytes(draw.bytes(ML_DSA_87.publicKeyBytes));
    check('verification', !verify(publicKey, message(draw), draw.bytes(ML_DSA_87.signatureBytes)));
  }),
  does('ML-DSA-87 import an expanded key', 2, (draw) => {
    const key = SignPrivateKey.fromExpandedKey(expandedOf(draw, 'sign'));
    sign(key, EMPTY);
    if (draw.chance(2)) key.dispose();
  }),
  does('ML-DSA-87 signature of a wrong length', 4, (draw) => {
    const signature = wrongLength(draw, ML_DSA_87.signatureBytes);
    check('verification', !verify(signKeys.take(draw).publicKey, message(draw), signature));
  }),
  fails('ML-DSA-87 bad expanded key', 3, (draw) => {
    // Any part but K.
    const [first, end] = draw.pick([
      [0, 32],
      [64, 128],
      [128, 1568],
      [1568, 4896],
    ] as const);
    SignPrivateKey.fromExpandedKey(draw.flipped(expandedOf(draw, 'sign'), 4, first, end));
  }),
  fails('ML-DSA-87 bad lengths', 4, (draw) => {
    const key = signKeys.take(draw);
    const bad = draw.below(4);
    if (bad === 0) SignPublicKey.fromBytes(wrongLength(draw, ML_DSA_87.publicKeyBytes));
    else if (bad === 1) SignPrivateKey.fromSeed(wrongLength(draw, ML_DSA_87.seedBytes));
    else if (bad === 2) sign(key, message(draw), { context: draw.bytes(draw.between(256, 600)) });
    else sign(key, draw.pick(NO_BYTES));
  }),
  fails('ML-DSA-87 key that is disposed of while its options are read', 4, (draw) => {
    const key = signKeys.make(draw);
    if (draw.chance(2)) sign(key, EMPTY);
    sign(key, message(draw), disposing(key, EMPTY));
  }),
  does('ML-DSA-87 key that is disposed of while it signs', 3, (draw) => {
    // The signature that was under way is right; the next one is refused.
    const key = signKeys.make(draw);
    const { publicKey } = key;
    const text = message(draw);
    let signature: Uint8Array = EMPTY;
    withRandom(
      (out) => {
        out.fill(1);
        key.dispose();
      },
      () => {
        signature = sign(key, text);
      },
    );
    check('signature', verify(publicKey, text, signature));
    check('disposal', key.disposed);
  }),
  fails('ML-DSA-87 key that is disposed of while a stream comes', 2, async (draw) => {
    const key = signKeys.make(draw);
    const pieces = draw.cut(message(draw));
    await signStream(
      key,
      (async function* () {
        yield EMPTY;
        key.dispose();
        yield* pieces;
      })(),
    );
  }),
  fails('ML-DSA-87 without randomness', 3, (draw) => {
    const key = signKeys.take(draw);
    const text = message(draw);
    withRandom(
      () => {
        throw new Error('no entropy');
      },
      () => (draw.chance(2) ? sign(key, text) : generateSignKey()),
    );
  }),
];

/** All of them. */
export const apiActions: readonly Action[] = [...hashing, ...kemming, ...signing];
