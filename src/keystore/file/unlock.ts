/**
 * Where the root key of a store comes from: exactly one of four sources.
 *
 * @module
 */
import {
  allocateSecret,
  checkBytes,
  checkInteger,
  checkOptions,
  concat,
  copySecret,
  describe,
  isObject,
  randomFill,
  readFrom,
  utf8,
  wipe,
} from '../../bytes.ts';
import { type Argon2Cost, argon2id } from '../../engines/argon2.ts';
import { AuthenticationError, InputError, KeyStoreError, PqError, UnsupportedError } from '../../errors.ts';
import { type ByteSecret, exposeBytes, isSecretBytes } from '../../secret.ts';
import { checkName, checkRef, type KeySelector, type Keystore } from '../keystore.ts';
import { checkPath } from '../options.ts';
import { readKeyFile } from './key-file.ts';
import {
  DEFAULT_COST,
  MAX_COST,
  MIN_COST,
  ROOT_KEY_BYTES,
  SALT_BYTES,
  type UnlockSection,
} from './unlock-section.ts';

/** A root key that the caller has: 32 uniformly random bytes. Copied; what was given stays the caller's to wipe. */
export interface RootKeyUnlock {
  readonly rootKey: ByteSecret;
}

/** A passphrase, from which Argon2id makes the root key. */
export interface PassphraseUnlock {
  /** Its bytes, 1 to 1024, or what asks for them; what the function gives is the caller's to wipe. */
  readonly passphrase: ByteSecret | (() => ByteSecret | Promise<ByteSecret>);
  /**
   * What one guess costs, when the store is made or re-keyed: 19 MiB to 1 GiB, 2 to 16 passes, 1 to 16 lanes; 64 MiB, 3
   * passes, 1 lane by default. A store that is there has its own.
   */
  readonly argon2id?: { readonly [Name in keyof Argon2Cost]?: number };
}

/** A file of exactly 32 bytes, such as a mounted Kubernetes secret. */
export interface KeyFileUnlock {
  readonly keyFile: string;
}

/** Another keystore, which wraps a root key that is drawn at random. */
export interface KeystoreUnlock {
  readonly rootKeystore: {
    /** Where the wrapping key is; it must be open while this store is opened or re-keyed, and not longer. */
    readonly keystore: Pick<Keystore, 'wrap' | 'unwrap'>;
    /** An AES-256-GCM key there: its newest active generation, or exactly one. */
    readonly key: KeySelector;
  };
}

/** Exactly one source of the root key. */
export type Unlock = RootKeyUnlock | PassphraseUnlock | KeyFileUnlock | KeystoreUnlock;

/** Names of all options of {@link Unlock}. */
export const UNLOCK_OPTIONS = ['rootKey', 'passphrase', 'argon2id', 'keyFile', 'rootKeystore'] as const;

const SOURCES = ['rootKey', 'passphrase', 'keyFile', 'rootKeystore'] as const;

const MAX_PASSPHRASE_BYTES = 1024;

/** Goes into the AAD of a wrapped root key, before the store's id: it unlocks one store only. */
const WRAP_LABEL = /* @__PURE__ */ utf8('mwrasp-crypto/keystore/v1/root');

/** A section has two bytes for the length of a wrapped root key. */
const MAX_WRAPPED_BYTES = 2 ** 16 - 1;

/** A source of root keys, checked. */
export interface RootSource {
  /** The other keystore, where it is one. */
  readonly keystore?: KeystoreUnlock['rootKeystore']['keystore'];
  /** A root key for a store, and what the manifest has to say so that it is found again. */
  make(storeId: Uint8Array): Promise<{ root: Uint8Array; section: UnlockSection }>;
  /**
   * The root key of a store that is there, the caller's to wipe.
   *
   * @param path - The manifest's file, for errors.
   * @throws {@link InputError} `ERR_INPUT_OPTION` when the store is unlocked by something else.
   */
  recover(path: string, storeId: Uint8Array, section: UnlockSection): Promise<Uint8Array>;
  /** Wipes what it holds. */
  dispose(): void;
}

