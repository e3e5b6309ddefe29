/**
 * The `pkcs11` backend: keys in a token, and a folder beside it for what a token cannot keep: it has no way to change something
 * only if nobody else did meanwhile. The folder has the manifest, and of keys that are sealed the sealed seeds. Its root key is
 * wrapped by a key in the token.
 *
 * @module
 */
import { checkInteger, checkOptions, describe } from '../../bytes.ts';
import { InputError } from '../../errors.ts';
import { KeystoreCore } from '../core.ts';
import { Disk } from '../file/disk.ts';
import { FolderLock } from '../file/lock.ts';
import { FileStorage } from '../file/storage.ts';
import { readUnlock } from '../file/unlock.ts';
import type { Keystore } from '../keystore.ts';
import { COMMON_OPTIONS, type CommonKeystoreOptions, checkCommonOptions } from '../options.ts';
import { TokenCustodian } from './custodian.ts';
import { Intents } from './intents.ts';
import { checkPinSource, type PinSource } from './pin.ts';
import { ROOT_KEY_NAME, TokenRoot } from './root.ts';
import { TokenStorage } from './storage.ts';
import { MAX_SESSIONS, openToken } from './token.ts';
import type { TokenOptions } from './token-options.ts';
import { type Pkcs11Uri, readPkcs11Uri, wipeUriPin } from './uri.ts';

/** Which token, and how it is used. */
export interface Pkcs11TokenOptions {
  /** A `pkcs11:` URI (RFC 7512); what it says must not be said again beside it. */
  readonly uri?: string;
  /** Path of the PKCS#11 module. */
  readonly module?: string;
  /** Label of the token. Needed when the module sees several; so are the next ones. */
  readonly token?: string;
  /** Serial number of the token. */
  readonly serial?: string;
  /** Manufacturer, as the token tells it. */
  readonly manufacturer?: string;
  /** Model, as the token tells it. */
  readonly model?: string;
  /** Number of the token's slot. */
  readonly slotId?: number;
  /** Where the PIN comes from. */
  readonly pin?: PinSource;
  /** Operations at once, 1 to 256; 8 by default. Each takes a thread of Node's pool: see UV_THREADPOOL_SIZE. */
  readonly sessions?: number;
  /** What the module is initialised with; NSS takes its database's folder in it. */
  readonly libraryParameters?: string;
}

/** Options of a pkcs11 keystore. */
export interface Pkcs11KeystoreOptions extends CommonKeystoreOptions, Pkcs11TokenOptions {
  readonly backend: 'pkcs11';
  /** The folder beside the token; made, for this user only, where there is none. */
  readonly path?: string;
  /** `false`: opens only a store that is there. `true` by default. */
  readonly create?: boolean;
  /** As of a file keystore: a file that remembers how far the store had got; `false` for none. */
  readonly highWaterMark?: string | false;
  /** How long a change waits for other writers, 1 to 600 000 ms; 30 000 by default. */
  readonly lockTimeoutMs?: number;
  /** CKA_LABEL of objects that are made in the token; `mwrasp-crypto` by default. */
  readonly label?: string;
}

const TOKEN_TEXTS = ['module', 'token', 'serial', 'manufacturer', 'model', 'libraryParameters'] as const;

/** Names of the options that choose a token. */
export const TOKEN_OPTIONS = ['uri', ...TOKEN_TEXTS, 'slotId', 'pin', 'sessions'] as const;

const OPTIONS = [
  ...COMMON_OPTIONS,
  ...TOKEN_OPTIONS,
  'path',
  'create',
  'highWaterMark',
  'lockTimeoutMs',
  'label',
] as const;

const DEFAULT_LABEL = 'mwrasp-crypto';
const MAX_TEXT_LENGTH = 4096;
const DEFAULT_LOCK_TIMEOUT_MS = 30_000;
const MAX_LOCK_TIMEOUT_MS = 600_000;

type Given = { readonly [Name in (typeof OPTIONS)[number]]?: unknown };

/** A text for native code: nothing in it may end it early. */
function checkText(argument: string, value: unknown): asserts value is string | undefined {
  if (value === undefined) return;
  if (typeof value !== 'string')
    throw new InputError('ERR_INPUT_TYPE', argument, 'a string', describe(value));
  if (value === '' || value.length > MAX_TEXT_LENGTH || value.includes('\0')) {
    const expected = `1 to ${MAX_TEXT_LENGTH} characters, none of them zero`;
    throw new InputError('ERR_INPUT_FORMAT', argument, expected, describe(value));
  }
}

/** Options and what the URI among them says, as one. */
function withUri({ uri: _, ...options }: Given, fromUri: Pkcs11Uri): Given {
  for (const name of Object.keys(fromUri)) {
    if ((options as Record<string, unknown>)[name] !== undefined) {
      throw new InputError(
        'ERR_INPUT_OPTION',
        `options.${name}`,
        'what the URI does not say',
        'it a second time',
      );
    }
  }
  return { ...options, ...fromUri };
}

