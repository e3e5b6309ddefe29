/**
 * Moves what is sealed under earlier generations to the active one. The plaintext is in memory of this module only, and is wiped.
 *
 * @module
 */
import { checkBytes, checkOptions, describe, isBytes, isObject, readFrom, wipe } from '../bytes.ts';
import type { ExpectedSender } from '../envelope/index.ts';
import { open, readHeader, type Signer, seal } from '../envelope/index.ts';
import { AuthenticationError, InputError, KeyStoreError } from '../errors.ts';
import type { KemPublicKey } from '../kem/index.ts';
import { type StoreAccess, storeAccess } from '../keystore/access.ts';
import { openWith, type Purpose, readDataKeyId } from '../keystore/data.ts';
import { checkFlag } from '../keystore/inputs.ts';
import { checkName, type Keystore } from '../keystore/keystore.ts';
import { type KeyEntry, ManifestIndex } from '../keystore/manifest.ts';
import { publicOnly, wrongState } from '../keystore/refusals.ts';
import { AES_256_GCM, ML_KEM_1024 } from '../params.ts';
import { readPreamble } from '../preamble.ts';
import { SecretBytes } from '../secret.ts';
import type { SignPrivateKey } from '../sign/index.ts';

/** Something that is sealed: an envelope, data, or a wrapped key. */
export interface RewrapItem {
  /** What the caller knows it by; comes back with the result, and in {@link RewrapProgress}. */
  readonly id: string;
  readonly bytes: Uint8Array;
  /** AAD of data and wrapped keys. */
  readonly aad?: Uint8Array;
  /** Context of an envelope. */
  readonly context?: Uint8Array;
}

/** What became of one. */
export type RewrapResult =
  /** To be stored in place of what was given. */
  | { readonly id: string; readonly outcome: 'moved'; readonly bytes: Uint8Array }
  /** It is under the active generation. */
  | { readonly id: string; readonly outcome: 'current' }
  /** It could not be opened, or not be sealed again. */
  | { readonly id: string; readonly outcome: 'failed'; readonly error: unknown };

/** How far the work is. */
export interface RewrapProgress {
  /** The last item that is done: resume after it. */
  readonly id: string;
  readonly moved: number;
  readonly current: number;
  readonly failed: number;
}

/** Options of {@link rewrap}. */
export interface RewrapOptions {
  /** The store. */
  readonly keystore: Keystore;
  /** Name of the key whose generations sealed the items; its active one seals them again. */
  readonly name: string;
  /** The only way to open what is sealed under a compromised generation. `false` by default. */
  readonly allowCompromised?: boolean;
  /** Of signed envelopes: whose signature they must bear. */
  readonly sender?: ExpectedSender;
  /** Of signed envelopes: signs them again. */
  readonly signer?: SignPrivateKey | Signer;
  /** Called after each item; when it rejects, the work ends with what it throws. */
  readonly onProgress?: (progress: RewrapProgress) => void | Promise<void>;
}

const OPTIONS = ['keystore', 'name', 'allowCompromised', 'sender', 'signer', 'onProgress'] as const;
const PURPOSES: Readonly<Record<number, Purpose>> = { 1: 'data', 2: 'key' };
const PURPOSE_OFFSET = 4;

/** The work on one key. */
class Rewrapper {
  readonly #options: RewrapOptions;
  readonly #access: StoreAccess;

  constructor(options: RewrapOptions) {
    this.#options = options;
    this.#access = storeAccess('options.keystore', options.keystore);
  }

  async rewrap(item: RewrapItem): Promise<RewrapResult> {
    const { id, bytes } = item;
    try {
      const isEnvelope = readPreamble(bytes)?.letter === 'E';
      const keyId = isEnvelope ? readHeader(bytes).recipient : readDataKeyId('bytes', bytes);
      const entry = await this.#entryOf(keyId, isEnvelope ? ML_KEM_1024.name : AES_256_GCM.name);
      if (entry.state === 'active') return { id, outcome: 'current' };
      this.#checkState(entry);
      const moved = isEnvelope ? await this.#envelope(entry, item) : await this.#data(entry, item);
      return { id, outcome: 'moved', bytes: moved };
    } catch (error) {
      return { id, outcome: 'failed', error };
    }
  }

  async #entryOf(keyId: string, algorithm: string): Promise<KeyEntry> {
    const { name } = this.#options;
    let entry = new ManifestIndex(this.#access.manifest).byKeyId(keyId);
    entry ??= new ManifestIndex(await this.#access.refresh()).byKeyId(keyId);
    if (entry?.ref.name === name && entry.algorithm === algorithm) return entry;
    throw new KeyStoreError('ERR_KEYSTORE_NOT_FOUND', `no generation of key "${name}" can open it`);
  }

  #checkState(entry: KeyEntry): void {
    if (entry.publicOnly) throw publicOnly(entry.ref);
    const isOpen = entry.state === 'pending' || entry.state === 'retired';
    const isAllowed = entry.state === 'compromised' && this.#options.allowCompromised === true;
    if (!isOpen && !isAllowed) throw wrongState(entry, 'open anything');
  }

