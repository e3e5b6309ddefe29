import {
  AuthenticationError,
  aead,
  type Clock,
  ExpiredError,
  hash,
  InputError,
  KeyStoreError,
  PqError,
  QuorumError,
  SecretBytes,
  systemClock,
  UnsupportedError,
} from '@mwrasp/crypto';

declare const bytes: Uint8Array;
declare const secret: SecretBytes;
declare const error: InputError;

// Secrets are made of bytes, and are not bytes themselves.
// @ts-expect-error the constructor is not for callers
new SecretBytes(bytes);
// @ts-expect-error a text cannot be wiped
SecretBytes.from('password');
// @ts-expect-error an array of numbers is no bytes
SecretBytes.from([1, 2, 3]);
// @ts-expect-error nor is a buffer
SecretBytes.adopt(new ArrayBuffer(32));
// @ts-expect-error a secret is no bytes
export const plain: Uint8Array = secret;
// @ts-expect-error a secret of a secret
SecretBytes.from(secret);
// @ts-expect-error its bytes are exposed on purpose only
secret[0];
// @ts-expect-error it does not become shorter
secret.length = 0;
// @ts-expect-error nor live again
secret.disposed = false;
// @ts-expect-error it has no encoding
secret.toString('hex');
// @ts-expect-error an object of the same shape is no secret
export const imitation: SecretBytes = { length: 0, disposed: false, expose: () => bytes, dispose() {} };
// @ts-expect-error a secret message is exposed before it is hashed
hash.sha3_512(secret);
// @ts-expect-error and before it is sealed
aead.seal(aead.AeadKey.generate(), secret);

// Errors have codes that exist, and parts that do not change.
// @ts-expect-error no such code
export const neverSo = error.code === 'ERR_INPUT_SOMETHING';
// @ts-expect-error no such code of this class
new InputError('ERR_KEYSTORE_IO', 'argument', 'this', 'that');
// @ts-expect-error nor of this one
new KeyStoreError('ERR_INPUT_TYPE', 'message');
// @ts-expect-error nor of this one
new ExpiredError('ERR_EXPIRED', 'message');
// @ts-expect-error nor of this one
new UnsupportedError('ERR_UNSUPPORTED', 'message');
// @ts-expect-error what was expected and what came are missing
new InputError('ERR_INPUT_TYPE', 'argument');
// @ts-expect-error that opening failed has one message, and no cause
new AuthenticationError('the tag was wrong');
// @ts-expect-error have and need are numbers
new QuorumError('2', '3');
// @ts-expect-error an error has a code
new PqError();
// @ts-expect-error which does not change
error.code = 'ERR_INPUT_KEY';
// @ts-expect-error nor the argument
error.argument = 'another';
// @ts-expect-error not every error of ours names an argument
export const argument = new PqError('CODE', 'message').argument;

// Time is told by two clocks, in milliseconds.
// @ts-expect-error a date is no clock
export const date: Clock = Date;
// @ts-expect-error one hand is missing
export const half: Clock = { wallMs: () => 0 };
// @ts-expect-error a time is a number
export const later: Clock = { wallMs: () => 0, monotonicMs: async () => 0 };
// @ts-expect-error a clock is asked, not set
systemClock.wallMs(0);
