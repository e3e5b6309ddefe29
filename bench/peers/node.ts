/**
 * Raw `node:crypto`: with key objects made once, and with keys imported on each call.
 *
 * @module
 */
import * as crypto from 'node:crypto';
import {
  COUNTER_OFFSET,
  type KeyForms,
  NONCE_BYTES,
  type Raw,
  type RawAead,
  type RawKemCalls,
  type RawKeyed,
  type RawSignCalls,
} from './peer.ts';

interface Sealed {
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

function aead(bytes: Uint8Array): RawAead {
  const key = crypto.createSecretKey(bytes);
  const seal = (nonce: Uint8Array, plaintext: Uint8Array): Sealed => {
    const cipher = crypto.createCipheriv('aes-256-gcm', key, nonce);
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    return { nonce, ciphertext, tag: cipher.getAuthTag() };
  };
  const open = ({ nonce, ciphertext, tag }: Sealed): Uint8Array => {
    const decipher = crypto.createDecipheriv('aes-256-gcm', key, nonce);
    decipher.setAuthTag(tag);
    const plaintext = decipher.update(ciphertext);
    decipher.final();
    return plaintext;
  };
  return {
    seal: (plaintext) => seal(crypto.randomBytes(NONCE_BYTES), plaintext),
    open: (sealed) => open(sealed as Sealed),
    sealPieces(pieces) {
      const prefix = crypto.randomBytes(NONCE_BYTES);
      return pieces.map((piece, i) => {
        const nonce = Buffer.from(prefix);
        nonce.writeUInt32BE(i, COUNTER_OFFSET);
        return seal(nonce, piece);
      });
    },
    openPieces(sealed) {
      let last: unknown;
      for (const piece of sealed as Sealed[]) last = open(piece);
      return last;
    },
  };
}

// The one-shot form is the quicker one; Node 20.11 and older do not have it.
const sha3_512 =
  typeof crypto.hash === 'function'
    ? (data: Uint8Array) => crypto.hash('sha3-512', data, 'buffer')
    : (data: Uint8Array) => crypto.createHash('sha3-512').update(data).digest();

function importPrivate({ pkcs8 }: KeyForms): crypto.KeyObject {
  return crypto.createPrivateKey({ key: pkcs8 as Buffer, format: 'der', type: 'pkcs8' });
}

function importPublic({ spki }: KeyForms): crypto.KeyObject {
  return crypto.createPublicKey({ key: spki as Buffer, format: 'der', type: 'spki' });
}

type PairOptions = crypto.MLKEMKeyPairOptions;
const DER: PairOptions = {
  publicKeyEncoding: { format: 'der', type: 'spki' },
  privateKeyEncoding: { format: 'der', type: 'pkcs8' },
};

const kemObjects: RawKeyed<RawKemCalls> = {
  generate: () => crypto.generateKeyPairSync('ml-kem-1024'),
  withKey(key) {
    const [privateKey, publicKey] = [importPrivate(key), importPublic(key)];
    return {
      encapsulate: () => crypto.encapsulate(publicKey),
      decapsulate: (ciphertext) => crypto.decapsulate(privateKey, ciphertext),
    };
  },
};

const kemBytes: RawKeyed<RawKemCalls> = {
  generate: () => crypto.generateKeyPairSync('ml-kem-1024', DER),
  withKey: (key) => ({
    encapsulate: () => crypto.encapsulate(importPublic(key)),
    decapsulate: (ciphertext) => crypto.decapsulate(importPrivate(key), ciphertext),
  }),
};

const signObjects: RawKeyed<RawSignCalls> = {
  generate: () => crypto.generateKeyPairSync('ml-dsa-87'),
  withKey(key) {
    const [privateKey, publicKey] = [importPrivate(key), importPublic(key)];
    return {
      sign: (message) => crypto.sign(null, message, privateKey),
      verify: (message, signature) => crypto.verify(null, message, publicKey, signature),
    };
  },
};

const signBytes: RawKeyed<RawSignCalls> = {
  generate: () => crypto.generateKeyPairSync('ml-dsa-87', DER),
  withKey: (key) => ({
    sign: (message) => crypto.sign(null, message, importPrivate(key)),
    verify: (message, signature) => crypto.verify(null, message, importPublic(key), signature),
  }),
};

/** Whether this runtime can do it: its version number does not tell. */
function works(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

const hasKem = works(() => crypto.encapsulate(crypto.generateKeyPairSync('ml-kem-1024').publicKey));
const hasSign = works(() => crypto.generateKeyPairSync('ml-dsa-87'));

/** `node:crypto`. */
export const node: Raw = {
  sha3_512,
  hmacSha3_512: (key, data) => crypto.createHmac('sha3-512', key).update(data).digest(),
  hkdfSha3_512: (ikm, salt, info, length) => crypto.hkdfSync('sha3-512', ikm, salt, info, length),
  aead,
  ...(hasKem ? { kem: { objects: kemObjects, bytes: kemBytes } } : {}),
  ...(hasSign ? { sign: { objects: signObjects, bytes: signBytes } } : {}),
};
