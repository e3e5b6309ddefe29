import {
  AeadKey,
  open,
  openStream,
  openTransform,
  readStreamHeader,
  seal,
  sealedKeyId,
  sealStream,
  sealTransform,
} from '@mwrasp/crypto/aead';
import type { KemPrivateKey } from '@mwrasp/crypto/kem';
import type { SignPrivateKey } from '@mwrasp/crypto/sign';

declare const key: AeadKey;
declare const bytes: Uint8Array;
declare const kemPrivate: KemPrivateKey;
declare const signPrivate: SignPrivateKey;

// Keys are objects that count what they seal, and no bytes.
// @ts-expect-error bytes are no key
seal(bytes, bytes);
// @ts-expect-error a KEM key seals nothing itself
seal(kemPrivate, bytes);
// @ts-expect-error a key for signatures opens nothing
open(signPrivate, bytes);
// @ts-expect-error an object of the same shape is no key
seal({ keyId: '', maxUses: 1, uses: 0, dispose() {} }, bytes);
// @ts-expect-error the constructor is not for callers
new AeadKey(bytes);
// @ts-expect-error a text is no key
AeadKey.fromBytes('key');
// @ts-expect-error keys do not come out as bytes
key.toBytes();
// @ts-expect-error the count of uses is the key's own
key.uses = 0;
// @ts-expect-error the budget is set once
key.maxUses = 2 ** 40;
// @ts-expect-error a budget is a number
AeadKey.generate({ maxUses: '10' });
// @ts-expect-error an option that does not exist
AeadKey.generate({ bits: 256 });

// The library draws nonces.
// @ts-expect-error a nonce is none of the caller's arguments
seal(key, bytes, bytes);
// @ts-expect-error nor an option
seal(key, bytes, { nonce: bytes });
// @ts-expect-error nor when opening
open(key, bytes, { iv: bytes });

// Messages and AAD are bytes.
// @ts-expect-error a text is no message
seal(key, 'text');
// @ts-expect-error the message is missing
seal(key);
// @ts-expect-error AAD is bytes
seal(key, bytes, { aad: 'invoice 42' });
// @ts-expect-error absent is absent, not undefined
seal(key, bytes, { aad: undefined });
// @ts-expect-error a sealed message in base64 is none
open(key, 'AAAA');
// @ts-expect-error a text has no key id
sealedKeyId('AAAA');
// @ts-expect-error a message has no chunks
seal(key, bytes, { chunkSizeBytes: 1024 });

// Streams are streams.
// @ts-expect-error a text is no stream
sealStream(key, 'text');
// @ts-expect-error texts are no pieces
openStream(key, ['text']);
// @ts-expect-error an iteration is no bytes
export const sealed: Uint8Array = sealStream(key, [bytes]);
// @ts-expect-error a chunk size is a number
sealStream(key, [bytes], { chunkSizeBytes: '64 KiB' });
// @ts-expect-error the stream says how large its chunks are
openStream(key, [bytes], { chunkSizeBytes: 1024 });
// @ts-expect-error the same for transforms
openTransform(key, { chunkSizeBytes: 1024 });
// @ts-expect-error a transform has no source yet
sealTransform(key, [bytes]);
// @ts-expect-error a header is read from bytes
readStreamHeader([bytes]);
// @ts-expect-error what a header says is read-only
readStreamHeader(bytes).keyId = 'another';
