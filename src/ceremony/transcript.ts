/**
 * The transcript of a ceremony, format `P`: a record for each step, each holding the hash of what came before. The first says
 * who takes part, by what rule, and which shares were dealt; then every custodian signs that the own share was read back.
 * **With the last of these signatures the ceremony is committed**, and nothing may follow. Every byte is in `docs/formats.md`.
 *
 * @module
 */
import {
  checkArray,
  checkBytes,
  checkOptions,
  concat,
  equal,
  toBase64Url,
  toHex,
  uintBytes,
  utf8,
} from '../bytes.ts';
import { CeremonyError, InputError } from '../errors.ts';
import { sha3_512 } from '../hash/index.ts';
import { KEY_THUMBPRINT_BYTES } from '../keypair.ts';
import { Reader } from '../keystore/file/reader.ts';
import { checkName } from '../keystore/keystore.ts';
import { ML_DSA_87, SHA3_512 } from '../params.ts';
import { checkPreamble, PREAMBLE_BYTES, writePreamble } from '../preamble.ts';
import { checkSignPublicKey, SignPublicKey } from '../sign/keys.ts';
import { verify } from '../sign/sign.ts';
import { isRule } from './custodian.ts';
import { ROOT_CHECK_BYTES, SET_ID_BYTES } from './root.ts';

/** A larger file is no transcript. */
export const MAX_TRANSCRIPT_BYTES = 262_144;
/** Bytes of UTF-8 of a label. */
export const MAX_LABEL_BYTES = 255;

const decoder = /* @__PURE__ */ new TextDecoder();

const KIND = { created: 1, verified: 2 } as const;

const HASH_LABEL = utf8('mwrasp-crypto/ceremony/v1/transcript');
/** What a custodian's signature is for. */
export const SIGNATURE_CONTEXT: Uint8Array = utf8('mwrasp-crypto/ceremony/v1/verified');

/** Whether a text may stand as a label: a line that a terminal can show, and that comes back from UTF-8 as it was. */
export function isLabel(text: string): boolean {
  // More characters than bytes there cannot be.
  if (text.length > MAX_LABEL_BYTES || /\p{Cc}/u.test(text)) return false;
  const bytes = utf8(text);
  return bytes.length <= MAX_LABEL_BYTES && decoder.decode(bytes) === text;
}

/** A custodian as a transcript has it. */
export interface DealtShare {
  readonly name: string;
  /** Thumbprint of the key that the share was sealed to. */
  readonly recipientId: Uint8Array;
  readonly signer: SignPublicKey;
  /** Digest of the share itself. */
  readonly digest: Uint8Array;
  /** SHA3-512 of its file. */
  readonly fileDigest: Uint8Array;
}

/** The first record. */
export interface CreatedRecord {
  readonly timeMs: number;
  readonly setId: Uint8Array;
  readonly threshold: number;
  readonly rootCheck: Uint8Array;
  readonly label: string;
  /** Share i + 1 is that of custodian i. */
  readonly shares: readonly DealtShare[];
}

/** A transcript whose every byte was checked. */
export interface Transcript extends CreatedRecord {
  /** The file. */
  readonly bytes: Uint8Array;
  /** When the share with each index was read back. */
  readonly verifiedAtMs: ReadonlyMap<number, number>;
  /** Hash of the last record. */
  readonly head: Uint8Array;
}

/** What a transcript tells of a custodian. */
export interface TranscriptCustodian {
  /** Number of the share. */
  readonly index: number;
  readonly name: string;
  /** Key id of the key that the share is sealed to. */
  readonly recipientKeyId: string;
  /** The key that signed, or is to sign. */
  readonly signer: SignPublicKey;
  /** When the share was read back and signed for; absent until then. Milliseconds since the Unix epoch. */
  readonly verifiedAtMs?: number;
}

