/**
 * A custodian's part: the share is read back, and signed for.
 *
 * @module
 */
import { checkBytes, checkInteger, checkOptions, equal, wipe } from '../bytes.ts';
import { type Clock, checkClock } from '../clock.ts';
import type { Decapsulator, Recipient, Signer } from '../envelope/index.ts';
import { toDecapsulator, toSigner } from '../envelope/session.ts';
import { CeremonyError, InputError } from '../errors.ts';
import { checkName } from '../keystore/keystore.ts';
import { ML_DSA_87 } from '../params.ts';
import type { SignPrivateKey } from '../sign/index.ts';
import { verify } from '../sign/sign.ts';
import { wrongStep } from './custodian.ts';
import { checkHolder, matchShare, openMatched } from './match.ts';
import { MAX_SHARE_BYTES } from './share.ts';
import {
  appendVerified,
  type DealtShare,
  isCommitted,
  MAX_TRANSCRIPT_BYTES,
  readTranscript,
  SIGNATURE_CONTEXT,
  type Transcript,
  verifiedStatement,
} from './transcript.ts';

/** Options of {@link verifyShare}. */
export interface VerifyShareOptions {
  /** The transcript so far. */
  readonly transcript: Uint8Array;
  /** The share's file, read back from where it is kept. */
  readonly share: Uint8Array;
  /** Who it is that verifies: the share of anybody else is refused. */
  readonly custodian: string;
  /** The custodian's ML-KEM-1024 key, or what decapsulates with it. */
  readonly recipient: Recipient;
  /** The custodian's ML-DSA-87 key, or what signs with it. */
  readonly signer: SignPrivateKey | Signer;
  /** Where time comes from; the system's clocks by default. */
  readonly clock?: Clock;
}

/** The wall time of a clock that may be somebody else's. */
export function timeOf(clock: Clock): number {
  const wallMs: unknown = clock.wallMs();
  const nowMs = typeof wallMs === 'number' ? Math.floor(wallMs) : wallMs;
  checkInteger('options.clock', nowMs, 0, Number.MAX_SAFE_INTEGER);
  return nowMs;
}

/**
 * Verifies a share as its custodian and signs for it: the file is the one that was dealt, it opens with the custodian's key,
 * and what is in it has the digest of the transcript. The signature covers all of the transcript so far. With that of the last
 * custodian, the ceremony is committed.
 *
 * @param options - Transcript, share, custodian and keys.
 * @returns The transcript with one more record. Nothing else has changed: who loses it has verified nothing.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT`,
 * `ERR_INPUT_DISPOSED`; `ERR_INPUT_RANGE` when the clock gives no time; `ERR_INPUT_KEY` when `signer` is not the key that the
 * transcript has of the custodian, or signs wrongly.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for files of another release.
 * @throws {@link CeremonyError} `ERR_CEREMONY_TRANSCRIPT`; `ERR_CEREMONY_STATE` when the custodian has signed already, or is
 * none of this ceremony; `ERR_CEREMONY_SHARE_DAMAGED`, `ERR_CEREMONY_SHARE_FOREIGN`, `ERR_CEREMONY_SHARE_SWAPPED`,
 * `ERR_CEREMONY_SHARE_WRONG`, naming custodian and share.
 * @throws What a decapsulator or a signer that is no key throws, as it is.
 * @example const next = await verifyShare({ transcript, share, custodian: 'alice', recipient, signer });
 */
export async function verifyShare(options: VerifyShareOptions): Promise<Uint8Array> {
  if (options === undefined) {
    throw new InputError('ERR_INPUT_TYPE', 'options', 'an options object', 'undefined');
  }
  const { transcript, share, custodian, recipient, signer, clock } = checkOptions('options', options, [
    'transcript',
    'share',
    'custodian',
    'recipient',
    'signer',
    'clock',
  ]);
  checkBytes('options.transcript', transcript, { max: MAX_TRANSCRIPT_BYTES });
  checkBytes('options.share', share, { max: MAX_SHARE_BYTES });
  checkName('options.custodian', custodian);
  const verification: Verification = {
    custodian,
    share: { argument: 'options.share', bytes: Uint8Array.from(share) },
    recipient: toDecapsulator(recipient as Recipient, 'options.recipient'),
    signer: { argument: 'options.signer', ...toSigner(signer as Signer, 'options.signer') },
    clock: checkClock('options.clock', clock),
  };
  const { bytes } = await signFor(readTranscript('options.transcript', transcript), verification);
  return Uint8Array.from(bytes);
}

/** What a custodian brings, checked and copied: the caller's buffers could change while others are waited for. */
export interface Verification {
  readonly custodian: string;
  readonly share: { readonly argument: string; readonly bytes: Uint8Array };
  readonly recipient: Decapsulator;
  readonly signer: Signer & { readonly argument: string };
  readonly clock: Clock;
}

/** Finds a custodian who has not signed yet. */
function findCustodian(transcript: Transcript, custodian: string): { dealt: DealtShare; index: number } {
  const at = transcript.shares.findIndex(({ name }) => name === custodian);
  const dealt = transcript.shares[at];
  if (dealt === undefined) throw wrongStep(`"${custodian}" is no custodian of this ceremony`, custodian);
  if (transcript.verifiedAtMs.has(at + 1)) {
    const end = isCommitted(transcript) ? ', and the ceremony is committed' : '';
    throw wrongStep(`custodian "${custodian}" has signed already${end}`, custodian);
  }
  return { dealt, index: at + 1 };
}

/** Verifies a share and signs for it: see {@link verifyShare}. */
export async function signFor(
  transcript: Transcript,
  { custodian, share, recipient, signer, clock }: Verification,
): Promise<Transcript> {
  const { dealt, index } = findCustodian(transcript, custodian);
  const matched = matchShare(share.argument, share.bytes, transcript);
  if (matched.file.index !== index) {
    const { file } = matched;
    const message = `${share.argument}: share ${file.index} of custodian "${file.custodian}" came in place of that of "${custodian}"`;
    throw new CeremonyError('ERR_CEREMONY_SHARE_SWAPPED', message, file);
  }
  checkHolder(matched, recipient, transcript);
  if (!equal(signer.publicKey.thumbprint(), dealt.signer.thumbprint())) {
    const expected = `the signing key of custodian "${custodian}"`;
    throw new InputError('ERR_INPUT_KEY', signer.argument, expected, 'another key');
  }
  wipe(await openMatched(matched, recipient));
  const timeMs = timeOf(clock);
  const statement = verifiedStatement(transcript, index, timeMs);
  const signature = await signer.sign(statement, { context: SIGNATURE_CONTEXT });
  checkBytes(signer.argument, signature, ML_DSA_87.signatureBytes);
  if (!verify(dealt.signer, statement, signature, { context: SIGNATURE_CONTEXT })) {
    throw new InputError(
      'ERR_INPUT_KEY',
      signer.argument,
      'a key whose signatures are right',
      'a wrong signature',
    );
  }
  return appendVerified(transcript, { index, timeMs }, statement, signature);
}
