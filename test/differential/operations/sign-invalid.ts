/**
 * ML-DSA-87 with signatures and keys that are wrong.
 *
 * @module
 */
import * as crypto from 'node:crypto';
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { concat } from '../../../src/bytes.ts';
import type { PreparedSignPrivateKey } from '../../../src/engines/engine.ts';
import { ML_DSA_87 } from '../../../src/params.ts';
import { SignPrivateKey } from '../../../src/sign/keys.ts';
import { Mu, signMu } from '../../../src/sign/mu.ts';
import { sign, verify } from '../../../src/sign/sign.ts';
import { REFUSED } from '../comparison.ts';
import { type Crafted, drawHints, drawZ, ENDS, Forger, HINTS, packHints, Z_BOUND } from '../crafted.ts';
import type { Draw } from '../draw.ts';
import type { Operation } from '../operation.ts';
import { rawExpandedKey, rawPublicBytes, rawPublicKey } from '../raw.ts';
import { each, filled, NAMES, publicBytesOf, type Signed, type SignKeys, type World } from '../world.ts';
import { verifiers } from './sign.ts';

const { expandedKeyBytes, maxContextBytes, muBytes, publicKeyBytes, rndBytes, signatureBytes } = ML_DSA_87;

const OMEGA = 75;
const ROWS = 8;
const GAMMA1 = 2 ** 19;
/** Where c̃ ends and z begins in a signature. */
const Z = 64;
/** Layout of a private key: ρ, K, tr, s1, s2, t0. */
const KEY = { rho: 0, k: 32, tr: 64, s1: 128, s2: 800, t0: 1568, end: expandedKeyBytes } as const;
/** Coefficients of s1 and s2, 3 bits each. */
const SHORT_COEFFICIENTS = (8 * (KEY.t0 - KEY.s1)) / 3;

const copyOf = (bytes: Uint8Array) => Uint8Array.from(bytes);

/** Puts two values in each other's place. */
function swap(bytes: Uint8Array, a: number, b: number): void {
  [bytes[a], bytes[b]] = [bytes[b] as number, bytes[a] as number];
}

/** An operation on a signature of the period's key with something changed. */
function forged(
  name: string,
  weight: number,
  change: (draw: Draw, signed: Signed, keys: SignKeys) => Signed,
): Operation {
  return {
    name,
    weight,
    run(draw, { sign: keys }, comparison) {
      const original = draw.pick(keys.signed);
      const signed = change(draw, original, keys);
      const isRight =
        Buffer.compare(original.signature, signed.signature) === 0 &&
        Buffer.compare(original.message, signed.message) === 0 &&
        Buffer.compare(original.context, signed.context) === 0;
      comparison.decide('verification', { 'FIPS 204': () => isRight, ...verifiers(draw, keys, signed) });
    },
  };
}

const withSignature = (signed: Signed, signature: Uint8Array): Signed => ({ ...signed, signature });

/** The hints of a signature, packed in a way that algorithm 21 refuses, or that says something else. */
function otherHints(draw: Draw, signature: Uint8Array): Uint8Array {
  const copy = copyOf(signature);
  const hints = copy.subarray(HINTS);
  const last = ENDS + ROWS - 1;
  const used = hints[last] as number;
  const place = draw.below(Math.max(used - 1, 1));
  switch (draw.below(10)) {
    case 0:
      swap(hints, place, place + 1);
      break;
    case 1:
      hints[place + 1] = hints[place] as number;
      break;
    case 2:
      hints[draw.between(ENDS, last)] = draw.between(OMEGA + 1, 255);
      break;
    case 3:
      hints[draw.between(ENDS, last)] = draw.below(OMEGA + 1);
      break;
    case 4:
      swap(hints, draw.between(ENDS, last), draw.between(ENDS, last));
      break;
    case 5:
      if (used < OMEGA) hints[draw.between(used, OMEGA - 1)] = draw.between(1, 255);
      break;
    case 6:
      hints[last] = Math.max(0, used + draw.pick([-1, 1]));
      break;
    case 7:
      hints.fill(0);
      break;
    case 8:
      hints.set(draw.bytes(hints.length));
      break;
    default:
      hints[draw.below(hints.length)] = draw.below(256);
  }
  return copy;
}

/** Writes a coefficient of z, 20 bits each, as it is packed: γ1 − z. */
function setZ(signature: Uint8Array, index: number, packed: number): void {
  const at = Z + 5 * (index >> 1);
  const middle = signature[at + 2] as number;
  if (index % 2 === 0) {
    signature[at] = packed & 0xff;
    signature[at + 1] = (packed >> 8) & 0xff;
    signature[at + 2] = (middle & 0xf0) | (packed >> 16);
  } else {
    signature[at + 2] = (middle & 0x0f) | ((packed & 0x0f) << 4);
    signature[at + 3] = (packed >> 4) & 0xff;
    signature[at + 4] = packed >> 12;
  }
}