/**
 * Checks what chooses a token: nothing of another type gets near native code.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`.
 */
export function readTokenOptions(
  given: Given,
  uriArgument = 'options.uri',
): { token: TokenOptions; options: Given; fromUri: Pkcs11Uri } {
  const fromUri = given.uri === undefined ? {} : readPkcs11Uri(uriArgument, given.uri);
  try {
    const options = withUri(given, fromUri);
    return { token: checkTokenOptions(options), options, fromUri };
  } catch (error) {
    wipeUriPin(fromUri);
    throw error;
  }
}

function checkTokenOptions(options: Given): TokenOptions {
  const texts: { [Name in (typeof TOKEN_TEXTS)[number]]?: string } = {};
  for (const name of TOKEN_TEXTS) {
    const value: unknown = options[name];
    checkText(`options.${name}`, value);
    if (value !== undefined) texts[name] = value;
  }
  const { slotId, pin, sessions } = options;
  if (slotId !== undefined) checkInteger('options.slotId', slotId, 0, Number.MAX_SAFE_INTEGER);
  if (sessions !== undefined) checkInteger('options.sessions', sessions, 1, MAX_SESSIONS);
  checkPinSource('options.pin', pin);
  const { module } = texts;
  if (module === undefined) {
    throw new InputError('ERR_INPUT_TYPE', 'options.module', 'the path of a PKCS#11 module', 'undefined');
  }
  return { ...texts, module, slotId, pin, sessions };
}

function readPlace({ path, create = true, highWaterMark, lockTimeoutMs = DEFAULT_LOCK_TIMEOUT_MS }: Given) {
  checkText('options.path', path);
  if (path === undefined) {
    throw new InputError('ERR_INPUT_TYPE', 'options.path', 'the folder beside the token', 'undefined');
  }
  if (typeof create !== 'boolean') {
    throw new InputError('ERR_INPUT_TYPE', 'options.create', 'a boolean', describe(create));
  }
  if (highWaterMark !== false) checkText('options.highWaterMark', highWaterMark);
  checkInteger('options.lockTimeoutMs', lockTimeoutMs, 1, MAX_LOCK_TIMEOUT_MS);
  return { path, create, highWaterMark: highWaterMark as string | false | undefined, lockTimeoutMs };
}

/**
 * Opens a pkcs11 keystore, or makes one where there is none.
 *
 * @param given - Its options; a PIN in bytes must stay as it is until the call has ended.
 * @param uriArgument - As which argument the URI came, for errors.
 * @throws As `openKeystore` does.
 */
export async function openPkcs11Keystore(
  given: Pkcs11KeystoreOptions,
  uriArgument?: string,
): Promise<Keystore> {
  const {
    token: tokenOptions,
    options,
    fromUri,
  } = readTokenOptions(checkOptions('options', given as object, OPTIONS) as Given, uriArgument);
  try {
    const place = readPlace(options);
    const common = checkCommonOptions(options as CommonKeystoreOptions);
    const { label = DEFAULT_LABEL } = options;
    checkText('options.label', label);
    const intents = new Intents(place.path);
    const custodian = new TokenCustodian(await openToken(tokenOptions), label as string, intents);
    const storage = await openStorage(custodian, intents, place).catch(async (error: unknown) => {
      await custodian.close();
      throw error;
    });
    return new KeystoreCore({ backend: 'pkcs11', storage, custodian, ...common });
  } finally {
    wipeUriPin(fromUri);
  }
}

async function openStorage(
  custodian: TokenCustodian,
  intents: Intents,
  place: ReturnType<typeof readPlace>,
): Promise<TokenStorage> {
  const disk = new Disk();
  const lock = new FolderLock(disk, disk.resolve(place.path));
  const root = new TokenRoot(custodian, intents, () => lock.acquire(place.lockTimeoutMs));
  const source = readUnlock('options', { rootKeystore: { keystore: root, key: ROOT_KEY_NAME } });
  let files: FileStorage;
  try {
    files = await FileStorage.open({ ...place, source });
  } catch (error) {
    // A wrapping key that was made is left to the next opening: the store may be there, and be that one's.
    intents.close();
    throw error;
  } finally {
    await root.end();
    source.dispose();
  }
  const destroy = (id: Uint8Array) => custodian.destroy({ id });
  const storage = new TokenStorage(files, intents, { rootId: root.id, destroy });
  // What cannot be cleaned up now, as others are busy or may not write, is for the next one.
  await storage.sweep().catch(() => {});
  return storage;
}

/**
 * Options of a pkcs11 keystore, from its URI and what came beside it.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`.
 */
export function readPkcs11Url(uri: string, beside: unknown): Pkcs11KeystoreOptions {
  const names = OPTIONS.filter((name) => name !== 'backend' && name !== 'uri');
  const options = checkOptions('options', beside as object | undefined, names);
  return { ...options, backend: 'pkcs11', uri } as Pkcs11KeystoreOptions;
}
