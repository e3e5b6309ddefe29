/**
 * The main thread's side of each operation: how its items go into a job, and what its results are made of.
 *
 * @module
 */
import { checkBytes, copySecret, describe, isObject, readFrom, wipe } from '../bytes.ts';
import { InputError } from '../errors.ts';
import { KemPrivateKey } from '../kem/keys.ts';
import { keyMaterial } from '../keypair.ts';
import { ML_DSA_87, ML_KEM_1024 } from '../params.ts';
import { SignPrivateKey, type SignPublicKey } from '../sign/keys.ts';
import type { BatchWriter } from './batch.ts';
import { type JobKind, RESULT_BYTES } from './job.ts';

/** A message, and what is to be a signature of it. */
export interface SignedMessage {
  /** At most 64 MiB. */
  readonly message: Uint8Array;
  /** Anything that is not a right signature gives false. */
  readonly signature: Uint8Array;
}

/** What is done with each item. */
export interface Operation<I, O> {
  readonly kind: JobKind;
  /** The argument that the items are, for errors. */
  readonly argument: string;
  readonly deterministic: boolean;
  /** With fewer items, handing a job over takes more than a twentieth of the time that the job takes. */
  readonly leastPerJob: number;
  /** Writes what stands before the items of each job. */
  begin(batch: BatchWriter): void;
  /**
   * Checks an item and copies it into a job.
   *
   * @throws {@link InputError} that calls the item `item`.
   */
  add(batch: BatchWriter, item: I): void;
  /** Makes a result of its bytes, which begin at `offset`, and keeps none of them. */
  read(output: Uint8Array, offset: number): O;
  /** Wipes a result that nobody will have. */
  discard(result: O): void;
}

/** Handing a job over takes 66 µs; a signature, its verification or a key about 300 µs on the fastest engine. */
const LEAST_SIGNATURES = 4;
/** A key 77 µs. */
const LEAST_KEM_KEYS = 16;

/** Longest message; a stream of any length is signed and verified by `signStream` and `verifyStream`. */
const MAX_MESSAGE_BYTES = 2 ** 26;

const NO_SIGNATURE = new Uint8Array(0);

const MESSAGE_LENGTH = { max: MAX_MESSAGE_BYTES };

function readItem(item: SignedMessage): SignedMessage {
  const expected = 'an object with message and signature';
  const parts = readFrom('item', expected, () =>
    isObject(item) ? { message: item.message, signature: item.signature } : undefined,
  );
  if (parts === undefined) throw new InputError('ERR_INPUT_TYPE', 'item', expected, describe(item));
  return parts;
}

/** The same error, with the item's own name; anything else as it is. */
export function withName(error: unknown, name: string): unknown {
  if (!(error instanceof InputError) || !error.argument.startsWith('item')) return error;
  const { code, argument, expected, got, cause } = error;
  return new InputError(code, name + argument.slice('item'.length), expected, got, { cause });
}

/** Verifies signatures of one key. */
export function verifying(publicKey: SignPublicKey, context: Uint8Array): Operation<SignedMessage, boolean> {
  return {
    kind: 'verify',
    argument: 'items',
    deterministic: false,
    leastPerJob: LEAST_SIGNATURES,
    begin(batch) {
      batch.add(publicKey.toBytes());
      batch.add(context);
    },
    add(batch, item) {
      const { message, signature } = readItem(item);
      checkBytes('item.signature', signature);
      checkBytes('item.message', message, MESSAGE_LENGTH);
      batch.add(message);
      // One of another length is wrong, however long it is.
      batch.add(signature.length === ML_DSA_87.signatureBytes ? signature : NO_SIGNATURE);
    },
    read: (output, offset) => output[offset] === 1,
    discard: () => {},
  };
}

/** Signs with one key. */
export function signing(
  privateKey: SignPrivateKey,
  context: Uint8Array,
  deterministic: boolean,
): Operation<Uint8Array, Uint8Array> {
  return {
    kind: 'sign',
    argument: 'messages',
    deterministic,
    leastPerJob: LEAST_SIGNATURES,
    begin(batch) {
      const material = keyMaterial('privateKey', privateKey);
      batch.add(('seed' in material ? material.seed : material.expandedKey).expose());
      batch.add(context);
    },
    add(batch, message) {
      checkBytes('item', message, MESSAGE_LENGTH);
      batch.add(message);
    },
    read: (output, offset) => output.slice(offset, offset + ML_DSA_87.signatureBytes),
    discard: (signature) => wipe(signature),
  };
}

/** Makes key pairs out of seed and public key; what is expensive in them was done, or is done when it is needed. */
function generating<K extends Disposable>(
  kind: JobKind,
  leastPerJob: number,
  seedBytes: number,
  fromPair: (seed: Uint8Array<ArrayBuffer>, publicKey: Uint8Array) => K,
): Operation<undefined, K> {
  return {
    kind,
    argument: 'count',
    deterministic: false,
    leastPerJob,
    begin: () => {},
    add: () => {},
    read(output, offset) {
      const publicKeyOffset = offset + seedBytes;
      const seed = copySecret(output.subarray(offset, publicKeyOffset));
      return fromPair(seed, output.subarray(publicKeyOffset, offset + RESULT_BYTES[kind]));
    },
    discard: (key) => key[Symbol.dispose](),
  };
}

/** Generates ML-DSA-87 keys. */
export const GENERATING_SIGN_KEYS: Operation<undefined, SignPrivateKey> = generating(
  'generate-sign-keys',
  LEAST_SIGNATURES,
  ML_DSA_87.seedBytes,
  SignPrivateKey.fromPair,
);

/** Generates ML-KEM-1024 keys. */
export const GENERATING_KEM_KEYS: Operation<undefined, KemPrivateKey> = generating(
  'generate-kem-keys',
  LEAST_KEM_KEYS,
  ML_KEM_1024.seedBytes,
  KemPrivateKey.fromPair,
);
