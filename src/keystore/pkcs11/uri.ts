/**
 * `pkcs11:` URIs (RFC 7512), as far as a keystore has a use for them:
 *
 *     pkcs11:token=mwrasp;serial=a628550f?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/secrets/pin
 *
 * Path: `token`, `manufacturer`, `model`, `serial`, `slot-id`, and `object`, the label of objects that are made. Query:
 * `module-path` or `module-name`, `pin-source` or `pin-value`, and two of our own: `x-store`, the folder beside the token,
 * and `x-init`, what NSS is initialised with. A part of the path that is not known here fits no token and is refused;
 * what is not known of the query is left out (RFC 7512 §2.3).
 *
 * No error shows a part of the URI: there may be a PIN in it.
 *
 * @module
 */

import { describe, isBytes, utf8 } from '../../bytes.ts';
import { InputError, KeyStoreError } from '../../errors.ts';
import { node } from './node.ts';
import { type PinSource, pinFile } from './pin.ts';
import { mark } from './problems.ts';

/** What a URI says. */
export interface Pkcs11Uri {
  readonly module?: string;
  readonly token?: string;
  readonly serial?: string;
  readonly manufacturer?: string;
  readonly model?: string;
  readonly slotId?: number;
  readonly label?: string;
  readonly pin?: PinSource;
  readonly path?: string;
  readonly libraryParameters?: string;
}

const MAX_URI_LENGTH = 4096;

type PathName = 'token' | 'manufacturer' | 'model' | 'serial' | 'slot-id' | 'object';

/** What each part of the path is called in options. */
const PATH: Readonly<Record<PathName, keyof Pkcs11Uri>> = {
  token: 'token',
  manufacturer: 'manufacturer',
  model: 'model',
  serial: 'serial',
  'slot-id': 'slotId',
  object: 'label',
};

const QUERY = ['module-path', 'module-name', 'pin-source', 'pin-value', 'x-store', 'x-init'] as const;

/** Folders in which `module-name` is looked for: where distributions and vendors put modules. */
const MODULE_FOLDERS: readonly string[] = [
  '/usr/lib/pkcs11',
  '/usr/lib64/pkcs11',
  '/usr/lib/x86_64-linux-gnu/pkcs11',
  '/usr/lib/aarch64-linux-gnu/pkcs11',
  '/usr/local/lib/pkcs11',
  '/usr/lib/softhsm',
  '/usr/lib64/softhsm',
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/local/lib',
  '/opt/homebrew/lib/pkcs11',
  '/opt/homebrew/lib/softhsm',
];

/** A URI that is refused; its reader knows as which argument it came. */
class Refusal extends Error {
  readonly expected: string;
  readonly got: string;

  constructor(expected: string, got: string) {
    super(expected);
    this.expected = expected;
    this.got = got;
  }
}

function refuse(expected: string, got: string): Refusal {
  return new Refusal(expected, got);
}

/** Percent-decoded bytes. */
function decode(text: string): Uint8Array {
  const raw = utf8(text);
  const out = new Uint8Array(raw.length);
  let length = 0;
  for (let i = 0; i < raw.length; i++) {
    let byte = raw[i] as number;
    if (byte === 0x25) {
      const digits = String.fromCharCode(raw[i + 1] ?? 0, raw[i + 2] ?? 0);
      if (!/^[0-9a-fA-F]{2}$/.test(digits))
        throw refuse('two hexadecimal digits after each %', 'something else');
      byte = Number.parseInt(digits, 16);
      i += 2;
    } else if (byte <= 0x20 || byte >= 0x7f) {
      throw refuse('percent-encoded characters where a URI has none of its own', 'one that is not encoded');
    }
    out[length++] = byte;
  }
  return out.slice(0, length);
}

function decodeText(text: string): string {
  try {
    const decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(decode(text));
    if (!decoded.includes('\0')) return decoded;
  } catch (error) {
    if (error instanceof Refusal) throw error;
  }
  throw refuse('UTF-8 without zero bytes', 'something else');
}

/** Names and values, still encoded; each name once. */
function split(part: string, separator: ';' | '&'): Map<string, string> {
  const found = new Map<string, string>();
  for (const attribute of part === '' ? [] : part.split(separator)) {
    const match = /^([A-Za-z0-9_-]+)=(.*)$/s.exec(attribute);
    if (match === null) throw refuse(`attributes name=value, separated by "${separator}"`, 'something else');
    const [, name = '', value = ''] = match;
    if (found.has(name)) throw refuse('each attribute once', `"${name.slice(0, 64)}" twice`);
    found.set(name, value);
  }
  return found;
}

