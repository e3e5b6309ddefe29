import * as crypto from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../../../src/bytes.ts';
import type { DigestName, FamilyEngines } from '../../../src/engines/engine.ts';
import { registry } from '../../../src/engines/index.ts';
import { aes256Block } from '../../../src/engines/kat-primitives.ts';
import { deriveT0, ML_DSA_87_OFFSETS } from '../../../src/engines/mldsa-key-check.ts';
import { AES_256_GCM, ML_DSA_87, ML_KEM_1024 } from '../../../src/params.ts';
import { available } from './support.ts';

const bytes = (max: number) => fc.uint8Array({ maxLength: max });
const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const plain = (buffer: ArrayBuffer | Buffer) => new Uint8Array(buffer);

/** Buffers that an engine fills, full of what does not belong there. */
const dirty = (length: number) => new Uint8Array(length).fill(0x5a);

describe.each(available('hash'))('hash of %s', (name) => {
  const engine = registry.named(name, 'hash');

  it('agrees with node:crypto on SHA3-512, HMAC, HKDF and SHAKE256', () => {
    fc.assert(
      fc.property(bytes(300), bytes(300), bytes(100), fc.nat(300), (key, data, info, at) => {
        const out = dirty(64);
        engine.sha3_512(data, out);
        expect(out).toEqual(plain(crypto.createHash('sha3-512').update(data).digest()));
        engine.hmacSha3_512(key, data, out);
        expect(out).toEqual(plain(crypto.createHmac('sha3-512', key).update(data).digest()));
        expect(engine.hkdfSha3_512(key, data, info, at + 1)).toEqual(
          plain(crypto.hkdfSync('sha3-512', key, data, info, at + 1)),
        );
        for (const [hasher, expected] of [
          [engine.createSha3_512(), crypto.createHash('sha3-512')],
          [engine.createHmacSha3_512(key), crypto.createHmac('sha3-512', key)],
          [engine.createShake256(64), crypto.createHash('shake256', { outputLength: 64 })],
        ] as const) {
          hasher.update(data.subarray(0, at));
          hasher.update(data.subarray(at));
          const digest = dirty(64);
          hasher.digest(digest);
          expect(digest).toEqual(plain(expected.update(data).digest()));
        }
      }),
    );
  });

  it.each([
    ['SHA-256', 'sha256', undefined],
    ['SHA-512', 'sha512', undefined],
    ['SHA3-256', 'sha3-256', undefined],
    ['SHA3-512', 'sha3-512', undefined],
    ['SHAKE256-512', 'shake256', 64],
  ] as const)('agrees with node:crypto on %s', (digest, algorithm, outputLength) => {
    const options = outputLength === undefined ? undefined : { outputLength };
    fc.assert(
      fc.property(bytes(300), (data) => {
        const got = engine.digest(digest satisfies DigestName, data);
        expect(Object.getPrototypeOf(got)).toBe(Uint8Array.prototype);
        expect(got).toEqual(plain(crypto.createHash(algorithm, options).update(data).digest()));
      }),
    );
  });

  it('derives up to 255 blocks, also with an info beyond what OpenSSL takes', () => {
    for (const info of [new Uint8Array(0), new Uint8Array(1024).fill(1), new Uint8Array(3000).fill(2)]) {
      const okm = engine.hkdfSha3_512(Uint8Array.of(1), Uint8Array.of(2), info, 16320);
      const prk = crypto.createHmac('sha3-512', Uint8Array.of(2)).update(Uint8Array.of(1)).digest();
      let block = Buffer.alloc(0);
      const blocks: Buffer[] = [];
      for (let counter = 1; counter <= 255; counter++) {
        const hmac = crypto.createHmac('sha3-512', prk).update(block).update(info);
        block = hmac.update(Uint8Array.of(counter)).digest();
        blocks.push(block);
      }
      expect(Buffer.from(okm).equals(Buffer.concat(blocks))).toBe(true);
    }
  });

  it('abandons a computation', () => {
    for (const hasher of [
      engine.createSha3_512(),
      engine.createHmacSha3_512(dirty(3)),
      engine.createShake256(8),
    ]) {
      hasher.update(dirty(10));
      expect(() => hasher.dispose()).not.toThrow();
    }
  });

  it('gives SHAKE as a stream where it says so', () => {
    expect(engine.createXof !== undefined).toBe(engine.capabilities.has('incremental-xof'));
    for (const bits of [128, 256] as const) {
      const xof = engine.createXof?.(bits);
      if (xof === undefined) continue;
      xof.update(Uint8Array.of(1, 2));
      xof.update(Uint8Array.of(3));
      const pieces = [dirty(1), dirty(200), dirty(99)];
      for (const piece of pieces) xof.squeeze(piece);
      const expected = crypto
        .createHash(`shake${bits}`, { outputLength: 300 })
        .update(Uint8Array.of(1, 2, 3));
      expect(concat(...pieces)).toEqual(plain(expected.digest()));
      xof.dispose();
    }
  });
});

