/**
 * The engine over `node:crypto` (OpenSSL), on Node and wherever else the module behaves as Node's does.
 *
 * What a runtime offers is found out by trying, the first time a family is asked for: Node 24.6 and 24.7 take an ML-DSA
 * context and ignore it, 25.x has no raw key formats, and other runtimes have gaps of their own.
 *
 * @module
 */
import type * as NodeCrypto from 'node:crypto';
import { allocate, allocateSecret, concat, copyFrom, fromHex, wipe } from '../bytes.ts';
import { AES_256_GCM, ML_DSA_87, ML_KEM_1024 } from '../params.ts';
import { builtinModule } from '../runtime.ts';
import {
  Absent,
  type AeadEngine,
  type DigestName,
  type Engine,
  type HashEngine,
  type Hasher,
  type KemEngine,
  type PreparedAeadKey,
  type PreparedKemPrivateKey,
  type PreparedKemPublicKey,
  type PreparedSignPrivateKey,
  type PreparedSignPublicKey,
  type SignEngine,
} from './engine.ts';

type Crypto = typeof NodeCrypto;

/** DER prefixes of one algorithm: the cheapest form that OpenSSL imports. */
function derPrefixes(der: { spki: string; pkcs8Seed: string; pkcs8Expanded: string }) {
  return { spki: fromHex(der.spki), seed: fromHex(der.pkcs8Seed), expanded: fromHex(der.pkcs8Expanded) };
}

const KEM_DER = /* @__PURE__ */ derPrefixes(ML_KEM_1024.der);
const SIGN_DER = /* @__PURE__ */ derPrefixes(ML_DSA_87.der);

const EMPTY = new Uint8Array(0);

/** The types of node:crypto ask for a Buffer where any Uint8Array will do. */
function asBuffer(bytes: Uint8Array): Buffer {
  return bytes as Buffer;
}

function importPrivate(crypto: Crypto, prefix: Uint8Array, key: Uint8Array): NodeCrypto.KeyObject {
  const der = allocateSecret(prefix.length + key.length);
  der.set(prefix);
  der.set(key, prefix.length);
  try {
    return crypto.createPrivateKey({ key: asBuffer(der), format: 'der', type: 'pkcs8' });
  } finally {
    wipe(der);
  }
}

function importPublic(crypto: Crypto, prefix: Uint8Array, key: Uint8Array): NodeCrypto.KeyObject {
  return crypto.createPublicKey({ key: asBuffer(concat(prefix, key)), format: 'der', type: 'spki' });
}

/** Whether this runtime writes raw keys (Node 24.15 and 26.0, not 25): several times as fast as DER. */
let writesRaw = true;

/** Writes a key object's raw bytes; false where the runtime has DER only, whether it says so or gives something else. */
function exportRaw(key: NodeCrypto.KeyObject, format: 'raw-public' | 'raw-seed', out: Uint8Array): boolean {
  if (!writesRaw) return false;
  try {
    const raw = key.export({ format });
    writesRaw = raw.length === out.length;
    if (writesRaw) out.set(raw);
    wipe(raw);
  } catch {
    writesRaw = false;
  }
  return writesRaw;
}

/** Raw public key of a private key object, or the end of its SPKI, a form that every version writes. */
function exportPublic(crypto: Crypto, prefix: Uint8Array, key: NodeCrypto.KeyObject, out: Uint8Array): void {
  const publicKey = crypto.createPublicKey(key);
  if (exportRaw(publicKey, 'raw-public', out)) return;
  out.set(publicKey.export({ format: 'der', type: 'spki' }).subarray(prefix.length));
}

/** OpenSSL takes at most 2^31 − 1 bytes at once; longer inputs go in pieces of this size. */
const MAX_UPDATE_BYTES = 2 ** 30;

function updateAll(hash: NodeCrypto.Hash | NodeCrypto.Hmac, data: Uint8Array): void {
  // Short inputs go as they are: making a view is a part of the cost of a small message.
  if (data.length <= MAX_UPDATE_BYTES) {
    hash.update(data);
    return;
  }
  for (let offset = 0; offset < data.length; offset += MAX_UPDATE_BYTES) {
    hash.update(data.subarray(offset, offset + MAX_UPDATE_BYTES));
  }
}

