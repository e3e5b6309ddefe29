/**
 * M-of-N custody of a root key: it is split among custodians, each of whom reads the own share back and signs for it, and any
 * M of them have it again when it is needed.
 *
 * @module
 */
export {
  Ceremony,
  type CeremonyOptions,
  type CeremonyShare,
  type CeremonyState,
  type CommittedCeremony,
  type CustodianKeys,
  createCeremony,
} from './ceremony.ts';
export { type CombineOptions, combineShares, type PresentedShare } from './combine.ts';
export type { Custodian } from './custodian.ts';
export {
  type CeremonyFolderOptions,
  createCeremonyFolder,
  type VerifyFolderOptions,
  verifyCeremonyFolder,
} from './folder.ts';
export { inspectShare, type ShareInfo } from './share.ts';
export {
  type KnownSigner,
  type TranscriptCustodian,
  type TranscriptInfo,
  type VerifyTranscriptOptions,
  verifyTranscript,
} from './transcript.ts';
export { type VerifyShareOptions, verifyShare } from './verify.ts';
