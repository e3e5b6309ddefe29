/**
 * The engine that runs everywhere: noble's audited pure JavaScript.
 *
 * @module
 */
import { gcm } from '@noble/ciphers/aes.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { type Keccak, sha3_256, sha3_512, shake128, shake256 } from '@noble/hashes/sha3.js';
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { type KEMPrepared, ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import { allocateSecret, copySecret, equal, randomFill, wipe } from '../bytes.ts';
import { ML_DSA_87, ML_KEM_1024 } from '../params.ts';
import type {
  AeadEngine,
  DigestName,
  Engine,
  HashEngine,
  Hasher,
  KemEngine,
  PreparedAeadKey,
  PreparedKemPrivateKey,
  PreparedKemPublicKey,
  PreparedSignPrivateKey,
  PreparedSignPublicKey,
  SignEngine,
  Xof,
} from './engine.ts';
import { deriveT0, ML_DSA_87_OFFSETS } from './mldsa-key-check.ts';

/** Copies noble's fresh result to the caller's buffer and wipes noble's. */
function moveTo(out: Uint8Array, result: Uint8Array): void {
  out.set(result);
  wipe(result);
}

/** What noble's hashes and MACs share. */
interface NobleState {
  update(data: Uint8Array): unknown;
  digestInto(out: Uint8Array): void;
  destroy(): void;
}

function hasher(state: NobleState): Hasher {
  return {
    update: (data) => void state.update(data),
    digest: (out) => state.digestInto(out),
    dispose: () => state.destroy(),
  };
}

function xof(state: Keccak): Xof {
  return {
    update: (data) => void state.update(data),
    squeeze: (out) => void state.xofInto(out),
    dispose: () => state.destroy(),
  };
}

const DIGESTS: Record<DigestName, (data: Uint8Array) => Uint8Array> = {
  'SHA-256': sha256,
  'SHA-512': sha512,
  'SHA3-256': sha3_256,
  'SHA3-512': sha3_512,
  'SHAKE256-512': (data) => shake256(data, { dkLen: 64 }),
};

const hashEngine: HashEngine = {
  capabilities: new Set(['incremental-xof', 'wiped-state']),
  sha3_512: (data, out) => sha3_512.create().update(data).digestInto(out),
  createSha3_512: () => hasher(sha3_512.create()),
  hmacSha3_512: (key, data, out) => hmac.create(sha3_512, key).update(data).digestInto(out),
  createHmacSha3_512: (key) => hasher(hmac.create(sha3_512, key)),
  hkdfSha3_512(ikm, salt, info, length) {
    const out = allocateSecret(length);
    moveTo(out, hkdf(sha3_512, ikm, salt, info, length));
    return out;
  },
  digest: (name, data) => DIGESTS[name](data),
  createShake256: (outputBytes) => hasher(shake256.create({ dkLen: outputBytes })),
  createXof: (bits) => xof(bits === 128 ? shake128.create({}) : shake256.create({})),
};

function prepareAead(key: Uint8Array, dispose: () => void): PreparedAeadKey {
  return {
    seal: (nonce, aad, plaintext, out) => out.set(gcm(key, nonce, aad).encrypt(plaintext)),
    open(nonce, aad, sealed, out) {
      let plaintext: Uint8Array;
      try {
        plaintext = gcm(key, nonce, aad).decrypt(sealed);
      } catch {
        out.fill(0);
        return false;
      }
      moveTo(out, plaintext);
      return true;
    },
    dispose,
  };
}

const aeadEngine: AeadEngine = {
  capabilities: new Set(),
  prepare(key) {
    const copy = copySecret(key);
    return prepareAead(copy, () => wipe(copy));
  },
  prepareTransient: (key) => prepareAead(key, () => {}),
};

class NobleKemPublicKey implements PreparedKemPublicKey {
  readonly #bytes: Uint8Array;
  // Matrix and NTT form of the key, about 10 KiB, made on first use.
  #prepared: KEMPrepared | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = Uint8Array.from(bytes);
  }

  encapsulate(ciphertext: Uint8Array, sharedSecret: Uint8Array): void {
    const m = randomFill(new Uint8Array(ML_KEM_1024.messageBytes));
    try {
      this.encapsulateWith(m, ciphertext, sharedSecret);
    } finally {
      wipe(m);
    }
  }

  encapsulateWith(m: Uint8Array, ciphertext: Uint8Array, sharedSecret: Uint8Array): void {
    this.#prepared ??= ml_kem1024.prepare(this.#bytes);
    const result = this.#prepared.encapsulate(m);
    ciphertext.set(result.cipherText);
    moveTo(sharedSecret, result.sharedSecret);
  }

  dispose(): void {
    this.#prepared?.clean();
    this.#prepared = undefined;
  }
}

class NobleKemPrivateKey implements PreparedKemPrivateKey {
  readonly #expanded: Uint8Array;
  #prepared: KEMPrepared | undefined;

  /** @param expanded - dk of FIPS 203, taken over. */
  constructor(expanded: Uint8Array) {
    this.#expanded = expanded;
  }

