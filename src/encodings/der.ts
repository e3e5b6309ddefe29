/**
 * SubjectPublicKeyInfo and PKCS#8 of our two algorithms, in DER (RFC 5280, RFC 5958, RFC 9881, RFC 9935).
 *
 * Reading goes through an ASN.1 library, then what was read is written again and must be the same bytes: so only DER is
 * taken, every part of it is accounted for, and nothing trails.
 *
 * @module
 */
import * as asn1 from 'asn1js';
import { checkBytes, concat, equal, fromHex, wipe } from '../bytes.ts';
import { InputError } from '../errors.ts';
import { type KeyAlgorithm, ML_DSA_87, ML_KEM_1024 } from '../params.ts';

/** Larger than any key of ours with attributes; refused before parsing. */
const MAX_DER_BYTES = 65536;

/** Much longer than any algorithm's identifier, short enough to be repeated in an error. */
const MAX_OID_BYTES = 32;

/** Our structures are shallow; attributes may add a little. No copies, so that secrets stay in the caller's buffer. */
const PARSER_LIMITS = { maxDepth: 8, maxNodes: 64, parseEmbedded: false, copyInput: false } as const;

const ALGORITHMS = [ML_KEM_1024, ML_DSA_87] as const;
type Params = (typeof ALGORITHMS)[number];

function paramsOf(algorithm: KeyAlgorithm): Params {
  return algorithm === ML_KEM_1024.name ? ML_KEM_1024 : ML_DSA_87;
}

/** A public key as it stands in a SubjectPublicKeyInfo. */
export interface SpkiContent {
  readonly algorithm: KeyAlgorithm;
  readonly publicKey: Uint8Array;
}

/** A private key as it stands in a PKCS#8 structure; the buffers are the reader's to wipe. */
export interface Pkcs8Content {
  readonly algorithm: KeyAlgorithm;
  readonly seed: Uint8Array | undefined;
  readonly expandedKey: Uint8Array | undefined;
  /** The public key of a version 2 structure. */
  readonly publicKey: Uint8Array | undefined;
}

function formatError(argument: string, expected: string, got: string): InputError {
  return new InputError('ERR_INPUT_FORMAT', argument, expected, got);
}

/** Runs the ASN.1 library, which throws errors of its own for some contents (a time that is no time). */
function fromBer(argument: string, bytes: Uint8Array, expected: string): ReturnType<typeof asn1.fromBER> {
  try {
    return asn1.fromBER(bytes as Uint8Array<ArrayBuffer>, PARSER_LIMITS);
  } catch {
    throw formatError(argument, expected, 'bytes that are no ASN.1');
  }
}

function parse(argument: string, der: Uint8Array, expected: string): asn1.Sequence {
  checkBytes(argument, der, { max: MAX_DER_BYTES });
  const { offset, result } = fromBer(argument, der, expected);
  if (offset === -1 || !(result instanceof asn1.Sequence)) {
    throw formatError(argument, expected, 'other ASN.1, or none');
  }
  if (offset !== der.length) throw formatError(argument, expected, 'trailing bytes');
  return result;
}

/** Finds the algorithm of an AlgorithmIdentifier; parameters must be absent. */
function readAlgorithm(argument: string, node: unknown, expected: string): Params {
  const parts = node instanceof asn1.Sequence ? node.valueBlock.value : [];
  const [identifier, parameters] = parts;
  if (!(identifier instanceof asn1.ObjectIdentifier)) throw formatError(argument, expected, 'no algorithm');
  if (identifier.blockLength > MAX_OID_BYTES) throw formatError(argument, expected, 'a very long algorithm');
  const oid = identifier.getValue();
  const params = ALGORITHMS.find((candidate) => candidate.oid === oid);
  if (params === undefined) {
    throw new InputError(
      'ERR_INPUT_ALGORITHM',
      argument,
      'an ML-KEM-1024 or ML-DSA-87 key',
      `algorithm ${oid}`,
    );
  }
  if (parameters !== undefined) {
    throw formatError(argument, `${params.name} without algorithm parameters`, 'some parameters');
  }
  return params;
}

function checkLength(argument: string, what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) {
    throw new InputError('ERR_INPUT_LENGTH', argument, `${what} of ${length} bytes`, `${bytes.length} bytes`);
  }
}

