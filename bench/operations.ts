/**
 * What is measured: each operation of the library, and the raw engine call that it wraps with everything it needs
 * (prepared key objects, a fresh random nonce).
 *
 * @module
 */
import * as nodeCrypto from 'node:crypto';
import { AeadKey, open, seal } from '@mwrasp/crypto/aead';
import type { EngineName } from '@mwrasp/crypto/engines';
import { hkdfSha3_512, hmacSha3_512, sha3_512 } from '@mwrasp/crypto/hash';
import { decapsulate, encapsulate, generateKemKey } from '@mwrasp/crypto/kem';
import { generateSignKey, sign, verify } from '@mwrasp/crypto/sign';
import { gcm } from '@noble/ciphers/aes.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha3_512 as nobleSha3_512 } from '@noble/hashes/sha3.js';
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { ml_kem1024 } from '@noble/post-quantum/ml-kem.js';

/** One thing to measure; both functions run it once. */
export interface Operation {
  readonly operation: string;
  /** Bytes of the message; 0 where there is none. */
  readonly sizeBytes: number;
  /** Through the library. */
  readonly ours: () => unknown;
  /** The raw call of the engine that the library uses in this thread. */
  readonly bare: () => unknown;
}

const HASH_SIZES = [64, 1024, 16384, 1048576];
const MESSAGE_BYTES = 1024;
/** Signing takes as many attempts as the message makes it take, so many messages are signed in turn. */
const MESSAGES = 256;
const CONTEXT = new Uint8Array(0);

function random(length: number): Uint8Array {
  return new Uint8Array(nodeCrypto.randomBytes(length));
}

/** Goes through the items again and again. */
function inTurn<T>(items: readonly T[]): () => T {
  let i = 0;
  return () => items[i++ % items.length] as T;
}

function hashOperations(engine: EngineName, size: number): Operation[] {
  const data = random(size);
  const key = random(32);
  const salt = random(32);
  const native = engine === 'node';
  const result: Operation[] = [
    {
      operation: 'SHA3-512',
      sizeBytes: size,
      ours: () => sha3_512(data),
      bare: native ? () => nodeCrypto.hash('sha3-512', data, 'buffer') : () => nobleSha3_512(data),
    },
    {
      operation: 'HMAC-SHA3-512',
      sizeBytes: size,
      ours: () => hmacSha3_512(key, data),
      bare: native
        ? () => nodeCrypto.createHmac('sha3-512', key).update(data).digest()
        : () => hmac(nobleSha3_512, key, data),
    },
  ];
  if (size === 64) {
    result.push({
      operation: 'HKDF-SHA3-512',
      sizeBytes: size,
      ours: () => hkdfSha3_512(key, { salt, info: data, length: 64 }),
      bare: native
        ? () => nodeCrypto.hkdfSync('sha3-512', key, salt, data, 64)
        : () => hkdf(nobleSha3_512, key, salt, data, 64),
    });
  }
  return result;
}

function aeadOperations(engine: EngineName, size: number): Operation[] {
  const plaintext = random(size);
  const key = AeadKey.generate();
  const raw = random(32);
  const keyObject = nodeCrypto.createSecretKey(raw);
  const sealed = seal(key, plaintext);
  const nonce = random(12);
  const bareSealed = gcm(raw, nonce).encrypt(plaintext);
  const native = engine === 'node';
  const nativeSeal = () => {
    const cipher = nodeCrypto.createCipheriv('aes-256-gcm', keyObject, nodeCrypto.randomBytes(12));
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    return [ciphertext, cipher.getAuthTag()];
  };
  const nativeOpen = () => {
    const decipher = nodeCrypto.createDecipheriv('aes-256-gcm', keyObject, nonce);
    decipher.setAuthTag(bareSealed.subarray(size));
    const opened = decipher.update(bareSealed.subarray(0, size));
    decipher.final();
    return opened;
  };
  return [
    {
      operation: 'AES-256-GCM seal',
      sizeBytes: size,
      ours: () => seal(key, plaintext),
      bare: native
        ? nativeSeal
        : () => gcm(raw, crypto.getRandomValues(new Uint8Array(12))).encrypt(plaintext),
    },
    {
      operation: 'AES-256-GCM open',
      sizeBytes: size,
      ours: () => open(key, sealed),
      bare: native ? nativeOpen : () => gcm(raw, nonce).decrypt(bareSealed),
    },
  ];
}