describe.each(available('aead'))('aead of %s', (name) => {
  it.each([0, 1, 65536, 131072, 131073, 400000])('seals %i bytes into memory of its own', (length) => {
    const key = registry.named(name, 'aead').prepare(dirty(32));
    const plaintext = dirty(length);
    const expected = new Uint8Array(length + 16);
    key.seal(dirty(12), dirty(5), plaintext, expected);
    const sealed = key.sealNew?.(dirty(12), dirty(5), plaintext) ?? expected;
    expect(plain(Buffer.from(sealed))).toEqual(expected);
    expect(plaintext).toEqual(dirty(length));
  });

  const engine = registry.named(name, 'aead');
  const input = [exactly(32), exactly(12), bytes(100), bytes(3000)] as const;

  it.each(['prepare', 'prepareTransient'] as const)('%s agrees with node:crypto, both ways', (how) => {
    fc.assert(
      fc.property(...input, (raw, nonce, aad, plaintext) => {
        const key = engine[how](raw);
        const sealed = dirty(plaintext.length + 16);
        key.seal(nonce, aad, plaintext, sealed);
        const cipher = crypto.createCipheriv('aes-256-gcm', raw, nonce).setAAD(aad);
        const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
        expect(sealed).toEqual(plain(Buffer.concat([ciphertext, cipher.getAuthTag()])));
        if (key.sealNew !== undefined)
          expect(plain(Buffer.from(key.sealNew(nonce, aad, plaintext)))).toEqual(sealed);
        const opened = dirty(plaintext.length);
        expect(key.open(nonce, aad, sealed, opened)).toBe(true);
        expect(opened).toEqual(plaintext);
        if (key.openNew !== undefined) {
          expect(key.openNew(nonce, aad, sealed, 0)).toEqual(plaintext);
          expect(key.openNew(nonce, aad, concat(dirty(9), sealed), 9)).toEqual(plaintext);
        }
        key.dispose();
      }),
    );
  });

  it('leaves nothing of a forgery, whatever was changed', () => {
    const raw = new Uint8Array(32).fill(3);
    const nonce = new Uint8Array(AES_256_GCM.nonceBytes);
    const aad = Uint8Array.of(1, 2, 3);
    const plaintext = new Uint8Array(100).fill(0x77);
    const key = engine.prepare(raw);
    const sealed = dirty(116);
    key.seal(nonce, aad, plaintext, sealed);
    const changed = (bytes: Uint8Array, at: number) =>
      bytes.map((byte, i) => (i === at ? byte ^ 0x80 : byte));
    const forgeries: (readonly [Uint8Array, Uint8Array, Uint8Array])[] = [
      [changed(nonce, 11), aad, sealed],
      [nonce, changed(aad, 0), sealed],
      [nonce, aad.subarray(1), sealed],
      ...Array.from({ length: 116 }, (_, at) => [nonce, aad, changed(sealed, at)] as const),
    ];
    for (const [otherNonce, otherAad, forged] of forgeries) {
      const opened = dirty(100);
      expect(key.open(otherNonce, otherAad, forged, opened)).toBe(false);
      expect(opened).toEqual(new Uint8Array(100));
      if (key.openNew !== undefined) expect(key.openNew(otherNonce, otherAad, forged, 0)).toBeUndefined();
    }
  });

  it('keeps a copy of a prepared key, and none of a transient one', () => {
    const seal = (key: ReturnType<typeof engine.prepare>) => {
      const out = dirty(20);
      key.seal(new Uint8Array(12), new Uint8Array(0), new Uint8Array(4), out);
      return Buffer.from(out).toString('hex');
    };
    const raw = new Uint8Array(32).fill(1);
    const copied = engine.prepare(raw);
    const referred = engine.prepareTransient(raw);
    const before = seal(copied);
    expect(seal(referred)).toBe(before);
    raw.fill(2);
    expect(seal(copied)).toBe(before);
    expect(seal(referred)).not.toBe(before);
    expect(seal(referred)).toBe(seal(engine.prepare(raw)));
    referred.dispose();
    expect(raw).toEqual(new Uint8Array(32).fill(2));
  });
});

/** Both halves, freed of engine objects. */
function publicKeyOf(key: { publicKey(out: Uint8Array): void }, length: number): Uint8Array {
  const out = dirty(length);
  key.publicKey(out);
  return out;
}

