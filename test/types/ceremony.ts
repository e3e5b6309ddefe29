import {
  type Custodian,
  combineShares,
  createCeremony,
  verifyShare,
  verifyTranscript,
} from '@mwrasp/crypto/ceremony';
import type { KemPrivateKey, KemPublicKey } from '@mwrasp/crypto/kem';
import type { SignPrivateKey, SignPublicKey } from '@mwrasp/crypto/sign';

declare const signPublic: SignPublicKey;
declare const signPrivate: SignPrivateKey;
declare const kemPublic: KemPublicKey;
declare const kemPrivate: KemPrivateKey;
declare const transcript: Uint8Array;
declare const share: Uint8Array;

const custodians = [{ name: 'alice', recipient: kemPublic, signer: signPublic }];

// Custodians are public keys, each of its kind.
// @ts-expect-error the keys are exchanged
const exchanged: Custodian = { name: 'a', recipient: signPublic, signer: signPublic };
// @ts-expect-error whoever deals never sees a private key
const given: Custodian = { name: 'a', recipient: kemPrivate, signer: signPublic };
await createCeremony({ threshold: 2, custodians: [exchanged, given] });
// @ts-expect-error the threshold must be said
await createCeremony({ custodians });
// @ts-expect-error a root key is drawn, and never brought along
await createCeremony({ threshold: 1, custodians, rootKey: share });

// Verifying takes private keys.
const own = { transcript, share, custodian: 'alice' };
// @ts-expect-error a public key opens nothing
await verifyShare({ ...own, recipient: kemPublic, signer: signPrivate });
// @ts-expect-error a KEM key signs nothing
await verifyShare({ ...own, recipient: kemPrivate, signer: kemPrivate });

// Shares come with the keys that open them, and with a transcript.
// @ts-expect-error a share alone
await combineShares({ transcript, shares: [share] });
// @ts-expect-error no transcript: nobody knows whether the ceremony was committed
await combineShares({ shares: [{ share, recipient: kemPrivate }] });
// @ts-expect-error the root key is a secret, not bytes
export const rootKey: Uint8Array = await combineShares({
  transcript,
  shares: [{ share, recipient: kemPrivate }],
});
// @ts-expect-error known keys have names
verifyTranscript(transcript, { custodians: [signPublic] });

using ceremony = await createCeremony({ threshold: 1, custodians });
// @ts-expect-error a ceremony is made by createCeremony
new (ceremony.constructor as typeof import('@mwrasp/crypto/ceremony').Ceremony)();
// @ts-expect-error the state is not for callers to set
ceremony.state = 'committed';