function hasher(hash: NodeCrypto.Hash | NodeCrypto.Hmac): Hasher {
  return {
    update: (data) => updateAll(hash, data),
    digest: (out) => out.set(hash.digest()),
    // The state lies in OpenSSL and is cleansed when the object is collected.
    dispose: () => {},
  };
}

const DIGESTS: Record<DigestName, [algorithm: string, outputLength?: number]> = {
  'SHA-256': ['sha256'],
  'SHA-512': ['sha512'],
  'SHA3-256': ['sha3-256'],
  'SHA3-512': ['sha3-512'],
  'SHAKE256-512': ['shake256', 64],
};

/** `hkdfSync` takes no longer info. */
const MAX_HKDF_INFO_BYTES = 1024;

/** HKDF by HMAC (RFC 5869 §2), for what `hkdfSync` refuses. */
function hkdfByHmac(
  crypto: Crypto,
  ikm: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const out = allocateSecret(length);
  const prk = crypto.createHmac('sha3-512', salt).update(ikm).digest();
  let block: Uint8Array = EMPTY;
  for (let offset = 0, counter = 1; offset < length; offset += block.length, counter++) {
    const hmac = crypto.createHmac('sha3-512', prk).update(block).update(info);
    wipe(block);
    block = hmac.update(Uint8Array.of(counter)).digest();
    out.set(block.subarray(0, length - offset), offset);
  }
  wipe(prk, block);
  return out;
}

function createHash(crypto: Crypto): HashEngine {
  const incremental = (data: Uint8Array): Uint8Array => {
    const hash = crypto.createHash('sha3-512');
    updateAll(hash, data);
    return hash.digest();
  };
  // crypto.hash is the one-shot form: Node 20.12, and a third faster on short inputs.
  const oneShot =
    typeof crypto.hash === 'function'
      ? (data: Uint8Array) =>
          data.length > MAX_UPDATE_BYTES ? incremental(data) : crypto.hash('sha3-512', data, 'buffer')
      : incremental;
  return {
    capabilities: new Set(),
    sha3_512: (data, out) => out.set(oneShot(data)),
    createSha3_512: () => hasher(crypto.createHash('sha3-512')),
    hmacSha3_512(key, data, out) {
      const hmac = crypto.createHmac('sha3-512', key);
      updateAll(hmac, data);
      out.set(hmac.digest());
    },
    createHmacSha3_512: (key) => hasher(crypto.createHmac('sha3-512', key)),
    hkdfSha3_512: (ikm, salt, info, length) =>
      info.length > MAX_HKDF_INFO_BYTES
        ? hkdfByHmac(crypto, ikm, salt, info, length)
        : new Uint8Array(crypto.hkdfSync('sha3-512', ikm, salt, info, length)),
    digest(name, data) {
      const [algorithm, outputLength] = DIGESTS[name];
      const options = outputLength === undefined ? undefined : { outputLength };
      return new Uint8Array(crypto.createHash(algorithm, options).update(data).digest());
    },
    createShake256: (outputBytes) => hasher(crypto.createHash('shake256', { outputLength: outputBytes })),
  };
}

/** Smaller buffers are not worth the call. */
const RELEASE_FROM_BYTES = 16384;

/**
 * Gives a buffer's memory back at once instead of at the next collection: without this, streams hold some 40 MB more.
 * Does nothing where the runtime has no `ArrayBuffer.prototype.transfer` (Node 20).
 */
function release(bytes: Uint8Array): void {
  const buffer = bytes.buffer as ArrayBuffer & { transfer?(newByteLength: number): ArrayBuffer };
  if (bytes.length >= RELEASE_FROM_BYTES && bytes.length === buffer.byteLength) buffer.transfer?.(0);
}

/** Whether memory can be given back at once: Node 22 and later. */
const CAN_RELEASE = 'transfer' in ArrayBuffer.prototype;

/** The same bytes with room behind them, whose memory is given back at once. */
function lengthen(bytes: Uint8Array, room: number): Uint8Array {
  const buffer = bytes.buffer as ArrayBuffer & { transfer?(newByteLength: number): ArrayBuffer };
  const length = bytes.length + room;
  if (buffer.transfer !== undefined && bytes.length === buffer.byteLength)
    return new Uint8Array(buffer.transfer(length));
  const longer = allocate(length);
  longer.set(bytes);
  return longer;
}