  async #envelope(entry: KeyEntry, { bytes, context }: RewrapItem): Promise<Uint8Array> {
    const { keystore, name, sender, signer } = this.#options;
    const bound = context === undefined ? {} : { context };
    const isSigned = readHeader(bytes).sender !== undefined;
    if (isSigned && (sender === undefined || signer === undefined)) {
      throw new InputError(
        'ERR_INPUT_STATE',
        'options.sender',
        'sender and signer, since the envelope is signed',
        'an option that is missing',
      );
    }
    const own = (await keystore.publicKey(entry.ref)) as KemPublicKey;
    const active = (await keystore.publicKey(name)) as KemPublicKey;
    const live = await this.#access.loadOnce(entry);
    let plaintext: Uint8Array | undefined;
    try {
      const recipient = {
        publicKey: own,
        decapsulate: async (ciphertext: Uint8Array) => {
          const secret = await live.decapsulate?.(ciphertext);
          if (secret === undefined) throw new AuthenticationError();
          return SecretBytes.adopt(secret);
        },
      };
      plaintext = await open(recipient, bytes, { ...bound, ...(isSigned && sender ? { sender } : {}) });
      return await seal(active, plaintext, { ...bound, ...(isSigned && signer ? { signer } : {}) });
    } finally {
      wipe(plaintext);
      live.dispose();
    }
  }

  async #data(entry: KeyEntry, { bytes, aad = new Uint8Array(0) }: RewrapItem): Promise<Uint8Array> {
    const { keystore, name } = this.#options;
    const purpose = PURPOSES[bytes[PURPOSE_OFFSET] as number];
    const live = await this.#access.loadOnce(entry);
    let plaintext: Uint8Array | undefined;
    try {
      if (purpose !== undefined && live.open !== undefined) {
        plaintext = await openWith({ open: live.open.bind(live) }, purpose, aad, bytes);
      }
      if (plaintext === undefined) throw new AuthenticationError();
      return purpose === 'key'
        ? await keystore.wrap(name, plaintext, { aad })
        : await keystore.sealData(name, plaintext, { aad });
    } finally {
      wipe(plaintext);
      live.dispose();
    }
  }
}

function readItem(argument: string, given: RewrapItem): RewrapItem {
  if (given === undefined) throw new InputError('ERR_INPUT_TYPE', argument, 'a RewrapItem', 'undefined');
  const { id, bytes, aad, context } = checkOptions(argument, given, ['id', 'bytes', 'aad', 'context']);
  if (typeof id !== 'string') {
    throw new InputError('ERR_INPUT_TYPE', `${argument}.id`, 'a string', describe(id));
  }
  checkBytes(`${argument}.bytes`, bytes);
  if (aad !== undefined) checkBytes(`${argument}.aad`, aad);
  if (context !== undefined) checkBytes(`${argument}.context`, context);
  return { id, bytes, ...(aad === undefined ? {} : { aad }), ...(context === undefined ? {} : { context }) };
}

function checkItems(items: unknown): void {
  const expected = 'items that can be iterated';
  const iterate: unknown = readFrom('items', expected, () => {
    if (!isObject(items) || isBytes(items)) return undefined;
    const { [Symbol.asyncIterator]: later, [Symbol.iterator]: now } = items as Partial<
      AsyncIterable<unknown> & Iterable<unknown>
    >;
    return later ?? now;
  });
  if (typeof iterate !== 'function') {
    throw new InputError('ERR_INPUT_TYPE', 'items', expected, describe(items));
  }
}

/**
 * Moves envelopes, data and wrapped keys from whichever generation sealed them to the active one, one after the other; the caller
 * stores each result before it asks for the next. To resume, begin behind the last item that was stored: one that was moved
 * already is found `current`.
 *
 * @param items - What is sealed.
 * @param options - Store and key; how signed envelopes are verified and signed again; whether compromised generations are opened.
 * @returns What became of each. Never a plaintext.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT` (name), also of an item that is none; what cannot be
 * moved is a result.
 * @throws What iterating `items` and `options.onProgress` throw, as it is.
 * @example
 * for await (const result of rewrap(database.envelopes(), { keystore, name: 'inbox' })) {
 *   if (result.outcome === 'moved') await database.replace(result.id, result.bytes);
 * }
 */
export async function* rewrap(
  items: Iterable<RewrapItem> | AsyncIterable<RewrapItem>,
  options: RewrapOptions,
): AsyncGenerator<RewrapResult, RewrapProgress | undefined, undefined> {
  if (options === undefined) {
    throw new InputError('ERR_INPUT_TYPE', 'options', 'an options object', 'undefined');
  }
  const wanted = checkOptions('options', options, OPTIONS) as RewrapOptions;
  storeAccess('options.keystore', wanted.keystore);
  checkName('options.name', wanted.name);
  checkFlag('options.allowCompromised', wanted.allowCompromised);
  if (wanted.onProgress !== undefined && typeof wanted.onProgress !== 'function') {
    throw new InputError('ERR_INPUT_TYPE', 'options.onProgress', 'a function', describe(wanted.onProgress));
  }
  checkItems(items);
  const work = new Rewrapper(wanted);
  let count = 0;
  const counts = { moved: 0, current: 0, failed: 0 };
  let progress: RewrapProgress | undefined;
  for await (const item of items) {
    const result = await work.rewrap(readItem(`items[${count++}]`, item));
    counts[result.outcome]++;
    yield result;
    // Whoever asks for the next one has stored this one.
    progress = { id: result.id, ...counts };
    await wanted.onProgress?.(progress);
  }
  return progress;
}
