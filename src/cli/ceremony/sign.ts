/**
 * A custodian's part, on the command line.
 *
 * @module
 */
import { type TranscriptInfo, verifyCeremonyFolder } from '@mwrasp/crypto/ceremony';
import { withRecipient, withSigner } from '../keys.ts';
import type { StoreOptions } from '../store/open.ts';

/** A custodian's private keys, as files or as names in a keystore. */
export interface KeyOptions extends StoreOptions {
  readonly recipientKey: string;
  readonly signingKey: string;
}

/** Verifies a custodian's share in a folder, and signs for it. */
export async function signIn(path: string, custodian: string, options: KeyOptions): Promise<TranscriptInfo> {
  return await withRecipient(options.recipientKey, options, (recipient) =>
    withSigner(options.signingKey, options, (signer) =>
      verifyCeremonyFolder({ path, custodian, recipient, signer }),
    ),
  );
}

/** What a transcript tells, for machines. */
export function plainInfo({ custodians, ...info }: TranscriptInfo): object {
  return {
    ...info,
    custodians: custodians.map(({ signer, ...custodian }) => ({ ...custodian, signerKeyId: signer.keyId })),
  };
}
