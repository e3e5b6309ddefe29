import { open, openStream, readHeader, type Signer, seal, sealStream } from '@mwrasp/crypto/envelope';
import type { KemPrivateKey, KemPublicKey } from '@mwrasp/crypto/kem';
import type { SignPrivateKey, SignPublicKey } from '@mwrasp/crypto/sign';

declare const kemPublic: KemPublicKey;
declare const kemPrivate: KemPrivateKey;
declare const signPublic: SignPublicKey;
declare const signPrivate: SignPrivateKey;
declare const bytes: Uint8Array;

// Sealing is to a public KEM key, opening by the private one.
// @ts-expect-error sealing with the recipient's private key
await seal(kemPrivate, bytes);
// @ts-expect-error sealing to a key that only verifies
await seal(signPublic, bytes);
// @ts-expect-error sealing to raw bytes
await seal(bytes, bytes);
// @ts-expect-error the same for streams
sealStream(kemPrivate, [bytes]);
// @ts-expect-error opening with the public key
await open(kemPublic, bytes);
// @ts-expect-error opening with the sender's key
await open(signPrivate, bytes);
// @ts-expect-error the same for streams
openStream(kemPublic, [bytes]);

// Messages are bytes, sources are streams of them.
// @ts-expect-error a text is no message
await seal(kemPublic, 'text');
// @ts-expect-error the message is missing
await seal(kemPublic);
// @ts-expect-error a message in hand is no stream
sealStream(kemPublic, 'text');
// @ts-expect-error texts are no pieces
openStream(kemPrivate, ['text']);
// @ts-expect-error a header is bytes
readHeader('text');

// Who signs has a private key, who is expected a public one.
// @ts-expect-error a public key does not sign
await seal(kemPublic, bytes, { signer: signPublic });
// @ts-expect-error a KEM key does not sign
await seal(kemPublic, bytes, { signer: kemPrivate });
// @ts-expect-error half a signer
export const half: Signer = { publicKey: signPublic };
// @ts-expect-error the sender's private key is nobody else's
await open(kemPrivate, bytes, { sender: signPrivate });
// @ts-expect-error a key id is no key
await open(kemPrivate, bytes, { sender: 'key id' });
// @ts-expect-error the function finds a key, not bytes
await open(kemPrivate, bytes, { sender: () => bytes });
// @ts-expect-error half a decapsulator
await open({ publicKey: kemPublic }, bytes);
// @ts-expect-error a decapsulator gives a secret, not bytes
await open({ publicKey: kemPublic, decapsulate: () => bytes }, bytes);

// Options are named and known, and each side has its own.
// @ts-expect-error an option that does not exist
await seal(kemPublic, bytes, { aad: bytes });
// @ts-expect-error the sender is for opening
await seal(kemPublic, bytes, { sender: signPublic });
// @ts-expect-error the signer is for sealing
await open(kemPrivate, bytes, { signer: signPrivate });
// @ts-expect-error a context is bytes
await open(kemPrivate, bytes, { context: 'text' });
// @ts-expect-error a message has no chunks
await seal(kemPublic, bytes, { chunkSizeBytes: 1024 });
// @ts-expect-error the envelope says how large its chunks are
openStream(kemPrivate, [bytes], { chunkSizeBytes: 1024 });
// @ts-expect-error a size is a number
sealStream(kemPublic, [bytes], { chunkSizeBytes: '1024' });

// What was sealed is a promise until it is awaited.
// @ts-expect-error a promise is no envelope
await open(kemPrivate, seal(kemPublic, bytes));
// @ts-expect-error what a header says is read-only
readHeader(bytes).recipient = 'somebody';