/** What a transcript tells. */
export interface TranscriptInfo {
  /** Id of the ceremony's set, 32 hexadecimal digits. */
  readonly setId: string;
  /** What the ceremony was for, in its own words. */
  readonly label: string;
  /** How many shares give the root key. */
  readonly threshold: number;
  /** How many shares there are. */
  readonly total: number;
  /** When the shares were dealt, milliseconds since the Unix epoch, by the clock of who dealt. */
  readonly createdAtMs: number;
  /** Whether every custodian has signed. Until then the shares give nothing. */
  readonly committed: boolean;
  readonly custodians: readonly TranscriptCustodian[];
  /** Hash of the last record, 128 hexadecimal digits: what custodians may write down. */
  readonly digest: string;
}

/** A custodian's signing key as it is known from elsewhere. */
export interface KnownSigner {
  readonly name: string;
  readonly signer: SignPublicKey;
}

/** Options of {@link verifyTranscript}. */
export interface VerifyTranscriptOptions {
  /**
   * The custodians' keys as they are known from elsewhere: all of them, and no others, must be those of the transcript. Without
   * this, the signatures are checked with the keys that the transcript itself names.
   */
  readonly custodians?: readonly KnownSigner[];
}

/** A transcript that is not to be trusted. */
export function badTranscript(why: string, custodian?: string): CeremonyError {
  return new CeremonyError(
    'ERR_CEREMONY_TRANSCRIPT',
    `the transcript is refused: ${why}`,
    custodian === undefined ? {} : { custodian },
  );
}

function hashRecord(record: Uint8Array): Uint8Array {
  return sha3_512(concat(HASH_LABEL, record));
}

/** What the first record has in place of the hash of an earlier one. */
const NOTHING_BEFORE: Uint8Array = /* @__PURE__ */ new Uint8Array(SHA3_512.digestBytes);

function framed(record: Uint8Array): Uint8Array {
  return concat(uintBytes(record.length, 4), record);
}

function recordStart(kind: number, previous: Uint8Array, timeMs: number): Uint8Array {
  return concat(Uint8Array.of(kind), previous, uintBytes(timeMs, 8));
}

/** Begins a transcript. */
export function startTranscript(created: CreatedRecord): Transcript {
  const { timeMs, setId, threshold, rootCheck, label, shares } = created;
  const preamble = new Uint8Array(PREAMBLE_BYTES);
  writePreamble(preamble, 'P');
  const labelBytes = utf8(label);
  const record = concat(
    recordStart(KIND.created, NOTHING_BEFORE, timeMs),
    setId,
    Uint8Array.of(threshold, shares.length),
    rootCheck,
    uintBytes(labelBytes.length, 1),
    labelBytes,
    ...shares.flatMap(({ name, recipientId, signer, digest, fileDigest }) => {
      const nameBytes = utf8(name);
      return [uintBytes(nameBytes.length, 1), nameBytes, recipientId, signer.toBytes(), digest, fileDigest];
    }),
  );
  const bytes = concat(preamble, framed(record));
  return { ...created, bytes, verifiedAtMs: new Map(), head: hashRecord(record) };
}

/** What a custodian signs: everything of the record but the signature, and by its hash everything before. */
export function verifiedStatement(transcript: Transcript, index: number, timeMs: number): Uint8Array {
  return concat(recordStart(KIND.verified, transcript.head, timeMs), Uint8Array.of(index));
}

/** Adds a custodian's signed record. The signature was checked. */
export function appendVerified(
  transcript: Transcript,
  { index, timeMs }: { readonly index: number; readonly timeMs: number },
  statement: Uint8Array,
  signature: Uint8Array,
): Transcript {
  const record = concat(statement, signature);
  return {
    ...transcript,
    bytes: concat(transcript.bytes, framed(record)),
    verifiedAtMs: new Map([...transcript.verifiedAtMs, [index, timeMs]]),
    head: hashRecord(record),
  };
}

