/**
 * Every known answer of the self-tests counts: an engine is built for each that gets that one wrong and all others right.
 */
import { describe, expect, it } from 'vitest';
import type {
  AeadEngine,
  DigestName,
  Family,
  HashEngine,
  Hasher,
  KemEngine,
  PreparedAeadKey,
  PreparedKemPrivateKey,
  PreparedKemPublicKey,
  PreparedSignPrivateKey,
  PreparedSignPublicKey,
  SignEngine,
} from '../../../src/engines/engine.ts';
import { registry } from '../../../src/engines/index.ts';
import { selfTest } from '../../../src/engines/selftest.ts';
import { available, like, noblePart } from './support.ts';

const hash = noblePart('hash');
const aead = noblePart('aead');
const kem = noblePart('kem');
const sign = noblePart('sign');

/** Changes one bit of what a call wrote. */
function spoil(out: Uint8Array): void {
  out[0] = (out[0] as number) ^ 1;
}

function badHasher(hasher: Hasher): Hasher {
  return like(hasher, {
    digest(out) {
      hasher.digest(out);
      spoil(out);
    },
  });
}

/** A hasher whose digest writes nothing: what was in the buffer must not pass for its answer. */
function idleHasher(hasher: Hasher): Hasher {
  return like(hasher, { digest: () => {} });
}

function badDigest(bad: DigestName): HashEngine {
  return like(hash, {
    digest(name, data) {
      const out = hash.digest(name, data);
      if (name === bad) spoil(out);
      return out;
    },
  });
}

function aeadWith(change: (key: PreparedAeadKey, raw: Uint8Array) => Partial<PreparedAeadKey>): AeadEngine {
  const prepare = (raw: Uint8Array) => {
    const key = aead.prepare(raw);
    return like(key, change(key, raw));
  };
  return like(aead, { prepare, prepareTransient: prepare });
}

/** An engine that opens as the real one does, and hands the result over as well. */
function withOpenNew(openNew: (key: PreparedAeadKey) => PreparedAeadKey['openNew']): AeadEngine {
  return aeadWith((key) => ({ openNew: openNew(key) as NonNullable<PreparedAeadKey['openNew']> }));
}

function openNewOf(key: PreparedAeadKey): NonNullable<PreparedAeadKey['openNew']> {
  return (nonce, aad, sealed) => {
    const out = new Uint8Array(sealed.length - 16);
    return key.open(nonce, aad, sealed, out) ? out : undefined;
  };
}

function kemWith(changes: {
  publicKey?: (key: PreparedKemPublicKey) => Partial<PreparedKemPublicKey>;
  privateKey?: (key: PreparedKemPrivateKey) => Partial<PreparedKemPrivateKey>;
}): KemEngine {
  return like(kem, {
    preparePublic(bytes) {
      const key = kem.preparePublic(bytes);
      return like(key, changes.publicKey?.(key) ?? {});
    },
    prepareSeed(seed) {
      const key = kem.prepareSeed(seed);
      return like(key, changes.privateKey?.(key) ?? {});
    },
  });
}

function signWith(changes: {
  publicKey?: (key: PreparedSignPublicKey) => Partial<PreparedSignPublicKey>;
  privateKey?: (key: PreparedSignPrivateKey) => Partial<PreparedSignPrivateKey>;
}): SignEngine {
  return like(sign, {
    preparePublic(bytes) {
      const key = sign.preparePublic(bytes);
      return like(key, changes.publicKey?.(key) ?? {});
    },
    prepareSeed(seed) {
      const key = sign.prepareSeed(seed);
      return like(key, changes.privateKey?.(key) ?? {});
    },
  });
}

/** How many times a function was called before. */
function counter(): () => number {
  let calls = 0;
  return () => calls++;
}

