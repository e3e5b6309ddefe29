/**
 * Making a key directory: the keys of a store, signed with its active identity, and the links that lead to it.
 *
 * @module
 */
import { checkArray, checkInteger, checkOptions, concat } from '../../bytes.ts';
import { systemClock } from '../../clock.ts';
import { InputError, KeyStoreError } from '../../errors.ts';
import { checkName, type KeyRef, type Keystore } from '../../keystore/keystore.ts';
import { verify } from '../../sign/index.ts';
import { MAX_BODY_BYTES, writeBody } from './body.ts';
import {
  DIRECTORY_CONTEXT,
  type IdentityKey,
  type Link,
  MAX_LINKS,
  writeDirectoryContent,
} from './format.ts';
import { checkKeys, type DirectoryKey, keysOf, MAX_TIME_MS } from './key.ts';
import { checkKeystore, leads, parseLink, signPublicKeyOf } from './link.ts';

/** Options of {@link publishDirectory}. */
export interface PublishOptions {
  /** Name of the key that signs, an ML-DSA-87 key: the identity of the service. */
  readonly identity: string;
  /** Larger than that of every directory that was published before. */
  readonly sequence: number;
  /** Identity links, in any order. The last four up to the active generation go into the directory. */
  readonly links?: readonly Uint8Array[];
  /** The keys to publish; those of the store by default. */
  readonly keys?: readonly DirectoryKey[];
  /** Only keys of these names, and the identity; all by default. */
  readonly names?: readonly string[];
  /** How long it may be trusted, milliseconds; 26 hours by default, a rotation and its publication lead. */
  readonly validMs?: number;
  /** Now, milliseconds since the Unix epoch; by the system's clock by default. */
  readonly nowMs?: number;
}

const DEFAULT_VALID_MS = 26 * 3_600_000;
const MAX_VALID_MS = 400 * 86_400_000;
const OPTIONS = ['identity', 'sequence', 'links', 'keys', 'names', 'validMs', 'nowMs'];

/** A link as it came, and what it says. */
interface GivenLink {
  readonly bytes: Uint8Array;
  readonly link: Link;
}

function checkLinks(value: unknown): GivenLink[] {
  return checkArray('options.links', value, 'an array of identity links', (name, element) => {
    const link = parseLink(name, element);
    return { bytes: concat(link.signed, link.signature), link };
  });
}

/** The links that lead to an identity, the oldest first, from as far back as they are right. */
function chainTo(name: string, identity: IdentityKey, given: readonly GivenLink[]): Uint8Array[] {
  const links: Uint8Array[] = [];
  for (let to = identity; links.length < MAX_LINKS; ) {
    const found = given.find(({ link }) => leads(link, name, link.from, to));
    if (found === undefined) break;
    links.unshift(found.bytes);
    to = found.link.from;
  }
  return links;
}

function checkNames(identity: string, names: unknown): ReadonlySet<string> | undefined {
  if (names === undefined) return undefined;
  const checked = checkArray('options.names', names, 'an array of names', (argument, name) => {
    checkName(argument, name);
    return name;
  });
  return new Set([identity, ...checked]);
}

/** The active identity among the keys of a directory. */
function activeIdentity(name: string, keys: readonly DirectoryKey[]): KeyRef {
  const found = keys.findLast(({ ref, state }) => ref.name === name && state === 'active');
  if (found !== undefined) return found.ref;
  throw new KeyStoreError('ERR_KEYSTORE_NOT_FOUND', `no active key "${name}" to sign the directory with`);
}

/**
 * Signs a directory of the keys of a store with its active identity. It goes to anywhere, in the clear: whoever knows one of the
 * last five generations of the identity can verify it, with the links that lead from each to the next.
 *
 * @param keystore - The store of the identity.
 * @param options - Name of the identity, sequence number, links.
 * @returns A directory, format `Y`; public.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_RANGE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_FORMAT`
 * (name or link), `ERR_INPUT_KEY` for keys that are there twice or lack the identity, `ERR_INPUT_ALGORITHM` when the identity is
 * no ML-DSA-87 key.
 * @throws {@link KeyStoreError} as {@link Keystore.sign} does: `ERR_KEYSTORE_NOT_FOUND` when the identity has no active
 * generation, `ERR_KEYSTORE_STATE`, `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`, `ERR_KEYSTORE_TOKEN`,
 * `ERR_KEYSTORE_CUSTODY`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a link or a key that another release wrote.
 * @example
 * const bytes = await publishDirectory(keystore, { identity: 'service', sequence: 7, links });
 * await writeFile('directory.mwy', bytes);
 */
export async function publishDirectory(keystore: Keystore, options: PublishOptions): Promise<Uint8Array> {
  checkKeystore('keystore', keystore);
  const given = checkOptions('options', options, OPTIONS);
  const {
    identity: name,
    sequence,
    validMs = DEFAULT_VALID_MS,
    nowMs: issuedAtMs = systemClock.wallMs(),
  } = given;
  checkName('options.identity', name);
  checkInteger('options.sequence', sequence, 0, Number.MAX_SAFE_INTEGER);
  checkInteger('options.nowMs', issuedAtMs, 0, MAX_TIME_MS - MAX_VALID_MS);
  checkInteger('options.validMs', validMs, 1, MAX_VALID_MS);
  const links = given.links === undefined ? [] : checkLinks(given.links);
  const names = checkNames(name, given.names);
  const source = given.keys === undefined ? await keysOf(keystore, names) : given.keys;
  const all = checkKeys('options.keys', source);
  const keys = names === undefined ? all : all.filter(({ ref }) => names.has(ref.name));

  const ref = activeIdentity(name, keys);
  const publicKey = await signPublicKeyOf('options.identity', keystore, ref);
  const listed = keys.some((key) => key.ref.generation === ref.generation && key.publicKey.equals(publicKey));
  if (!listed)
    throw new InputError(
      'ERR_INPUT_KEY',
      'options.keys',
      `the store's ${name}/${ref.generation}`,
      'another key',
    );
  const signer = { generation: ref.generation, publicKey };
  const body = writeBody(keys);
  if (body.length > MAX_BODY_BYTES) {
    throw new InputError(
      'ERR_INPUT_LENGTH',
      'options.keys',
      `at most ${MAX_BODY_BYTES} bytes of JSON`,
      `${body.length} bytes`,
    );
  }
  const head = { name, sequence, issuedAtMs, expiresAtMs: issuedAtMs + validMs };
  const content = writeDirectoryContent(head, signer, chainTo(name, signer, links), body);
  const signature = await keystore.sign(ref, content, { context: DIRECTORY_CONTEXT });
  if (!verify(publicKey, content, signature, { context: DIRECTORY_CONTEXT })) {
    throw new KeyStoreError(
      'ERR_KEYSTORE_CORRUPT',
      `${name}/${ref.generation} signs what its public key refuses`,
    );
  }
  return concat(content, signature);
}
