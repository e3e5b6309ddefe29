/**
 * Verifying a key directory, from an identity that is known already.
 *
 * @module
 */
import {
  checkArray,
  checkBytes,
  checkInteger,
  checkOptions,
  describe,
  equal,
  isObject,
  readFrom,
} from '../../bytes.ts';
import { systemClock } from '../../clock.ts';
import { AuthenticationError, DirectoryError, ExpiredError, InputError } from '../../errors.ts';
import { sha3_512 } from '../../hash/index.ts';
import { MAX_GENERATION } from '../../keystore/keystore.ts';
import { checkPreamble } from '../../preamble.ts';
import { verify } from '../../sign/index.ts';
import { readBody } from './body.ts';
import { checkDirectory, type IdentityPin, type KeyDirectory, verifiedDirectory } from './directory.ts';
import { DIRECTORY_CONTEXT, MAX_DIRECTORY_BYTES, type RawDirectory, readDirectory } from './format.ts';
import { type DirectoryKey, MAX_TIME_MS } from './key.ts';
import { leads } from './link.ts';

/** Options of {@link verifyDirectory}. */
export interface VerifyDirectoryOptions {
  /** Identities that are known, any of which will do: a `SignPublicKey` is one. The identity of `previous` by default. */
  readonly pinned?: IdentityPin | readonly IdentityPin[];
  /** The directory that was verified last: an older one is refused, and so is another one with its sequence number. */
  readonly previous?: KeyDirectory;
  /** A directory with a smaller sequence number is refused; 0 by default. */
  readonly minSequence?: number;
  /** Now, milliseconds since the Unix epoch; by the system's clock by default. */
  readonly nowMs?: number;
}

/** How far the clocks of both sides may be apart. */
const MAX_SKEW_MS = 300_000;
const MAX_PINS = 64;
const OPTIONS = ['pinned', 'previous', 'minSequence', 'nowMs'];

function checkPin(argument: string, value: unknown): IdentityPin {
  const expected = 'a pinned identity { keyId, generation }';
  if (!isObject(value)) throw new InputError('ERR_INPUT_TYPE', argument, expected, describe(value));
  const { keyId, generation } = readFrom(argument, expected, () => {
    const { keyId, generation } = value as Partial<IdentityPin>;
    return { keyId, generation };
  });
  if (typeof keyId !== 'string') {
    throw new InputError('ERR_INPUT_TYPE', `${argument}.keyId`, 'a key id, base64url', describe(keyId));
  }
  if (generation === undefined) return { keyId };
  checkInteger(`${argument}.generation`, generation, 1, MAX_GENERATION);
  return { keyId, generation };
}

/**
 * Checks pinned identities.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`, `ERR_INPUT_LENGTH`.
 */
export function checkPins(argument: string, value: unknown): IdentityPin[] {
  const isList = readFrom(argument, 'pinned identities', () => Array.isArray(value));
  if (!isList) return [checkPin(argument, value)];
  const pins = checkArray(argument, value, 'an array of pinned identities', checkPin);
  if (pins.length >= 1 && pins.length <= MAX_PINS) return pins;
  throw new InputError('ERR_INPUT_LENGTH', argument, `1 to ${MAX_PINS} identities`, `${pins.length}`);
}

function parse(bytes: Uint8Array): RawDirectory {
  try {
    return readDirectory(bytes);
  } catch {
    throw new InputError('ERR_INPUT_FORMAT', 'bytes', 'a key directory', 'a damaged one');
  }
}

/** Why no pin is in the chain: they are too old for it, or it is somebody else's. */
function unknownIdentity({ name, identity, links }: RawDirectory, pins: readonly IdentityPin[]): Error {
  const oldest = links[0]?.from.generation ?? identity.generation;
  // Whoever is known with its generation, and that is in the chain with another key, meets a forgery.
  if (pins.every(({ generation }) => generation !== undefined && generation >= oldest))
    return new AuthenticationError();
  return new DirectoryError(
    'ERR_DIRECTORY_REPIN',
    `no pinned identity is among the generations ${oldest} to ${identity.generation} of "${name}" that the directory leads from: ` +
      'it is too old, or the directory is not theirs; get the key id of the identity again over a way that is trusted, and pin that',
  );
}

/** Follows the links from the newest pinned identity to the one that signs; says how many there were. */
function follow(raw: RawDirectory, pins: readonly IdentityPin[]): number {
  const { name, links, identity } = raw;
  const chain = [...links.map(({ from }) => from), identity];
  const start = chain.findLastIndex(({ generation, publicKey: { keyId } }) =>
    pins.some((pin) => pin.keyId === keyId && (pin.generation ?? generation) === generation),
  );
  const from = chain[start];
  if (from === undefined) throw unknownIdentity(raw, pins);
  for (const [i, link] of links.entries()) {
    const [older, newer] = [chain[i], chain[i + 1]];
    if (i >= start && older !== undefined && newer !== undefined && !leads(link, name, older, newer)) {
      throw new AuthenticationError();
    }
  }
  return links.length - start;
}