/**
 * Pieces of a long input: OpenSSL's result is new memory each time, and pieces of this size keep it in the cache of the
 * processor, and the allocator need not fetch them from the system. Larger ones lose that: with 1 MiB, sealing 256 KiB takes
 * nearly twice the time. Smaller ones cost more in calls than they spare (64 KiB: a fifth of the time of sealing 1 MiB).
 */
const PIECE_BYTES = CAN_RELEASE ? 2 ** 17 : MAX_UPDATE_BYTES;

/** Runs a cipher over an input of any length. */
function updateInto(
  cipher: NodeCrypto.CipherGCM | NodeCrypto.DecipherGCM,
  input: Uint8Array,
  out: Uint8Array,
  wipeBetween: boolean,
): void {
  for (let offset = 0; offset < input.length; offset += PIECE_BYTES) {
    // Short inputs go as they are: making a view is a part of the cost of a small message.
    const part = input.length <= PIECE_BYTES ? input : input.subarray(offset, offset + PIECE_BYTES);
    const piece = cipher.update(part);
    out.set(piece, offset);
    if (wipeBetween) wipe(piece);
    release(piece);
  }
}

type CipherKey = NodeCrypto.KeyObject | Uint8Array;

/** The tag on its way to OpenSSL, which copies it: copying it here is cheaper than making a view of it. */
const TAG = /* @__PURE__ */ new Uint8Array(AES_256_GCM.tagBytes);