const HASH: [detail: string, engine: HashEngine][] = [
  [
    'SHA3-512',
    like(hash, {
      sha3_512(data, out) {
        hash.sha3_512(data, out);
        spoil(out);
      },
    }),
  ],
  ['SHA3-512, incremental', like(hash, { createSha3_512: () => badHasher(hash.createSha3_512()) })],
  ['SHA3-512, incremental', like(hash, { createSha3_512: () => idleHasher(hash.createSha3_512()) })],
  [
    'HMAC-SHA3-512',
    like(hash, {
      hmacSha3_512(key, data, out) {
        hash.hmacSha3_512(key, data, out);
        spoil(out);
      },
    }),
  ],
  [
    'HMAC-SHA3-512, incremental',
    like(hash, { createHmacSha3_512: (key) => badHasher(hash.createHmacSha3_512(key)) }),
  ],
  [
    'HMAC-SHA3-512, incremental',
    like(hash, { createHmacSha3_512: (key) => idleHasher(hash.createHmacSha3_512(key)) }),
  ],
  [
    'HKDF-SHA3-512',
    like(hash, {
      hkdfSha3_512(ikm, salt, info, length) {
        const okm = hash.hkdfSha3_512(ikm, salt, info, length);
        spoil(okm.subarray(length - 1));
        return okm;
      },
    }),
  ],
  [
    'HKDF-SHA3-512',
    like(hash, { hkdfSha3_512: (ikm, _, info, length) => hash.hkdfSha3_512(ikm, info, info, length) }),
  ],
  ['SHAKE256', like(hash, { createShake256: (length) => badHasher(hash.createShake256(length)) })],
  ['SHA-256', badDigest('SHA-256')],
  ['SHA-512', badDigest('SHA-512')],
  ['SHA3-256', badDigest('SHA3-256')],
  ['SHA3-512, by name', badDigest('SHA3-512')],
  ['SHAKE256, by name', badDigest('SHAKE256-512')],
];

const AEAD: [detail: string, engine: AeadEngine][] = [
  [
    'AES-256-GCM seal',
    aeadWith((key) => ({
      seal(nonce, aad, plaintext, out) {
        key.seal(nonce, aad, plaintext, out);
        spoil(out);
      },
    })),
  ],
  [
    'AES-256-GCM seal',
    like(aead, { prepareTransient: (raw) => like(aead.prepare(raw), { seal: () => {} }) }),
  ],
  [
    'AES-256-GCM seal',
    aeadWith((key) => ({ seal: (nonce, _, plaintext, out) => key.seal(nonce, nonce, plaintext, out) })),
  ],
  ['AES-256-GCM open', aeadWith(() => ({ open: () => false }))],
  [
    'AES-256-GCM plaintext',
    aeadWith((key) => ({
      open(nonce, aad, sealed, out) {
        const right = key.open(nonce, aad, sealed, out);
        spoil(out);
        return right;
      },
    })),
  ],
  [
    'AES-256-GCM refuses a forgery',
    // Decrypts without looking at the tag: sealing again what it opened is the same key stream.
    aeadWith((key) => ({
      open(nonce, aad, sealed, out) {
        const again = new Uint8Array(sealed.length);
        key.seal(nonce, aad, sealed.subarray(0, out.length), again);
        out.set(again.subarray(0, out.length));
        return true;
      },
    })),
  ],
  [
    'AES-256-GCM refuses a forgery',
    // Looks at the first 15 bytes of the tag.
    aeadWith((key) => ({
      open(nonce, aad, sealed, out) {
        const again = new Uint8Array(sealed.length);
        key.seal(nonce, aad, sealed.subarray(0, out.length), again);
        const plaintext = again.slice(0, out.length);
        key.seal(nonce, aad, plaintext, again);
        out.fill(0);
        if (Buffer.compare(again.subarray(0, -1), sealed.subarray(0, -1)) !== 0) return false;
        out.set(plaintext);
        return true;
      },
    })),
  ],
  [
    'AES-256-GCM releases nothing',
    aeadWith((key) => ({
      open(nonce, aad, sealed, out) {
        const right = key.open(nonce, aad, sealed, out);
        if (!right) out[out.length - 1] = 1;
        return right;
      },
    })),
  ],
  [
    'AES-256-GCM refuses other AAD',
    aeadWith((key) => {
      const right = new TextEncoder().encode('aad');
      return { open: (nonce, _, sealed, out) => key.open(nonce, right, sealed, out) };
    }),
  ],
  [
    'AES-256-GCM seal, new',
    aeadWith((key) => ({
      sealNew(nonce, aad, plaintext) {
        const out = new Uint8Array(plaintext.length + 16);
        key.seal(nonce, aad, plaintext, out);
        spoil(out);
        return out;
      },
    })),
  ],
  ['AES-256-GCM open, new', withOpenNew(() => () => undefined)],
  [
    'AES-256-GCM open, new',
    withOpenNew((key) => (nonce, aad, sealed) => {
      const out = openNewOf(key)(nonce, aad, sealed, 0);
      if (out !== undefined) spoil(out);
      return out;
    }),
  ],
  [
    'AES-256-GCM refuses a forgery, new',
    withOpenNew((key) => (nonce, aad, sealed) => openNewOf(key)(nonce, aad, sealed, 0) ?? new Uint8Array(5)),
  ],
];

