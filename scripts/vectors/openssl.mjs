/**
 * Keys of ML-KEM-1024 and ML-DSA-87 for OpenSSL, through node:crypto.
 */
import crypto from 'node:crypto';
import { bytes } from './inputs.mjs';

const der = (tag, ...parts) => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
};

const ARC = { kem: '060960864801650304' + '0403', sign: '060960864801650304' + '0313' };

export function importPublic(kind, key) {
  const spki = der(0x30, der(0x30, bytes(ARC[kind])), der(0x03, Buffer.from([0]), key));
  return crypto.createPublicKey({ key: spki, format: 'der', type: 'spki' });
}

/** `content` is the inner form: seed `[0]`, expanded key, or both. */
function importPrivate(kind, content) {
  const info = der(0x30, bytes('020100'), der(0x30, bytes(ARC[kind])), der(0x04, content));
  return crypto.createPrivateKey({ key: info, format: 'der', type: 'pkcs8' });
}

export const importSeed = (kind, seed) => importPrivate(kind, der(0x80, seed));
export const importExpanded = (kind, key) => importPrivate(kind, der(0x04, key));
export const importBoth = (kind, seed, key) =>
  importPrivate(kind, der(0x30, der(0x04, seed), der(0x04, key)));
export const rawPublic = (key, length) =>
  crypto.createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-length);
