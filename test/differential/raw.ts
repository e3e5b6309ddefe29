/**
 * node:crypto by itself, for keys that our engines leave to the layer above them, and deterministic randomness.
 *
 * @module
 */
import * as crypto from 'node:crypto';
import { fromHex } from '../../src/bytes.ts';
import { ML_DSA_87, ML_KEM_1024 } from '../../src/params.ts';
import type { Draw } from './draw.ts';

/** The algorithms with keys, by the name that node:crypto has for them. */
const ALGORITHMS = { 'ml-kem-1024': ML_KEM_1024, 'ml-dsa-87': ML_DSA_87 } as const;

type Algorithm = keyof typeof ALGORITHMS;

/** Adds to a DER length of two bytes. */
function addTo(der: Buffer, offset: number, bytes: number): void {
  der.writeUInt16BE(der.readUInt16BE(offset) + bytes, offset);
}

/** Imports a public key of any length. */
export function rawPublicKey(asymmetricKeyType: Algorithm, key: Uint8Array): crypto.KeyObject {
  // Not in the types yet: Node 24.15 and 26.0.
  const input = { key, format: 'raw-public', asymmetricKeyType } as unknown as crypto.PublicKeyInput;
  return crypto.createPublicKey(input);
}

/** Imports an expanded key of any length: PKCS#8 whose lengths fit it. */
export function rawExpandedKey(algorithm: Algorithm, expandedKey: Uint8Array): crypto.KeyObject {
  const { der, expandedKeyBytes } = ALGORITHMS[algorithm];
  const prefix = fromHex(der.pkcs8Expanded);
  const key = Buffer.concat([prefix, expandedKey]);
  const added = expandedKey.length - expandedKeyBytes;
  // Of the whole, of the octet string, and of that in it.
  for (const offset of [2, prefix.length - 6, prefix.length - 2]) addTo(key, offset, added);
  return crypto.createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

/** The raw public half of a key. */
export function rawPublicBytes(key: crypto.KeyObject): Uint8Array {
  const publicKey = key.type === 'private' ? crypto.createPublicKey(key) : key;
  const bytes: unknown = publicKey.export({ format: 'raw-public' } as unknown as crypto.JwkKeyExportOptions);
  return bytes as Uint8Array;
}

/** SHAKE256 of byte strings, by OpenSSL. */
export function shake256(outputLength: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = crypto.createHash('shake256', { outputLength });
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Runs a call whose fresh randomness, as far as it is that of Web Crypto, comes from the case's stream. */
export function withRandomOf<T>(draw: Draw, run: () => T): T {
  const source = globalThis.crypto;
  source.getRandomValues = ((out: Uint8Array) => {
    out.set(draw.bytes(out.length));
    return out;
  }) as typeof source.getRandomValues;
  try {
    return run();
  } finally {
    // The one of the prototype again.
    Reflect.deleteProperty(source, 'getRandomValues');
  }
}