/** Values of one coefficient of z around its bound. */
function zAround(draw: Draw): number {
  return draw.pick([
    Z_BOUND - 1,
    Z_BOUND,
    Z_BOUND + 1,
    GAMMA1,
    GAMMA1 - 1,
    -Z_BOUND + 1,
    -Z_BOUND,
    -Z_BOUND - 1,
    -GAMMA1 + 1,
  ]);
}

/** The public key of a period of which everybody is the signer. */
const forgers = new WeakMap<World, { forger: Forger; keys: Pick<SignKeys, 'publicKeys' | 'publicBytes'> }>();

function forgerOf(world: World) {
  let made = forgers.get(world);
  if (made === undefined) {
    const forger = new Forger(world.sign.publicBytes.subarray(0, 32));
    const { publicBytes } = forger;
    made = {
      forger,
      keys: { publicBytes, publicKeys: each((name) => world.engines.sign[name].preparePublic(publicBytes)) },
    };
    forgers.set(world, made);
  }
  return made;
}

/** An operation on signatures that are right but for one thing, if for any. */
function crafted(
  name: string,
  weight: number,
  craft: (draw: Draw, forger: Forger) => Crafted & { isRight: boolean },
): Operation {
  return {
    name,
    weight,
    run(draw, world, comparison) {
      const { forger, keys } = forgerOf(world);
      const { isRight, ...signed } = craft(draw, forger);
      comparison.decide('verification', { 'FIPS 204': () => isRight, ...verifiers(draw, keys, signed) });
    },
  };
}

/** Packs hints that a reader without checks takes for the same. */
function misPacked(draw: Draw): { hints: number[][]; packed: Uint8Array; isRight: boolean } {
  const hints = drawHints(draw, draw.pick([0, 1, OMEGA - 1, OMEGA, draw.below(OMEGA), draw.below(OMEGA)]));
  const packed = packHints(hints);
  const used = packed[ENDS + ROWS - 1] as number;
  const right = { hints, packed, isRight: true };
  const wrong = { hints, packed, isRight: false };
  const row = hints.findIndex((places) => places.length >= 2);
  const start = row <= 0 ? 0 : (packed[ENDS + row - 1] as number);
  switch (draw.below(6)) {
    case 0:
      // In another order.
      if (row < 0) return right;
      swap(packed, start, start + 1);
      return wrong;
    case 1: {
      // One of them twice.
      const filled = hints.findIndex((places) => places.length > 0);
      if (filled < 0 || used === OMEGA) return right;
      const at = filled === 0 ? 0 : (packed[ENDS + filled - 1] as number);
      packed.copyWithin(at + 1, at, used);
      for (let i = filled; i < ROWS; i++) packed[ENDS + i] = (packed[ENDS + i] as number) + 1;
      return wrong;
    }
    case 2:
      // Something behind the last one.
      if (used === OMEGA) return right;
      packed[draw.between(used, OMEGA - 1)] = draw.between(1, 255);
      return wrong;
    case 3: {
      // A row that ends before it begins, so that the next one has the last place of the row before.
      const row = hints.findIndex(
        (places, i) => i > 0 && places.length === 0 && (packed[ENDS + i] as number) > 0,
      );
      if (row < 0 || row === ROWS - 1) return right;
      const end = packed[ENDS + row] as number;
      const [last, next] = [packed[end - 1] as number, hints[row + 1] as number[]];
      if (next[0] !== undefined && next[0] <= last) return right;
      hints[row + 1] = [last, ...next];
      packed[ENDS + row] = end - 1;
      return wrong;
    }
    case 4: {
      // One too many, where the ends of the rows begin: the first of them is OMEGA.
      const most = [[...drawHints(draw, OMEGA).flat()].sort((a, b) => a - b)];
      if (new Set(most[0]).size < OMEGA) return right;
      const all = [...most, ...Array.from({ length: ROWS - 2 }, () => []), [OMEGA]];
      const bytes = packHints([...most, ...Array.from({ length: ROWS - 1 }, () => [])]);
      bytes[ENDS + ROWS - 1] = OMEGA + 1;
      return { hints: all, packed: bytes, isRight: false };
    }
    default:
      return right;
  }
}