describe('kem: the engines agree', () => {
  const engines = available('kem').map((name) => registry.named(name, 'kem'));
  const noble = registry.named('noble', 'kem');

  it('on keys, encapsulations of each other, and rejections', () => {
    fc.assert(
      fc.property(exactly(ML_KEM_1024.seedBytes), exactly(ML_KEM_1024.ciphertextBytes), (seed, forged) => {
        const expanded = dirty(ML_KEM_1024.expandedKeyBytes);
        noble.prepareSeed(seed).expanded?.(expanded);
        const privateKeys = engines.flatMap((e) => [e.prepareSeed(seed), e.prepareExpanded(expanded)]);
        const publicKeys = privateKeys.map((key) => publicKeyOf(key, ML_KEM_1024.publicKeyBytes));
        expect(new Set(publicKeys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
        const decapsulated = (ciphertext: Uint8Array) => {
          const secrets = privateKeys.map((key) => {
            const out = dirty(32);
            key.decapsulate(ciphertext, out);
            return Buffer.from(out).toString('hex');
          });
          return [...new Set(secrets)];
        };
        for (const engine of engines) {
          const publicKey = engine.preparePublic(publicKeys[0] as Uint8Array);
          const ciphertext = dirty(ML_KEM_1024.ciphertextBytes);
          const secret = dirty(32);
          publicKey.encapsulate(ciphertext, secret);
          expect(decapsulated(ciphertext)).toEqual([Buffer.from(secret).toString('hex')]);
          publicKey.encapsulate(ciphertext, secret);
          publicKey.dispose();
        }
        expect(decapsulated(forged)).toHaveLength(1);
        for (const key of privateKeys) key.dispose();
      }),
      { numRuns: 5 },
    );
  });

  it('and an encapsulation with given randomness is always the same', () => {
    const seed = new Uint8Array(64).fill(9);
    const publicKey = noble.preparePublic(publicKeyOf(noble.prepareSeed(seed), ML_KEM_1024.publicKeyBytes));
    const results = [1, 1, 2].map((m) => {
      const ciphertext = dirty(ML_KEM_1024.ciphertextBytes);
      publicKey.encapsulateWith?.(new Uint8Array(32).fill(m), ciphertext, dirty(32));
      return Buffer.from(ciphertext).toString('hex');
    });
    expect(results[0]).toBe(results[1]);
    expect(results[0]).not.toBe(results[2]);
  });
});

describe('sign: the engines agree', () => {
  const engines = available('sign').map((name) => registry.named(name, 'sign'));
  const noble = registry.named('noble', 'sign');

  it('on keys and on signatures of each other', () => {
    fc.assert(
      fc.property(exactly(ML_DSA_87.seedBytes), bytes(200), bytes(255), (seed, message, context) => {
        const expanded = dirty(ML_DSA_87.expandedKeyBytes);
        noble.prepareSeed(seed).expanded?.(expanded);
        const privateKeys = engines.flatMap((e) => [e.prepareSeed(seed), e.prepareExpanded(expanded)]);
        const publicKeys = privateKeys.map((key) => publicKeyOf(key, ML_DSA_87.publicKeyBytes));
        expect(new Set(publicKeys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
        const verifiers = engines.map((e) => e.preparePublic(publicKeys[0] as Uint8Array));
        for (const privateKey of privateKeys) {
          const signature = dirty(ML_DSA_87.signatureBytes);
          privateKey.sign(message, context, signature);
          const otherContext = concat(context.subarray(1), Uint8Array.of(1));
          const forged = Uint8Array.from(signature);
          forged[3000] = (forged[3000] as number) ^ 1;
          for (const verifier of verifiers) {
            expect(verifier.verify(message, context, signature)).toBe(true);
            expect(verifier.verify(message, context, forged)).toBe(false);
            expect(verifier.verify(concat(message, Uint8Array.of(0)), context, signature)).toBe(false);
            if (Buffer.compare(context, otherContext) !== 0) {
              expect(verifier.verify(message, otherContext, signature)).toBe(false);
            }
          }
          privateKey.dispose();
        }
        for (const verifier of verifiers) verifier.dispose();
      }),
      { numRuns: 3 },
    );
  });

  it('that bytes of another length are no signature', () => {
    const publicKeyBytes = publicKeyOf(noble.prepareSeed(new Uint8Array(32)), ML_DSA_87.publicKeyBytes);
    for (const engine of engines) {
      const publicKey = engine.preparePublic(publicKeyBytes);
      for (const length of [0, 1, 4626, 4628, 10_000]) {
        const signature = new Uint8Array(length);
        expect(publicKey.verify(new Uint8Array(3), new Uint8Array(0), signature)).toBe(false);
        expect(publicKey.verifyMu?.(new Uint8Array(64), signature) ?? false).toBe(false);
        expect(publicKey.verifyInternal?.(new Uint8Array(3), signature) ?? false).toBe(false);
      }
    }
  });

  it('and external μ, the formatted message and the message itself give one signature', () => {
    const privateKey = noble.prepareSeed(new Uint8Array(32).fill(4));
    const publicKeyBytes = publicKeyOf(privateKey, ML_DSA_87.publicKeyBytes);
    const publicKey = noble.preparePublic(publicKeyBytes);
    const message = Uint8Array.of(1, 2, 3);
    const context = Uint8Array.of(9, 9);
    const formatted = concat(Uint8Array.of(0, context.length), context, message);
    const tr = crypto.createHash('shake256', { outputLength: 64 }).update(publicKeyBytes).digest();
    const mu = plain(
      crypto.createHash('shake256', { outputLength: 64 }).update(tr).update(formatted).digest(),
    );
    const rnd = new Uint8Array(32).fill(6);
    const signatures = [dirty(4627), dirty(4627), dirty(4627)] as const;
    privateKey.signWith?.(message, context, rnd, signatures[0]);
    privateKey.signMu?.(mu, rnd, signatures[1]);
    privateKey.signInternal?.(formatted, rnd, signatures[2]);
    expect(signatures[1]).toEqual(signatures[0]);
    expect(signatures[2]).toEqual(signatures[0]);
    expect(publicKey.verifyMu?.(mu, signatures[0])).toBe(true);
    expect(publicKey.verifyInternal?.(formatted, signatures[0])).toBe(true);
    expect(
      publicKey.verifyMu?.(
        mu.map((b) => b ^ 1),
        signatures[0],
      ),
    ).toBe(false);
    expect(publicKey.verifyInternal?.(message, signatures[0])).toBe(false);
    for (const engine of engines) {
      expect(engine.preparePublic(publicKeyBytes).verify(message, context, signatures[0])).toBe(true);
    }
  });
});

describe('an expanded ML-DSA-87 key', () => {
  const noble = registry.named('noble', 'sign');
  const expandedOf = (seed: Uint8Array) => {
    const out = dirty(ML_DSA_87.expandedKeyBytes);
    noble.prepareSeed(seed).expanded?.(out);
    return out;
  };

  it('has the t0 that follows from the rest', () => {
    fc.assert(
      fc.property(exactly(32), (seed) => {
        const expanded = expandedOf(seed);
        expect(deriveT0(expanded)).toEqual(expanded.subarray(ML_DSA_87_OFFSETS.t0));
      }),
      { numRuns: 5 },
    );
  });

  it('is refused with any part changed that follows from the others', () => {
    const expanded = expandedOf(new Uint8Array(32).fill(1));
    const { tr, t0 } = ML_DSA_87_OFFSETS;
    // ρ, tr (both ends), s1, s2, t0 (both ends). K is free: it only goes into the randomness of signing.
    for (const at of [0, 31, tr, tr + 63, 128, 128 + 7 * 96, t0, expanded.length - 1]) {
      const changed = Uint8Array.from(expanded);
      changed[at] = (changed[at] as number) ^ 1;
      expect(() => noble.prepareExpanded(changed)).toThrow(Error);
    }
    expect(() => noble.prepareExpanded(expanded)).not.toThrow();
  });
});

it('aes256Block is AES-256', () => {
  fc.assert(
    fc.property(exactly(32), exactly(16), (key, block) => {
      const cipher = crypto.createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
      expect(aes256Block(key, block)).toEqual(plain(cipher.update(block)));
    }),
  );
});

it('what an engine can do is what it says it can', () => {
  for (const name of available('sign')) {
    const engine: FamilyEngines['sign'] = registry.named(name, 'sign');
    const key = engine.prepareSeed(new Uint8Array(32));
    expect(key.signWith !== undefined).toBe(engine.capabilities.has('seeded-signing'));
    expect(key.signMu !== undefined).toBe(engine.capabilities.has('external-mu'));
    expect(key.expanded !== undefined).toBe(engine.capabilities.has('expanded-key'));
  }
  for (const name of available('kem')) {
    const engine = registry.named(name, 'kem');
    const key = engine.prepareSeed(new Uint8Array(64));
    expect(key.expanded !== undefined).toBe(engine.capabilities.has('expanded-key'));
    const publicKey = engine.preparePublic(publicKeyOf(key, ML_KEM_1024.publicKeyBytes));
    expect(publicKey.encapsulateWith !== undefined).toBe(engine.capabilities.has('seeded-encapsulation'));
  }
});
