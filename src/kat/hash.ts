/**
 * SHA3-512, HMAC-SHA3-512 and HKDF-SHA3-512 cases: ACVP, CAVP and Wycheproof.
 *
 * @module
 */
import { checkBytes, checkInteger, concat, equal, fromHex } from '../bytes.ts';
import type { HashEngine, Hasher } from '../engines/engine.ts';
import { InputError } from '../errors.ts';
import { SHA3_512 } from '../params.ts';
import { Fields, isObject } from './fields.ts';
import type { KatContext, Kind } from './kind.ts';
import { allOf, expectAccepted, expectSame, failed, notRun, PASSED, type Verdict } from './verdict.ts';

/** RFC 5869: 255 blocks. */
const MAX_OKM_BYTES = 255 * SHA3_512.digestBytes;
/** A checkpoint of the Monte Carlo test comes after so many hashes. */
const HASHES_PER_CHECKPOINT = 1000;
/** Pieces in which large messages are absorbed. */
const PIECE_BYTES = 65536;

/** Feeds a message in two pieces. */
function inPieces(hasher: Hasher, message: Uint8Array): Uint8Array {
  const middle = message.length >> 1;
  hasher.update(message.subarray(0, middle));
  hasher.update(message.subarray(middle));
  const out = new Uint8Array(SHA3_512.digestBytes);
  hasher.digest(out);
  return out;
}

function sha3(engine: HashEngine, message: Uint8Array): Uint8Array {
  const out = new Uint8Array(SHA3_512.digestBytes);
  engine.sha3_512(message, out);
  return out;
}

function checkDigest(engine: HashEngine, message: Uint8Array, bits: number, digest: Uint8Array): Verdict {
  if (bits % 8 !== 0) return notRun('messages that are not whole bytes are not offered');
  if (bits / 8 > message.length) return failed('the message is shorter than its length says');
  // CAVP writes the empty message as one zero byte.
  const bytes = message.subarray(0, bits / 8);
  return allOf(
    () => expectSame('digest', sha3(engine, bytes), digest),
    () => expectSame('digest of pieces', inPieces(engine.createSha3_512(), bytes), digest),
  );
}

/** Monte Carlo: a chain of hashes with checkpoints. */
async function checkChain(
  engine: HashEngine,
  seed: Uint8Array,
  checkpoints: readonly Uint8Array[],
  context: KatContext,
): Promise<Verdict> {
  checkBytes('seed', seed, SHA3_512.digestBytes);
  if (checkpoints.length === 0) return failed('no checkpoint');
  const digest = Uint8Array.from(seed);
  for (const [index, checkpoint] of checkpoints.entries()) {
    for (let i = 0; i < HASHES_PER_CHECKPOINT; i++) engine.sha3_512(digest, digest);
    if (!equal(digest, checkpoint)) return failed(`checkpoint ${index} differs`);
    await context.pace.turn();
  }
  return PASSED;
}

/** Large data: a short content repeated up to gigabytes. */
async function checkLarge(fields: Fields, engine: HashEngine, context: KatContext): Promise<Verdict> {
  const digest = fields.hex('md');
  const large = fields.object('largeMsg');
  large.oneOf('expansionTechnique', ['repeating']);
  const content = large.hex('content');
  const bits = large.count('fullLength');
  if (bits % 8 !== 0 || content.length === 0) return failed('the large message is not whole bytes');
  if (bits / 8 > context.maxMessageBytes) return notRun('messages above maxMessageBytes');
  const piece = concat(...Array<Uint8Array>(Math.ceil(PIECE_BYTES / content.length)).fill(content));
  const hasher = engine.createSha3_512();
  for (let left = bits / 8; left > 0; left -= Math.min(left, piece.length)) {
    hasher.update(left < piece.length ? piece.subarray(0, left) : piece);
    await context.pace.turn();
  }
  const out = new Uint8Array(SHA3_512.digestBytes);
  hasher.digest(out);
  return expectSame('digest', out, digest);
}

/** The `md` of each element of an ACVP `resultsArray`. */
function acvpCheckpoints(fields: Fields): Uint8Array[] {
  return fields.list('resultsArray').map((entry) => {
    if (!isObject(entry))
      throw new InputError('ERR_INPUT_FORMAT', 'resultsArray', 'objects', 'something else');
    return new Fields(entry, fields.hint).hex('md');
  });
}

/** The list of checkpoints of a CAVP chain. */
function cavpCheckpoints(fields: Fields): Uint8Array[] {
  return fields.list('MD').map((entry) => fromHex(entry as string, 'MD'));
}