function readStart(reader: Reader, kind: number, previous: Uint8Array): number {
  if (reader.uint(1) !== kind) throw badTranscript('a record is of a kind that cannot stand there');
  if (!equal(reader.take(SHA3_512.digestBytes), previous)) {
    throw badTranscript('a record does not follow from the one before it');
  }
  return reader.uint(8);
}

function readDealt(reader: Reader): DealtShare {
  const name = reader.text();
  checkName('name', name);
  return {
    name,
    recipientId: reader.take(KEY_THUMBPRINT_BYTES),
    signer: SignPublicKey.fromBytes(reader.take(ML_DSA_87.publicKeyBytes)),
    digest: reader.take(SHA3_512.digestBytes),
    fileDigest: reader.take(SHA3_512.digestBytes),
  };
}

function isDistinct(values: readonly Uint8Array[]): boolean {
  return new Set(values.map(toHex)).size === values.length;
}

function readCreated(record: Uint8Array): CreatedRecord {
  const reader = new Reader(record);
  const timeMs = readStart(reader, KIND.created, NOTHING_BEFORE);
  const setId = reader.take(SET_ID_BYTES);
  const [threshold, total] = [reader.uint(1), reader.uint(1)];
  if (!isRule(threshold, total)) throw badTranscript(`${threshold} of ${total} is no rule`);
  const rootCheck = reader.take(ROOT_CHECK_BYTES);
  const label = reader.text();
  if (!isLabel(label)) throw badTranscript('its label is no line of text');
  const shares = reader.list(total, readDealt);
  reader.end();
  const distinct =
    new Set(shares.map(({ name }) => name)).size === total &&
    isDistinct(shares.map(({ recipientId }) => recipientId)) &&
    isDistinct(shares.map(({ signer }) => signer.thumbprint()));
  if (!distinct) throw badTranscript('two custodians have a name or a key in common');
  return { timeMs, setId, threshold, rootCheck, label, shares };
}

function readVerified(
  record: Uint8Array,
  { shares, head, verifiedAtMs }: Transcript,
): { index: number; timeMs: number } {
  const reader = new Reader(record);
  const timeMs = readStart(reader, KIND.verified, head);
  const index = reader.uint(1);
  const signature = reader.take(ML_DSA_87.signatureBytes);
  reader.end();
  const share = shares[index - 1];
  if (share === undefined || verifiedAtMs.has(index)) {
    throw badTranscript(`share ${index} is signed for a second time, or there is none`, share?.name);
  }
  const statement = record.subarray(0, record.length - ML_DSA_87.signatureBytes);
  if (!verify(share.signer, statement, signature, { context: SIGNATURE_CONTEXT })) {
    throw badTranscript(`the signature of custodian "${share.name}" is wrong`, share.name);
  }
  return { index, timeMs };
}

function readRecords(bytes: Uint8Array): Transcript {
  const reader = new Reader(bytes, PREAMBLE_BYTES);
  const next = () => reader.take(reader.uint(4));
  const first = next();
  const verifiedAtMs = new Map<number, number>();
  let transcript: Transcript = { ...readCreated(first), bytes, verifiedAtMs, head: hashRecord(first) };
  while (reader.offset < bytes.length) {
    const record = next();
    const { index, timeMs } = readVerified(record, transcript);
    verifiedAtMs.set(index, timeMs);
    transcript = { ...transcript, head: hashRecord(record) };
  }
  return transcript;
}

/**
 * Reads a transcript and checks every byte of it: form, chain, signatures.
 *
 * @param argument - What it is called in errors.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`; `ERR_INPUT_FORMAT` when it is no transcript.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION`.
 * @throws {@link CeremonyError} `ERR_CEREMONY_TRANSCRIPT`.
 */
export function readTranscript(argument: string, given: Uint8Array): Transcript {
  checkBytes(argument, given, { max: MAX_TRANSCRIPT_BYTES });
  const bytes = Uint8Array.from(given);
  checkPreamble(argument, bytes, 'P');
  try {
    return readRecords(bytes);
  } catch (error) {
    if (error instanceof CeremonyError) throw error;
    // A field that ends behind the bytes, a name that is none.
    if (error instanceof RangeError || error instanceof TypeError || error instanceof InputError) {
      throw badTranscript('a field in it is not what it can be, or its end is missing');
    }
    throw error;
  }
}