function wrongKind(given: string, section: UnlockSection): InputError {
  const asks: Readonly<Record<UnlockSection['kind'], string>> = {
    'root-key': 'rootKey or keyFile',
    passphrase: 'passphrase',
    'key-file': 'keyFile or rootKey',
    keystore: 'rootKeystore',
  };
  return new InputError(
    'ERR_INPUT_OPTION',
    'options',
    `${asks[section.kind]}, as the store was sealed`,
    given,
  );
}

/** A root key and a key file hold the same thing: either opens what the other sealed. */
function isRaw({ kind }: UnlockSection): boolean {
  return kind === 'root-key' || kind === 'key-file';
}

function fromRootKey(argument: string, given: unknown): RootSource {
  const rootKey = copySecret(exposeBytes(argument, given, ROOT_KEY_BYTES));
  return {
    make: async () => ({ root: copySecret(rootKey), section: { kind: 'root-key' } }),
    async recover(_path, _storeId, section) {
      if (!isRaw(section)) throw wrongKind('rootKey', section);
      return copySecret(rootKey);
    },
    dispose: () => wipe(rootKey),
  };
}

function fromKeyFile(argument: string, path: unknown): RootSource {
  checkPath(argument, path);
  return {
    make: async () => ({ root: await readKeyFile(path), section: { kind: 'key-file' } }),
    async recover(_path, _storeId, section) {
      if (!isRaw(section)) throw wrongKind('keyFile', section);
      return readKeyFile(path);
    },
    dispose: () => {},
  };
}

function readCost(argument: string, given: unknown): Argon2Cost {
  const names = ['memoryKib', 'passes', 'lanes'] as const;
  const wanted = checkOptions(argument, given as Partial<Argon2Cost> | undefined, names);
  const cost = { ...DEFAULT_COST };
  for (const name of names) {
    const value = wanted[name] === undefined ? DEFAULT_COST[name] : wanted[name];
    checkInteger(`${argument}.${name}`, value, MIN_COST[name], MAX_COST[name]);
    cost[name] = value;
  }
  return cost;
}

function fromPassphrase(argument: string, given: unknown, givenCost: unknown): RootSource {
  const length = { min: 1, max: MAX_PASSPHRASE_BYTES };
  const cost = readCost(`${argument}.argon2id`, givenCost);
  const name = `${argument}.passphrase`;
  const fixed = typeof given === 'function' ? undefined : copySecret(exposeBytes(name, given, length));
  const derive = async (salt: Uint8Array, use: Argon2Cost): Promise<Uint8Array> => {
    const password = fixed ?? copySecret(exposeBytes(name, await (given as () => unknown)(), length));
    try {
      return await argon2id({ password, salt, ...use, outputBytes: ROOT_KEY_BYTES });
    } catch (cause) {
      if (cause instanceof PqError) throw cause;
      const message = `Argon2id failed: this process may not have the ${use.memoryKib} KiB of memory that it needs`;
      throw new UnsupportedError('ERR_UNSUPPORTED_RUNTIME', message, { cause });
    } finally {
      if (password !== fixed) wipe(password);
    }
  };
  return {
    async make() {
      const salt = randomFill(new Uint8Array(SALT_BYTES));
      return { root: await derive(salt, cost), section: { kind: 'passphrase', cost, salt } };
    },
    async recover(_path, _storeId, section) {
      if (section.kind !== 'passphrase') throw wrongKind('passphrase', section);
      return derive(section.salt, section.cost);
    },
    dispose: () => wipe(fixed),
  };
}

function readRootKeystore(argument: string, given: unknown): KeystoreUnlock['rootKeystore'] {
  const { keystore, key } = checkOptions(argument, given as Partial<KeystoreUnlock['rootKeystore']>, [
    'keystore',
    'key',
  ]);
  const isKeystore = readFrom(
    `${argument}.keystore`,
    'a Keystore',
    () => isObject(keystore) && typeof keystore.wrap === 'function' && typeof keystore.unwrap === 'function',
  );
  if (keystore === undefined || !isKeystore) {
    throw new InputError('ERR_INPUT_TYPE', `${argument}.keystore`, 'a Keystore', describe(keystore));
  }
  if (typeof key !== 'string') return { keystore, key: checkRef(`${argument}.key`, key) };
  checkName(`${argument}.key`, key);
  return { keystore, key };
}

