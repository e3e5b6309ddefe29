/**
 * What is measured: for each operation and size a pair of functions that do the same work, ours and the bare one.
 *
 * @module
 */
import { AeadKey, open, openStream, seal, sealStream } from '@mwrasp/crypto/aead';
import { hkdfSha3_512, hmacSha3_512, sha3_512 } from '@mwrasp/crypto/hash';
import { decapsulate, encapsulate, generateKemKey } from '@mwrasp/crypto/kem';
import { generateSignKey, sign, verify } from '@mwrasp/crypto/sign';
import { at, type Contest, keyForms, random, randomMessages } from './contest.ts';
import { KEYSTORE_CONTESTS } from './keystore-contests.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const MESSAGE_SIZES = [64, KIB, 16 * KIB, MIB];
const HKDF_SIZES = [64, KIB];
const STREAM_SIZES = [MIB, 4 * MIB];
const STREAM_PIECE_BYTES = 64 * KIB;
const SIGNED_BYTES = KIB;
/** How often a signature is rejected depends on the message: hundreds of them give a mean. */
const SIGN_MESSAGES = 512;
const VERIFY_MESSAGES = 32;
const SIGN_WEIGHT = 5;

function sha3Contest(sizeBytes: number): Contest {
  return {
    operation: 'SHA3-512',
    sizeBytes,
    family: 'hash',
    prepare(bare) {
      const data = random(sizeBytes);
      return { ours: () => sha3_512(data), bare: () => bare.sha3_512(data) };
    },
  };
}

function hmacContest(sizeBytes: number): Contest {
  return {
    operation: 'HMAC-SHA3-512',
    sizeBytes,
    family: 'hash',
    prepare(bare) {
      const key = random(32);
      const data = random(sizeBytes);
      return { ours: () => hmacSha3_512(key, data), bare: () => bare.hmacSha3_512(key, data) };
    },
  };
}

function hkdfContest(sizeBytes: number): Contest {
  return {
    operation: 'HKDF-SHA3-512',
    sizeBytes,
    family: 'hash',
    prepare(bare) {
      const ikm = random(32);
      const salt = random(32);
      const info = random(32);
      const options = { salt, info, length: sizeBytes };
      return {
        ours: () => hkdfSha3_512(ikm, options),
        bare: () => bare.hkdfSha3_512(ikm, salt, info, sizeBytes),
      };
    },
  };
}

function sealContest(sizeBytes: number): Contest {
  return {
    operation: 'AES-256-GCM seal',
    sizeBytes,
    family: 'aead',
    prepare(bare) {
      const key = AeadKey.generate();
      const raw = bare.aead(random(32));
      const data = random(sizeBytes);
      return { ours: () => seal(key, data), bare: () => raw.seal(data) };
    },
  };
}

function openContest(sizeBytes: number): Contest {
  return {
    operation: 'AES-256-GCM open',
    sizeBytes,
    family: 'aead',
    prepare(bare) {
      const key = AeadKey.generate();
      const raw = bare.aead(random(32));
      const data = random(sizeBytes);
      const sealed = seal(key, data);
      const rawSealed = raw.seal(data);
      return { ours: () => open(key, sealed), bare: () => raw.open(rawSealed) };
    },
  };
}

/** Reads a stream to its end and lets go of every piece at once, as a sink does. */
async function drain(stream: AsyncIterable<Uint8Array>): Promise<number> {
  let length = 0;
  for await (const piece of stream) length += piece.length;
  return length;
}

/** The message of a stream, in pieces as a file is read. */
function pieces(sizeBytes: number): Uint8Array[] {
  return randomMessages(sizeBytes / STREAM_PIECE_BYTES, STREAM_PIECE_BYTES);
}

function sealStreamContest(sizeBytes: number): Contest {
  return {
    operation: 'AES-256-GCM seal stream',
    sizeBytes,
    family: 'aead',
    async: true,
    prepare(bare) {
      const key = AeadKey.generate();
      const raw = bare.aead(random(32));
      const data = pieces(sizeBytes);
      return { ours: () => drain(sealStream(key, data)), bare: () => raw.sealPieces(data) };
    },
  };
}

