/**
 * AES-256-GCM for streams of any length in constant memory: the STREAM construction over chunks.
 *
 * Stream: header = preamble `MWS` 1 (4), log2 of the chunk size (1), key id (16), salt (32), commitment (32); then the
 * chunks, each ciphertext and tag (16). Every stream has a key of its own, HKDF-SHA3-512 over the salt, the chunk size
 * and the hash of the caller's AAD; a chunk's nonce is prefix (7), counter (4), final flag (1). So a chunk that is
 * changed, moved, repeated or left out fails, and so does an end that is not the end.
 *
 * Source: Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
 * Misuse-Resistance", CRYPTO 2015, construction STREAM.
 *
 * @module
 */
import { checkBytes, checkInteger, checkOptions, concat, equal, randomFill, toHex } from '../bytes.ts';
import { type ByteSource, type Chunk, Chunker, iterate } from '../chunks.ts';
import { engine } from '../engines/index.ts';
import { AuthenticationError, InputError } from '../errors.ts';
import { AES_256_GCM, SHA3_512 } from '../params.ts';
import { checkPreamble, PREAMBLE_BYTES, writePreamble } from '../preamble.ts';
import { openSealed, sealNew } from './cipher.ts';
import {
  type AeadKey,
  aeadKeyParts,
  COMMITMENT_BYTES,
  deriveStreamKey,
  KEY_ID_BYTES,
  NONCE_PREFIX_BYTES,
  type StreamKeyParts,
  spendUse,
} from './key.ts';
import { type AeadOptions, checkAad } from './message.ts';

/** Options of {@link sealStream} and {@link sealTransform}. */
export interface StreamSealOptions extends AeadOptions {
  /** Plaintext bytes a chunk: a power of two from 1 KiB to 16 MiB, 64 KiB by default. */
  readonly chunkSizeBytes?: number;
}

const SALT_BYTES = 32;
const KEY_ID_OFFSET = PREAMBLE_BYTES + 1;
const SALT_OFFSET = KEY_ID_OFFSET + KEY_ID_BYTES;
const COMMITMENT_OFFSET = SALT_OFFSET + SALT_BYTES;
const HEADER_BYTES = COMMITMENT_OFFSET + COMMITMENT_BYTES;
const MIN_LOG2 = 10;
const MAX_LOG2 = 24;
const DEFAULT_CHUNK_BYTES = 65536;
const EMPTY = new Uint8Array(0);

/**
 * Makes the nonces of one stream, one chunk after the other.
 *
 * @internal
 */
export class ChunkNonce {
  readonly #nonce = new Uint8Array(AES_256_GCM.nonceBytes);
  readonly #view = new DataView(this.#nonce.buffer);
  #counter: number;

  constructor(prefix: Uint8Array, counter = 0) {
    this.#nonce.set(prefix);
    this.#counter = counter;
  }

  /** Chunks so far. */
  get count(): number {
    return this.#counter;
  }

  /** The next nonce; valid until the next call. */
  next(last: boolean): Uint8Array {
    if (this.#counter > 0xffffffff) {
      throw new InputError(
        'ERR_INPUT_LENGTH',
        'source',
        'at most 2^32 chunks; choose a larger chunk size',
        'more',
      );
    }
    this.#view.setUint32(NONCE_PREFIX_BYTES, this.#counter++);
    this.#view.setUint8(AES_256_GCM.nonceBytes - 1, last ? 1 : 0);
    return this.#nonce;
  }
}

/** What the key of a stream depends on beside the salt: chunk size and AAD. */
function binding(log2: number, aad: Uint8Array): Uint8Array {
  const digest = new Uint8Array(SHA3_512.digestBytes);
  engine('hash').sha3_512(aad, digest);
  return concat(Uint8Array.of(log2), digest);
}

/** Pushes pieces in, takes sealed or opened bytes out; `end` once after the last piece. */
interface Pump {
  push(piece: Uint8Array): Generator<Uint8Array>;
  end(): Generator<Uint8Array>;
  dispose(): void;
}

