import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import type { KemPrivateKey, KemPublicKey } from '@mwrasp/crypto/kem';
import type { Keystore } from '@mwrasp/crypto/keystore';

declare const kemPrivate: KemPrivateKey;
declare const kemPublic: KemPublicKey;
declare const store: Keystore;

// Only private keys have what may be exported so, and only here.
// @ts-expect-error the key has no such method
kemPrivate.export('pem');
// @ts-expect-error nor bytes
kemPrivate.toBytes();
// @ts-expect-error nor a seed
export const seed: Uint8Array = kemPrivate.seed;
// @ts-expect-error a public key is no secret
exportPrivateKey(kemPublic, 'der');
// @ts-expect-error a key of a store does not come out
exportPrivateKey(store, 'der');
// @ts-expect-error which form must be said
exportPrivateKey(kemPrivate);
// @ts-expect-error no such form
exportPrivateKey(kemPrivate, 'raw');
// @ts-expect-error a form that is not known yet has no type
exportPrivateKey(kemPrivate, 'pem' as 'pem' | 'der');

// Bytes come as secrets, texts as what they are.
// @ts-expect-error DER is a secret, not bytes
export const der: Uint8Array = exportPrivateKey(kemPrivate, 'der');
// @ts-expect-error an expanded key is a secret too
export const expanded: Uint8Array = exportPrivateKey(kemPrivate, 'expanded');
// @ts-expect-error PEM is a text
exportPrivateKey(kemPrivate, 'pem').dispose();
// @ts-expect-error a JWK is an object
export const jwk: string = exportPrivateKey(kemPrivate, 'jwk');
