/**
 * Actions on the engine in WebAssembly itself, which is also given what no layer above it lets through.
 *
 * @module
 */
import type { HashEngine, KemEngine, SignEngine } from '../../src/engines/engine.ts';
import { registry } from '../../src/engines/index.ts';
import { ML_DSA_87, ML_KEM_1024 } from '../../src/params.ts';
import type { Draw } from '../differential/draw.ts';
import { decapsulated, encapsulated } from '../differential/operations/kem.ts';
import { expandedBytesOf, filled, publicBytesOf } from '../differential/world.ts';
import { type Action, check, does, fails, Pool, same, withRandom } from './action.ts';

const hash: HashEngine = registry.named('wasm', 'hash');
const kem: KemEngine = registry.named('wasm', 'kem');
const sign: SignEngine = registry.named('wasm', 'sign');

const EMPTY = new Uint8Array(0);
const { ciphertextBytes, sharedSecretBytes } = ML_KEM_1024;
const { muBytes, publicKeyBytes, rndBytes, signatureBytes } = ML_DSA_87;

/** Bytes whose length cannot be read: the call ends where it looks. */
function broken(): Uint8Array {
  return new Proxy(new Uint8Array(100), {
    get(target, name) {
      if (name === 'length') throw new Error('broken');
      return Reflect.get(target, name);
    },
  });
}

/** Bytes that are longer than the whole memory. */
const TOO_LONG = new Uint8Array(4 * 2 ** 20);

/** A pair of prepared keys, which go together. */
class Pair<P extends { dispose(): void }, Q extends { dispose(): void }> {
  readonly privateKey: P;
  readonly publicKey: Q;
  constructor(privateKey: P, publicKey: Q) {
    this.privateKey = privateKey;
    this.publicKey = publicKey;
  }
  dispose(): void {
    this.privateKey.dispose();
    this.publicKey.dispose();
  }
}

const kemPairs = new Pool(25, (draw) => {
  const made = kem.prepareSeed(draw.bytes(ML_KEM_1024.seedBytes));
  const publicKey = kem.preparePublic(publicBytesOf(made, ML_KEM_1024.publicKeyBytes));
  if (draw.chance(2)) return new Pair(made, publicKey);
  const imported = kem.prepareExpanded(expandedBytesOf(made, ML_KEM_1024.expandedKeyBytes));
  made.dispose();
  return new Pair(imported, publicKey);
});

const signPairs = new Pool(8, (draw) => {
  const made = sign.prepareSeed(draw.bytes(ML_DSA_87.seedBytes));
  const publicKey = sign.preparePublic(publicBytesOf(made, publicKeyBytes));
  if (draw.chance(2)) return new Pair(made, publicKey);
  const imported = sign.prepareExpanded(expandedBytesOf(made, ML_DSA_87.expandedKeyBytes));
  made.dispose();
  return new Pair(imported, publicKey);
});

/** Lets go of the keys. */
export function clearEngine(): void {
  kemPairs.clear();
  signPairs.clear();
}

const message = (draw: Draw) => draw.bytes(draw.chance(50) ? 140_000 : draw.below(500));

const hashing: readonly Action[] = [
  does('engine: hash', 10, (draw) => {
    const data = message(draw);
    const once = filled(64, (out) => hash.sha3_512(data, out));
    const hasher = hash.createSha3_512();
    for (const piece of draw.cut(data)) hasher.update(piece);
    check(
      'digest',
      same(
        filled(64, (out) => hasher.digest(out)),
        once,
      ),
    );
    hash.digest('SHAKE256-512', data);
    hash.hkdfSha3_512(once, data.subarray(0, 70), once, draw.between(1, 500));
  }),
  does('engine: hash that is given up', 6, (draw) => {
    const xof = hash.createXof?.(draw.pick([128, 256] as const));
    xof?.update(message(draw));
    if (draw.chance(2)) xof?.squeeze(new Uint8Array(draw.below(9000)));
    xof?.dispose();
    const hmac = hash.createHmacSha3_512(message(draw));
    hmac.update(message(draw));
    hmac.dispose();
  }),
  fails('engine: hash that breaks', 5, (draw) => {
    const hasher = draw.pick([
      () => hash.createSha3_512(),
      () => hash.createHmacSha3_512(message(draw)),
      () => hash.createShake256(64),
    ])();
    hasher.update(message(draw));
    const way = draw.below(4);
    try {
      if (way === 0) hasher.update(broken());
      else if (way === 1) hash.hmacSha3_512(message(draw), broken(), new Uint8Array(64));
      else if (way === 2) hash.hmacSha3_512(message(draw), message(draw), new Uint8Array(63));
      else hash.createHmacSha3_512(broken());
    } finally {
      hasher.dispose();
    }
  }),
];

