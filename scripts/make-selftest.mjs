#!/usr/bin/env node
/**
 * Makes src/engines/selftest-data.ts: `node scripts/make-selftest.mjs > src/engines/selftest-data.ts`, on Node 26.
 *
 * Hashes, AES-256-GCM and the ML-DSA-87 public key come from OpenSSL (node:crypto), ML-KEM-1024 from the `mlkem`
 * package. node:crypto cannot sign deterministically, so the ML-DSA-87 signature is computed by noble and is printed
 * only when OpenSSL accepts it.
 */
import crypto from 'node:crypto';
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { MlKem1024 } from 'mlkem';

const message = Buffer.from('mwrasp-crypto self-test');
const pattern = (length) => Buffer.from(Array.from({ length }, (_, i) => i & 0xff));
const hex = (bytes) => Buffer.from(bytes).toString('hex');
const hash = (name, options) => crypto.createHash(name, options).update(message).digest('hex');

const cipher = crypto.createCipheriv('aes-256-gcm', pattern(32), pattern(12));
cipher.setAAD(Buffer.from('aad'));
const sealed = Buffer.concat([cipher.update(message), cipher.final(), cipher.getAuthTag()]);

const kem = new MlKem1024();
const [ek, dk] = await kem.deriveKeyPair(pattern(64));
const [ciphertext, sharedSecret] = await kem.encap(ek, pattern(32));
const forged = Uint8Array.from(ciphertext);
forged[700] ^= 1;
const rejectedSecret = await kem.decap(forged, dk);

const seed = pattern(32);
const signer = crypto.createPrivateKey({
  key: Buffer.concat([Buffer.from('3034020100300b060960864801650304031304228020', 'hex'), seed]),
  format: 'der',
  type: 'pkcs8',
});
const signerPublic = crypto.createPublicKey(signer);
const pk = signerPublic.export({ format: 'der', type: 'spki' }).subarray(-2592);
const context = Buffer.from('context');
const signature = ml_dsa87.sign(message, ml_dsa87.keygen(seed).secretKey, { context, extraEntropy: false });
if (!crypto.verify(null, message, { key: signerPublic, context }, signature))
  throw new Error('OpenSSL refuses');

const data = {
  hash: {
    sha3_512: hash('sha3-512'),
    hmac: crypto.createHmac('sha3-512', pattern(32)).update(message).digest('hex'),
    hkdf: hex(crypto.hkdfSync('sha3-512', pattern(32), pattern(16), message, 100)),
    shake256: hash('shake256', { outputLength: 64 }),
    sha256: hash('sha256'),
    sha512: hash('sha512'),
    sha3_256: hash('sha3-256'),
  },
  aead: { sealed: hex(sealed) },
  kem: {
    publicKeyHash: crypto.createHash('sha3-256').update(ek).digest('hex'),
    ciphertext: Buffer.from(ciphertext).toString('base64'),
    sharedSecret: hex(sharedSecret),
    rejectedSecret: hex(rejectedSecret),
  },
  sign: {
    publicKeyHash: crypto.createHash('sha3-256').update(pk).digest('hex'),
    signature: Buffer.from(signature).toString('base64'),
  },
};

const quote = (value) => `'${value}'`;
const body = Object.entries(data).map(([family, values]) => {
  const lines = Object.entries(values).map(([name, value]) =>
    name.length + value.length > 110
      ? `    ${name}:\n      ${quote(value)},`
      : `    ${name}: ${quote(value)},`,
  );
  return `  ${family}: {\n${lines.join('\n')}\n  },`;
});
console.log(`/**
 * Known answers of the self-tests. Made by \`scripts/make-selftest.mjs\`; do not edit.
 *
 * Keys and seeds are the bytes 0, 1, 2, …; the ciphertext is that of m = 0, 1, 2, …; the signature is deterministic.
 *
 * @module
 */
export const SELF_TEST = {
${body.join('\n')}
} as const;`);
