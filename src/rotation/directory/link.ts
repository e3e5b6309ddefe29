/**
 * Identity links: an active identity signs that the pending one follows it, while it still can. Its private half is gone
 * when it retires; the link stays.
 *
 * @module
 */
import { checkBytes, checkInteger, checkOptions, concat, describe, isObject, readFrom } from '../../bytes.ts';
import { systemClock } from '../../clock.ts';
import { InputError, KeyStoreError } from '../../errors.ts';
import { checkRef, type KeyRef, type Keystore } from '../../keystore/keystore.ts';
import { ML_DSA_87 } from '../../params.ts';
import { checkPreamble } from '../../preamble.ts';
import { type SignPublicKey, verify } from '../../sign/index.ts';
import {
  type IdentityKey,
  LINK_CONTEXT,
  type Link,
  MAX_LINK_BYTES,
  readLink,
  writeLinkContent,
} from './format.ts';
import { MAX_TIME_MS } from './key.ts';

/** Options of {@link linkIdentity}. */
export interface LinkOptions {
  /** The key that signs: the active generation. */
  readonly from: KeyRef;
  /** The key that follows: a later generation of the same name. */
  readonly to: KeyRef;
  /** Now, milliseconds since the Unix epoch; by the system's clock by default. */
  readonly nowMs?: number;
}

/** What a link says; see {@link inspectLink}. */
export interface LinkInfo {
  readonly name: string;
  readonly from: { readonly generation: number; readonly keyId: string };
  readonly to: { readonly generation: number; readonly keyId: string };
  readonly createdAtMs: number;
}

/** Checks that something is a keystore, as far as what is used of it. */
export function checkKeystore(argument: string, value: unknown): asserts value is Keystore {
  const fits = readFrom(
    argument,
    'a Keystore',
    () =>
      isObject(value) &&
      (['sign', 'list', 'publicKey'] as const).every(
        (name) => typeof (value as Partial<Keystore>)[name] === 'function',
      ),
  );
  if (!fits) throw new InputError('ERR_INPUT_TYPE', argument, 'a Keystore', describe(value));
}

/** The public key of a generation, which must be one that signs. */
export async function signPublicKeyOf(
  argument: string,
  keystore: Keystore,
  ref: KeyRef,
): Promise<SignPublicKey> {
  const publicKey = await keystore.publicKey(ref);
  if (publicKey.algorithm !== ML_DSA_87.name) {
    throw new InputError('ERR_INPUT_ALGORITHM', argument, `a key for ${ML_DSA_87.name}`, publicKey.algorithm);
  }
  return publicKey;
}

/**
 * Signs that one generation of an identity is followed by another, so that whoever knows the older one can take over the newer
 * one. To be made while the older is active and the newer pending, and kept with the store: directories carry the last four.
 *
 * @param keystore - The store of both keys.
 * @param options - Both generations.
 * @returns A link, format `I`; public.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_RANGE`,
 * `ERR_INPUT_KEY` when they are not two generations of one name in their order; `ERR_INPUT_ALGORITHM`.
 * @throws {@link KeyStoreError} as {@link Keystore.sign} does: `ERR_KEYSTORE_NOT_FOUND`, `ERR_KEYSTORE_STATE` when the older
 * is not active, `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`, `ERR_KEYSTORE_TOKEN`,
 * `ERR_KEYSTORE_CUSTODY`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a key that another release wrote.
 * @example
 * const link = await linkIdentity(keystore, { from: { name: 'service', generation: 1 }, to: { name: 'service', generation: 2 } });
 */
export async function linkIdentity(keystore: Keystore, options: LinkOptions): Promise<Uint8Array> {
  checkKeystore('keystore', keystore);
  const given = checkOptions('options', options, ['from', 'to', 'nowMs']);
  const from = checkRef('options.from', given.from);
  const to = checkRef('options.to', given.to);
  const { nowMs: createdAtMs = systemClock.wallMs() } = given;
  checkInteger('options.nowMs', createdAtMs, 0, MAX_TIME_MS);
  if (from.name !== to.name || to.generation <= from.generation) {
    const got = `${to.name}/${to.generation}`;
    throw new InputError(
      'ERR_INPUT_KEY',
      'options.to',
      `a generation of ${from.name} after ${from.generation}`,
      got,
    );
  }
  const fromKey = await signPublicKeyOf('options.from', keystore, from);
  const toKey = await signPublicKeyOf('options.to', keystore, to);
  const content = writeLinkContent({
    name: from.name,
    from: { generation: from.generation, publicKey: fromKey },
    to: { generation: to.generation, publicKey: toKey },
    createdAtMs,
  });
  const signature = await keystore.sign(from, content, { context: LINK_CONTEXT });
  if (!verify(fromKey, content, signature, { context: LINK_CONTEXT })) {
    throw new KeyStoreError(
      'ERR_KEYSTORE_CORRUPT',
      `${from.name}/${from.generation} signs what its public key refuses`,
    );
  }
  return concat(content, signature);
}

/**
 * Reads a link. Its signature is not verified.
 *
 * @param argument - The argument's name, for the error.
 * @param bytes - What the caller passed.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_FORMAT`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION`.
 */
export function parseLink(argument: string, bytes: unknown): Link {
  checkBytes(argument, bytes, { max: MAX_LINK_BYTES });
  checkPreamble(argument, bytes, 'I');
  try {
    return readLink(bytes);
  } catch {
    throw new InputError('ERR_INPUT_FORMAT', argument, 'an identity link', 'a damaged one');
  }
}

/**
 * What a link says, without a look at its signature.
 *
 * @param link - Format `I`.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_FORMAT`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a version of another release.
 * @example const { from, to } = inspectLink(link);
 */
export function inspectLink(link: Uint8Array): LinkInfo {
  const { name, from, to, createdAtMs } = parseLink('link', link);
  return {
    name,
    from: { generation: from.generation, keyId: from.publicKey.keyId },
    to: { generation: to.generation, keyId: to.publicKey.keyId },
    createdAtMs,
  };
}

/** Whether two are the same generation with the same key. */
export function isSameIdentity(a: IdentityKey, b: IdentityKey): boolean {
  return a.generation === b.generation && a.publicKey.equals(b.publicKey);
}

/** Whether a link leads from one identity to another, signed by the first. */
export function leads(link: Link, name: string, from: IdentityKey, to: IdentityKey): boolean {
  return (
    link.name === name &&
    isSameIdentity(link.from, from) &&
    isSameIdentity(link.to, to) &&
    verify(from.publicKey, link.signed, link.signature, { context: LINK_CONTEXT })
  );
}
