import type { PeerResolver } from '@mwrasp/crypto/fragment/session';
import type { KemPublicKey } from '@mwrasp/crypto/kem';
import type { Keystore } from '@mwrasp/crypto/keystore';
import {
  DirectoryFollower,
  directoryResolver,
  fileLease,
  KeyDirectory,
  linkIdentity,
  publishDirectory,
  redisLease,
  verifyDirectory,
} from '@mwrasp/crypto/rotation';
import type { SignPublicKey } from '@mwrasp/crypto/sign';

declare const keystore: Keystore;
declare const bytes: Uint8Array;
declare const follower: DirectoryFollower;
declare const identity: SignPublicKey;
declare const recipient: KemPublicKey;
declare const directory: KeyDirectory;

// A resolver of directories is one of sessions; a public key is a pin.
export const peer: PeerResolver = directoryResolver(follower);
verifyDirectory(bytes, { pinned: identity });

// @ts-expect-error directories are made by verifying them
new KeyDirectory();
// @ts-expect-error something has to be known
verifyDirectory(bytes);
// @ts-expect-error what was verified last is a directory, not its bytes
verifyDirectory(bytes, { previous: bytes });
// @ts-expect-error a pin has a key id
verifyDirectory(bytes, { pinned: { generation: 1 } });
// @ts-expect-error a directory has a number
await publishDirectory(keystore, { identity: 'service' });
// @ts-expect-error a generation, exactly
await linkIdentity(keystore, { from: 'service', to: 'service' });
// @ts-expect-error directories come from somewhere
new DirectoryFollower({ pinned: identity });
// @ts-expect-error bytes are not verified
directoryResolver(bytes);
// @ts-expect-error keys are not changed
directory.keys.push({ ref: { name: 'a', generation: 1 }, state: 'active', publicKey: recipient });
// @ts-expect-error a lease has a folder
fileLease({});
// @ts-expect-error a lease in Redis has a key
redisLease({ url: 'redis://127.0.0.1' });