/** Whether every custodian has signed. */
export function isCommitted({ shares, verifiedAtMs }: Transcript): boolean {
  return verifiedAtMs.size === shares.length;
}

/** What a transcript tells. */
export function transcriptInfo(transcript: Transcript): TranscriptInfo {
  const { setId, label, threshold, shares, timeMs, verifiedAtMs, head } = transcript;
  return {
    setId: toHex(setId),
    label,
    threshold,
    total: shares.length,
    createdAtMs: timeMs,
    committed: isCommitted(transcript),
    custodians: shares.map(({ name, recipientId, signer }, i) => {
      const at = verifiedAtMs.get(i + 1);
      return {
        index: i + 1,
        name,
        recipientKeyId: toBase64Url(recipientId),
        signer,
        ...(at === undefined ? {} : { verifiedAtMs: at }),
      };
    }),
    digest: toHex(head),
  };
}

function checkKnown(argument: string, value: unknown): KnownSigner {
  if (value === undefined) throw new InputError('ERR_INPUT_TYPE', argument, 'a KnownSigner', 'undefined');
  const { name, signer } = checkOptions(argument, value as Partial<KnownSigner>, ['name', 'signer']);
  checkName(`${argument}.name`, name);
  checkSignPublicKey(`${argument}.signer`, signer as SignPublicKey);
  return { name, signer: signer as SignPublicKey };
}

/**
 * Checks custodians that are known from elsewhere; undefined when none were given.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`, `ERR_INPUT_OPTION`.
 */
export function checkKnownSigners(argument: string, value: unknown): KnownSigner[] | undefined {
  if (value === undefined) return undefined;
  return checkArray(argument, value, 'an array of names and keys', checkKnown);
}

/**
 * Refuses a transcript of others than those who are known.
 *
 * @throws {@link CeremonyError} `ERR_CEREMONY_TRANSCRIPT`.
 */
export function checkAgainst({ shares }: Transcript, known: readonly KnownSigner[] | undefined): void {
  if (known === undefined) return;
  for (const { name, signer } of shares) {
    const isKnown = known.some(
      (one) => one.name === name && equal(one.signer.thumbprint(), signer.thumbprint()),
    );
    if (!isKnown)
      throw badTranscript(`custodian "${name}" has another key than the one you know, or none`, name);
  }
  const missing = known.find(({ name }) => !shares.some((share) => share.name === name));
  if (missing !== undefined) throw badTranscript(`custodian "${missing.name}" is not in it`, missing.name);
}

/**
 * Checks a transcript, offline and with nothing else at hand: that each record follows from the one before it, and each
 * custodian's signature. Whose keys these are the transcript cannot prove: give `custodians` to compare them with those that
 * you know.
 *
 * @param transcript - The file of a transcript, up to 262 144 bytes.
 * @param options - The custodians' keys as they are known from elsewhere.
 * @returns What it tells, each part of it signed for by every custodian in `custodians` with a `verifiedAtMs`.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`; `ERR_INPUT_FORMAT` when it is no
 * transcript, or a name is none.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a transcript of another release.
 * @throws {@link CeremonyError} `ERR_CEREMONY_TRANSCRIPT` when a byte of it was changed, or the custodians are others.
 * @example const { committed, custodians } = verifyTranscript(await readFile('transcript.mwp'));
 */
export function verifyTranscript(transcript: Uint8Array, options?: VerifyTranscriptOptions): TranscriptInfo {
  const { custodians } = checkOptions('options', options, ['custodians']);
  const known = checkKnownSigners('options.custodians', custodians);
  const read = readTranscript('transcript', transcript);
  checkAgainst(read, known);
  return transcriptInfo(read);
}