/** The keys of a directory, which have to have its identity in them. */
function keysIn({ name, identity, body }: RawDirectory): DirectoryKey[] {
  const keys = readBody(body);
  const own = keys?.find(({ ref }) => ref.name === name && ref.generation === identity.generation);
  const fits = own?.state === 'active' && own.publicKey.equals(identity.publicKey);
  if (keys === undefined || !fits) {
    throw new InputError(
      'ERR_INPUT_FORMAT',
      'bytes',
      'a key directory',
      'one whose keys are not as they should be',
    );
  }
  return keys;
}

function checkAge(
  raw: RawDirectory,
  digest: Uint8Array,
  minSequence: number,
  previous: KeyDirectory | undefined,
): void {
  const { sequence } = raw;
  const atLeast = Math.max(minSequence, previous?.sequence ?? 0);
  if (sequence < atLeast) {
    const message = `the directory is number ${sequence}, where ${atLeast} was seen before: an older one was put in its place`;
    throw new DirectoryError('ERR_DIRECTORY_REPLAYED', message);
  }
  if (previous !== undefined && sequence === previous.sequence && !equal(digest, previous.digest())) {
    const message = `there are two directories with number ${sequence}: whoever signs them counts wrong, or is two`;
    throw new DirectoryError('ERR_DIRECTORY_REPLAYED', message);
  }
}

function checkTimes({ issuedAtMs, expiresAtMs }: RawDirectory, nowMs: number): void {
  if (nowMs >= expiresAtMs) {
    const message = `the directory ended at ${new Date(expiresAtMs).toISOString()}: get a newer one`;
    throw new ExpiredError('ERR_EXPIRED_DIRECTORY', message);
  }
  if (issuedAtMs > nowMs + MAX_SKEW_MS) {
    const message = `the directory was signed at ${new Date(issuedAtMs).toISOString()}, which is still to come: a clock is wrong`;
    throw new DirectoryError('ERR_DIRECTORY_EARLY', message);
  }
}

/**
 * Verifies a directory from an identity that is known, and follows the links to the one that signed it: nothing has to be
 * trusted on first use again. Any of the last five generations can be followed from; who knows only an older one has to pin
 * again.
 *
 * @param bytes - A directory, format `Y`, from anywhere; at most 4 MiB of keys.
 * @param options - What is known: pinned identities, the directory before.
 * @returns The directory; its `identity` is what to pin from now on.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_RANGE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_FORMAT` for
 * bytes that are no directory.
 * @throws {@link AuthenticationError} when it is forged or was changed.
 * @throws {@link DirectoryError} `ERR_DIRECTORY_REPIN` when it leads from no pinned identity; `ERR_DIRECTORY_REPLAYED` for an
 * older one than was seen; `ERR_DIRECTORY_EARLY` when it was signed over five minutes from now.
 * @throws {@link ExpiredError} `ERR_EXPIRED_DIRECTORY`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a version of another release.
 * @example
 * const directory = verifyDirectory(bytes, { pinned: { keyId, generation: 1 } });
 * const recipient = directory.active('inbox')?.publicKey;
 */
export function verifyDirectory(bytes: Uint8Array, options: VerifyDirectoryOptions): KeyDirectory {
  const {
    pinned,
    previous,
    minSequence = 0,
    nowMs = systemClock.wallMs(),
  } = checkOptions('options', options, OPTIONS);
  if (previous !== undefined) checkDirectory('options.previous', previous);
  const pins = checkPins('options.pinned', pinned === undefined ? previous?.identity : pinned);
  checkInteger('options.minSequence', minSequence, 0, Number.MAX_SAFE_INTEGER);
  checkInteger('options.nowMs', nowMs, 0, MAX_TIME_MS);
  checkBytes('bytes', bytes, { max: MAX_DIRECTORY_BYTES });
  // Shared memory could change between a check and its use.
  const copy = Uint8Array.from(bytes);
  checkPreamble('bytes', copy, 'Y');
  const raw = parse(copy);
  const { name, sequence, issuedAtMs, expiresAtMs, identity } = raw;
  if (previous !== undefined && previous.name !== name) throw new AuthenticationError();
  const followed = follow(raw, pins);
  if (!verify(identity.publicKey, raw.signed, raw.signature, { context: DIRECTORY_CONTEXT }))
    throw new AuthenticationError();
  const digest = sha3_512(copy);
  checkAge(raw, digest, minSequence, previous);
  checkTimes(raw, nowMs);
  const { generation, publicKey } = identity;
  return verifiedDirectory({
    name,
    sequence,
    issuedAtMs,
    expiresAtMs,
    identity: { keyId: publicKey.keyId, generation, publicKey },
    keys: keysIn(raw),
    followed,
    digest,
  });
}
