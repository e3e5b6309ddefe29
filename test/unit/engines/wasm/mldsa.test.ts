import { afterEach, describe, expect, it } from 'vitest';
import { concat, randomFill } from '../../../../src/bytes.ts';
import { Absent, type SignEngine } from '../../../../src/engines/engine.ts';
import { nobleEngine } from '../../../../src/engines/noble.ts';
import { wasmEngine } from '../../../../src/engines/wasm/index.ts';
import { wasm as instance, type Wasm } from '../../../../src/engines/wasm/instance.ts';
import { ML_DSA_87 } from '../../../../src/params.ts';

const { expandedKeyBytes, muBytes, publicKeyBytes, rndBytes, seedBytes, signatureBytes } = ML_DSA_87;
const HINTS = 4544;
const SLOTS = 8;

const wasm = instance() as Wasm;
/** What goes into the module at once. */
const PIECE: number = wasm.exports.DSA_MESSAGE_BYTES.value;
const engine = wasmEngine.sign() as SignEngine;
const noble = nobleEngine.sign() as SignEngine;
const EMPTY = new Uint8Array(0);
const RND = new Uint8Array(rndBytes);

const random = (length: number) => randomFill(new Uint8Array(Math.min(length, 65536)));
const below = (bound: number) => Math.floor(Math.random() * bound);

/** A message of any length, the same for the same number. */
function messageOf(length: number, start = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (start + i * 7 + (i >> 8)) & 255);
}

function keyOf(seed: Uint8Array, on: SignEngine = engine) {
  const privateKey = on.prepareSeed(seed);
  const publicBytes = new Uint8Array(publicKeyBytes);
  const expanded = new Uint8Array(expandedKeyBytes);
  privateKey.publicKey(publicBytes);
  privateKey.expanded?.(expanded);
  return { privateKey, publicBytes, expanded };
}

type Key = ReturnType<typeof keyOf>['privateKey'];

function sign(key: Key, message: Uint8Array, context: Uint8Array = EMPTY, rnd: Uint8Array = RND): Uint8Array {
  const out = new Uint8Array(signatureBytes).fill(0x5a);
  key.signWith?.(message, context, rnd, out);
  return out;
}

/** Where the region of secrets is not zero; −1 when it is. */
function residue(): number {
  const { SECRETS, SECRETS_END } = wasm.exports;
  return wasm.memory.subarray(SECRETS.value, SECRETS_END.value).findIndex((byte) => byte !== 0);
}

/** The slots of keys. */
function slots(): Uint8Array {
  const { DSA_SLOTS, DSA_SLOT_BYTES } = wasm.exports;
  return wasm.view(DSA_SLOTS.value, SLOTS * DSA_SLOT_BYTES.value);
}

/** A copy with bytes replaced. */
function changed(bytes: Uint8Array, ...replacements: readonly [offset: number, value: number][]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (const [offset, value] of replacements) copy[offset] = value;
  return copy;
}

afterEach(() => {
  expect(residue()).toBe(-1);
});

