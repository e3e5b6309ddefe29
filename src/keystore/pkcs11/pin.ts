/**
 * Where the PIN of a token comes from. It is bytes from beginning to end, so that it can be wiped; an environment variable
 * and what a callback gives as a text are strings, which no runtime lets anybody wipe.
 *
 * @module
 */

import { checkOptions, describe, isBytes, utf8, wipe } from '../../bytes.ts';
import { InputError, KeyStoreError } from '../../errors.ts';
import { type ByteSecret, exposeBytes, isSecretBytes } from '../../secret.ts';
import { node } from './node.ts';
import { mark } from './problems.ts';
import { promptHidden } from './prompt.ts';

/** What is told to a callback that gives a PIN. */
export interface PinRequest {
  /** The token's label. */
  readonly token: string;
  /** The token's serial number. */
  readonly serial: string;
}

/**
 * Where a PIN comes from: bytes; a file (one newline at its end is dropped); an environment variable; a function; or `prompt`,
 * which asks on the terminal without showing what is typed. Bytes stay the caller's to wipe.
 */
export type PinSource =
  | ByteSecret
  | { readonly file: string }
  | { readonly env: string }
  | ((request: PinRequest) => ByteSecret | string | Promise<ByteSecret | string>)
  | 'prompt';

/** What no token takes more of. */
const MAX_PIN_BYTES = 1024;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

const EXPECTED = 'bytes, { file }, { env }, a function or "prompt"';

/** Checks a source, without reading it. */
export function checkPinSource(argument: string, source: unknown): asserts source is PinSource | undefined {
  if (source === undefined || source === 'prompt' || typeof source === 'function') return;
  if (isBytes(source) || isSecretBytes(source)) {
    exposeBytes(argument, source);
    return;
  }
  if (typeof source === 'string') {
    // A PIN in a string would be neither wiped nor kept out of logs; most often it is a name of something.
    throw new InputError('ERR_INPUT_TYPE', argument, EXPECTED, describe(source));
  }
  const { file, env } = checkOptions(argument, source as { file?: unknown; env?: unknown }, ['file', 'env']);
  if ((file === undefined) === (env === undefined)) {
    throw new InputError(
      'ERR_INPUT_OPTION',
      argument,
      'either a file or env',
      file === undefined ? 'neither' : 'both',
    );
  }
  const [name, value] = file === undefined ? ['env', env] : ['file', file];
  if (typeof value !== 'string' || value === '') {
    throw new InputError('ERR_INPUT_TYPE', `${argument}.${name}`, 'a name', describe(value));
  }
}

/**
 * The file of a `pin-source` attribute: a `file:` URI or an absolute path. Commands (`|…`) are refused.
 *
 * RFC 7512 §2.4.
 *
 * @throws {@link InputError} `ERR_INPUT_FORMAT`.
 */
export function pinFile(argument: string, source: string): string {
  const path = source.startsWith('file:') ? pathOf(argument, source) : source;
  if (path.startsWith('/') && !path.includes('\0')) return path;
  throw new InputError('ERR_INPUT_FORMAT', argument, 'a file: URI or an absolute path', 'something else');
}

function pathOf(argument: string, uri: string): string {
  try {
    // RFC 8089 allows one slash as well as three.
    return node('url').fileURLToPath(new URL(uri));
  } catch {
    throw new InputError('ERR_INPUT_FORMAT', argument, 'a file: URI of this host', 'another one');
  }
}

function noPin(message: string, cause?: unknown): KeyStoreError {
  return mark(new KeyStoreError('ERR_KEYSTORE_TOKEN', message, { cause }), 'pin-missing');
}

async function readPinFile(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await node('fs').promises.readFile(path);
  } catch (cause) {
    throw noPin(`the file with the PIN, ${path}, cannot be read`, cause);
  }
  let end = bytes.length;
  if (bytes[end - 1] === NEWLINE) end--;
  if (bytes[end - 1] === CARRIAGE_RETURN) end--;
  // Not slice: of a Buffer that is a view, which would be wiped with it.
  const pin = Uint8Array.from(bytes.subarray(0, end));
  wipe(bytes);
  return pin;
}

function copyOfSecret(argument: string, value: unknown): Uint8Array {
  if (typeof value === 'string') return utf8(value);
  return new Uint8Array(exposeBytes(argument, value));
}

async function obtain(source: PinSource, request: PinRequest): Promise<Uint8Array> {
  if (source === 'prompt') return promptHidden(`PIN of token "${request.token}": `);
  if (typeof source === 'function') return copyOfSecret('what options.pin returned', await source(request));
  if (isBytes(source) || isSecretBytes(source)) return copyOfSecret('options.pin', source);
  if ('file' in source) return readPinFile(source.file);
  const text = process.env[source.env];
  if (text === undefined)
    throw noPin(`the environment variable ${source.env}, which holds the PIN, is not set`);
  return utf8(text);
}

/**
 * Reads a PIN.
 *
 * @param source - Was checked.
 * @param request - For whom.
 * @returns A copy, the caller's to wipe.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_TOKEN` when there is none.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`.
 */
export async function readPin(source: PinSource, request: PinRequest): Promise<Uint8Array> {
  const pin = await obtain(source, request);
  if (pin.length > 0 && pin.length <= MAX_PIN_BYTES) return pin;
  wipe(pin);
  throw new InputError(
    'ERR_INPUT_LENGTH',
    'options.pin',
    `1 to ${MAX_PIN_BYTES} bytes`,
    `${pin.length} bytes`,
  );
}