const kemming: readonly Action[] = [
  does('engine: ML-KEM-1024', 20, (draw) => {
    const { privateKey, publicKey } = kemPairs.take(draw);
    const m = draw.bytes(ML_KEM_1024.messageBytes);
    const both = encapsulated((ciphertext, secret) =>
      draw.chance(2)
        ? publicKey.encapsulate(ciphertext, secret)
        : publicKey.encapsulateWith?.(m, ciphertext, secret),
    );
    const secret = decapsulated(privateKey, both.subarray(0, ciphertextBytes));
    check('secret', same(secret, both.subarray(ciphertextBytes)));
  }),
  fails('engine: ML-KEM-1024 bad keys', 5, (draw) => {
    const bad = draw.bytes(ML_KEM_1024.publicKeyBytes).fill(0xff, 0, 3);
    const expanded = draw.bytes(ML_KEM_1024.expandedKeyBytes).fill(0xff, 1536, 1539);
    if (draw.chance(2)) encapsulated((c, s) => kem.preparePublic(bad).encapsulate(c, s));
    else decapsulated(kem.prepareExpanded(expanded), draw.bytes(ciphertextBytes));
  }),
  fails('engine: ML-KEM-1024 no room, or too much', 6, (draw) => {
    const { privateKey, publicKey } = kemPairs.take(draw);
    const ciphertext = draw.bytes(ciphertextBytes);
    const way = draw.below(4);
    if (way === 0) privateKey.decapsulate(ciphertext, new Uint8Array(sharedSecretBytes - 1));
    else if (way === 1) privateKey.decapsulate(TOO_LONG, new Uint8Array(sharedSecretBytes));
    else if (way === 2) publicKey.encapsulate(new Uint8Array(9), new Uint8Array(sharedSecretBytes));
    else publicKey.encapsulate(ciphertext, new Uint8Array(sharedSecretBytes - 1));
  }),
  fails('engine: ML-KEM-1024 without randomness', 3, (draw) => {
    const { publicKey } = kemPairs.take(draw);
    withRandom(
      (out) => {
        out.fill(7);
        throw new Error('no entropy');
      },
      () => encapsulated((c, s) => publicKey.encapsulate(c, s)),
    );
  }),
  does('engine: ML-KEM-1024 key that was disposed of', 4, (draw) => {
    const { privateKey, publicKey } = kemPairs.make(draw);
    const ciphertext = draw.bytes(ciphertextBytes);
    decapsulated(privateKey, ciphertext);
    privateKey.dispose();
    publicKey.dispose();
    check(
      'secret',
      expandedBytesOf(privateKey, ML_KEM_1024.expandedKeyBytes).every((byte) => byte === 0),
    );
    decapsulated(privateKey, ciphertext);
    privateKey.dispose();
  }),
];

const signing: readonly Action[] = [
  does('engine: ML-DSA-87', 10, (draw) => {
    const { privateKey, publicKey } = signPairs.take(draw);
    const [text, context, rnd] = [message(draw), draw.bytes(draw.below(256)), draw.bytes(rndBytes)];
    const signature = filled(signatureBytes, (out) => privateKey.signWith?.(text, context, rnd, out));
    check('verification', publicKey.verify(text, context, signature));
  }),
  does('engine: ML-DSA-87 μ and formatted messages', 6, (draw) => {
    const { privateKey, publicKey } = signPairs.take(draw);
    const [text, mu, rnd] = [message(draw), draw.bytes(muBytes), draw.bytes(rndBytes)];
    const [ofMu, ofText] = [
      filled(signatureBytes, (out) => privateKey.signMu?.(mu, rnd, out)),
      filled(signatureBytes, (out) => privateKey.signInternal?.(text, rnd, out)),
    ];
    check('verification of μ', publicKey.verifyMu?.(mu, ofMu) === true);
    check('verification of M′', publicKey.verifyInternal?.(text, ofText) === true);
    check('mixing them up', publicKey.verifyMu?.(mu, ofText) === false);
  }),
  fails('engine: ML-DSA-87 bad expanded key', 4, (draw) => {
    sign.prepareExpanded(draw.bytes(ML_DSA_87.expandedKeyBytes));
  }),
  fails('engine: ML-DSA-87 no room, or broken', 6, (draw) => {
    const { privateKey, publicKey } = signPairs.take(draw);
    const [text, rnd] = [message(draw), draw.bytes(rndBytes)];
    const out = new Uint8Array(signatureBytes);
    const way = draw.below(6);
    if (way === 0) privateKey.signWith?.(text, EMPTY, rnd, out.subarray(1));
    else if (way === 1) privateKey.signWith?.(broken(), EMPTY, rnd, out);
    else if (way === 2) privateKey.signWith?.(text, broken(), rnd, out);
    else if (way === 3) privateKey.signMu?.(TOO_LONG, rnd, out);
    else if (way === 4) publicKey.verify(broken(), EMPTY, out);
    else privateKey.signWith?.(text, EMPTY, TOO_LONG, out);
  }),
  fails('engine: ML-DSA-87 without randomness', 3, (draw) => {
    const { privateKey } = signPairs.take(draw);
    withRandom(
      (out) => {
        out.fill(7);
        throw new Error('no entropy');
      },
      () => privateKey.sign(EMPTY, EMPTY, new Uint8Array(signatureBytes)),
    );
  }),
  does('engine: ML-DSA-87 key that was disposed of', 2, (draw) => {
    const { privateKey, publicKey } = signPairs.make(draw);
    filled(signatureBytes, (out) => privateKey.sign(EMPTY, EMPTY, out));
    privateKey.dispose();
    publicKey.dispose();
    check(
      'secret',
      expandedBytesOf(privateKey, ML_DSA_87.expandedKeyBytes).every((byte) => byte === 0),
    );
  }),
];

/** All of them. */
export const engineActions: readonly Action[] = [...hashing, ...kemming, ...signing];
