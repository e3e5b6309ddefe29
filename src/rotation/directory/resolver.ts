/**
 * Directories as what handshakes ask for: the public key behind a key id and a generation, if that is somebody to talk to.
 *
 * @module
 */
import { checkInteger, checkOptions } from '../../bytes.ts';
import { type Clock, checkClock } from '../../clock.ts';
import { ML_DSA_87 } from '../../params.ts';
import type { SignPublicKey } from '../../sign/index.ts';
import { checkDirectory, type KeyDirectory } from './directory.ts';
import { type DirectoryFollower, isDirectoryFollower } from './follower.ts';
import { MAX_TIME_MS } from './key.ts';

/** Options of {@link directoryResolver}. */
export interface ResolverOptions {
  /** How long after its retirement an identity is still accepted, milliseconds; an hour by default. */
  readonly overlapMs?: number;
  /** Where time comes from; the system's clocks by default. */
  readonly clock?: Clock;
}

/**
 * Finds the key of a peer.
 *
 * @param keyId - Key id (JWK thumbprint, base64url) that a handshake names.
 * @param generation - Generation that it names.
 * @returns The key; undefined when it is nobody to talk to.
 */
export type DirectoryResolver = (keyId: string, generation: number) => Promise<SignPublicKey | undefined>;

const DEFAULT_OVERLAP_MS = 3_600_000;

/** The key of an identity, if a directory has it and it may be used at a time. */
function identityIn(
  directory: KeyDirectory,
  keyId: string,
  generation: number,
  nowMs: number,
  overlapMs: number,
): SignPublicKey | undefined {
  const key = directory.find(keyId);
  if (key === undefined || nowMs >= directory.expiresAtMs) return undefined;
  const { ref, state, publicKey, retiredAtMs } = key;
  if (ref.name !== directory.name || ref.generation !== generation) return undefined;
  if (publicKey.algorithm !== ML_DSA_87.name) return undefined;
  // One that is pending here may be active there since the directory was signed.
  const isCurrent = state === 'active' || state === 'pending';
  const isRecent = retiredAtMs !== undefined && nowMs < retiredAtMs + overlapMs;
  const isUsable = isRecent ? isCurrent || state === 'retired' : isCurrent && retiredAtMs === undefined;
  return isUsable ? publicKey : undefined;
}

/**
 * A resolver of peers for the handshakes of sessions. It accepts the generations of the directory's identity that are pending
 * (which may have become active since), active, or retired no longer ago than the overlap; nothing of a directory that ended, and
 * never what is suspended or compromised.
 *
 * @param source - A verified directory; or a follower, which looks for a newer one when it does not know a key id.
 * @param options - Overlap, clock.
 * @returns The resolver.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_RANGE`.
 * @example const peer = directoryResolver(follower);
 */
export function directoryResolver(
  source: KeyDirectory | DirectoryFollower,
  options?: ResolverOptions,
): DirectoryResolver {
  const given = checkOptions('options', options, ['overlapMs', 'clock']);
  const { overlapMs = DEFAULT_OVERLAP_MS } = given;
  checkInteger('options.overlapMs', overlapMs, 0, MAX_TIME_MS);
  const clock = checkClock('options.clock', given.clock);
  const follower = isDirectoryFollower(source) ? source : undefined;
  if (follower === undefined) checkDirectory('source', source);
  return async (keyId, generation) => {
    if (typeof keyId !== 'string' || typeof generation !== 'number') return undefined;
    const find = (directory: KeyDirectory | undefined) =>
      directory && identityIn(directory, keyId, generation, clock.wallMs(), overlapMs);
    if (follower === undefined) return find(source as KeyDirectory);
    const known = find(follower.current);
    // A key that is known and refused is not asked for again.
    if (known !== undefined || follower.knows(keyId, clock.wallMs())) return known;
    await follower.tryRefresh();
    return find(follower.current);
  };
}