/** The content of a primitive string type; other nodes give undefined. */
function contentOf(node: unknown, type: new () => asn1.OctetString | asn1.BitString): Uint8Array | undefined {
  if (!(node instanceof type) || node.idBlock.isConstructed) return undefined;
  return node.valueBlock.valueHexView;
}

/**
 * Writes a SubjectPublicKeyInfo.
 *
 * @param content - Algorithm and raw key.
 * @returns DER.
 */
export function writeSpki({ algorithm, publicKey }: SpkiContent): Uint8Array {
  return concat(fromHex(paramsOf(algorithm).der.spki), publicKey);
}

/**
 * Reads a SubjectPublicKeyInfo.
 *
 * @param argument - The argument's name, for the error.
 * @param der - DER, and nothing behind it.
 * @throws {@link InputError} `ERR_INPUT_FORMAT`, `ERR_INPUT_ALGORITHM`, `ERR_INPUT_LENGTH`.
 */
export function readSpki(argument: string, der: Uint8Array): SpkiContent {
  const expected = 'a SubjectPublicKeyInfo in DER';
  const [identifier, key] = parse(argument, der, expected).valueBlock.value;
  const params = readAlgorithm(argument, identifier, expected);
  const publicKey = contentOf(key, asn1.BitString);
  if (publicKey === undefined) throw formatError(argument, expected, 'no key in it');
  checkLength(argument, 'a public key', publicKey, params.publicKeyBytes);
  const content = { algorithm: params.name, publicKey: Uint8Array.from(publicKey) };
  if (!equal(writeSpki(content), der))
    throw formatError(argument, expected, 'other parts, or BER that is not DER');
  return content;
}

/**
 * Writes a PKCS#8 structure with the seed, the form that RFC 9881 and RFC 9935 recommend.
 *
 * @param algorithm - Which algorithm.
 * @param seed - Its seed.
 * @returns DER, secret; the caller wipes it.
 */
export function writePkcs8(algorithm: KeyAlgorithm, seed: Uint8Array): Uint8Array {
  return concat(fromHex(paramsOf(algorithm).der.pkcs8Seed), seed);
}

/** Context-specific tags: `seed [0]` inside the private key, `attributes [0]` and `publicKey [1]` beside it. */
const CONTEXT_CLASS = 3;

function hasTag(node: asn1.BaseBlock | undefined, tagNumber: number): node is asn1.BaseBlock {
  return node?.idBlock.tagClass === CONTEXT_CLASS && node.idBlock.tagNumber === tagNumber;
}

/** Whether every length in a node is definite and short: the ASN.1 library writes long ones again as they came. */
function hasDerLengths(node: asn1.BaseBlock): boolean {
  const { isIndefiniteForm, longFormUsed, length } = node.lenBlock;
  if (isIndefiniteForm || (longFormUsed && length < 0x80)) return false;
  if (!node.idBlock.isConstructed) return true;
  // Strings in pieces are constructed, and no DER.
  return node instanceof asn1.Constructed && node.valueBlock.value.every(hasDerLengths);
}

/** The private key is a CHOICE: `[0]` seed, OCTET STRING expanded key, or SEQUENCE of both as OCTET STRINGs. */
function readPrivateChoice(
  argument: string,
  bytes: Uint8Array,
  { name, seedBytes, expandedKeyBytes }: Params,
): Pick<Pkcs8Content, 'seed' | 'expandedKey'> {
  const expected = `a seed, an expanded key, or both, as ${name} has them`;
  const { result: node } = fromBer(argument, bytes, expected);
  let seed: Uint8Array | undefined;
  let expandedKey: Uint8Array | undefined;
  if (hasTag(node, 0) && node instanceof asn1.Primitive) {
    seed = node.valueBlock.valueHexView;
  } else if (node instanceof asn1.Sequence) {
    seed = contentOf(node.valueBlock.value[0], asn1.OctetString);
    expandedKey = contentOf(node.valueBlock.value[1], asn1.OctetString);
  } else {
    expandedKey = contentOf(node, asn1.OctetString);
  }
  if (seed !== undefined) checkLength(argument, 'a seed', seed, seedBytes);
  if (expandedKey !== undefined) checkLength(argument, 'an expanded key', expandedKey, expandedKeyBytes);
  const choice = writePrivateChoice(seed, expandedKey);
  if (choice === undefined) throw formatError(argument, expected, 'something else');
  const canonical = new Uint8Array(choice.toBER());
  const same = equal(canonical, bytes);
  wipe(canonical);
  if (!same) throw formatError(argument, expected, 'something else');
  return { seed: seed && Uint8Array.from(seed), expandedKey: expandedKey && Uint8Array.from(expandedKey) };
}

