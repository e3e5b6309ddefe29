/**
 * Envelopes of streams, in constant memory: after the header, chunks sealed in order by one HPKE context.
 *
 * HPKE numbers the pieces itself (RFC 9180 §5.2), so none can be changed, moved, repeated or left out; the AAD of each
 * says whether it is the last, so the end cannot be cut off.
 *
 * @module
 */
import { checkInteger, checkOptions } from '../bytes.ts';
import { type ByteSource, Chunker, iterate } from '../chunks.ts';
import { AuthenticationError, InputError } from '../errors.ts';
import type { KemPublicKey } from '../kem/index.ts';
import { AES_256_GCM } from '../params.ts';
import { HEADER_PEEK_BYTES, headerLength, MAX_CHUNK_LOG2, MIN_CHUNK_LOG2, readParts } from './header.ts';
import type { Decapsulator } from './hpke.ts';
import {
  checkContext,
  checkRecipientKey,
  checkSender,
  type EnvelopeOpenOptions,
  type EnvelopeSealOptions,
  type ExpectedSender,
  openPiece,
  type Recipient,
  type Signer,
  sealPiece,
  startOpening,
  startSealing,
  toDecapsulator,
  toSigner,
} from './session.ts';

/** Options of {@link sealStream}. */
export interface EnvelopeStreamSealOptions extends EnvelopeSealOptions {
  /** Plaintext bytes a chunk: a power of two from 1 KiB to 16 MiB, 64 KiB by default. */
  readonly chunkSizeBytes?: number;
}

const DEFAULT_CHUNK_BYTES = 65536;

/**
 * Seals a stream to the holder of an ML-KEM-1024 key, in constant memory.
 *
 * @param recipient - The recipient's public key.
 * @param source - A Node stream, a web stream, or any iterable of `Uint8Array`.
 * @param options - Signer, context, chunk size.
 * @returns The envelope as it comes.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`,
 * `ERR_INPUT_DISPOSED`.
 * @throws What the source, or a signer that is no key, throws, as it is.
 * @example await pipeline(createReadStream('a'), (source) => sealStream(recipient, source), createWriteStream('a.env'));
 */
export function sealStream(
  recipient: KemPublicKey,
  source: ByteSource,
  options?: EnvelopeStreamSealOptions,
): AsyncGenerator<Uint8Array> {
  checkRecipientKey(recipient);
  const pieces = iterate('source', source);
  const wanted = checkOptions('options', options, ['signer', 'context', 'chunkSizeBytes']);
  const signer = toSigner(wanted.signer);
  const context = checkContext(wanted.context);
  const { chunkSizeBytes = DEFAULT_CHUNK_BYTES } = wanted;
  checkInteger('options.chunkSizeBytes', chunkSizeBytes, 2 ** MIN_CHUNK_LOG2, 2 ** MAX_CHUNK_LOG2);
  const chunkLog2 = Math.log2(chunkSizeBytes);
  if (!Number.isInteger(chunkLog2)) {
    throw new InputError(
      'ERR_INPUT_RANGE',
      'options.chunkSizeBytes',
      'a power of two',
      String(chunkSizeBytes),
    );
  }
  return sealPieces(recipient, pieces, signer, context, chunkLog2);
}

async function* sealPieces(
  recipient: KemPublicKey,
  pieces: AsyncGenerator<Uint8Array>,
  signer: Signer | undefined,
  context: Uint8Array,
  chunkLog2: number,
): AsyncGenerator<Uint8Array> {
  const chunker = new Chunker(2 ** chunkLog2);
  try {
    // Before anything can fail: a source that was never read could not be closed.
    const first = await pieces.next();
    const { header, hpke } = await startSealing(recipient, signer, context, chunkLog2);
    yield header;
    for await (const piece of first.done === true ? [] : prepend(first.value, pieces)) {
      for (const chunk of chunker.push(piece)) yield await sealPiece(hpke, chunk.bytes, false);
    }
    yield await sealPiece(hpke, chunker.end().bytes, true);
  } finally {
    chunker.dispose();
    await pieces.return(undefined);
  }
}