function doesNotUnwrap(path: string): KeyStoreError {
  return new KeyStoreError(
    'ERR_KEYSTORE_CORRUPT',
    `cannot read ${path}: its root key does not unwrap; it is damaged, or wrapped by another keystore`,
  );
}

function fromKeystore(argument: string, given: unknown): RootSource {
  const { keystore, key } = readRootKeystore(argument, given);
  const aadOf = (storeId: Uint8Array) => concat(WRAP_LABEL, storeId);
  return {
    async make(storeId) {
      const root = randomFill(allocateSecret(ROOT_KEY_BYTES));
      try {
        const wrapped = await keystore.wrap(key, root, { aad: aadOf(storeId) });
        // A keystore of the caller's may return anything; the section has room for so much.
        checkBytes(`${argument}.keystore`, wrapped, { min: 1, max: MAX_WRAPPED_BYTES });
        return { root, section: { kind: 'keystore', wrapped: Uint8Array.from(wrapped) } };
      } catch (error) {
        wipe(root);
        // The other store calls it by the name that it has there.
        const isKey = error instanceof InputError && error.argument.startsWith('key');
        if (!isKey) throw error;
        throw new InputError(error.code, `${argument}.key`, error.expected, error.got);
      }
    },
    async recover(path, storeId, section) {
      if (section.kind !== 'keystore') throw wrongKind('rootKeystore', section);
      let root: unknown;
      try {
        root = await keystore.unwrap(section.wrapped, { aad: aadOf(storeId) });
      } catch (error) {
        // That the other store has no such key, or is closed, is its own error.
        if (!(error instanceof AuthenticationError || error instanceof InputError)) throw error;
        throw doesNotUnwrap(path);
      }
      if (!isSecretBytes(root)) {
        const expected = 'a Keystore, whose unwrap gives a secret';
        throw new InputError('ERR_INPUT_TYPE', `${argument}.keystore`, expected, describe(root));
      }
      using secret = root;
      if (secret.disposed || secret.length !== ROOT_KEY_BYTES) throw doesNotUnwrap(path);
      return copySecret(secret.expose());
    },
    keystore,
    dispose: () => {},
  };
}

/**
 * Checks options that say where a root key comes from. What is secret in them is copied.
 *
 * @param argument - The options' name, for errors.
 * @param options - With the names in {@link UNLOCK_OPTIONS}.
 * @returns The source, the caller's to dispose.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_FORMAT`, `ERR_INPUT_OPTION`,
 * `ERR_INPUT_DISPOSED`.
 */
export function readUnlock(
  argument: string,
  options: { readonly [Name in (typeof UNLOCK_OPTIONS)[number]]?: unknown },
): RootSource {
  const given = SOURCES.filter((name) => options[name] !== undefined);
  if (given.length !== 1) {
    const got = given.length === 0 ? 'none' : given.join(' and ');
    throw new InputError('ERR_INPUT_OPTION', argument, `exactly one of ${SOURCES.join(', ')}`, got);
  }
  if (options.argon2id !== undefined && options.passphrase === undefined) {
    throw new InputError('ERR_INPUT_OPTION', `${argument}.argon2id`, 'a passphrase beside it', 'none');
  }
  const [source] = given;
  switch (source) {
    case 'rootKey':
      return fromRootKey(`${argument}.rootKey`, options.rootKey);
    case 'keyFile':
      return fromKeyFile(`${argument}.keyFile`, options.keyFile);
    case 'passphrase':
      return fromPassphrase(argument, options.passphrase, options.argon2id);
    default:
      return fromKeystore(`${argument}.rootKeystore`, options.rootKeystore);
  }
}