function writePrivateChoice(
  seed: Uint8Array | undefined,
  expandedKey: Uint8Array | undefined,
): asn1.BaseBlock | undefined {
  const octets = (bytes: Uint8Array) => new asn1.OctetString({ valueHex: bytes });
  if (seed !== undefined && expandedKey !== undefined) {
    return new asn1.Sequence({ value: [octets(seed), octets(expandedKey)] });
  }
  if (seed !== undefined) {
    return new asn1.Primitive({ idBlock: { tagClass: CONTEXT_CLASS, tagNumber: 0 }, valueHex: seed });
  }
  return expandedKey && octets(expandedKey);
}

/**
 * Reads a PKCS#8 structure (OneAsymmetricKey, version 1 or 2) with the seed, the expanded key, or both. Attributes are
 * taken and ignored. Whether the parts belong together is for the caller to check.
 *
 * @param argument - The argument's name, for the error.
 * @param der - DER, and nothing behind it.
 * @returns Copies of what is in it; the caller wipes them.
 * @throws {@link InputError} `ERR_INPUT_FORMAT`, `ERR_INPUT_ALGORITHM`, `ERR_INPUT_LENGTH`.
 */
export function readPkcs8(argument: string, der: Uint8Array): Pkcs8Content {
  const expected = 'a PKCS#8 private key in DER';
  const nodes = parse(argument, der, expected).valueBlock.value;
  const [version, identifier, key, ...rest] = nodes;
  if (!(version instanceof asn1.Integer) || ![0, 1].includes(version.valueBlock.valueDec)) {
    throw formatError(argument, expected, 'no version 1 or 2');
  }
  const params = readAlgorithm(argument, identifier, expected);
  const choice = contentOf(key, asn1.OctetString);
  if (choice === undefined) throw formatError(argument, expected, 'no key in it');
  const isVersion2 = version.valueBlock.valueDec === 1;
  const attributes = hasTag(rest[0], 0) ? rest.shift() : undefined;
  const publicKeyNode = hasTag(rest[0], 1) && isVersion2 ? rest.shift() : undefined;
  if (rest.length > 0) throw formatError(argument, expected, 'other parts');
  // RFC 5958 §2: version 2 exactly when there is a public key.
  if (isVersion2 && publicKeyNode === undefined)
    throw formatError(argument, expected, 'version 2 without a public key');
  const canonical = new Uint8Array(
    new asn1.Sequence({
      value: [
        new asn1.Integer({ value: version.valueBlock.valueDec }),
        new asn1.Sequence({ value: [new asn1.ObjectIdentifier({ value: params.oid })] }),
        new asn1.OctetString({ valueHex: choice }),
        ...[attributes, publicKeyNode].filter((node) => node !== undefined),
      ],
    }).toBER(),
  );
  const same = equal(canonical, der);
  wipe(canonical);
  if (!same || (attributes !== undefined && !hasDerLengths(attributes))) {
    throw formatError(argument, expected, 'BER that is not DER');
  }
  // The public part first: what is read of the private one is for the caller to wipe, so nothing may fail after it.
  const publicKey = publicKeyNode && readPublicKeyField(argument, publicKeyNode, params);
  return { algorithm: params.name, ...readPrivateChoice(argument, choice, params), publicKey };
}

/** `publicKey [1] IMPLICIT BIT STRING`: a count of unused bits, which is zero, and the key. */
function readPublicKeyField(argument: string, node: asn1.BaseBlock, params: Params): Uint8Array {
  const content = node instanceof asn1.Primitive ? node.valueBlock.valueHexView : new Uint8Array(0);
  if (content[0] !== 0)
    throw formatError(argument, 'a public key as BIT STRING of whole bytes', 'something else');
  checkLength(argument, 'a public key', content.subarray(1), params.publicKeyBytes);
  return content.slice(1);
}