/** Whether a file is there; one that cannot be looked at is none. */
function isFile(path: string): boolean {
  try {
    return node('fs').statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

/** Where a module of that name is. */
function findModule(name: string): string {
  if (!/^[A-Za-z0-9._-]+$/.test(name) || name.startsWith('.')) {
    throw refuse('a module-name without folder and ending', 'something else');
  }
  for (const folder of MODULE_FOLDERS) {
    for (const file of [`${name}.so`, `lib${name}.so`, `${name}.dylib`, `lib${name}.dylib`]) {
      const path = `${folder}/${file}`;
      if (isFile(path)) return path;
    }
  }
  const error = new KeyStoreError(
    'ERR_KEYSTORE_TOKEN',
    `no PKCS#11 module "${name.slice(0, 64)}" is installed; give module-path`,
  );
  throw mark(error, 'module-not-found');
}

function readPath(part: string): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of split(part, ';')) {
    if (!Object.hasOwn(PATH, name)) {
      throw refuse(`a path of ${Object.keys(PATH).join(', ')}`, `"${name.slice(0, 64)}"`);
    }
    const text = decodeText(value);
    if (name === 'slot-id') {
      if (!/^[0-9]{1,10}$/.test(text)) throw refuse('a number as slot-id', 'something else');
      out['slotId'] = Number(text);
    } else out[PATH[name as PathName]] = text;
  }
  return out;
}

function readQuery(pinArgument: string, part: string): Record<string, unknown> {
  const given = split(part, '&');
  const text = (name: (typeof QUERY)[number]) => {
    const value = given.get(name);
    return value === undefined ? undefined : decodeText(value);
  };
  for (const [one, other] of [
    ['module-path', 'module-name'],
    ['pin-source', 'pin-value'],
  ] as const) {
    if (given.has(one) && given.has(other)) throw refuse(`either ${one} or ${other}`, 'both');
  }
  const name = text('module-name');
  const pinSource = text('pin-source');
  const pinValue = given.get('pin-value');
  const out: Record<string, unknown> = {
    module: name === undefined ? text('module-path') : findModule(name),
    pin: pinSource === undefined ? pinValue && decode(pinValue) : { file: pinFile(pinArgument, pinSource) },
    path: text('x-store'),
    libraryParameters: text('x-init'),
  };
  return Object.fromEntries(Object.entries(out).filter(([, value]) => value !== undefined && value !== ''));
}

/**
 * Reads a `pkcs11:` URI (RFC 7512), as `openKeystore` does. Opens nothing; looks for the module when the URI gives its name
 * only.
 *
 * @param uri - The URI, at most 4096 characters.
 * @returns What it says, as options of a pkcs11 keystore; `pin` is bytes that are the caller's to wipe, or `{ file }`.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_TOKEN` when no module has the name that it gives.
 * @example const { module, token } = parsePkcs11Uri('pkcs11:token=app?module-path=/usr/lib/softhsm/libsofthsm2.so');
 */
export function parsePkcs11Uri(uri: string): Pkcs11Uri {
  return readPkcs11Uri('uri', uri);
}

/** As {@link parsePkcs11Uri}, with the argument's name for errors. */
export function readPkcs11Uri(argument: string, uri: unknown): Pkcs11Uri {
  if (typeof uri !== 'string') throw new InputError('ERR_INPUT_TYPE', argument, 'a string', describe(uri));
  try {
    if (uri.length > MAX_URI_LENGTH) throw refuse(`at most ${MAX_URI_LENGTH} characters`, describe(uri));
    const match = /^pkcs11:([^?#]*)(?:\?([^#]*))?$/is.exec(uri);
    if (match === null) throw refuse('a URI that begins with pkcs11:', describe(uri));
    const [, path = '', query = ''] = match;
    return { ...readPath(path), ...readQuery(argument, query) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new InputError('ERR_INPUT_FORMAT', argument, error.expected, error.got);
  }
}

/** Wipes the PIN of a URI that had one in it. */
export function wipeUriPin({ pin }: Pkcs11Uri): void {
  if (isBytes(pin)) pin.fill(0);
}
