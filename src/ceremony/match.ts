/**
 * Whether a share is the one that a transcript says was dealt, and a key the one that it was dealt to. Whatever is not, is
 * named.
 *
 * @module
 */
import { equal, toHex } from '../bytes.ts';
import type { Decapsulator } from '../envelope/index.ts';
import { CeremonyError, type CeremonyErrorCode } from '../errors.ts';
import { sha3_512 } from '../hash/index.ts';
import { openShare, readShare, type ShareFile } from './share.ts';
import type { DealtShare, Transcript } from './transcript.ts';

/** A share that is the one that was dealt. */
export interface MatchedShare {
  readonly argument: string;
  readonly file: ShareFile;
  readonly dealt: DealtShare;
}

function refusal(
  code: CeremonyErrorCode,
  argument: string,
  { index, custodian }: { readonly index: number; readonly custodian: string },
  why: string,
): CeremonyError {
  const message = `${argument}: share ${index} of custodian "${custodian}" ${why}`;
  return new CeremonyError(code, message, { custodian, index });
}

/**
 * Reads a share and finds it in a transcript.
 *
 * @throws As {@link readShare}; {@link CeremonyError} `ERR_CEREMONY_SHARE_FOREIGN`, `ERR_CEREMONY_SHARE_WRONG`.
 */
export function matchShare(argument: string, bytes: Uint8Array, transcript: Transcript): MatchedShare {
  const file = readShare(argument, bytes);
  if (!equal(file.setId, transcript.setId)) {
    const ours = toHex(transcript.setId);
    const why = `belongs to another ceremony: its set is ${toHex(file.setId)}, that of the transcript ${ours}`;
    throw refusal('ERR_CEREMONY_SHARE_FOREIGN', argument, file, why);
  }
  const dealt = transcript.shares[file.index - 1];
  const isDealt =
    dealt !== undefined && dealt.name === file.custodian && equal(sha3_512(bytes), dealt.fileDigest);
  if (!isDealt) {
    throw refusal('ERR_CEREMONY_SHARE_WRONG', argument, file, 'is not the one that was dealt');
  }
  return { argument, file, dealt };
}

/**
 * Refuses the key of another custodian.
 *
 * @throws {@link CeremonyError} `ERR_CEREMONY_SHARE_SWAPPED`.
 */
export function checkHolder(
  { argument, file, dealt }: MatchedShare,
  recipient: Decapsulator,
  transcript: Transcript,
): void {
  const thumbprint = recipient.publicKey.thumbprint();
  if (equal(thumbprint, dealt.recipientId)) return;
  const owner = transcript.shares.find(({ recipientId }) => equal(recipientId, thumbprint));
  const whose = owner === undefined ? 'no custodian of this ceremony' : `custodian "${owner.name}"`;
  throw refusal('ERR_CEREMONY_SHARE_SWAPPED', argument, file, `came with the key of ${whose}`);
}

/** Refuses a share that came before, and says where. */
export function checkUnrepeated(matched: MatchedShare, earlier: readonly MatchedShare[]): void {
  const first = earlier.find(({ file }) => file.index === matched.file.index);
  if (first === undefined) return;
  const { argument, file } = matched;
  const why = `is there a second time, after ${first.argument}`;
  throw refusal('ERR_CEREMONY_SHARE_REPEATED', argument, file, why);
}

/**
 * Opens a share that was dealt.
 *
 * @returns 32 bytes, the caller's to wipe.
 * @throws {@link CeremonyError} `ERR_CEREMONY_SHARE_WRONG`.
 */
export async function openMatched(
  { argument, file, dealt }: MatchedShare,
  recipient: Decapsulator,
): Promise<Uint8Array> {
  if (!equal(file.digest, dealt.digest)) {
    throw refusal(
      'ERR_CEREMONY_SHARE_WRONG',
      argument,
      file,
      'has another digest than the one that was dealt',
    );
  }
  return await openShare(argument, file, recipient);
}