function kemOperations(engine: EngineName): Operation[] {
  const key = generateKemKey();
  const { ciphertext } = encapsulate(key.publicKey);
  const noble = ml_kem1024.keygen();
  const nobleCiphertext = ml_kem1024.encapsulate(noble.publicKey).cipherText;
  const generate = () => nodeCrypto.generateKeyPairSync('ml-kem-1024');
  const pair = engine === 'node' ? generate() : undefined;
  const bareCiphertext = pair && nodeCrypto.encapsulate(pair.publicKey).ciphertext;
  const base = { sizeBytes: 0 };
  return [
    {
      ...base,
      operation: 'ML-KEM-1024 keygen',
      ours: () => generateKemKey(),
      bare: pair ? generate : () => ml_kem1024.keygen(),
    },
    {
      ...base,
      operation: 'ML-KEM-1024 encapsulate',
      ours: () => encapsulate(key.publicKey),
      bare: pair
        ? () => nodeCrypto.encapsulate(pair.publicKey)
        : () => ml_kem1024.encapsulate(noble.publicKey),
    },
    {
      ...base,
      operation: 'ML-KEM-1024 decapsulate',
      ours: () => decapsulate(key, ciphertext),
      bare:
        pair && bareCiphertext
          ? () => nodeCrypto.decapsulate(pair.privateKey, bareCiphertext)
          : () => ml_kem1024.decapsulate(nobleCiphertext, noble.secretKey),
    },
  ];
}

function signOperations(engine: EngineName): Operation[] {
  const messages = Array.from({ length: MESSAGES }, () => random(MESSAGE_BYTES));
  const next = inTurn(messages);
  const nextBare = inTurn(messages);
  const key = generateSignKey();
  const noble = ml_dsa87.keygen();
  const generate = () => nodeCrypto.generateKeyPairSync('ml-dsa-87');
  const pair = engine === 'node' ? generate() : undefined;
  const first = messages[0] as Uint8Array;
  const signature = sign(key, first);
  const bareSignature = pair
    ? nodeCrypto.sign(null, first, pair.privateKey)
    : ml_dsa87.sign(first, noble.secretKey, { context: CONTEXT });
  const base = { sizeBytes: MESSAGE_BYTES };
  return [
    {
      operation: 'ML-DSA-87 keygen',
      sizeBytes: 0,
      ours: () => generateSignKey(),
      bare: pair ? generate : () => ml_dsa87.keygen(),
    },
    {
      ...base,
      operation: 'ML-DSA-87 sign',
      ours: () => sign(key, next()),
      bare: pair
        ? () => nodeCrypto.sign(null, nextBare(), pair.privateKey)
        : () => ml_dsa87.sign(nextBare(), noble.secretKey),
    },
    {
      ...base,
      operation: 'ML-DSA-87 verify',
      ours: () => verify(key.publicKey, first, signature),
      bare: pair
        ? () => nodeCrypto.verify(null, first, pair.publicKey, bareSignature)
        : () => ml_dsa87.verify(bareSignature, first, noble.publicKey),
    },
  ];
}

/**
 * Everything that an engine can do here.
 *
 * @param engine - The engine that the library uses in this thread.
 * @param families - The families that this engine has in this runtime.
 */
export function operationsOf(engine: EngineName, families: ReadonlySet<string>): Operation[] {
  return [
    ...(families.has('hash') ? HASH_SIZES.flatMap((size) => hashOperations(engine, size)) : []),
    ...(families.has('aead') ? HASH_SIZES.flatMap((size) => aeadOperations(engine, size)) : []),
    ...(families.has('kem') ? kemOperations(engine) : []),
    ...(families.has('sign') ? signOperations(engine) : []),
  ];
}
