/**
 * The other side of the tests beside it: node:crypto alone, run by one Node or another.
 *
 * node node-crypto.mjs IN OUT: reads keys, signatures and ciphertexts from the file IN, tries each, and writes what
 * came out, with keys, signatures and ciphertexts of its own, to the file OUT.
 */
import * as crypto from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const [inPath, outPath] = process.argv.slice(2);
const { message, context, publicKeys, privateKeys } = JSON.parse(readFileSync(inPath, 'utf8'));
const bytes = (text) => Buffer.from(text, 'base64');
const text = (buffer) => Buffer.from(buffer).toString('base64');

function importKey({ form, data, algorithm }, isPrivate) {
  const create = isPrivate ? crypto.createPrivateKey : crypto.createPublicKey;
  if (form === 'pem') return create(data);
  if (form === 'jwk') return create({ key: data, format: 'jwk' });
  if (form === 'der' || form.startsWith('pkcs8'))
    return create({ key: bytes(data), format: 'der', type: isPrivate ? 'pkcs8' : 'spki' });
  const format = form === 'raw' ? 'raw-public' : 'raw-seed';
  return create({ key: bytes(data), format, asymmetricKeyType: algorithm.toLowerCase() });
}

/** What this Node makes of a public key of ours: does our signature verify, what does it encapsulate? */
function usePublic(entry) {
  const key = importKey(entry, false);
  if (entry.algorithm === 'ML-KEM-1024') {
    const { ciphertext, sharedKey } = crypto.encapsulate(key);
    return { ciphertext: text(ciphertext), sharedSecret: text(sharedKey) };
  }
  const verify = (signature, options) =>
    crypto.verify(null, bytes(message), { key, ...options }, bytes(signature));
  return {
    verified: entry.signatures.map(({ signature, hasContext }) =>
      verify(signature, hasContext ? { context: bytes(context) } : {}),
    ),
    withOtherContext: verify(entry.signatures[0].signature, { context: bytes('AAAA') }),
  };
}

/** What this Node makes of a private key of ours: what does it sign, does it decapsulate? */
function usePrivate(entry) {
  const key = importKey(entry, true);
  if (entry.algorithm === 'ML-KEM-1024')
    return { sharedSecret: text(crypto.decapsulate(key, bytes(entry.ciphertext))) };
  return {
    signature: text(crypto.sign(null, bytes(message), key)),
    withContext: text(crypto.sign(null, bytes(message), { key, context: bytes(context) })),
  };
}

/** Every form of a new key pair that this Node writes. */
function exportAll(algorithm) {
  const { publicKey, privateKey } = crypto.generateKeyPairSync(algorithm.toLowerCase());
  const der = (key, type) => text(key.export({ format: 'der', type }));
  return {
    algorithm,
    publicForms: {
      der: der(publicKey, 'spki'),
      pem: publicKey.export({ format: 'pem', type: 'spki' }),
      jwk: publicKey.export({ format: 'jwk' }),
      raw: text(publicKey.export({ format: 'raw-public' })),
    },
    privateForms: {
      der: der(privateKey, 'pkcs8'),
      pem: privateKey.export({ format: 'pem', type: 'pkcs8' }),
      jwk: privateKey.export({ format: 'jwk' }),
      raw: text(privateKey.export({ format: 'raw-seed' })),
    },
    ...(algorithm === 'ML-KEM-1024'
      ? encapsulation(publicKey)
      : {
          signature: text(crypto.sign(null, bytes(message), privateKey)),
          withContext: text(crypto.sign(null, bytes(message), { key: privateKey, context: bytes(context) })),
        }),
  };
}

function encapsulation(publicKey) {
  const { ciphertext, sharedKey } = crypto.encapsulate(publicKey);
  return { ciphertext: text(ciphertext), sharedSecret: text(sharedKey) };
}

writeFileSync(
  outPath,
  JSON.stringify({
    version: process.version,
    publicKeys: publicKeys.map(usePublic),
    privateKeys: privateKeys.map(usePrivate),
    own: [exportAll('ML-KEM-1024'), exportAll('ML-DSA-87')],
  }),
);
