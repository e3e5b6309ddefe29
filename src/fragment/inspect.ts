/**
 * What a fragment says of itself.
 *
 * @module
 */
import { checkBytes, toHex } from '../bytes.ts';
import { PREAMBLE_BYTES, readPreamble } from '../preamble.ts';
import {
  type Content,
  type FragmentHeader,
  headerBytesOf,
  ID_BYTES,
  readHeader,
  type Secrecy,
  SHARE_BYTES,
} from './format.ts';
import { inspectVersion0 } from './inspect-v0.ts';

/** A fragment's header in readable form; not authenticated. */
export interface FragmentInfo {
  /** Version of the format; the keys of fragments of version 0 are gone for ever. */
  readonly version: 0 | 1;
  /** Id of the vault or the session that made it, 32 hexadecimal digits. */
  readonly id: string;
  readonly epoch: number;
  /** Number of the message in its epoch. */
  readonly number: number;
  /** Fragments needed. */
  readonly threshold: number;
  /** Fragments made. */
  readonly total: number;
  /** Which of them this is, from 0. */
  readonly index: number;
  readonly secrecy: Secrecy;
  readonly content: Content;
  /** Time to live of its keys. */
  readonly ttlMs: number;
  /** Plaintext bytes of the whole message. */
  readonly messageBytes: number;
  /** Bytes before the ciphertext. */
  readonly headerBytes: number;
  /** Id of its stream, and where in it the piece belongs. */
  readonly streamId?: string;
  readonly sequence?: number;
  readonly last?: boolean;
}

/** A part of a fragment. */
export interface FragmentField {
  readonly offset: number;
  readonly bytes: number;
  /** What it is. */
  readonly name: string;
  /** What it says, or the bytes themselves; of the ciphertext nothing. */
  readonly value: string;
}

/**
 * Reads a fragment's header, without opening anything.
 *
 * @param fragment - A fragment, of this version or an earlier one.
 * @returns What it says.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION`.
 */
export function inspectFragment(fragment: Uint8Array): FragmentInfo {
  checkBytes('fragment', fragment);
  const found = readPreamble(fragment);
  if (found?.letter === 'F' && found.version === 0) return inspectVersion0(fragment);
  const header = readHeader('fragment', fragment);
  const { id, epoch, number, threshold, total, index, secrecy, content, ttlMs, stream } = header;
  return {
    version: 1,
    id: toHex(id),
    epoch,
    number,
    threshold,
    total,
    index,
    secrecy,
    content,
    ttlMs,
    messageBytes: header.messageBytes,
    headerBytes: header.headerBytes,
    ...(stream === undefined
      ? {}
      : { streamId: toHex(stream.streamId), sequence: stream.sequence, last: stream.last }),
  };
}

/**
 * Explains a fragment byte by byte, without opening anything.
 *
 * @param fragment - A fragment of format version 1.
 * @returns Its parts, which cover it without a gap.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION`.
 */
export function explainFragment(fragment: Uint8Array): FragmentField[] {
  const header = readHeader('fragment', fragment);
  const fields: FragmentField[] = [];
  let offset = 0;
  const add = (bytes: number, name: string, value?: string | number) => {
    const shown = value ?? toHex(fragment.subarray(offset, offset + bytes));
    fields.push({ offset, bytes, name, value: String(shown) });
    offset += bytes;
  };
  add(PREAMBLE_BYTES, 'preamble', 'MWF, version 1');
  add(1, 'suite', '1: AES-256-GCM, HKDF-SHA3-512, Reed–Solomon, Shamir');
  add(1, 'secrecy', header.secrecy);
  add(1, 'content', header.content);
  add(1, 'k, fragments needed', header.threshold);
  add(1, 'n, fragments made', header.total);
  add(4, 'time to live', `${header.ttlMs} ms`);
  add(4, 'epoch', header.epoch);
  add(ID_BYTES, 'id of vault or session');
  add(4, 'plaintext of the message', `${header.messageBytes} bytes`);
  add(4, 'piece in each fragment', `${header.pieceBytes} bytes`);
  add(header.commitment.length, "commitment to the epoch's key");
  add(6, 'nonce: random');
  add(5, 'nonce: number of the message in its epoch', header.number);
  add(1, 'nonce: index of the fragment', header.index);
  if (header.secretCommitment !== undefined) {
    add(header.secretCommitment.length, "commitment to the message's secret");
  }
  addStream(header, add);
  const share = header.secrecy === 'threshold' ? `, of them ${SHARE_BYTES} a share` : '';
  const sealed = fragment.length - headerBytesOf(header.secrecy, header.content) - 16;
  add(sealed, 'ciphertext', `${sealed} bytes${share}`);
  add(16, 'tag');
  return fields;
}

function addStream(
  { stream }: FragmentHeader,
  add: (bytes: number, name: string, value?: string | number) => void,
): void {
  if (stream === undefined) return;
  add(ID_BYTES, 'id of the stream');
  add(4, 'number of the piece', stream.sequence);
  add(1, 'last piece', stream.last ? 'yes' : 'no');
}
