/**
 * Raw noble. ML-KEM goes through its prepared form, which keeps the matrix of a key.
 *
 * @module
 */
import { gcm } from '@noble/ciphers/aes.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha3_512 } from '@noble/hashes/sha3.js';
import { randomBytes } from '@noble/hashes/utils.js';
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import { type Bare, type BareAead, COUNTER_OFFSET, NONCE_BYTES } from './bare.ts';

interface Sealed {
  readonly nonce: Uint8Array;
  readonly sealed: Uint8Array;
}

function aead(key: Uint8Array): BareAead {
  const seal = (nonce: Uint8Array, plaintext: Uint8Array): Sealed => ({
    nonce,
    sealed: gcm(key, nonce).encrypt(plaintext),
  });
  const open = ({ nonce, sealed }: Sealed): Uint8Array => gcm(key, nonce).decrypt(sealed);
  return {
    seal: (plaintext) => seal(randomBytes(NONCE_BYTES), plaintext),
    open: (sealed) => open(sealed as Sealed),
    sealPieces(pieces) {
      const prefix = randomBytes(NONCE_BYTES);
      return pieces.map((piece, i) => {
        const nonce = Uint8Array.from(prefix);
        new DataView(nonce.buffer).setUint32(COUNTER_OFFSET, i);
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

/** noble. */
export const nobleBare: Bare = {
  sha3_512: (data) => sha3_512(data),
  hmacSha3_512: (key, data) => hmac(sha3_512, key, data),
  hkdfSha3_512: (ikm, salt, info, length) => hkdf(sha3_512, ikm, salt, info, length),
  aead,
  generateKemKey: () => ml_kem1024.keygen(),
  kem({ seed }) {
    const { publicKey, secretKey } = ml_kem1024.keygen(seed);
    const prepared = ml_kem1024.prepare(publicKey);
    return {
      encapsulate: () => prepared.encapsulate(),
      decapsulate: (ciphertext) => prepared.decapsulate(ciphertext, secretKey),
    };
  },
  generateSignKey: () => ml_dsa87.keygen(),
  sign({ seed }) {
    const { publicKey, secretKey } = ml_dsa87.keygen(seed);
    return {
      // Deterministic, so that it meets the same rejections as the library's signature of the same message.
      sign: (message) => ml_dsa87.sign(message, secretKey, { extraEntropy: false }),
      verify: (message, signature) => ml_dsa87.verify(signature, message, publicKey),
    };
  },
};
