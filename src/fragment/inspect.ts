/**
 * What a fragment says of itself.
 *
 * @module
 */
import { toHex } from '../bytes.ts';
import {
  CHANNEL_BYTES,
  COMMITMENT_BYTES,
  CONTENT,
  type Fragment,
  OFFSET,
  readFragment,
  SECRECY,
  STREAM_ID_BYTES,
} from './format.ts';

/** One field of a fragment: where it stands and what it says. */
export interface FragmentField {
  readonly offset: number;
  readonly bytes: number;
  readonly name: string;
  /** What it says, in words or as hexadecimal digits. */
  readonly value: string;
}

/** A fragment's header in readable form; not authenticated. */
export interface FragmentInfo {
  /** Id of the vault or session that made it, 32 hexadecimal digits. */
  readonly vaultId: string;
  readonly epoch: number;
  /** Number of the message in its epoch. */
  readonly messageNumber: number;
  readonly secrecy: 'epoch' | 'threshold';
  readonly content: 'message' | 'batch' | 'piece';
  /** Fragments needed. */
  readonly threshold: number;
  /** Fragments made. */
  readonly total: number;
  /** Which of them this is, from 0. */
  readonly index: number;
  /** Time to live of its vault. */
  readonly ttlMs: number;
  /** Plaintext bytes of the whole message. */
  readonly messageBytes: number;
  /** Bytes before the ciphertext. */
  readonly headerBytes: number;
  /** Every byte of the fragment, in order. */
  readonly fields: readonly FragmentField[];
}

/** Longer fields show their beginning only. */
const MAX_SHOWN_BYTES = 16;

const SECRECY_NAMES = ['epoch', 'threshold'] as const;
const CONTENT_NAMES = ['message', 'batch', 'piece'] as const;

class Fields {
  readonly list: FragmentField[] = [];
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  add(name: string, bytes: number, value?: string | number): void {
    const offset = this.#offset;
    this.#offset += bytes;
    this.list.push({ offset, bytes, name, value: String(value ?? this.#hex(offset, bytes)) });
  }

  #hex(offset: number, bytes: number): string {
    const shown = toHex(this.#bytes.subarray(offset, offset + Math.min(bytes, MAX_SHOWN_BYTES)));
    return bytes > MAX_SHOWN_BYTES ? `${shown}…` : shown;
  }
}

function fieldsOf(fragment: Fragment): FragmentField[] {
  const { bytes, secrecy, content, stream, headerBytes } = fragment;
  const fields = new Fields(bytes);
  fields.add('magic', 3, 'MWF');
  fields.add('version', 1, bytes[3] as number);
  fields.add('suite', 1, '1: SHA3-512 chain, AES-256-GCM, Reed–Solomon, Shamir');
  fields.add('secrecy', 1, `${secrecy}: ${SECRECY_NAMES[secrecy]}`);
  fields.add('content', 1, `${content}: ${CONTENT_NAMES[content]}`);
  fields.add('threshold', 1, fragment.threshold);
  fields.add('total', 1, fragment.total);
  fields.add('time to live', 4, `${fragment.ttlMs} ms`);
  fields.add('message', 4, `${fragment.messageBytes} bytes`);
  fields.add('piece', 4, `${fragment.pieceBytes} bytes`);
  fields.add('vault or session', CHANNEL_BYTES);
  fields.add('epoch', 4, fragment.epoch);
  fields.add('nonce, random part', OFFSET.number - OFFSET.nonce);
  fields.add('nonce, message number', OFFSET.index - OFFSET.number, fragment.number);
  fields.add('nonce, index', 1, fragment.index);
  fields.add('commitment to the key of the epoch', COMMITMENT_BYTES);
  if (secrecy === SECRECY.threshold) fields.add('commitment to the secret of the message', COMMITMENT_BYTES);
  if (content === CONTENT.piece) {
    fields.add('stream', STREAM_ID_BYTES);
    fields.add('number of the piece', 4, stream.piece);
    fields.add('last piece', 1, stream.last ? 'yes' : 'no');
  }
  const tagBytes = 16;
  fields.add('ciphertext', bytes.length - headerBytes - tagBytes);
  fields.add('tag', tagBytes);
  return fields.list;
}

/**
 * Reads a fragment, without opening anything. What it says is not authenticated.
 *
 * @param fragment - A fragment.
 * @returns What it says, and every byte of it explained.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION`.
 */
export function inspectFragment(fragment: Uint8Array): FragmentInfo {
  const read = readFragment('fragment', fragment);
  const { secrecy, content, epoch, number, threshold, total, index, ttlMs, messageBytes, headerBytes } = read;
  return {
    vaultId: toHex(fragment.subarray(OFFSET.channel, OFFSET.channel + CHANNEL_BYTES)),
    epoch,
    messageNumber: number,
    secrecy: SECRECY_NAMES[secrecy] as (typeof SECRECY_NAMES)[number],
    content: CONTENT_NAMES[content] as (typeof CONTENT_NAMES)[number],
    threshold,
    total,
    index,
    ttlMs,
    messageBytes,
    headerBytes,
    fields: fieldsOf(read),
  };
}