describe('ML-DSA-87 in WebAssembly', () => {
  it('has room for what it says', () => {
    const { DSA_MESSAGE, DSA_SLOT_BYTES, DSA_SLOTS, SECRETS_END } = wasm.exports;
    expect(DSA_MESSAGE.value + PIECE).toBeLessThanOrEqual(SECRETS_END.value);
    expect(DSA_SLOTS.value + SLOTS * DSA_SLOT_BYTES.value).toBeLessThanOrEqual(wasm.memory.length);
  });

  it('is there', () => {
    expect(instance()).not.toBeInstanceOf(Absent);
    expect([...engine.capabilities].sort()).toEqual([
      'expanded-key',
      'external-mu',
      'seeded-signing',
      'wiped-state',
    ]);
  });

  it('gives the keys and signatures that noble gives', () => {
    for (let round = 0; round < 25; round++) {
      const seed = random(seedBytes);
      const ours = keyOf(seed);
      const theirs = keyOf(seed, noble);
      expect(ours.publicBytes).toEqual(theirs.publicBytes);
      expect(ours.expanded).toEqual(theirs.expanded);
      const message = random(below(3000));
      const context = random(below(256));
      const rnd = random(rndBytes);
      const signature = sign(ours.privateKey, message, context, rnd);
      expect(signature).toEqual(sign(theirs.privateKey, message, context, rnd));
      const publicKey = engine.preparePublic(ours.publicBytes);
      // Twice: the second one finds the key expanded.
      expect(publicKey.verify(message, context, signature)).toBe(true);
      expect(publicKey.verify(message, context, signature)).toBe(true);
      expect(residue()).toBe(-1);
      publicKey.dispose();
      ours.privateKey.dispose();
    }
  });

  it('signs and verifies a given μ, and a formatted message', () => {
    const seed = random(seedBytes);
    const ours = keyOf(seed);
    const theirs = keyOf(seed, noble);
    const publicKey = engine.preparePublic(ours.publicBytes);
    for (const [bytes, withOurs, withTheirs, verify] of [
      [
        random(muBytes),
        (mu: Uint8Array, out: Uint8Array) => ours.privateKey.signMu?.(mu, RND, out),
        (mu: Uint8Array, out: Uint8Array) => theirs.privateKey.signMu?.(mu, RND, out),
        (mu: Uint8Array, signature: Uint8Array) => publicKey.verifyMu?.(mu, signature),
      ],
      ...[0, 1, 500, PIECE, PIECE + 1].map(
        (length) =>
          [
            messageOf(length),
            (message: Uint8Array, out: Uint8Array) => ours.privateKey.signInternal?.(message, RND, out),
            (message: Uint8Array, out: Uint8Array) => theirs.privateKey.signInternal?.(message, RND, out),
            (message: Uint8Array, signature: Uint8Array) => publicKey.verifyInternal?.(message, signature),
          ] as const,
      ),
    ] as const) {
      const signature = new Uint8Array(signatureBytes);
      const expected = new Uint8Array(signatureBytes);
      withOurs(bytes, signature);
      withTheirs(bytes, expected);
      expect(signature).toEqual(expected);
      expect(verify(bytes, signature)).toBe(true);
      expect(verify(bytes, changed(signature, [0, (signature[0] as number) ^ 1]))).toBe(false);
      expect(verify(bytes, signature.subarray(1))).toBe(false);
      expect(residue()).toBe(-1);
    }
  });

  it('takes messages of any length, in pieces', () => {
    const seed = random(seedBytes);
    const ours = keyOf(seed);
    const theirs = keyOf(seed, noble);
    for (const contextBytes of [0, 9, 255]) {
      const context = messageOf(contextBytes, 3);
      const whole = PIECE - 2 - contextBytes;
      for (const length of [
        PIECE - 257,
        PIECE - 256,
        whole,
        whole + 1,
        PIECE,
        PIECE + 1,
        2 * PIECE,
        3 * PIECE + 1,
      ]) {
        const message = messageOf(length);
        const signature = sign(ours.privateKey, message, context);
        expect(signature, `${length}`).toEqual(sign(theirs.privateKey, message, context));
        // A new one: that its tr is not known yet must not matter.
        const publicKey = engine.preparePublic(ours.publicBytes);
        expect(publicKey.verify(message, context, signature)).toBe(true);
        expect(publicKey.verify(message, context, signature)).toBe(true);
        expect(publicKey.verify(message.subarray(1), context, signature)).toBe(false);
        expect(residue()).toBe(-1);
        publicKey.dispose();
      }
    }
  });

  it('takes messages in pieces also with a key whose slot was given away', () => {
    const ours = keyOf(random(seedBytes));
    const publicKey = engine.preparePublic(ours.publicBytes);
    const message = messageOf(PIECE + 1);
    const signature = sign(ours.privateKey, message);
    const verifies = () => publicKey.verify(message, EMPTY, signature);
    expect(verifies()).toBe(true);
    const formatted = concat(new Uint8Array(2), message);
    for (const again of [
      () => sign(ours.privateKey, message),
      () => {
        const out = new Uint8Array(signatureBytes);
        ours.privateKey.signInternal?.(formatted, RND, out);
        return out;
      },
    ]) {
      const others = Array.from({ length: SLOTS }, () => keyOf(random(seedBytes)).privateKey);
      expect(again()).toEqual(signature);
      expect(verifies()).toBe(true);
      for (const other of others) other.dispose();
    }
    publicKey.dispose();
    ours.privateKey.dispose();
  });

  it('signs with fresh randomness', () => {
    const { privateKey, publicBytes } = keyOf(random(seedBytes));
    const publicKey = engine.preparePublic(publicBytes);
    const signatures = [0, 1].map(() => {
      const out = new Uint8Array(signatureBytes);
      privateKey.sign(EMPTY, EMPTY, out);
      expect(publicKey.verify(EMPTY, EMPTY, out)).toBe(true);
      return out;
    });
    expect(signatures[0]).not.toEqual(signatures[1]);
  });
});

