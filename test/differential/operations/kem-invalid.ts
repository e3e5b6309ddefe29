/**
 * ML-KEM-1024 with ciphertexts and keys that are wrong.
 *
 * That a key fits FIPS 203 is checked above the engines, so keys are also given to the public API (on the engine in WebAssembly),
 * and its decision compared with those of noble and node:crypto by themselves, and with what FIPS 203 says of the key that was
 * made here.
 *
 * @module
 */
import * as crypto from 'node:crypto';
import { ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import { concat } from '../../../src/bytes.ts';
import type { PreparedKemPublicKey } from '../../../src/engines/engine.ts';
import { decapsulate } from '../../../src/kem/kem.ts';
import { KemPrivateKey, KemPublicKey } from '../../../src/kem/keys.ts';
import { ML_KEM_1024 } from '../../../src/params.ts';
import { type Comparison, REFUSED } from '../comparison.ts';
import type { Draw } from '../draw.ts';
import type { Operation } from '../operation.ts';
import { rawExpandedKey, rawPublicBytes, rawPublicKey, shake256 } from '../raw.ts';
import { each, type KemKeys, NAMES } from '../world.ts';
import { decapsulated, decapsulators, encapsulated, validCiphertext } from './kem.ts';

const { ciphertextBytes, expandedKeyBytes, k, messageBytes, publicKeyBytes, q, sharedSecretBytes } =
  ML_KEM_1024;

const VECTOR_BYTES = 384 * k;
const COEFFICIENTS = 256 * k;
/** Where things are in dk: dkPKE ‖ ek ‖ H(ek) ‖ z. */
const EK = VECTOR_BYTES;
const HASH = EK + publicKeyBytes;
const Z = HASH + 32;
/** Bytes of u, the first part of a ciphertext. */
const U_BYTES = 352 * k;

/** Reads a coefficient of 12 bits. */
function coefficientAt(bytes: Uint8Array, base: number, index: number): number {
  const at = base + 3 * (index >> 1);
  const [b0, b1, b2] = [bytes[at], bytes[at + 1], bytes[at + 2]] as [number, number, number];
  return index % 2 === 0 ? b0 | ((b1 & 0x0f) << 8) : (b1 >> 4) | (b2 << 4);
}

/** Writes a coefficient of 12 bits. */
function setCoefficient(bytes: Uint8Array, base: number, index: number, value: number): void {
  const at = base + 3 * (index >> 1);
  const middle = bytes[at + 1] as number;
  if (index % 2 === 0) {
    bytes[at] = value & 0xff;
    bytes[at + 1] = (middle & 0xf0) | (value >> 8);
  } else {
    bytes[at + 1] = (middle & 0x0f) | ((value & 0x0f) << 4);
    bytes[at + 2] = value >> 4;
  }
}

/** A copy with one coefficient that is not below q; where it can, one that is the same number modulo q. */
function withLargeCoefficient(draw: Draw, bytes: Uint8Array, base: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const start = draw.below(COEFFICIENTS);
  if (draw.chance(2)) {
    for (let i = 0; i < COEFFICIENTS; i++) {
      const index = (start + i) % COEFFICIENTS;
      const value = coefficientAt(bytes, base, index);
      if (value + q < 4096) {
        setCoefficient(copy, base, index, value + q);
        return copy;
      }
    }
  }
  setCoefficient(copy, base, start, draw.pick([q, q + 1, 4095, draw.between(q, 4095)]));
  return copy;
}

/** A copy with one coefficient that is another number below q. */
function withOtherCoefficient(draw: Draw, bytes: Uint8Array, base: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const index = draw.below(COEFFICIENTS);
  setCoefficient(copy, base, index, (coefficientAt(bytes, base, index) + draw.between(1, q - 1)) % q);
  return copy;
}

/** Writes the hash that fits ek into an expanded key. */
function withRightHash(expandedKey: Uint8Array): Uint8Array {
  expandedKey.set(crypto.createHash('sha3-256').update(expandedKey.subarray(EK, HASH)).digest(), HASH);
  return expandedKey;
}

/** Whether every coefficient is below q. */
function isReduced(bytes: Uint8Array, base: number): boolean {
  for (let i = 0; i < COEFFICIENTS; i++) if (coefficientAt(bytes, base, i) >= q) return false;
  return true;
}

/** A ciphertext that belongs to no encapsulation to this key. */
function forgedCiphertext(draw: Draw, valid: Uint8Array): Uint8Array {
  const random = draw.bytes(ciphertextBytes);
  switch (draw.below(9)) {
    case 0:
      return random;
    case 1:
      return new Uint8Array(ciphertextBytes).fill(draw.pick([0, 0xff, 0x80, 0x55, draw.below(256)]));
    case 2:
      return concat(valid.subarray(0, U_BYTES), random.subarray(U_BYTES));
    case 3:
      return concat(random.subarray(0, U_BYTES), valid.subarray(U_BYTES));
    case 4: {
      const zeroed = Uint8Array.from(valid);
      const first = draw.below(ciphertextBytes);
      return zeroed.fill(draw.pick([0, 0xff]), first, first + draw.between(1, 400));
    }
    case 5:
      return concat(valid.subarray(1), valid.subarray(0, 1));
    case 6:
      return draw.flipped(valid, 1, U_BYTES);
    case 7:
      return draw.flipped(valid, 64);
    default:
      return draw.flipped(valid);
  }
}

/** The secret of implicit rejection, FIPS 203 algorithm 18: J(z ‖ c). */
function rejectionSecret(seed: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return shake256(sharedSecretBytes, seed.subarray(32), ciphertext);
}

function wrongLength(draw: Draw, right: number): number {
  return draw.pick([0, 1, right - 1, right + 1, draw.below(right), right + draw.below(3000) + 1]);
}

/** Public keys with something wrong, or at the edge of right. */
function changedPublicKey(draw: Draw, valid: Uint8Array): Uint8Array {
  switch (draw.below(10)) {
    case 0:
      return draw.bytes(publicKeyBytes);
    case 1:
      return new Uint8Array(publicKeyBytes).fill(draw.pick([0, 0xff, 0xcc, draw.below(256)]));
    case 2:
      return draw.bytes(wrongLength(draw, publicKeyBytes));
    case 3:
      // ρ: any will do.
      return draw.flipped(valid, 8, VECTOR_BYTES);
    case 4:
    case 5: {
      const copy = Uint8Array.from(valid);
      setCoefficient(copy, 0, draw.below(COEFFICIENTS), draw.pick([0, q - 1, q - 2]));
      return copy;
    }
    case 6:
      return draw.flipped(valid, 8);
    default:
      return withLargeCoefficient(draw, valid, 0);
  }
}

/** Two encapsulations of a given m: the second one finds the key expanded. */
function encapsulatedTwice(key: PreparedKemPublicKey, m: Uint8Array): Uint8Array {
  try {
    const twice = [0, 1].map(() =>
      encapsulated((ciphertext, secret) => key.encapsulateWith?.(m, ciphertext, secret)),
    );
    return concat(...twice);
  } finally {
    key.dispose();
  }
}

/** The parts of an expanded key, and how each can be wrong; whether the rest of the key still fits. */
const EXPANDED_CHANGES: readonly ((draw: Draw, valid: Uint8Array) => { key: Uint8Array; fits: boolean })[] = [
  (_, valid) => ({ key: Uint8Array.from(valid), fits: true }),
  // Any z will do.
  (draw, valid) => ({ key: draw.flipped(valid, 8, Z), fits: true }),
  (draw, valid) => ({ key: draw.flipped(valid, 8, HASH, Z), fits: false }),
  (draw, valid) => ({ key: draw.flipped(valid, 8, EK, HASH), fits: false }),
  (draw, valid) => ({ key: withRightHash(draw.flipped(valid, 8, EK, HASH)), fits: false }),
  (draw, valid) => ({ key: withRightHash(withOtherCoefficient(draw, valid, EK)), fits: false }),
  (draw, valid) => ({ key: withRightHash(withLargeCoefficient(draw, valid, EK)), fits: false }),
  (draw, valid) => ({ key: withLargeCoefficient(draw, valid, EK), fits: false }),
  (draw, valid) => ({ key: withLargeCoefficient(draw, valid, 0), fits: false }),
  // That a wrong coefficient of s is found is up to a round of encapsulation, which gives the same secret in spite of it one
  // time in some ten million.
  (draw, valid) => ({ key: withOtherCoefficient(draw, valid, 0), fits: false }),
  (draw, valid) => ({ key: draw.flipped(valid, 64, 0, EK), fits: false }),
  (draw) => ({ key: withRightHash(draw.bytes(expandedKeyBytes)), fits: false }),
  (draw, valid) => ({
    key: concat(valid, valid).subarray(0, wrongLength(draw, expandedKeyBytes)),
    fits: false,
  }),
];

/** What noble by itself, whose own check is that of H(ek) alone, has to refuse as well. */
function nobleRefuses(key: Uint8Array): boolean {
  const isRightLength = key.length === expandedKeyBytes;
  if (!isRightLength) return true;
  const hash = crypto.createHash('sha3-256').update(key.subarray(EK, HASH)).digest();
  return Buffer.compare(hash, key.subarray(HASH, Z)) !== 0;
}

/** What the engines make of a key whose parts may not fit: they decapsulate alike, as long as all of them do it at all. */
function compareEngines(
  draw: Draw,
  keys: KemKeys,
  expandedKey: Uint8Array,
  comparison: Comparison,
  world: Parameters<Operation['run']>[1],
): void {
  const { ciphertext } = validCiphertext(draw, keys);
  const input = draw.chance(2) ? ciphertext : forgedCiphertext(draw, ciphertext);
  const { wasm, noble } = each((name) => () => {
    const key = world.engines.kem[name].prepareExpanded(expandedKey);
    try {
      return decapsulated(key, input);
    } finally {
      key.dispose();
    }
  });
  comparison.same('secret of a key that is not checked', { wasm, noble });
}

/** Operations on what is wrong. */
export const invalidKemOperations: readonly Operation[] = [
  {
    name: 'ML-KEM-1024 ciphertexts that are forged',
    weight: 180,
    run(draw, world, comparison) {
      const { kem } = world;
      const { ciphertext: valid } = validCiphertext(draw, kem);
      world.crowd(draw, 20, 'kem');
      const ciphertext = forgedCiphertext(draw, valid);
      const isForged = Buffer.compare(valid, ciphertext) !== 0;
      comparison.refused = isForged;
      comparison.same('secret', {
        ...(isForged ? { 'FIPS 203': () => rejectionSecret(kem.seed, ciphertext) } : {}),
        ...decapsulators(kem, ciphertext),
      });
    },
  },
  {
    name: 'ML-KEM-1024 ciphertexts of any length',
    weight: 75,
    run(draw, { kem }, comparison) {
      const { ciphertext: valid } = validCiphertext(draw, kem);
      const ciphertext = draw.chance(8)
        ? valid
        : concat(valid, valid).subarray(0, wrongLength(draw, ciphertextBytes));
      const isRight = ciphertext.length === ciphertextBytes;
      comparison.decide('secret', {
        'FIPS 203': () => {
          if (!isRight) throw new Error(REFUSED);
          return decapsulated(kem.privateKeys.wasm, ciphertext);
        },
        api: () => decapsulate(kem.api, ciphertext).expose(),
        noble: () => ml_kem1024.decapsulate(ciphertext, kem.expanded),
        node: () => crypto.decapsulate(rawExpandedKey('ml-kem-1024', kem.expanded), ciphertext),
      });
    },
  },
  {
    name: 'ML-KEM-1024 public keys that are wrong',
    weight: 100,
    run(draw, { kem, engines }, comparison) {
      const key = changedPublicKey(draw, kem.publicBytes);
      const m = draw.bytes(messageBytes);
      const isRight = key.length === publicKeyBytes && isReduced(key, 0);
      comparison.decide('key', {
        'FIPS 203': () => {
          if (!isRight) throw new Error(REFUSED);
          return key;
        },
        api: () => KemPublicKey.fromBytes(key).toBytes(),
        noble: () => ml_kem1024.encapsulate(key, m) && key,
        node: () => rawPublicBytes(rawPublicKey('ml-kem-1024', key)),
      });
      if (key.length !== publicKeyBytes) return;
      // The engines check the modulus as well.
      comparison.decide('ciphertexts and secrets', {
        wasm: () => encapsulatedTwice(engines.kem.wasm.preparePublic(key), m),
        noble: () => encapsulatedTwice(engines.kem.noble.preparePublic(key), m),
      });
    },
  },
  {
    name: 'ML-KEM-1024 expanded keys that are wrong',
    weight: 100,
    run(draw, world, comparison) {
      const { kem } = world;
      const { key, fits } = draw.pick(EXPANDED_CHANGES)(draw, kem.expanded);
      const isAccepted = comparison.decide('key', {
        'FIPS 203': () => {
          if (!fits) throw new Error(REFUSED);
          return true;
        },
        api: () => KemPrivateKey.fromExpandedKey(key).publicKey !== undefined,
        node: () => rawExpandedKey('ml-kem-1024', key).type === 'private',
      });
      if (nobleRefuses(key)) {
        comparison.decide('key, of which noble checks the hash', {
          api: () => KemPrivateKey.fromExpandedKey(key).publicKey !== undefined,
          noble: () => ml_kem1024.decapsulate(validCiphertext(draw, kem).ciphertext, key) && true,
        });
        return;
      }
      const isEncodable = isReduced(key, EK);
      if (isEncodable) compareEngines(draw, kem, key, comparison, world);
      if (!isAccepted) return;
      const imported = each((name) => world.engines.kem[name].prepareExpanded(key));
      const { ciphertext, secret } = validCiphertext(draw, kem);
      comparison.same('secret', {
        sent: () => secret,
        ...decapsulators({ ...kem, privateKeys: imported }, ciphertext),
      });
      const forged = forgedCiphertext(draw, ciphertext);
      if (Buffer.compare(forged, ciphertext) !== 0) {
        const rejected = () => shake256(sharedSecretBytes, key.subarray(Z), forged);
        comparison.same('rejection', {
          'FIPS 203': rejected,
          wasm: () => decapsulated(imported.wasm, forged),
          noble: () => decapsulated(imported.noble, forged),
          node: () => decapsulated(imported.node, forged),
        });
      }
      for (const name of NAMES) imported[name].dispose();
    },
  },
];