const KEM: [detail: string, engine: KemEngine][] = [
  [
    'ML-KEM-1024 key generation',
    kemWith({
      privateKey: (key) => ({
        publicKey(out) {
          key.publicKey(out);
          spoil(out);
        },
      }),
    }),
  ],
  [
    'ML-KEM-1024 decapsulation',
    kemWith({
      privateKey: (key) => ({
        decapsulate(ciphertext, secret) {
          key.decapsulate(ciphertext, secret);
          spoil(secret);
        },
      }),
    }),
  ],
  [
    'ML-KEM-1024 implicit rejection',
    kemWith({
      privateKey: (key) => {
        const calls = counter();
        return {
          decapsulate(ciphertext, secret) {
            key.decapsulate(ciphertext, secret);
            if (calls() === 1) spoil(secret);
          },
        };
      },
    }),
  ],
  [
    'ML-KEM-1024 encapsulation',
    kemWith({
      publicKey: (key) => ({
        encapsulate(ciphertext, secret) {
          key.encapsulate(ciphertext, secret);
          spoil(secret);
        },
        encapsulateWith: undefined as never,
      }),
    }),
  ],
  [
    'ML-KEM-1024 seeded encapsulation',
    kemWith({ publicKey: (key) => ({ encapsulateWith: (_, c, s) => key.encapsulate(c, s) }) }),
  ],
  [
    'ML-KEM-1024 shared secret',
    kemWith({
      publicKey: (key) => ({
        encapsulateWith(m, ciphertext, secret) {
          key.encapsulateWith?.(m, ciphertext, secret);
          spoil(secret);
        },
      }),
    }),
  ],
];

const SIGN: [detail: string, engine: SignEngine][] = [
  [
    'ML-DSA-87 key generation',
    signWith({
      privateKey: (key) => ({
        publicKey(out) {
          key.publicKey(out);
          spoil(out);
        },
      }),
    }),
  ],
  ['ML-DSA-87 verification', signWith({ publicKey: () => ({ verify: () => false }) })],
  ['ML-DSA-87 refuses a forged signature', signWith({ publicKey: () => ({ verify: () => true }) })],
  [
    'ML-DSA-87 refuses another message',
    signWith({
      publicKey: (key) => {
        const calls = counter();
        return { verify: (m, c, s) => calls() === 2 || key.verify(m, c, s) };
      },
    }),
  ],
  [
    'ML-DSA-87 refuses another context',
    signWith({
      publicKey: (key) => {
        const calls = counter();
        return { verify: (m, c, s) => calls() === 3 || key.verify(m, c, s) };
      },
    }),
  ],
  [
    'ML-DSA-87 deterministic signing',
    signWith({
      privateKey: (key) => ({
        signWith: (m, c, rnd, out) =>
          key.signWith?.(
            m,
            c,
            rnd.map(() => 1),
            out,
          ),
      }),
    }),
  ],
  [
    'ML-DSA-87 signing',
    signWith({
      privateKey: () => ({
        signWith: undefined as never,
        sign: (_m, _c, out) => void out.fill(1),
      }),
    }),
  ],
];

const CASES: [Family, [string, object][]][] = [
  ['hash', HASH],
  ['aead', AEAD],
  ['kem', KEM],
  ['sign', SIGN],
];

describe.each(CASES)('the self-test of %s', (family, wrong) => {
  it.each(available(family))('finds nothing wrong with %s', (name) => {
    expect(selfTest(family, registry.named(name, family), hash)).toBeUndefined();
  });

  it.each(wrong)('finds a wrong answer: %s', (detail, engine) => {
    expect(selfTest(family, engine as never, hash)).toBe(detail);
  });

  it('finds an engine that throws, and tells what', () => {
    const part = noblePart(family);
    const throwing = new Proxy(part, {
      get: () => () => {
        throw new RangeError('out of order');
      },
    });
    expect(selfTest(family, throwing as never, hash)).toBe('it threw RangeError: out of order');
    const strange = new Proxy(part, {
      get: () => () => {
        throw 'a string';
      },
    });
    expect(selfTest(family, strange as never, hash)).toBe('it threw a string');
  });
});

it('tests an engine that only signs hedged by verifying', () => {
  const hedged = signWith({ privateKey: () => ({ signWith: undefined as never }) });
  expect(selfTest('sign', hedged, hash)).toBeUndefined();
});

it('tests an engine that does not encapsulate with given randomness', () => {
  const basic = kemWith({ publicKey: () => ({ encapsulateWith: undefined as never }) });
  expect(selfTest('kem', basic, hash)).toBeUndefined();
});