describe('a forged signature', () => {
  const { privateKey, publicBytes } = keyOf(new Uint8Array(seedBytes).fill(4));
  const publicKey = engine.preparePublic(publicBytes);
  const theirs = noble.preparePublic(publicBytes);
  const message = messageOf(100);
  const signature = sign(privateKey, message);

  it('is refused whatever bit is changed', () => {
    for (let round = 0; round < 1500; round++) {
      // Every byte of the hints and of c̃, and some of z.
      const offset = round < 147 ? (round < 64 ? round : HINTS + round - 64) : below(signatureBytes);
      const forged = changed(signature, [offset, (signature[offset] as number) ^ (1 << below(8))]);
      expect(publicKey.verify(message, EMPTY, forged), `${offset}`).toBe(false);
    }
  });

  it('is refused whatever its length', () => {
    for (const length of [0, 1, 64, HINTS, signatureBytes - 1]) {
      expect(publicKey.verify(message, EMPTY, signature.subarray(0, length))).toBe(false);
    }
    expect(publicKey.verify(message, EMPTY, Uint8Array.of(...signature, 0))).toBe(false);
  });

  it('is refused when its hints are not packed as algorithm 20 packs them', () => {
    const index = signature[signatureBytes - 1] as number;
    const ends = signature.slice(HINTS + 75);
    const forged: Uint8Array[] = [
      // Two places of a row in the wrong order, and the same place twice.
      changed(signature, [HINTS, signature[HINTS + 1] as number], [HINTS + 1, signature[HINTS] as number]),
      changed(signature, [HINTS + 1, signature[HINTS] as number]),
      // An end before the end of the row above, and beyond ω.
      changed(signature, [HINTS + 76, (ends[0] as number) - 1]),
      changed(signature, [signatureBytes - 1, 76]),
      changed(signature, [signatureBytes - 1, 255]),
      changed(signature, [HINTS + 75, 255]),
      // One hint more, one less, and bytes behind the last one.
      changed(signature, [signatureBytes - 1, index + 1]),
      changed(signature, [signatureBytes - 1, index - 1]),
      changed(signature, [HINTS + index, 1]),
      changed(signature, [HINTS + 74, 1]),
      // None.
      changed(signature, ...Array.from({ length: 83 }, (_, i) => [HINTS + i, 0] as [number, number])),
    ];
    for (const [i, bytes] of forged.entries()) {
      expect(publicKey.verify(message, EMPTY, bytes), `${i}`).toBe(false);
      expect(theirs.verify(message, EMPTY, bytes), `${i}`).toBe(false);
    }
  });

  it('is refused when z is too long', () => {
    // −γ1 + 1 + … in the first coefficient: what is packed is γ1 − z.
    for (const packed of [0, 120, 2 ** 20 - 1, 2 ** 20 - 121]) {
      const forged = changed(
        signature,
        [64, packed & 255],
        [65, (packed >> 8) & 255],
        [66, ((signature[66] as number) & 0xf0) | (packed >> 16)],
      );
      expect(publicKey.verify(message, EMPTY, forged)).toBe(false);
    }
  });

  it('is refused for another message, context or key', () => {
    expect(publicKey.verify(message, EMPTY, signature)).toBe(true);
    expect(publicKey.verify(message.subarray(1), EMPTY, signature)).toBe(false);
    expect(publicKey.verify(message, Uint8Array.of(0), signature)).toBe(false);
    for (const offset of [0, 31, 32, publicBytes.length - 1]) {
      const other = engine.preparePublic(changed(publicBytes, [offset, (publicBytes[offset] as number) ^ 1]));
      expect(other.verify(message, EMPTY, signature)).toBe(false);
      other.dispose();
    }
  });
});