/**
 * Opens an envelope of a stream, in constant memory. The signature is verified before the first byte is released, each
 * chunk before its own; that the stream is whole is known when the iteration ends without an error, and not before.
 *
 * @param recipient - The private key it was sealed to, or something that decapsulates with it.
 * @param source - A Node stream, a web stream, or any iterable of `Uint8Array`, cut as it may be. An envelope of a
 * message is taken too, when it fits in 16 MiB.
 * @param options - The sender expected, the context.
 * @returns The plaintext as it comes.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`;
 * `ERR_INPUT_FORMAT` when the source is no envelope; `ERR_INPUT_STATE` when it is signed and `options.sender` is missing.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for another version or suite.
 * @throws {@link AuthenticationError} `ERR_AUTHENTICATION` for another recipient, sender or context, no signature where
 * one is expected, or any change: a chunk flipped, moved, repeated, left out, or an end cut off.
 * @throws What the source, a decapsulator or a function `options.sender` throws, as it is.
 */
export function openStream(
  recipient: Recipient,
  source: ByteSource,
  options?: EnvelopeOpenOptions,
): AsyncGenerator<Uint8Array> {
  const decapsulator = toDecapsulator(recipient);
  const pieces = iterate('source', source);
  const { sender, context } = checkOptions('options', options, ['sender', 'context']);
  checkSender(sender);
  return openPieces(decapsulator, pieces, sender, checkContext(context));
}

async function* openPieces(
  recipient: Decapsulator,
  pieces: AsyncGenerator<Uint8Array>,
  sender: ExpectedSender | undefined,
  context: Uint8Array,
): AsyncGenerator<Uint8Array> {
  let chunker: Chunker | undefined;
  try {
    const { header, rest } = await readHeaderBytes(pieces);
    const hpke = await startOpening(recipient, header, sender, context);
    const { chunkLog2 } = readParts('source', header);
    const isMessage = chunkLog2 === undefined;
    chunker = new Chunker(2 ** (chunkLog2 ?? MAX_CHUNK_LOG2) + AES_256_GCM.tagBytes);
    let count = 0;
    for await (const piece of prepend(rest, pieces)) {
      for (const chunk of chunker.push(piece)) {
        if (isMessage) {
          throw new InputError(
            'ERR_INPUT_LENGTH',
            'source',
            `a message of at most ${2 ** MAX_CHUNK_LOG2} bytes`,
            'more',
          );
        }
        count++;
        yield await openPiece(hpke, chunk.bytes, false);
      }
    }
    const last = chunker.end().bytes;
    // An empty last chunk is canonical only when it is the whole stream.
    if (last.length === AES_256_GCM.tagBytes && count > 0) throw new AuthenticationError();
    const plaintext = await openPiece(hpke, last, true);
    if (plaintext.length > 0) yield plaintext;
  } finally {
    chunker?.dispose();
    await pieces.return(undefined);
  }
}

/** Collects everything before the body; the rest of the last piece is returned too. */
async function readHeaderBytes(
  pieces: AsyncGenerator<Uint8Array>,
): Promise<{ header: Uint8Array; rest: Uint8Array }> {
  // Signed headers are the longest; the buffer never grows beyond one header.
  let wanted = HEADER_PEEK_BYTES;
  let header = new Uint8Array(wanted);
  let filled = 0;
  for (;;) {
    const { done, value: piece } = await pieces.next();
    if (done === true) break;
    let offset = 0;
    while (offset < piece.length && filled < wanted) {
      const take = Math.min(wanted - filled, piece.length - offset);
      header.set(piece.subarray(offset, offset + take), filled);
      filled += take;
      offset += take;
      if (filled === HEADER_PEEK_BYTES) {
        wanted = headerLength('source', header);
        const grown = new Uint8Array(wanted);
        grown.set(header);
        header = grown;
      }
    }
    if (filled === wanted) return { header, rest: piece.slice(offset) };
  }
  readParts('source', header.subarray(0, filled));
  return { header, rest: new Uint8Array(0) };
}

async function* prepend(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}
