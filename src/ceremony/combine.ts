/**
 * Custodians meet, and the root key is there again.
 *
 * @module
 */
import { checkArray, checkBytes, checkOptions, equal, wipe } from '../bytes.ts';
import type { Decapsulator, Recipient } from '../envelope/index.ts';
import { toDecapsulator } from '../envelope/session.ts';
import { InputError, QuorumError } from '../errors.ts';
import { SecretBytes } from '../secret.ts';
import { combine, type Share } from '../shamir.ts';
import { wrongStep } from './custodian.ts';
import { checkHolder, checkUnrepeated, type MatchedShare, matchShare, openMatched } from './match.ts';
import { rootCheckOf } from './root.ts';
import {
  badTranscript,
  checkAgainst,
  checkKnownSigners,
  isCommitted,
  type KnownSigner,
  readTranscript,
  type Transcript,
} from './transcript.ts';

/** A share and who can open it. */
export interface PresentedShare {
  /** The share's file. */
  readonly share: Uint8Array;
  /** The custodian's ML-KEM-1024 key, or what decapsulates with it. */
  readonly recipient: Recipient;
}

/** Options of {@link combineShares}. */
export interface CombineOptions {
  /** The transcript of the ceremony, committed. */
  readonly transcript: Uint8Array;
  /** At least as many shares as are needed, of any custodians. */
  readonly shares: readonly PresentedShare[];
  /** The custodians' keys as they are known from elsewhere, as `verifyTranscript` takes them. */
  readonly custodians?: readonly KnownSigner[];
}

interface Presented {
  readonly share: Uint8Array;
  readonly recipient: Decapsulator;
}

function checkPresented(argument: string, value: unknown): Presented {
  if (value === undefined)
    throw new InputError('ERR_INPUT_TYPE', argument, 'a share and its key', 'undefined');
  const { share, recipient } = checkOptions(argument, value as Partial<PresentedShare>, [
    'share',
    'recipient',
  ]);
  checkBytes(`${argument}.share`, share);
  return {
    share: Uint8Array.from(share),
    recipient: toDecapsulator(recipient as Recipient, `${argument}.recipient`),
  };
}

/** Finds every share in the transcript before any is opened. */
function matchAll(presented: readonly Presented[], transcript: Transcript): MatchedShare[] {
  const matched: MatchedShare[] = [];
  for (const [i, { share, recipient }] of presented.entries()) {
    const one = matchShare(`options.shares[${i}].share`, share, transcript);
    checkUnrepeated(one, matched);
    checkHolder(one, recipient, transcript);
    matched.push(one);
  }
  return matched;
}

/**
 * Puts the root key of a ceremony together again. Every share given is checked, also those beyond what is needed.
 *
 * @param options - Transcript and shares.
 * @returns The root key, 32 bytes, yours to dispose.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT`,
 * `ERR_INPUT_DISPOSED`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for files of another release.
 * @throws {@link CeremonyError} `ERR_CEREMONY_TRANSCRIPT`; `ERR_CEREMONY_STATE` when the ceremony was not committed;
 * `ERR_CEREMONY_SHARE_DAMAGED`, `ERR_CEREMONY_SHARE_FOREIGN`, `ERR_CEREMONY_SHARE_REPEATED`, `ERR_CEREMONY_SHARE_SWAPPED`,
 * `ERR_CEREMONY_SHARE_WRONG`, naming custodian and share.
 * @throws {@link QuorumError} `ERR_QUORUM` when there are fewer shares than are needed, and all of them are right.
 * @throws What a decapsulator that is no key throws, as it is.
 * @example using rootKey = await combineShares({ transcript, shares: [{ share, recipient }, …] });
 */
export async function combineShares(options: CombineOptions): Promise<SecretBytes> {
  if (options === undefined) {
    throw new InputError('ERR_INPUT_TYPE', 'options', 'an options object', 'undefined');
  }
  const {
    transcript: bytes,
    shares,
    custodians,
  } = checkOptions('options', options, ['transcript', 'shares', 'custodians']);
  checkBytes('options.transcript', bytes);
  const presented = checkArray(
    'options.shares',
    shares,
    'an array of shares with their keys',
    checkPresented,
  );
  const known = checkKnownSigners('options.custodians', custodians);
  const transcript = readTranscript('options.transcript', bytes);
  checkAgainst(transcript, known);
  if (!isCommitted(transcript)) {
    const waiting = transcript.shares
      .filter((_, i) => !transcript.verifiedAtMs.has(i + 1))
      .map(({ name }) => name);
    throw wrongStep(`the ceremony was not committed: ${waiting.join(', ')} did not sign`);
  }
  const matched = matchAll(presented, transcript);
  if (matched.length < transcript.threshold) throw new QuorumError(matched.length, transcript.threshold);
  const opened: Share[] = [];
  try {
    for (const [i, one] of matched.entries()) {
      const y = await openMatched(one, (presented[i] as Presented).recipient);
      opened.push({ x: one.file.index, y });
    }
    return rootKeyOf(opened, transcript);
  } finally {
    wipe(...opened.map(({ y }) => y));
  }
}

/** The root key of shares that were dealt. A dealer who lied is found out here, as every share is what the transcript says. */
function rootKeyOf(shares: readonly Share[], { setId, threshold, rootCheck }: Transcript): SecretBytes {
  let rootKey: Uint8Array | undefined;
  try {
    rootKey = combine(shares, threshold);
    if (equal(rootCheckOf(rootKey, setId), rootCheck)) return SecretBytes.from(rootKey);
  } catch (error) {
    // Shares that do not agree with one another.
    if (!(error instanceof InputError)) throw error;
  } finally {
    wipe(rootKey);
  }
  throw badTranscript('the shares that were dealt do not give the root key that it names');
}
