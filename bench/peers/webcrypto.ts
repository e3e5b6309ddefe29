/**
 * Raw WebCrypto: with CryptoKeys made once, and with keys imported on each call. Every call is a promise.
 *
 * @module
 */

import type { RawKemCalls, RawSignCalls } from './peer.ts';
import { type KeyForms, NONCE_BYTES, type Raw, type RawAead, type RawKeyed } from './peer.ts';

type Format = 'raw-public' | 'raw-seed';

/** What the types of the DOM do not know yet. */
interface NewSubtle {
  digest(algorithm: string, data: Uint8Array): Promise<ArrayBuffer>;
  generateKey(algorithm: string, extractable: boolean, usages: readonly string[]): Promise<CryptoKeyPair>;
  importKey(
    format: Format,
    bytes: Uint8Array,
    algorithm: string,
    extractable: boolean,
    usages: readonly string[],
  ): Promise<CryptoKey>;
  exportKey(format: Format, key: CryptoKey): Promise<ArrayBuffer>;
  encapsulateBits(algorithm: string, key: CryptoKey): Promise<unknown>;
  decapsulateBits(algorithm: string, key: CryptoKey, ciphertext: Uint8Array): Promise<ArrayBuffer>;
  sign(algorithm: string, key: CryptoKey, message: Uint8Array): Promise<ArrayBuffer>;
  verify(algorithm: string, key: CryptoKey, signature: Uint8Array, message: Uint8Array): Promise<boolean>;
}

const subtle = crypto.subtle as unknown as NewSubtle;
const SHA3 = 'SHA3-512';
const KEM = 'ML-KEM-1024';
const DSA = 'ML-DSA-87';

interface Sealed {
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly sealed: ArrayBuffer;
}

async function aead(bytes: Uint8Array): Promise<RawAead> {
  const name = 'AES-GCM';
  const usages: KeyUsage[] = ['encrypt', 'decrypt'];
  const key = await crypto.subtle.importKey('raw', bytes as Uint8Array<ArrayBuffer>, name, false, usages);
  return {
    async seal(plaintext): Promise<Sealed> {
      const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const data = plaintext as Uint8Array<ArrayBuffer>;
      return { iv, sealed: await crypto.subtle.encrypt({ name, iv }, key, data) };
    },
    open(message) {
      const { iv, sealed } = message as Sealed;
      return crypto.subtle.decrypt({ name, iv }, key, sealed);
    },
  };
}

const importKem = {
  public: ({ publicKey }: KeyForms) =>
    subtle.importKey('raw-public', publicKey, KEM, true, ['encapsulateBits']),
  private: ({ seed }: KeyForms) => subtle.importKey('raw-seed', seed, KEM, false, ['decapsulateBits']),
};

const importSign = {
  public: ({ publicKey }: KeyForms) => subtle.importKey('raw-public', publicKey, DSA, true, ['verify']),
  private: ({ seed }: KeyForms) => subtle.importKey('raw-seed', seed, DSA, false, ['sign']),
};

/** A key pair, and its two halves as bytes. */
async function generateBytes(algorithm: string, usages: readonly string[]): Promise<unknown> {
  const { publicKey, privateKey } = await subtle.generateKey(algorithm, true, usages);
  return [await subtle.exportKey('raw-public', publicKey), await subtle.exportKey('raw-seed', privateKey)];
}

const KEM_USAGES = ['encapsulateBits', 'decapsulateBits'];
const SIGN_USAGES = ['sign', 'verify'];

const kemObjects: RawKeyed<RawKemCalls> = {
  generate: () => subtle.generateKey(KEM, true, KEM_USAGES),
  async withKey(key) {
    const [publicKey, privateKey] = [await importKem.public(key), await importKem.private(key)];
    return {
      encapsulate: () => subtle.encapsulateBits(KEM, publicKey),
      decapsulate: (ciphertext) => subtle.decapsulateBits(KEM, privateKey, ciphertext),
    };
  },
};

const kemBytes: RawKeyed<RawKemCalls> = {
  generate: () => generateBytes(KEM, KEM_USAGES),
  withKey: (key) => ({
    encapsulate: async () => subtle.encapsulateBits(KEM, await importKem.public(key)),
    decapsulate: async (ciphertext) => subtle.decapsulateBits(KEM, await importKem.private(key), ciphertext),
  }),
};

const signObjects: RawKeyed<RawSignCalls> = {
  generate: () => subtle.generateKey(DSA, true, SIGN_USAGES),
  async withKey(key) {
    const [publicKey, privateKey] = [await importSign.public(key), await importSign.private(key)];
    return {
      sign: (message) => subtle.sign(DSA, privateKey, message),
      verify: (message, signature) => subtle.verify(DSA, publicKey, signature, message),
    };
  },
};

const signBytes: RawKeyed<RawSignCalls> = {
  generate: () => generateBytes(DSA, SIGN_USAGES),
  withKey: (key) => ({
    sign: async (message) => subtle.sign(DSA, await importSign.private(key), message),
    verify: async (message, signature) =>
      subtle.verify(DSA, await importSign.public(key), signature, message),
  }),
};

/** Whether this runtime can do it: its version number does not tell. */
async function works(attempt: () => Promise<unknown>): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch {
    return false;
  }
}

/** WebCrypto, as much of it as this runtime has. */
export async function loadWebCrypto(): Promise<Raw> {
  const hasHash = await works(() => subtle.digest(SHA3, new Uint8Array(1)));
  const hasKem = await works(() => generateBytes(KEM, KEM_USAGES));
  const hasSign = await works(() => generateBytes(DSA, SIGN_USAGES));
  return {
    async: true,
    aead,
    ...(hasHash ? { sha3_512: (data) => subtle.digest(SHA3, data) } : {}),
    ...(hasKem ? { kem: { objects: kemObjects, bytes: kemBytes } } : {}),
    ...(hasSign ? { sign: { objects: signObjects, bytes: signBytes } } : {}),
  };
}
