/**
 * One call opens any keystore. A backend is loaded when it is asked for.
 *
 * @module
 */
import { checkOptions, describe, isObject, readFrom } from '../bytes.ts';
import { InputError } from '../errors.ts';
import { KeystoreCore } from './core.ts';
import type { FileKeystore, FileKeystoreOptions, FileKeystorePlace } from './file/open.ts';
import type { Unlock } from './file/unlock.ts';
import type { Keystore } from './keystore.ts';
import { MemoryStorage } from './memory.ts';
import { COMMON_OPTIONS, type CommonKeystoreOptions, checkCommonOptions, holdOptions } from './options.ts';
import type { Pkcs11KeystoreOptions } from './pkcs11/open.ts';
import { SoftwareCustodian } from './software.ts';

/** Options of a memory keystore. */
export interface MemoryKeystoreOptions extends CommonKeystoreOptions {
  readonly backend: 'memory';
}

/** Options of {@link openKeystore}. */
export type KeystoreOptions = MemoryKeystoreOptions | FileKeystoreOptions | Pkcs11KeystoreOptions;

/** What stands beside a URL: what must not stand in one, and whatever else does not. */
export type UrlKeystoreOptions = Partial<Omit<FileKeystorePlace, 'backend' | 'path'>> &
  Partial<Unlock> &
  Partial<Omit<Pkcs11KeystoreOptions, 'backend' | 'uri'>>;

/** How each backend is opened. */
const BACKENDS: Readonly<Record<string, (options: never) => Promise<Keystore>>> = {
  memory: openMemoryKeystore,
  file: openFile,
  pkcs11: openPkcs11,
};

/** How each kind of URL is opened, by its scheme. */
const SCHEMES: Readonly<Record<string, (url: string, options: unknown) => Promise<Keystore>>> = {
  file: openFileUrl,
  pkcs11: openPkcs11Uri,
};

async function openMemoryKeystore(options: MemoryKeystoreOptions): Promise<Keystore> {
  return new KeystoreCore({
    backend: 'memory',
    storage: new MemoryStorage(),
    custodian: new SoftwareCustodian('memory'),
    ...checkCommonOptions(checkOptions('options', options, COMMON_OPTIONS)),
  });
}

async function openFile(given: FileKeystoreOptions): Promise<Keystore> {
  const held = holdOptions(given, ['rootKey', 'passphrase']);
  try {
    const { openFileKeystore } = await import('./file/open.ts');
    return await openFileKeystore(held.options);
  } finally {
    held.dispose();
  }
}

async function openFileUrl(url: string, beside: unknown): Promise<Keystore> {
  const held = isObject(beside) ? holdOptions(beside, ['rootKey', 'passphrase']) : undefined;
  try {
    const { readFileUrl } = await import('./file/url.ts');
    return await openFile(readFileUrl(url, held?.options ?? beside));
  } finally {
    held?.dispose();
  }
}

async function openPkcs11(options: Pkcs11KeystoreOptions): Promise<Keystore> {
  const { openPkcs11Keystore } = await import('./pkcs11/open.ts');
  return openPkcs11Keystore(options);
}

async function openPkcs11Uri(uri: string, options: unknown): Promise<Keystore> {
  const { openPkcs11Keystore, readPkcs11Url } = await import('./pkcs11/open.ts');
  return openPkcs11Keystore(readPkcs11Url(uri, options));
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

function openUrl(url: string, options: unknown): Promise<Keystore> {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? '';
  const open = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
  if (open !== undefined) return open(url, options);
  const known = `a URL that begins with one of ${quoted(Object.keys(SCHEMES).map((name) => `${name}:`))}`;
  // What was given may be a path, or a secret in the wrong place: it is not repeated.
  throw new InputError('ERR_INPUT_FORMAT', 'options', known, describe(url));
}

/**
 * Opens a keystore.
 *
 * @param options - Which backend, and what it needs.
 * @returns The store, yours to close.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`,
 * `ERR_INPUT_DISPOSED`.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`,
 * `ERR_KEYSTORE_NOT_FOUND`; of tokens `ERR_KEYSTORE_TOKEN`, `ERR_KEYSTORE_STATE`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION`, `ERR_UNSUPPORTED_RUNTIME`; of tokens `ERR_UNSUPPORTED_PEER`,
 * `ERR_UNSUPPORTED_OPERATION`.
 * @example const keystore = await openKeystore({ backend: 'memory' });
 * @example const keystore = await openKeystore({ backend: 'file', path: '/var/lib/app/keys', keyFile: '/run/secrets/root' });
 */
export async function openKeystore(options: FileKeystoreOptions): Promise<FileKeystore>;
export async function openKeystore(options: KeystoreOptions): Promise<Keystore>;
/**
 * Opens a keystore by its URL.
 *
 * @param url - `file:///path`, with `create`, `high-water-mark`, `lock-timeout-ms`, `require-custody` and `key-file` behind
 * `?` if need be; or `pkcs11:token=…?module-path=…` (RFC 7512), see `docs/hsm.md`. Nothing secret should stand in it.
 * @param options - Everything else, such as `{ passphrase }`.
 * @returns The store, yours to close.
 * @throws As with options, and {@link InputError} `ERR_INPUT_FORMAT` for other URLs.
 * @example const keystore = await openKeystore('file:///var/lib/app/keys', { passphrase: () => ask() });
 */
export async function openKeystore(url: string, options?: UrlKeystoreOptions): Promise<Keystore>;
export async function openKeystore(first: KeystoreOptions | string, beside?: unknown): Promise<Keystore> {
  if (typeof first === 'string') return openUrl(first, beside);
  if (!isObject(first))
    throw new InputError('ERR_INPUT_TYPE', 'options', 'an options object', describe(first));
  const backend: unknown = readFrom('options', 'an options object', () => first.backend);
  const open =
    typeof backend === 'string' && Object.hasOwn(BACKENDS, backend) ? BACKENDS[backend] : undefined;
  if (open !== undefined) return open(first as never);
  const got = typeof backend === 'string' ? `"${backend.slice(0, 32)}"` : describe(backend);
  throw new InputError('ERR_INPUT_OPTION', 'options.backend', `one of ${quoted(Object.keys(BACKENDS))}`, got);
}
