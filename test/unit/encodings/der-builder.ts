/**
 * DER written by hand, to build every form of a key, right and wrong, without the code under test.
 *
 * @module
 */
import { exportPrivateKey } from '../../../src/insecure.ts';
import { SEEDS, testKeys } from '../../support/keys.ts';

type Part = Uint8Array | readonly number[];

/** The shortest length octets, as DER has them. */
export function derLength(length: number): number[] {
  if (length < 0x80) return [length];
  if (length < 0x100) return [0x81, length];
  return [0x82, length >> 8, length & 0xff];
}

function joined(parts: readonly Part[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Tag, shortest length, content. */
export function tlv(tag: number, ...parts: Part[]): Uint8Array {
  const content = joined(parts);
  return joined([[tag], derLength(content.length), content]);
}

export const sequence = (...parts: Part[]): Uint8Array => tlv(0x30, ...parts);
export const octets = (...parts: Part[]): Uint8Array => tlv(0x04, ...parts);
export const bits = (...parts: Part[]): Uint8Array => tlv(0x03, [0], ...parts);
export const integer = (...content: number[]): Uint8Array => tlv(0x02, content);
export const NULL = [0x05, 0x00] as const;

/** The last arcs of 2.16.840.1.101.3.4. */
export const oid = (...arcs: number[]): Uint8Array =>
  tlv(0x06, [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, ...arcs]);

export interface Sample {
  readonly name: 'ML-KEM-1024' | 'ML-DSA-87';
  /** AlgorithmIdentifier without parameters. */
  readonly identifier: Uint8Array;
  readonly oid: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly otherPublicKey: Uint8Array;
  readonly seed: Uint8Array;
  readonly otherSeed: Uint8Array;
  readonly expandedKey: Uint8Array;
  readonly otherExpandedKey: Uint8Array;
}

function expandedOf(key: Parameters<typeof exportPrivateKey>[0]): Uint8Array {
  return exportPrivateKey(key, 'expanded').expose();
}

const keys = testKeys();

export const KEM: Sample = {
  name: 'ML-KEM-1024',
  identifier: sequence(oid(4, 3)),
  oid: oid(4, 3),
  publicKey: keys.recipientPublic.toBytes(),
  otherPublicKey: keys.otherRecipient.publicKey.toBytes(),
  seed: SEEDS.recipient,
  otherSeed: SEEDS.otherRecipient,
  expandedKey: expandedOf(keys.recipient),
  otherExpandedKey: expandedOf(keys.otherRecipient),
};

export const SIGN: Sample = {
  name: 'ML-DSA-87',
  identifier: sequence(oid(3, 19)),
  oid: oid(3, 19),
  publicKey: keys.signerPublic.toBytes(),
  otherPublicKey: keys.otherSigner.publicKey.toBytes(),
  seed: SEEDS.signer,
  otherSeed: SEEDS.otherSigner,
  expandedKey: expandedOf(keys.signer),
  otherExpandedKey: expandedOf(keys.otherSigner),
};

export const SAMPLES = [KEM, SIGN] as const;

export const spki = (sample: Sample): Uint8Array => sequence(sample.identifier, bits(sample.publicKey));

/** The three forms of the private key inside PKCS#8. */
export const seedChoice = (seed: Uint8Array): Uint8Array => tlv(0x80, seed);
export const expandedChoice = (expanded: Uint8Array): Uint8Array => octets(expanded);
export const bothChoice = (seed: Uint8Array, expanded: Uint8Array): Uint8Array =>
  sequence(octets(seed), octets(expanded));

export const VERSION_1 = integer(0);
export const VERSION_2 = integer(1);

/** PKCS#8 of version 1 around a private key; `rest` comes behind it. */
export function pkcs8(sample: Sample, choice: Uint8Array, ...rest: Part[]): Uint8Array {
  return sequence(VERSION_1, sample.identifier, octets(choice), ...rest);
}

/** OneAsymmetricKey of version 2: `rest` is attributes, if any, and the public key. */
export function oneAsymmetricKey(sample: Sample, choice: Uint8Array, ...rest: Part[]): Uint8Array {
  return sequence(VERSION_2, sample.identifier, octets(choice), ...rest);
}

/** `publicKey [1] IMPLICIT BIT STRING`. */
export const publicKeyField = (publicKey: Uint8Array): Uint8Array => tlv(0x81, [0], publicKey);

/** `attributes [0] IMPLICIT SET OF`, with one friendlyName. */
export const ATTRIBUTES = tlv(
  0xa0,
  sequence(
    tlv(0x06, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x14]),
    tlv(0x31, tlv(0x1e, [0, 0x6b, 0, 0x65, 0, 0x79])),
  ),
);

/** Base64 in lines of a length, between lines of a label. */
export function pem(label: string, der: Uint8Array, { lineLength = 64, lineEnd = '\n' } = {}): string {
  const body = Buffer.from(der).toString('base64');
  const lines = body.match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join(lineEnd);
}