  publicKey(out: Uint8Array): void {
    out.set(ml_kem1024.getPublicKey(this.#expanded));
  }

  decapsulate(ciphertext: Uint8Array, sharedSecret: Uint8Array): void {
    this.#prepared ??= ml_kem1024.prepare(ml_kem1024.getPublicKey(this.#expanded));
    moveTo(sharedSecret, this.#prepared.decapsulate(ciphertext, this.#expanded));
  }

  expanded(out: Uint8Array): void {
    out.set(this.#expanded);
  }

  dispose(): void {
    wipe(this.#expanded);
    this.#prepared?.clean();
    this.#prepared = undefined;
  }
}

const kemEngine: KemEngine = {
  capabilities: new Set(['seeded-encapsulation', 'expanded-key']),
  preparePublic: (publicKey) => new NobleKemPublicKey(publicKey),
  prepareSeed: (seed) => new NobleKemPrivateKey(ml_kem1024.keygen(seed).secretKey),
  prepareExpanded: (expandedKey) => new NobleKemPrivateKey(Uint8Array.from(expandedKey)),
};

class NobleSignPublicKey implements PreparedSignPublicKey {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = Uint8Array.from(bytes);
  }

  verify(message: Uint8Array, context: Uint8Array, signature: Uint8Array): boolean {
    if (signature.length !== ML_DSA_87.signatureBytes) return false;
    return ml_dsa87.verify(signature, message, this.#bytes, { context });
  }

  verifyMu(mu: Uint8Array, signature: Uint8Array): boolean {
    if (signature.length !== ML_DSA_87.signatureBytes) return false;
    return ml_dsa87.internal.verify(signature, mu, this.#bytes, { externalMu: true });
  }

  verifyInternal(formatted: Uint8Array, signature: Uint8Array): boolean {
    if (signature.length !== ML_DSA_87.signatureBytes) return false;
    return ml_dsa87.internal.verify(signature, formatted, this.#bytes);
  }

  dispose(): void {}
}

class NobleSignPrivateKey implements PreparedSignPrivateKey {
  readonly #expanded: Uint8Array;
  readonly #publicKey: Uint8Array;

  /**
   * @param expanded - sk of FIPS 204, taken over.
   * @param publicKey - pk that belongs to it, taken over.
   */
  constructor(expanded: Uint8Array, publicKey: Uint8Array) {
    this.#expanded = expanded;
    this.#publicKey = publicKey;
  }

  publicKey(out: Uint8Array): void {
    out.set(this.#publicKey);
  }

  sign(message: Uint8Array, context: Uint8Array, out: Uint8Array): void {
    const rnd = randomFill(new Uint8Array(ML_DSA_87.rndBytes));
    try {
      this.signWith(message, context, rnd, out);
    } finally {
      wipe(rnd);
    }
  }

  signWith(message: Uint8Array, context: Uint8Array, rnd: Uint8Array, out: Uint8Array): void {
    out.set(ml_dsa87.sign(message, this.#expanded, { context, extraEntropy: rnd }));
  }

  signMu(mu: Uint8Array, rnd: Uint8Array, out: Uint8Array): void {
    out.set(ml_dsa87.internal.sign(mu, this.#expanded, { externalMu: true, extraEntropy: rnd }));
  }

  signInternal(formatted: Uint8Array, rnd: Uint8Array, out: Uint8Array): void {
    out.set(ml_dsa87.internal.sign(formatted, this.#expanded, { extraEntropy: rnd }));
  }

  expanded(out: Uint8Array): void {
    out.set(this.#expanded);
  }

  dispose(): void {
    wipe(this.#expanded);
  }
}

const signEngine: SignEngine = {
  capabilities: new Set(['seeded-signing', 'external-mu', 'expanded-key']),
  preparePublic: (publicKey) => new NobleSignPublicKey(publicKey),
  prepareSeed(seed) {
    const { secretKey, publicKey } = ml_dsa87.keygen(seed);
    return new NobleSignPrivateKey(secretKey, publicKey);
  },
  prepareExpanded(expandedKey) {
    const copy = Uint8Array.from(expandedKey);
    try {
      // Throws when a coefficient of s1 or s2 is out of range.
      const publicKey = ml_dsa87.getPublicKey(copy);
      const { tr: trOffset, t0: t0Offset } = ML_DSA_87_OFFSETS;
      const tr = shake256(publicKey, { dkLen: ML_DSA_87.trBytes });
      if (!equal(tr, copy.subarray(trOffset, trOffset + tr.length))) throw new Error('tr is wrong');
      const t0 = deriveT0(copy);
      const sameT0 = equal(t0, copy.subarray(t0Offset));
      wipe(t0);
      if (!sameT0) throw new Error('t0 is wrong');
      return new NobleSignPrivateKey(copy, publicKey);
    } catch (error) {
      wipe(copy);
      throw error;
    }
  },
};

/** Noble: every family, on every runtime. */
export const nobleEngine: Engine = {
  name: 'noble',
  hash: () => hashEngine,
  aead: () => aeadEngine,
  kem: () => kemEngine,
  sign: () => signEngine,
};