/** Expanded keys with something wrong; whether FIPS 204 algorithm 6 could have made them. */
function changedKey(draw: Draw, valid: Uint8Array): { key: Uint8Array; isRight: boolean } {
  const key = copyOf(valid);
  const wrong = (changed: Uint8Array) => ({ key: changed, isRight: false });
  switch (draw.below(12)) {
    case 0:
      return { key, isRight: true };
    case 1:
      // Nothing follows from K.
      return { key: draw.flipped(valid, 8, KEY.k, KEY.tr), isRight: true };
    case 2:
      return wrong(draw.flipped(valid, 8, KEY.rho, KEY.k));
    case 3:
      return wrong(draw.flipped(valid, 8, KEY.tr, KEY.s1));
    case 4:
      return wrong(draw.flipped(valid, 4, KEY.s1, KEY.s2));
    case 5:
      return wrong(draw.flipped(valid, 4, KEY.s2, KEY.t0));
    case 6:
      return wrong(draw.flipped(valid, 8, KEY.t0));
    case 7: {
      // Out of range: 5, 6 and 7 stand for no coefficient.
      setShort(key, draw.below(SHORT_COEFFICIENTS), draw.between(5, 7));
      return wrong(key);
    }
    case 8: {
      const index = draw.below(SHORT_COEFFICIENTS);
      const other = (shortAt(key, index) + draw.between(1, 4)) % 5;
      setShort(key, index, other);
      return wrong(key);
    }
    case 9:
      return wrong(key.fill(draw.pick([0, 0xff]), KEY.t0));
    case 10:
      return wrong(
        concat(valid, valid).subarray(0, draw.pick([0, expandedKeyBytes - 1, expandedKeyBytes + 1])),
      );
    default:
      return wrong(draw.bytes(expandedKeyBytes));
  }
}

/** A packed coefficient of s1 or s2. */
function shortAt(key: Uint8Array, index: number): number {
  const bit = 3 * index;
  const at = KEY.s1 + (bit >> 3);
  return (((key[at] as number) | ((key[at + 1] as number) << 8)) >> (bit & 7)) & 7;
}

function setShort(key: Uint8Array, index: number, value: number): void {
  for (let i = 0; i < 3; i++) {
    const bit = 3 * index + i;
    const at = KEY.s1 + (bit >> 3);
    const mask = 1 << (bit & 7);
    key[at] = (value >> i) & 1 ? (key[at] as number) | mask : (key[at] as number) & ~mask;
  }
}

