/**
 * Raw `node:crypto`, with key objects made once.
 *
 * @module
 */
import * as crypto from 'node:crypto';
import { type Bare, type BareAead, COUNTER_OFFSET, NONCE_BYTES } from './bare.ts';

interface Sealed {
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

function aead(bytes: Uint8Array): BareAead {
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
const sha3_512: Bare['sha3_512'] =
  typeof crypto.hash === 'function'
    ? (data) => crypto.hash('sha3-512', data, 'buffer')
    : (data) => crypto.createHash('sha3-512').update(data).digest();

function importPrivate(der: Uint8Array): crypto.KeyObject {
  return crypto.createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
}

/** `node:crypto`. */
export const nodeBare: Bare = {
  sha3_512,
  hmacSha3_512: (key, data) => crypto.createHmac('sha3-512', key).update(data).digest(),
  hkdfSha3_512: (ikm, salt, info, length) => crypto.hkdfSync('sha3-512', ikm, salt, info, length),
  aead,
  generateKemKey: () => crypto.generateKeyPairSync('ml-kem-1024'),
  kem({ der }) {
    const privateKey = importPrivate(der);
    const publicKey = crypto.createPublicKey(privateKey);
    return {
      encapsulate: () => crypto.encapsulate(publicKey),
      decapsulate: (ciphertext) => crypto.decapsulate(privateKey, ciphertext),
    };
  },
  generateSignKey: () => crypto.generateKeyPairSync('ml-dsa-87'),
  sign({ der }) {
    const privateKey = importPrivate(der);
    const publicKey = crypto.createPublicKey(privateKey);
    return {
      sign: (message) => crypto.sign(null, message, privateKey),
      verify: (message, signature) => crypto.verify(null, message, publicKey, signature),
    };
  },
};
