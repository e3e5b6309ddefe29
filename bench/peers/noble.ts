/**
 * Raw noble. Its keys are bytes; only ML-KEM has a prepared form, which keeps the matrix of a key.
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
import { COUNTER_OFFSET, NONCE_BYTES, type Raw, type RawAead } from './peer.ts';

interface Sealed {
  readonly nonce: Uint8Array;
  readonly sealed: Uint8Array;
}

function aead(key: Uint8Array): RawAead {
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
export const noble: Raw = {
  sha3_512: (data) => sha3_512(data),
  hmacSha3_512: (key, data) => hmac(sha3_512, key, data),
  hkdfSha3_512: (ikm, salt, info, length) => hkdf(sha3_512, ikm, salt, info, length),
  aead,
  kem: {
    objects: {
      generate: () => ml_kem1024.keygen(),
      withKey({ publicKey, expanded }) {
        const prepared = ml_kem1024.prepare(publicKey);
        return {
          encapsulate: () => prepared.encapsulate(),
          decapsulate: (ciphertext) => prepared.decapsulate(ciphertext, expanded),
        };
      },
    },
    bytes: {
      generate: () => ml_kem1024.keygen(),
      withKey: ({ publicKey, expanded }) => ({
        encapsulate: () => ml_kem1024.encapsulate(publicKey),
        decapsulate: (ciphertext) => ml_kem1024.decapsulate(ciphertext, expanded),
      }),
    },
  },
  sign: {
    bytes: {
      generate: () => ml_dsa87.keygen(),
      withKey: ({ publicKey, expanded }) => ({
        // Deterministic, so that it meets the same rejections as the library's signature of the same message.
        sign: (message) => ml_dsa87.sign(message, expanded, { extraEntropy: false }),
        verify: (message, signature) => ml_dsa87.verify(signature, message, publicKey),
      }),
    },
  },
};
