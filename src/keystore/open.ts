/**
 * One call opens any keystore. A backend is loaded when it is asked for.
 *
 * @module
 */
import { checkOptions, describe, isObject, readFrom } from '../bytes.ts';
import { InputError } from '../errors.ts';
import type { FileKeystore, FileKeystoreOptions, FileKeystorePlace } from './file/open.ts';
import type { Unlock } from './file/unlock.ts';
import type { Keystore } from './keystore.ts';
import { COMMON_OPTIONS, type CommonKeystoreOptions, checkCommonOptions, holdOptions } from './options.ts';
import type { Pkcs11KeystoreOptions } from './pkcs11/open.ts';

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
  memory: openMemory,
  file: openFile,
  pkcs11: openPkcs11,
};

/** How each kind of URL is opened, by its scheme. */
const SCHEMES: Readonly<Record<string, (url: string, options: unknown) => Promise<Keystore>>> = {
  file: openFileUrl,
  pkcs11: openPkcs11Uri,
};

async function openMemory(options: MemoryKeystoreOptions): Promise<Keystore> {
  // Checked at the call; what a backend needs is loaded when it is opened.
  const checked = checkCommonOptions(checkOptions('options', options, COMMON_OPTIONS));
  const { openMemoryKeystore } = await import('./memory.ts');
  return openMemoryKeystore(checked);
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
  const held = holdOptions(beside === undefined ? {} : (beside as object), ['rootKey', 'passphrase']);
  try {
    const { readFileUrl } = await import('./file/url.ts');
    return await openFile(readFileUrl(url, held.options));
  } finally {
    held.dispose();
  }
}

async function openPkcs11(given: Pkcs11KeystoreOptions): Promise<Keystore> {
  const held = holdOptions(given, ['pin']);
  try {
    const { openPkcs11Keystore } = await import('./pkcs11/open.ts');
    return await openPkcs11Keystore(held.options);
  } finally {
    held.dispose();
  }
}

async function openPkcs11Uri(uri: string, beside: unknown): Promise<Keystore> {
  const held = holdOptions(beside === undefined ? {} : (beside as object), ['pin']);
  try {
    const { openPkcs11Keystore, readPkcs11Url } = await import('./pkcs11/open.ts');
    return await openPkcs11Keystore(readPkcs11Url(uri, held.options), 'url');
  } finally {
    held.dispose();
  }
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
  throw new InputError('ERR_INPUT_FORMAT', 'url', known, describe(url));
}

/**
 * Opens a file keystore, or makes one where there is none. What is secret in the options is copied at the call, and stays the
 * caller's to wipe.
 *
 * @param options - Where it is, and exactly one source of its root key.
 * @returns The store, yours to close.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_FORMAT` (path, name of a
 * key), `ERR_INPUT_DISPOSED`; `ERR_INPUT_OPTION`, also when the store is unlocked by a source of another kind;
 * `ERR_INPUT_ALGORITHM` when the key of another keystore cannot wrap.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND` when there is no store, and none is to be made; `ERR_KEYSTORE_IO`,
 * also when the key file is refused; `ERR_KEYSTORE_CORRUPT` when the store is damaged, or has another root key or passphrase;
 * `ERR_KEYSTORE_ROLLBACK` when it was put back to an older state; of another keystore that holds the root key also
 * `ERR_KEYSTORE_STATE`, `ERR_KEYSTORE_CUSTODY`, `ERR_KEYSTORE_LOCKED`, `ERR_KEYSTORE_TOKEN`.
 * @throws {@link ExpiredError} `ERR_EXPIRED_USE_BUDGET` when the key of another keystore has no use left to wrap a new root
 * key.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a store of another release; `ERR_UNSUPPORTED_ENGINE` when an
 * engine without Argon2 is forced; `ERR_UNSUPPORTED_RUNTIME` when the runtime has no files, no random generator, or not the
 * memory that Argon2 uses.
 * @throws {@link SelfTestError} `ERR_SELF_TEST` when Argon2 gave a wrong known answer.
 * @throws What a function `options.passphrase` throws, as it is.
 * @example const keystore = await openKeystore({ backend: 'file', path: '/var/lib/app/keys', keyFile: '/run/secrets/root' });
 */
export async function openKeystore(options: FileKeystoreOptions): Promise<FileKeystore>;
/**
 * Opens a keystore of any backend; of a token it makes one where there is none.
 *
 * @param options - Which backend, and what it needs. What is secret in them is copied at the call, and stays the caller's to
 * wipe.
 * @returns The store, yours to close.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT`,
 * `ERR_INPUT_DISPOSED`.
 * @throws {@link KeyStoreError} What a file keystore throws; `ERR_KEYSTORE_TOKEN`, with the token's answer in `ckr` where it
 * is one; `ERR_KEYSTORE_STATE` when the module is in use in another way; `ERR_KEYSTORE_LOCKED` when others keep the token
 * busy; `ERR_KEYSTORE_CUSTODY` when the token would let its keys be read.
 * @throws {@link UnsupportedError} What a file keystore throws; `ERR_UNSUPPORTED_PEER` when pkcs11js or koffi is missing,
 * `ERR_UNSUPPORTED_OPERATION` when the token can keep no keys.
 * @throws What a function `options.pin` throws, as it is.
 * @example const keystore = await openKeystore({ backend: 'memory' });
 */
export async function openKeystore(options: KeystoreOptions): Promise<Keystore>;
/**
 * Opens a keystore by its URL.
 *
 * @param url - `file:///path`, with `create`, `high-water-mark`, `lock-timeout-ms`, `require-custody` and `key-file` behind
 * `?` if need be; or `pkcs11:token=…?module-path=…` (RFC 7512), see `docs/hsm.md`. Nothing secret should stand in it.
 * @param options - Everything else, such as `{ passphrase }`.
 * @returns The store, yours to close.
 * @throws {@link InputError} `ERR_INPUT_FORMAT` for other URLs, `ERR_INPUT_OPTION` for what is said twice.
 * @throws Whatever else the same options throw.
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