/** A tag may be cut short, never longer than the hash. */
function macMatches(engine: HashEngine, key: Uint8Array, message: Uint8Array, tag: Uint8Array): boolean {
  checkBytes('tag', tag, { min: 1, max: SHA3_512.digestBytes });
  const whole = new Uint8Array(SHA3_512.digestBytes);
  engine.hmacSha3_512(key, message, whole);
  const pieces = inPieces(engine.createHmacSha3_512(key), message);
  return equal(whole.subarray(0, tag.length), tag) && equal(pieces, whole);
}

function checkMac(engine: HashEngine, key: Uint8Array, message: Uint8Array, tag: Uint8Array): Verdict {
  return macMatches(engine, key, message, tag) ? PASSED : failed('tag differs');
}

function runAcvpMac(fields: Fields, engine: HashEngine): Verdict {
  const [key, message, tag, bits] = [
    fields.hex('key'),
    fields.hex('msg'),
    fields.hex('mac'),
    fields.count('macLen'),
  ];
  if (tag.length * 8 !== bits) return failed('the tag is not as long as macLen says');
  return checkMac(engine, key, message, tag);
}

function runWycheproofMac(fields: Fields, engine: HashEngine): Verdict {
  const [key, message, tag] = [fields.hex('key'), fields.hex('msg'), fields.hex('tag')];
  return expectAccepted(fields.valid(), () => checkMac(engine, key, message, tag));
}

function runHkdf(fields: Fields, engine: HashEngine): Verdict {
  const valid = fields.valid();
  const [ikm, salt, info] = [fields.hex('ikm'), fields.hex('salt'), fields.hex('info')];
  const size = fields.count('size');
  const okm = valid ? fields.hex('okm') : undefined;
  return expectAccepted(valid, () => {
    checkInteger('size', size, 1, MAX_OKM_BYTES);
    const output = engine.hkdfSha3_512(ikm, salt, info, size);
    return okm === undefined ? PASSED : expectSame('output', output, okm);
  });
}

type Runner = (fields: Fields, engine: HashEngine, context: KatContext) => Verdict | Promise<Verdict>;

/** A hash in a set's or an algorithm's name. */
const HASH_NAME =
  /sha-?3-?(224|256|384|512)|sha-?2?-?(512[-_/](224|256)|1|224|256|384|512)\b|shake-?(128|256)|md5/;

/** The hash that the header names, when it is not SHA3-512. */
function otherHash(hint: string): string | undefined {
  const name = HASH_NAME.exec(hint)?.[0];
  return name === undefined || /sha-?3-?512/.test(name) ? undefined : name;
}

function hashKind(matches: (fields: Fields) => boolean, run: Runner): Kind {
  return {
    family: 'hash',
    matches,
    run(fields, context) {
      const other = otherHash(fields.hint);
      return other === undefined
        ? run(fields, context.engine('hash'), context)
        : notRun(`${other} is not offered`);
    },
  };
}

/** Kinds of hash, MAC and key derivation cases. */
export const HASH_KINDS: readonly Kind[] = [
  hashKind((fields) => fields.peek('type') === 'HkdfTest', runHkdf),
  hashKind((fields) => fields.peek('type') === 'MacTest', runWycheproofMac),
  hashKind(
    (fields) => fields.has('key') && fields.hasAny('macLen', 'mac') && !fields.has('type'),
    runAcvpMac,
  ),
  hashKind(
    (fields) => fields.peek('testType') === 'MCT',
    (fields, engine, context) => checkChain(engine, fields.hex('msg'), acvpCheckpoints(fields), context),
  ),
  hashKind((fields) => fields.peek('testType') === 'LDT' || fields.has('largeMsg'), checkLarge),
  hashKind(
    (fields) =>
      fields.peek('testType') === 'AFT' && fields.has('msg') && !fields.hasAny('key', 'parameterSet'),
    (fields, engine) => checkDigest(engine, fields.hex('msg'), fields.count('len'), fields.hex('md')),
  ),
  hashKind(
    (fields) => fields.has('Msg') && !fields.has('Key'),
    (fields, engine) => checkDigest(engine, fields.hex('Msg'), fields.count('Len'), fields.hex('MD')),
  ),
  hashKind(
    (fields) => fields.has('Seed') && !fields.has('Key'),
    (fields, engine, context) => checkChain(engine, fields.hex('Seed'), cavpCheckpoints(fields), context),
  ),
];