/** Whether the tag was right. */
function isFinal(decipher: NodeCrypto.DecipherGCM): boolean {
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

function prepareAead(crypto: Crypto, key: CipherKey, dispose: () => void): PreparedAeadKey {
  const createDecipher = (nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array) => {
    const decipher = crypto.createDecipheriv('aes-256-gcm', key, nonce);
    // Always the whole 16 bytes: shorter tags never reach OpenSSL.
    copyFrom(sealed, sealed.length - AES_256_GCM.tagBytes, TAG);
    decipher.setAuthTag(TAG);
    if (aad.length > 0) decipher.setAAD(aad);
    return decipher;
  };
  return {
    seal(nonce, aad, plaintext, out) {
      const cipher = crypto.createCipheriv('aes-256-gcm', key, nonce);
      if (aad.length > 0) cipher.setAAD(aad);
      updateInto(cipher, plaintext, out, false);
      cipher.final();
      out.set(cipher.getAuthTag(), plaintext.length);
    },
    sealNew(nonce, aad, plaintext) {
      if (plaintext.length > PIECE_BYTES) {
        const out = allocate(plaintext.length + AES_256_GCM.tagBytes);
        this.seal(nonce, aad, plaintext, out);
        return out;
      }
      const cipher = crypto.createCipheriv('aes-256-gcm', key, nonce);
      if (aad.length > 0) cipher.setAAD(aad);
      const sealed = lengthen(cipher.update(plaintext), AES_256_GCM.tagBytes);
      cipher.final();
      sealed.set(cipher.getAuthTag(), plaintext.length);
      return sealed;
    },
    open(nonce, aad, sealed, out) {
      const decipher = createDecipher(nonce, aad, sealed);
      // Whoever called owns `out` and gets nothing of it unless this function says so.
      updateInto(decipher, sealed.subarray(0, sealed.length - AES_256_GCM.tagBytes), out, true);
      if (isFinal(decipher)) return true;
      wipe(out);
      return false;
    },
    openNew(nonce, aad, sealed, offset) {
      const end = sealed.length - AES_256_GCM.tagBytes;
      if (end - offset > MAX_UPDATE_BYTES) {
        const out = new Uint8Array(end - offset);
        return this.open(nonce, aad, sealed.subarray(offset), out) ? out : undefined;
      }
      const decipher = createDecipher(nonce, aad, sealed);
      const { buffer, byteOffset, length } = decipher.update(sealed.subarray(offset, end));
      const plaintext = new Uint8Array(buffer, byteOffset, length);
      if (isFinal(decipher)) return plaintext;
      wipe(plaintext);
      return undefined;
    },
    dispose,
  };
}

function createAead(crypto: Crypto): AeadEngine {
  return {
    capabilities: new Set(),
    // A KeyObject keeps its copy until it is collected, but spares Node 24 a fivefold cost on short messages.
    prepare: (key) => prepareAead(crypto, crypto.createSecretKey(key), () => {}),
    prepareTransient: (key) => prepareAead(crypto, key, () => {}),
  };
}

class NodeKemPublicKey implements PreparedKemPublicKey {
  readonly #crypto: Crypto;
  readonly #key: NodeCrypto.KeyObject;

  constructor(crypto: Crypto, key: NodeCrypto.KeyObject) {
    this.#crypto = crypto;
    this.#key = key;
  }

  encapsulate(ciphertext: Uint8Array, sharedSecret: Uint8Array): void {
    const result = this.#crypto.encapsulate(this.#key);
    ciphertext.set(result.ciphertext);
    sharedSecret.set(result.sharedKey);
    wipe(result.sharedKey);
  }

  dispose(): void {}
}

class NodeKemPrivateKey implements PreparedKemPrivateKey {
  readonly #crypto: Crypto;
  readonly #key: NodeCrypto.KeyObject;

  constructor(crypto: Crypto, key: NodeCrypto.KeyObject) {
    this.#crypto = crypto;
    this.#key = key;
  }

  publicKey(out: Uint8Array): void {
    exportPublic(this.#crypto, KEM_DER.spki, this.#key, out);
  }

  decapsulate(ciphertext: Uint8Array, sharedSecret: Uint8Array): void {
    const result = this.#crypto.decapsulate(this.#key, ciphertext);
    sharedSecret.set(result);
    wipe(result);
  }

  dispose(): void {}
}

function createKem(crypto: Crypto): KemEngine {
  return {
    capabilities: new Set(),
    preparePublic: (publicKey) => new NodeKemPublicKey(crypto, importPublic(crypto, KEM_DER.spki, publicKey)),
    prepareSeed: (seed) => new NodeKemPrivateKey(crypto, importPrivate(crypto, KEM_DER.seed, seed)),
    prepareExpanded: (expanded) =>
      new NodeKemPrivateKey(crypto, importPrivate(crypto, KEM_DER.expanded, expanded)),
    generate(seed) {
      const { privateKey } = crypto.generateKeyPairSync('ml-kem-1024');
      exportKemSeed(privateKey, seed);
      return new NodeKemPrivateKey(crypto, privateKey);
    },
  };
}

/** In the "both" form that Node 24 writes, the seed stands behind as many bytes of structure. */
const KEM_BOTH_SEED_OFFSET = 30;

/** Reads the seed, out of PKCS#8 if need be: every version writes it, with the seed alone (86 bytes) or with both forms. */
function exportKemSeed(key: NodeCrypto.KeyObject, seed: Uint8Array): void {
  if (exportRaw(key, 'raw-seed', seed)) return;
  const der = key.export({ format: 'der', type: 'pkcs8' });
  const offset =
    der.length === KEM_DER.seed.length + seed.length ? KEM_DER.seed.length : KEM_BOTH_SEED_OFFSET;
  seed.set(der.subarray(offset, offset + seed.length));
  wipe(der);
}

class NodeSignPublicKey implements PreparedSignPublicKey {
  readonly #crypto: Crypto;
  readonly #key: NodeCrypto.KeyObject;

  constructor(crypto: Crypto, key: NodeCrypto.KeyObject) {
    this.#crypto = crypto;
    this.#key = key;
  }

  verify(message: Uint8Array, context: Uint8Array, signature: Uint8Array): boolean {
    if (signature.length !== ML_DSA_87.signatureBytes) return false;
    const key = context.length === 0 ? this.#key : { key: this.#key, context };
    return this.#crypto.verify(null, message, key, signature);
  }

  dispose(): void {}
}

class NodeSignPrivateKey implements PreparedSignPrivateKey {
  readonly #crypto: Crypto;
  readonly #key: NodeCrypto.KeyObject;

  constructor(crypto: Crypto, key: NodeCrypto.KeyObject) {
    this.#crypto = crypto;
    this.#key = key;
  }

  publicKey(out: Uint8Array): void {
    exportPublic(this.#crypto, SIGN_DER.spki, this.#key, out);
  }

  sign(message: Uint8Array, context: Uint8Array, out: Uint8Array): void {
    const key = context.length === 0 ? this.#key : { key: this.#key, context };
    out.set(this.#crypto.sign(null, message, key));
  }

  dispose(): void {}
}

function createSign(crypto: Crypto): SignEngine {
  return {
    capabilities: new Set(),
    preparePublic: (publicKey) =>
      new NodeSignPublicKey(crypto, importPublic(crypto, SIGN_DER.spki, publicKey)),
    prepareSeed: (seed) => new NodeSignPrivateKey(crypto, importPrivate(crypto, SIGN_DER.seed, seed)),
    prepareExpanded: (expanded) =>
      new NodeSignPrivateKey(crypto, importPrivate(crypto, SIGN_DER.expanded, expanded)),
  };
}

// The probes say whether the runtime has a thing at all; whether it computes it rightly is for the self-tests.

function probeHash(crypto: Crypto): HashEngine {
  const engine = createHash(crypto);
  const out = new Uint8Array(64);
  engine.sha3_512(EMPTY, out);
  engine.hmacSha3_512(out, out, out);
  engine.hkdfSha3_512(out, EMPTY, EMPTY, 1);
  for (const name of Object.keys(DIGESTS) as DigestName[]) engine.digest(name, EMPTY);
  engine.createShake256(64).digest(out);
  return engine;
}

function probeAead(crypto: Crypto): AeadEngine {
  const engine = createAead(crypto);
  const nonce = new Uint8Array(AES_256_GCM.nonceBytes);
  const out = new Uint8Array(AES_256_GCM.tagBytes);
  engine.prepare(new Uint8Array(AES_256_GCM.keyBytes)).seal(nonce, nonce, EMPTY, out);
  return engine;
}

function probeKem(crypto: Crypto): KemEngine {
  if (typeof crypto.encapsulate !== 'function') throw new Error('node:crypto has no encapsulate');
  const engine = createKem(crypto);
  const publicKey = new Uint8Array(ML_KEM_1024.publicKeyBytes);
  const ciphertext = new Uint8Array(ML_KEM_1024.ciphertextBytes);
  const sharedSecret = new Uint8Array(ML_KEM_1024.sharedSecretBytes);
  const privateKey = engine.prepareSeed(new Uint8Array(ML_KEM_1024.seedBytes));
  privateKey.publicKey(publicKey);
  engine.preparePublic(publicKey).encapsulate(ciphertext, sharedSecret);
  privateKey.decapsulate(ciphertext, sharedSecret);
  return engine;
}

function probeSign(crypto: Crypto): SignEngine {
  const engine = createSign(crypto);
  const privateKey = engine.prepareSeed(new Uint8Array(ML_DSA_87.seedBytes));
  const publicKeyBytes = new Uint8Array(ML_DSA_87.publicKeyBytes);
  privateKey.publicKey(publicKeyBytes);
  const publicKey = engine.preparePublic(publicKeyBytes);
  const signature = new Uint8Array(ML_DSA_87.signatureBytes);
  const context = Uint8Array.of(1);
  privateKey.sign(EMPTY, context, signature);
  if (publicKey.verify(EMPTY, EMPTY, signature)) throw new Error('node:crypto ignores the ML-DSA context');
  return engine;
}

/** Runs a probe once and remembers its answer. */
function once<T>(probe: (crypto: Crypto) => T): () => T | Absent {
  let answer: T | Absent | undefined;
  return () => {
    if (answer === undefined) {
      const crypto = builtinModule<Crypto>('node:crypto');
      try {
        answer = crypto === undefined ? new Absent('this runtime has no node:crypto') : probe(crypto);
      } catch (error) {
        answer = new Absent(error instanceof Error ? error.message : String(error));
      }
    }
    return answer;
  };
}

/** `node:crypto`: what this runtime has of it. */
export const nodeEngine: Engine = {
  name: 'node',
  hash: once(probeHash),
  aead: once(probeAead),
  kem: once(probeKem),
  sign: once(probeSign),
};