function openStreamContest(sizeBytes: number): Contest {
  return {
    operation: 'AES-256-GCM open stream',
    sizeBytes,
    family: 'aead',
    async: true,
    async prepare(bare) {
      const key = AeadKey.generate();
      const raw = bare.aead(random(32));
      const data = pieces(sizeBytes);
      const sealed: Uint8Array[] = [];
      for await (const piece of sealStream(key, data)) sealed.push(piece);
      const rawSealed = raw.sealPieces(data);
      return { ours: () => drain(openStream(key, sealed)), bare: () => raw.openPieces(rawSealed) };
    },
  };
}

const kemContests: Contest[] = [
  {
    operation: 'ML-KEM-1024 keygen',
    sizeBytes: 0,
    family: 'kem',
    prepare: (bare) => ({ ours: () => generateKemKey(), bare: () => bare.generateKemKey() }),
  },
  {
    operation: 'ML-KEM-1024 encapsulate',
    sizeBytes: 0,
    family: 'kem',
    prepare(bare) {
      const key = generateKemKey();
      const { publicKey } = key;
      const raw = bare.kem(keyForms(key));
      return { ours: () => encapsulate(publicKey), bare: () => raw.encapsulate() };
    },
  },
  {
    operation: 'ML-KEM-1024 decapsulate',
    sizeBytes: 0,
    family: 'kem',
    prepare(bare) {
      const key = generateKemKey();
      const raw = bare.kem(keyForms(key));
      const ciphertexts = Array.from({ length: 16 }, () => encapsulate(key.publicKey).ciphertext);
      return {
        ours: (i) => decapsulate(key, at(ciphertexts, i)),
        bare: (i) => raw.decapsulate(at(ciphertexts, i)),
      };
    },
  },
];

const signContests: Contest[] = [
  {
    operation: 'ML-DSA-87 keygen',
    sizeBytes: 0,
    family: 'sign',
    prepare: (bare) => ({ ours: () => generateSignKey(), bare: () => bare.generateSignKey() }),
  },
  {
    operation: 'ML-DSA-87 sign',
    sizeBytes: SIGNED_BYTES,
    family: 'sign',
    weight: SIGN_WEIGHT,
    prepare(bare, engine) {
      const key = generateSignKey();
      const raw = bare.sign(keyForms(key));
      const messages = randomMessages(SIGN_MESSAGES, SIGNED_BYTES);
      // noble signs without randomness on both sides, so that both meet the same rejections: at its speed a few hundred
      // hedged signatures would differ by chance alone. OpenSSL signs hedged, thousands of times.
      const options = engine === 'noble' ? { deterministic: true } : {};
      return { ours: (i) => sign(key, at(messages, i), options), bare: (i) => raw.sign(at(messages, i)) };
    },
  },
  {
    operation: 'ML-DSA-87 verify',
    sizeBytes: SIGNED_BYTES,
    family: 'sign',
    prepare(bare) {
      const key = generateSignKey();
      const { publicKey } = key;
      const raw = bare.sign(keyForms(key));
      const signed = randomMessages(VERIFY_MESSAGES, SIGNED_BYTES).map((message) => ({
        message,
        signature: sign(key, message),
      }));
      return {
        ours(i) {
          const { message, signature } = at(signed, i);
          return verify(publicKey, message, signature);
        },
        bare(i) {
          const { message, signature } = at(signed, i);
          return raw.verify(message, signature);
        },
      };
    },
  },
];

/** Everything that is measured, in the order of the report. */
export const CONTESTS: readonly Contest[] = [
  ...MESSAGE_SIZES.map(sha3Contest),
  ...MESSAGE_SIZES.map(hmacContest),
  ...HKDF_SIZES.map(hkdfContest),
  ...MESSAGE_SIZES.map(sealContest),
  ...MESSAGE_SIZES.map(openContest),
  ...STREAM_SIZES.map(sealStreamContest),
  ...STREAM_SIZES.map(openStreamContest),
  ...kemContests,
  ...signContests,
  ...KEYSTORE_CONTESTS,
];