/** Operations on what is wrong. */
export const invalidSignOperations: readonly Operation[] = [
  forged('ML-DSA-87 signatures with a bit changed', 25, (draw, signed) =>
    withSignature(signed, draw.flipped(signed.signature, draw.pick([1, 1, 16]))),
  ),
  forged('ML-DSA-87 signatures with other hints', 70, (draw, signed) =>
    withSignature(signed, otherHints(draw, signed.signature)),
  ),
  forged('ML-DSA-87 signatures with z at its bound', 80, (draw, signed) => {
    const signature = copyOf(signed.signature);
    for (let i = draw.between(1, 3); i > 0; i--) setZ(signature, draw.below(7 * 256), GAMMA1 - zAround(draw));
    return withSignature(signed, signature);
  }),
  forged('ML-DSA-87 signatures of any length', 60, (draw, signed) => {
    const length = draw.pick([
      0,
      1,
      Z,
      HINTS,
      signatureBytes - 1,
      signatureBytes + 1,
      draw.below(2 * signatureBytes),
    ]);
    return withSignature(signed, concat(signed.signature, signed.signature).subarray(0, length));
  }),
  forged('ML-DSA-87 signatures that are noise', 20, (draw, signed) => {
    const signature = draw.chance(3)
      ? new Uint8Array(signatureBytes).fill(draw.pick([0, 0xff, draw.below(256)]))
      : draw.bytes(signatureBytes);
    // With hints that can be read, at times, so that it gets further.
    if (draw.chance(2)) signature.set(packHints(drawHints(draw, draw.below(OMEGA + 1))), HINTS);
    return withSignature(signed, signature);
  }),
  forged('ML-DSA-87 messages and contexts that were not signed', 25, (draw, signed, keys) => {
    const other = draw.pick(keys.signed);
    switch (draw.below(4)) {
      case 0:
        return { ...signed, message: concat(signed.message, Uint8Array.of(draw.below(256))) };
      case 1:
        return { ...signed, context: draw.bytes(draw.below(256)) };
      case 2:
        // The context's end becomes the message's beginning.
        return {
          ...signed,
          context: signed.context.subarray(0, -1),
          message: concat(signed.context.subarray(-1), signed.message),
        };
      default:
        return { ...other, signature: signed.signature };
    }
  }),
  {
    name: 'ML-DSA-87 public keys that did not sign',
    weight: 12,
    run(draw, { sign: keys, engines }, comparison) {
      const signed = draw.pick(keys.signed);
      const publicBytes = draw.chance(4) ? draw.bytes(publicKeyBytes) : draw.flipped(keys.publicBytes, 4);
      const publicKeys = each((name) => engines.sign[name].preparePublic(publicBytes));
      comparison.decide('verification', {
        'FIPS 204': () => false,
        ...verifiers(draw, { publicBytes, publicKeys }, signed),
      });
      for (const name of NAMES) publicKeys[name].dispose();
    },
  },
  crafted('ML-DSA-87 signatures whose z alone may be wrong', 20, (draw, forger) => {
    const z = drawZ(draw);
    for (let i = draw.below(4); i > 0; i--) {
      const poly = z[draw.below(z.length)] as Int32Array;
      poly[draw.below(poly.length)] = zAround(draw);
    }
    const hints = drawHints(draw, draw.below(OMEGA + 1));
    const isRight = z.every((poly) => poly.every((value) => Math.abs(value) < Z_BOUND));
    return { ...forger.sign(draw, z, hints, packHints(hints)), isRight };
  }),
  crafted('ML-DSA-87 signatures whose hints alone may be wrong', 30, (draw, forger) => {
    const { hints, packed, isRight } = misPacked(draw);
    return { ...forger.sign(draw, drawZ(draw), hints, packed), isRight };
  }),
  {
    name: 'ML-DSA-87 contexts that are too long',
    weight: 10,
    run(draw, { sign: keys }, comparison) {
      const { message, signature } = draw.pick(keys.signed);
      const context = draw.bytes(
        draw.pick([maxContextBytes, maxContextBytes + 1, maxContextBytes + draw.between(1, 1000)]),
      );
      const isRight = context.length <= maxContextBytes;
      const fips = (answer: boolean) => () => {
        if (!isRight) throw new Error(REFUSED);
        return answer;
      };
      const key = rawPublicKey('ml-dsa-87', keys.publicBytes);
      comparison.decide('verification', {
        'FIPS 204': fips(false),
        api: () => verify(keys.api.publicKey, message, signature, { context }),
        noble: () => ml_dsa87.verify(signature, message, keys.publicBytes, { context }),
        node: () => crypto.verify(null, message, { key, context } as crypto.VerifyKeyObjectInput, signature),
      });
      const privateKey = rawExpandedKey('ml-dsa-87', keys.expanded);
      comparison.decide('signing', {
        'FIPS 204': fips(true),
        api: () => sign(keys.api, message, { context }).length === signatureBytes,
        node: () =>
          crypto.sign(null, message, { key: privateKey, context } as crypto.SignKeyObjectInput).length ===
          signatureBytes,
      });
    },
  },
  {
    name: 'ML-DSA-87 μ of any length',
    weight: 25,
    run(draw, { sign: keys }, comparison) {
      const mu = draw.bytes(draw.pick([muBytes, 0, muBytes - 1, muBytes + 1, draw.below(200)]));
      const isRight = mu.length === muBytes;
      comparison.decide('verification', {
        'FIPS 204': () => {
          if (!isRight) throw new Error(REFUSED);
          return true;
        },
        api: () => signMu(keys.api, Mu.fromBytes(mu)).length === signatureBytes,
        noble: () =>
          ml_dsa87.internal.verify(keys.signed[0]?.signature as Uint8Array, mu, keys.publicBytes, {
            externalMu: true,
          }) || true,
      });
    },
  },
  {
    name: 'ML-DSA-87 expanded keys that are wrong',
    weight: 28,
    run(draw, { sign: keys, engines }, comparison) {
      const { key, isRight } = changedKey(draw, keys.expanded);
      const made: PreparedSignPrivateKey[] = [];
      const imported = (name: 'wasm' | 'noble') => () => {
        const prepared = engines.sign[name].prepareExpanded(key);
        made.push(prepared);
        return publicBytesOf(prepared, publicKeyBytes);
      };
      const isAccepted = comparison.decide('key', {
        'FIPS 204': () => {
          if (!isRight) throw new Error(REFUSED);
          return keys.publicBytes;
        },
        api: () => SignPrivateKey.fromExpandedKey(key).publicKey.toBytes(),
        // Noble by itself looks at the ranges alone; its engine checks tr and t0 beside them.
        noble: imported('noble'),
        node: () => rawPublicBytes(rawExpandedKey('ml-dsa-87', key)),
        ...(key.length === expandedKeyBytes ? { wasm: imported('wasm') } : {}),
      });
      const [noble, wasm] = made;
      if (isAccepted && noble !== undefined && wasm !== undefined && draw.chance(8)) {
        const rnd = draw.bytes(rndBytes);
        const signed = (by: PreparedSignPrivateKey) => () =>
          filled(signatureBytes, (out) => by.signWith?.(rnd, rnd, rnd, out));
        comparison.same('signature', { wasm: signed(wasm), noble: signed(noble) });
      }
      for (const prepared of made) prepared.dispose();
    },
  },
];