describe('an expanded key', () => {
  const { privateKey, publicBytes, expanded } = keyOf(new Uint8Array(seedBytes).fill(6));
  const message = messageOf(50);

  it('gives its public key and the same signatures', () => {
    const imported = engine.prepareExpanded(expanded);
    const publicKey = new Uint8Array(publicKeyBytes);
    const again = new Uint8Array(expandedKeyBytes);
    imported.publicKey(publicKey);
    imported.expanded?.(again);
    expect(publicKey).toEqual(publicBytes);
    expect(again).toEqual(expanded);
    expect(sign(imported, message)).toEqual(sign(privateKey, message));
    imported.dispose();
  });

  it('is refused when any part does not follow from the others', () => {
    const parts = [
      [0, 32],
      [64, 64],
      [128, 672],
      [800, 768],
      [1568, 3328],
    ] as const;
    for (const [offset, length] of parts) {
      for (let round = 0; round < 12; round++) {
        const at = round === 0 ? offset : round === 1 ? offset + length - 1 : offset + below(length);
        const bad = changed(expanded, [at, (expanded[at] as number) ^ (1 << below(8))]);
        expect(() => engine.prepareExpanded(bad), `${at}`).toThrow('no seed gives this expanded key');
        expect(residue()).toBe(-1);
      }
    }
  });

  it('is refused when a coefficient of s1 or s2 is out of range', () => {
    for (const at of [128, 500, 1000, 1567]) {
      expect(() => engine.prepareExpanded(changed(expanded, [at, 0xff]))).toThrow('expanded key');
    }
  });

  it('is not checked for K, which nothing follows from', () => {
    const other = engine.prepareExpanded(changed(expanded, [40, (expanded[40] as number) ^ 1]));
    const publicKey = engine.preparePublic(publicBytes);
    const signature = sign(other, message);
    expect(signature).not.toEqual(sign(privateKey, message));
    expect(publicKey.verify(message, EMPTY, signature)).toBe(true);
    publicKey.dispose();
    other.dispose();
  });
});

describe('the memory', () => {
  it('keeps more keys in use than there are slots', () => {
    const keys = Array.from({ length: SLOTS + 3 }, (_, i) => {
      const key = keyOf(new Uint8Array(seedBytes).fill(i));
      return { ...key, publicKey: engine.preparePublic(key.publicBytes) };
    });
    const message = messageOf(30);
    const first = keys.map(({ privateKey }) => sign(privateKey, message));
    for (let round = 0; round < 120; round++) {
      const i = below(keys.length);
      const { privateKey, publicKey } = keys[i] as (typeof keys)[number];
      if (round % 3 === 0) expect(sign(privateKey, message)).toEqual(first[i]);
      else
        expect(publicKey.verify(message, EMPTY, first[(i + (round % 2)) % keys.length] as Uint8Array)).toBe(
          round % 2 === 0,
        );
    }
    for (const { privateKey, publicKey } of keys) {
      privateKey.dispose();
      publicKey.dispose();
    }
  });

  it('holds nothing of a key that was disposed of', () => {
    const { privateKey, publicBytes } = keyOf(random(seedBytes));
    const publicKey = engine.preparePublic(publicBytes);
    const signature = sign(privateKey, EMPTY);
    expect(publicKey.verify(EMPTY, EMPTY, signature)).toBe(true);
    const before = slots().filter((byte) => byte !== 0).length;
    privateKey.dispose();
    const between = slots().filter((byte) => byte !== 0).length;
    publicKey.dispose();
    const after = slots().filter((byte) => byte !== 0).length;
    // A is 56 polynomials of 1 KiB, of which few bytes are 0.
    expect(before - between).toBeGreaterThan(40000);
    expect(between - after).toBeGreaterThan(45000);
    const expanded = new Uint8Array(expandedKeyBytes).fill(1);
    privateKey.expanded?.(expanded);
    expect(expanded).toEqual(new Uint8Array(expandedKeyBytes));
    privateKey.dispose();
    publicKey.dispose();
  });

  it('is zeroed when a call ends early', () => {
    const { privateKey, publicBytes } = keyOf(random(seedBytes));
    const publicKey = engine.preparePublic(publicBytes);
    const signature = sign(privateKey, EMPTY);
    const tooShort = new Uint8Array(10);
    // What comes in throws when it is read, and what goes out has no room: neither happens above the engines.
    const broken = new Proxy(new Uint8Array(100), {
      get: (target, name) => {
        if (name === 'length') throw new Error('broken');
        return Reflect.get(target, name);
      },
    });
    expect(() => privateKey.signWith?.(EMPTY, EMPTY, RND, tooShort)).toThrow(RangeError);
    expect(residue()).toBe(-1);
    expect(() => privateKey.signWith?.(broken, EMPTY, RND, signature)).toThrow('broken');
    expect(residue()).toBe(-1);
    expect(() => publicKey.verify(broken, EMPTY, signature)).toThrow('broken');
    expect(residue()).toBe(-1);
    // Everything works after that.
    expect(publicKey.verify(EMPTY, EMPTY, sign(privateKey, EMPTY))).toBe(true);
  });
});