class SealPump implements Pump {
  readonly #header = new Uint8Array(HEADER_BYTES);
  readonly #parts: StreamKeyParts;
  readonly #nonce: ChunkNonce;
  readonly #chunker: Chunker;
  #started = false;

  constructor(key: AeadKey, log2: number, aad: Uint8Array) {
    const { keyId } = aeadKeyParts('key', key);
    writePreamble(this.#header, 'S');
    this.#header[PREAMBLE_BYTES] = log2;
    this.#header.set(keyId, KEY_ID_OFFSET);
    const salt = randomFill(this.#header.subarray(SALT_OFFSET, COMMITMENT_OFFSET));
    spendUse(key);
    this.#parts = deriveStreamKey(key, salt, binding(log2, aad));
    this.#header.set(this.#parts.commitment, COMMITMENT_OFFSET);
    this.#nonce = new ChunkNonce(this.#parts.noncePrefix);
    this.#chunker = new Chunker(2 ** log2);
  }

  *push(piece: Uint8Array): Generator<Uint8Array> {
    yield* this.#start();
    for (const chunk of this.#chunker.push(piece)) yield this.#seal(chunk);
  }

  *end(): Generator<Uint8Array> {
    yield* this.#start();
    yield this.#seal(this.#chunker.end());
  }

  dispose(): void {
    this.#chunker.dispose();
    this.#parts.cipher.dispose();
  }

  *#start(): Generator<Uint8Array> {
    if (this.#started) return;
    this.#started = true;
    yield this.#header;
  }

  #seal(chunk: Chunk): Uint8Array {
    return sealNew(this.#parts.cipher, this.#nonce.next(chunk.last), EMPTY, chunk.bytes);
  }
}

/** What a stream that is being opened needs once its header is read. */
interface OpenBody {
  readonly parts: StreamKeyParts;
  readonly nonce: ChunkNonce;
  readonly chunker: Chunker;
}

class OpenPump implements Pump {
  readonly #key: AeadKey;
  readonly #aad: Uint8Array;
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerFilled = 0;
  #body: OpenBody | undefined;

  constructor(key: AeadKey, aad: Uint8Array) {
    this.#key = key;
    this.#aad = aad;
  }

  *push(piece: Uint8Array): Generator<Uint8Array> {
    let rest = piece;
    if (this.#body === undefined) {
      const take = Math.min(HEADER_BYTES - this.#headerFilled, piece.length);
      this.#header.set(piece.subarray(0, take), this.#headerFilled);
      this.#headerFilled += take;
      if (this.#headerFilled < HEADER_BYTES) return;
      this.#body = this.#readHeader();
      rest = piece.subarray(take);
    }
    for (const chunk of this.#body.chunker.push(rest)) yield this.#open(this.#body, chunk);
  }

  *end(): Generator<Uint8Array> {
    // A source that ended inside the header is refused for its length.
    this.#body ??= this.#readHeader();
    const plaintext = this.#open(this.#body, this.#body.chunker.end());
    if (plaintext.length > 0) yield plaintext;
  }

  dispose(): void {
    this.#body?.chunker.dispose();
    this.#body?.parts.cipher.dispose();
  }

  #readHeader(): OpenBody {
    const header = this.#header.subarray(0, this.#headerFilled);
    const { keyId } = aeadKeyParts('key', this.#key);
    const log2 = checkStreamHeader('source', header);
    const parts = deriveStreamKey(
      this.#key,
      header.subarray(SALT_OFFSET, COMMITMENT_OFFSET),
      binding(log2, this.#aad),
    );
    const sameKey =
      equal(header.subarray(KEY_ID_OFFSET, SALT_OFFSET), keyId) &&
      equal(header.subarray(COMMITMENT_OFFSET), parts.commitment);
    if (!sameKey) throw new AuthenticationError();
    return {
      parts,
      nonce: new ChunkNonce(parts.noncePrefix),
      chunker: new Chunker(2 ** log2 + AES_256_GCM.tagBytes),
    };
  }

  #open({ parts, nonce }: OpenBody, chunk: Chunk): Uint8Array {
    const length = chunk.bytes.length - AES_256_GCM.tagBytes;
    // An empty last chunk is canonical only when it is the whole stream.
    if (length < 0 || (length === 0 && nonce.count > 0)) throw new AuthenticationError();
    const plaintext = openSealed(parts.cipher, nonce.next(chunk.last), EMPTY, chunk.bytes);
    if (plaintext === undefined) throw new AuthenticationError();
    return plaintext;
  }
}

/** Checks length, preamble and chunk size of a header; returns log2 of the chunk size. */
function checkStreamHeader(argument: string, header: Uint8Array): number {
  checkPreamble(argument, header, 'S');
  if (header.length < HEADER_BYTES) {
    throw new InputError(
      'ERR_INPUT_FORMAT',
      argument,
      `a header of ${HEADER_BYTES} bytes`,
      `${header.length} bytes`,
    );
  }
  const log2 = header[PREAMBLE_BYTES] as number;
  if (log2 < MIN_LOG2 || log2 > MAX_LOG2) {
    throw new InputError(
      'ERR_INPUT_FORMAT',
      argument,
      `a chunk size from 2^${MIN_LOG2} to 2^${MAX_LOG2} bytes`,
      `2^${log2}`,
    );
  }
  return log2;
}

async function* run(pump: Pump, source: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of source) yield* pump.push(piece);
    yield* pump.end();
  } finally {
    pump.dispose();
  }
}

/** Web form of a pump. */
function transform(pump: Pump): TransformStream<Uint8Array, Uint8Array> {
  const guard = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      pump.dispose();
      throw error;
    }
  };
  // A stream that is given up, by either side, ends its key too; the types do not know `cancel` yet.
  const transformer: Transformer<Uint8Array, Uint8Array> & { cancel(): void } = {
    transform: (piece, controller) =>
      guard(() => {
        checkBytes('source', piece);
        for (const out of pump.push(piece)) controller.enqueue(out);
      }),
    flush: (controller) =>
      guard(() => {
        for (const out of pump.end()) controller.enqueue(out);
        pump.dispose();
      }),
    cancel: () => pump.dispose(),
  };
  return new TransformStream(transformer);
}

function sealPump(key: AeadKey, options: StreamSealOptions | undefined): SealPump {
  aeadKeyParts('key', key);
  const { chunkSizeBytes = DEFAULT_CHUNK_BYTES, ...aad } = checkOptions('options', options, [
    'aad',
    'chunkSizeBytes',
  ]);
  checkInteger('options.chunkSizeBytes', chunkSizeBytes, 2 ** MIN_LOG2, 2 ** MAX_LOG2);
  const log2 = Math.log2(chunkSizeBytes);
  if (!Number.isInteger(log2)) {
    throw new InputError(
      'ERR_INPUT_RANGE',
      'options.chunkSizeBytes',
      'a power of two',
      String(chunkSizeBytes),
    );
  }
  return new SealPump(key, log2, checkAad(aad));
}

function openPump(key: AeadKey, options: AeadOptions | undefined): OpenPump {
  aeadKeyParts('key', key);
  return new OpenPump(key, checkAad(options));
}

/**
 * Seals a stream chunk by chunk, in constant memory.
 *
 * @param key - A key with uses left; one stream is one use.
 * @param source - A Node stream, a web stream, or any iterable of `Uint8Array`.
 * @param options - Additional authenticated data, chunk size.
 * @returns The sealed bytes as they come; every piece is the receiver's to keep.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH` (AAD, or more than 2^32 chunks), `ERR_INPUT_OPTION`,
 * `ERR_INPUT_RANGE`, `ERR_INPUT_DISPOSED`.
 * @throws {@link ExpiredError} `ERR_EXPIRED_USE_BUDGET` when the key has no uses left.
 * @throws What the source throws, as it is.
 * @example await pipeline(createReadStream('a'), (source) => sealStream(key, source), createWriteStream('a.sealed'));
 */
export function sealStream(
  key: AeadKey,
  source: ByteSource,
  options?: StreamSealOptions,
): AsyncGenerator<Uint8Array> {
  const pieces = iterate('source', source);
  return run(sealPump(key, options), pieces);
}

/**
 * Opens a sealed stream chunk by chunk, in constant memory. A chunk is released when it has been authenticated; that the
 * stream is whole is known when the iteration ends without an error, and not before.
 *
 * @param key - The key that sealed it.
 * @param source - A Node stream, a web stream, or any iterable of `Uint8Array`, cut as it may be.
 * @param options - The same additional authenticated data.
 * @returns The plaintext as it comes.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH` (AAD, or more than 2^32 chunks), `ERR_INPUT_OPTION`,
 * `ERR_INPUT_DISPOSED`; `ERR_INPUT_FORMAT` when the source is no sealed stream at all.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a version of another release.
 * @throws {@link AuthenticationError} `ERR_AUTHENTICATION` for the wrong key, other AAD, or any change: a chunk flipped,
 * moved, repeated, left out, or an end cut off.
 * @throws What the source throws, as it is.
 * @example await pipeline(createReadStream('a.sealed'), (source) => openStream(key, source), createWriteStream('a'));
 */
export function openStream(
  key: AeadKey,
  source: ByteSource,
  options?: AeadOptions,
): AsyncGenerator<Uint8Array> {
  const pieces = iterate('source', source);
  return run(openPump(key, options), pieces);
}

/**
 * {@link sealStream} as a web `TransformStream`, for `pipeThrough`.
 *
 * @param key - A key with uses left; one stream is one use.
 * @param options - Additional authenticated data, chunk size.
 * @returns A stream to write the plaintext to, and to read the sealed bytes from.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH` (AAD, or more than 2^32 chunks), `ERR_INPUT_OPTION`,
 * `ERR_INPUT_RANGE`, `ERR_INPUT_DISPOSED`; for what is written, at whoever reads.
 * @throws {@link ExpiredError} `ERR_EXPIRED_USE_BUDGET` when the key has no uses left.
 * @example const sealed = response.body.pipeThrough(sealTransform(key));
 */
export function sealTransform(
  key: AeadKey,
  options?: StreamSealOptions,
): TransformStream<Uint8Array, Uint8Array> {
  return transform(sealPump(key, options));
}

/**
 * {@link openStream} as a web `TransformStream`, for `pipeThrough`; errors arrive at whoever reads.
 *
 * @param key - The key that sealed it.
 * @param options - The same additional authenticated data.
 * @returns A stream to write the sealed bytes to, and to read the plaintext from.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH` (AAD, or more than 2^32 chunks), `ERR_INPUT_OPTION`,
 * `ERR_INPUT_DISPOSED`; `ERR_INPUT_FORMAT` when what is written is no sealed stream at all.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a version of another release.
 * @throws {@link AuthenticationError} `ERR_AUTHENTICATION` as {@link openStream}.
 * @example const body = sealed.pipeThrough(openTransform(key));
 */
export function openTransform(key: AeadKey, options?: AeadOptions): TransformStream<Uint8Array, Uint8Array> {
  return transform(openPump(key, options));
}

/** What a stream's header says, unauthenticated. */
export interface StreamHeader {
  /** Id of the key that sealed it, as in {@link AeadKey.keyId}. */
  readonly keyId: string;
  /** Plaintext bytes a chunk. */
  readonly chunkSizeBytes: number;
  /** Bytes of the header itself. */
  readonly headerBytes: number;
}

/**
 * Reads a stream's header without opening anything. The answer is not authenticated.
 *
 * @param head - The first bytes of a sealed stream, at least the header's 85.
 * @returns Key id and chunk size.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION`.
 */
export function readStreamHeader(head: Uint8Array): StreamHeader {
  checkBytes('head', head);
  const log2 = checkStreamHeader('head', head);
  return {
    keyId: toHex(head.subarray(KEY_ID_OFFSET, SALT_OFFSET)),
    chunkSizeBytes: 2 ** log2,
    headerBytes: HEADER_BYTES,
  };
}
