/**
 * Values for arguments: keys and bytes that are right somewhere, and everything that is wrong almost everywhere.
 *
 * @module
 */
import { runInNewContext } from 'node:vm';
import { SecretBytes } from '@mwrasp/crypto';
import { AeadKey } from '@mwrasp/crypto/aead';
import { exportPublicKey } from '@mwrasp/crypto/encodings';
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import { KemPrivateKey, KemPublicKey } from '@mwrasp/crypto/kem';
import { Mu, SignPrivateKey, SignPublicKey } from '@mwrasp/crypto/sign';

/** Bytes that look like nothing else, so that they are found wherever they show. */
export function sample(sizeBytes: number, start = 41): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, i) => (start + i * 73 + ((i * i) >> 3)) & 0xff);
}

/** Every secret that goes into a call. */
export const SECRETS = {
  kemSeed: sample(64, 1),
  signSeed: sample(32, 2),
  otherSignSeed: sample(32, 3),
  aeadKey: sample(32, 4),
  bytes: sample(32, 5),
} as const;

/** Live keys; no test disposes them. */
export const kemPrivate: KemPrivateKey = KemPrivateKey.fromSeed(SECRETS.kemSeed);
export const kemPublic: KemPublicKey = kemPrivate.publicKey;
export const signPrivate: SignPrivateKey = SignPrivateKey.fromSeed(SECRETS.signSeed);
export const signPublic: SignPublicKey = signPrivate.publicKey;
export const otherSignPublic: SignPublicKey = SignPrivateKey.fromSeed(SECRETS.otherSignSeed).publicKey;
export const aeadKey: AeadKey = AeadKey.fromBytes(SECRETS.aeadKey);
export const secret: SecretBytes = SecretBytes.from(SECRETS.bytes);
export const mu: Mu = Mu.fromBytes(sample(64, 6));

function disposed<T extends { dispose(): void }>(value: T): T {
  value.dispose();
  return value;
}

/** What a hostile object throws: nothing of this library. */
export class Hostile extends Error {}

function hostile(): never {
  throw new Hostile('this was thrown by an argument');
}

const TRAPS: readonly (keyof ProxyHandler<object>)[] = [
  'apply',
  'construct',
  'defineProperty',
  'deleteProperty',
  'get',
  'getOwnPropertyDescriptor',
  'getPrototypeOf',
  'has',
  'isExtensible',
  'ownKeys',
  'preventExtensions',
  'set',
  'setPrototypeOf',
];

function hostileProxy(target: object): object {
  return new Proxy(target, Object.fromEntries(TRAPS.map((trap) => [trap, hostile])));
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** An object whose every property of a name that this library knows throws. */
export function throwingGetters(...names: readonly string[]): object {
  const get = { get: hostile, enumerable: true };
  return Object.defineProperties({}, Object.fromEntries(names.map((name) => [name, get])));
}

/** Bytes whose buffer went to somebody else. */
export function detached(sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

interface ResizableBuffers {
  new (
    sizeBytes: number,
    options: { maxByteLength: number },
  ): ArrayBuffer & { resize(sizeBytes: number): void };
}

const ResizableBuffer = ArrayBuffer as unknown as ResizableBuffers;

/** Bytes whose buffer shrank to less than where they begin. */
export function outOfBounds(sizeBytes: number): Uint8Array {
  const buffer = new ResizableBuffer(sizeBytes + 8, { maxByteLength: sizeBytes + 8 });
  const bytes = new Uint8Array(buffer, 8, sizeBytes);
  buffer.resize(4);
  return bytes;
}

/** Bytes that say another length than they have. */
export function lying(bytes: Uint8Array, length: number): Uint8Array {
  class Lying extends Uint8Array<ArrayBuffer> {
    override get length(): number {
      return length;
    }
  }
  return new Lying(Uint8Array.from(bytes).buffer);
}

/** The same bytes in every form that is a Uint8Array. */
export function formsOf(bytes: Uint8Array): Readonly<Record<string, () => Uint8Array>> {
  return {
    'a Buffer': () => Buffer.from(bytes),
    'a part of a larger buffer': () => {
      const whole = new Uint8Array(bytes.length + 9);
      whole.set(bytes, 5);
      return whole.subarray(5, 5 + bytes.length);
    },
    'shared memory': () => {
      const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
      shared.set(bytes);
      return shared;
    },
    'a buffer that could grow': () => {
      const growing = new Uint8Array(new ResizableBuffer(bytes.length, { maxByteLength: bytes.length + 8 }));
      growing.set(bytes);
      return growing;
    },
    'bytes of another realm': () => {
      const foreign = runInNewContext(`new Uint8Array(${bytes.length})`) as Uint8Array;
      foreign.set(bytes);
      return foreign;
    },
  };
}

/** PEM of a private key, which belongs into one function only. */
export const privatePem: string = exportPrivateKey(signPrivate, 'pem');
export const publicPem: string = exportPublicKey(signPublic, 'pem');

/** A value, made anew for each call. */
export type Maker = () => unknown;

/** Values that are tried for every argument. */
export const COMMON = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  false: () => false,
  '0': () => 0,
  '-1': () => -1,
  '1.5': () => 1.5,
  '2^53': () => 2 ** 53,
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  'an empty string': () => '',
  'a string': () => 'Text of no use',
  'a long string': () => 'x'.repeat(1_000_000),
  'a private key in PEM': () => privatePem,
  'a public key in PEM': () => publicPem,
  'a symbol': () => Symbol('symbol'),
  'a bigint': () => 7n,
  'a function': () => () => undefined,
  'a class': () => class Nothing {},
  'an empty array': () => [],
  'an array of numbers': () => [1, 2, 3],
  'an array of holes': () => new Array(4),
  'an empty object': () => ({}),
  'an object without prototype': () => Object.create(null),
  'an object that inherits': () => Object.create({ length: 32, context: sample(3) }),
  'a date': () => new Date(0),
  'an invalid date': () => new Date(Number.NaN),
  'a map': () => new Map(),
  'a regular expression': () => /x/g,
  'an error': () => new Error('an error'),
  'a promise of bytes': () => Promise.resolve(sample(32)),
  'a private JWK': () => exportPrivateKey(signPrivate, 'jwk'),
  'a proxy that throws': () => hostileProxy({}),
  'a proxy of an array that throws': () => hostileProxy([]),
  'a proxy of a function that throws': () => hostileProxy(() => undefined),
  'a revoked proxy': () => revoked({}),
  'a revoked proxy of an array': () => revoked([]),
  'a proxy of bytes': () => new Proxy(new Uint8Array(32), {}),
  'a proxy of a key': () => new Proxy(kemPublic, {}),
  'an object whose constructor throws': () => throwingGetters('constructor'),
  'an object whose properties throw': () =>
    throwingGetters('length', 'name', 'publicKey', 'wallMs', 'kty', 'keys', 'then', 'disposed', 'algorithm'),
  'an ArrayBuffer': () => new ArrayBuffer(32),
  'a SharedArrayBuffer': () => new SharedArrayBuffer(32),
  'a DataView': () => new DataView(new ArrayBuffer(32)),
  'a Uint16Array': () => new Uint16Array(16),
  'a Uint8ClampedArray': () => new Uint8ClampedArray(32),
  'no bytes': () => new Uint8Array(0),
  'seven bytes': () => sample(7),
  'bytes that were transferred': () => detached(32),
  'bytes out of bounds': () => outOfBounds(32),
  'bytes with a length of their own': () => lying(sample(32), 64),
  'an imitation of bytes': () => Object.create(Uint8Array.prototype),
  'an imitation of a secret': () => Object.create(SecretBytes.prototype),
  'an imitation of a KEM public key': () => Object.create(KemPublicKey.prototype),
  'an imitation of a KEM private key': () => Object.create(KemPrivateKey.prototype),
  'an imitation of a public key for signatures': () => Object.create(SignPublicKey.prototype),
  'an imitation of a private key for signatures': () => Object.create(SignPrivateKey.prototype),
  'an imitation of an AEAD key': () => Object.create(AeadKey.prototype),
  'an imitation of a Mu': () => Object.create(Mu.prototype),
  'a key with the prototype of the other algorithm': () =>
    Object.setPrototypeOf(SignPublicKey.fromBytes(signPublic.toBytes()), KemPublicKey.prototype),
  'a secret': () => secret,
  'a KEM public key': () => kemPublic,
  'a KEM private key': () => kemPrivate,
  'a public key for signatures': () => signPublic,
  'a private key for signatures': () => signPrivate,
  'an AEAD key': () => aeadKey,
  'a Mu': () => mu,
  'a disposed secret': () => disposed(SecretBytes.from(SECRETS.bytes)),
  'a disposed KEM private key': () => disposed(KemPrivateKey.fromSeed(SECRETS.kemSeed)),
  'a disposed private key for signatures': () => disposed(SignPrivateKey.fromSeed(SECRETS.signSeed)),
  'a disposed AEAD key': () => disposed(AeadKey.fromBytes(SECRETS.aeadKey)),
} satisfies Record<string, Maker>;

/** The name of a common value. */
export type CommonLabel = keyof typeof COMMON;

/** Whether a text shows a part of a secret, in any of the usual ways to write one. */
export function showsSecret(text: string): boolean {
  return NEEDLES.some((needle) => text.includes(needle));
}

const NEEDLES: readonly string[] = Object.values(SECRETS).flatMap((bytes) =>
  [0, 9, 24].flatMap((offset) => needlesOf(Buffer.from(bytes.subarray(offset, offset + 8)))),
);

function needlesOf(part: Buffer): string[] {
  const hex = part.toString('hex');
  // Base64 depends on what is before: two bytes at most, whose digits and the last ones are left out.
  const base64 = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), part])
      .toString('base64')
      .slice(before === 0 ? 0 : 4, 10),
  );
  const base64Url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  const spaced = hex.replaceAll(/..(?!$)/g, '$& ');
  return [hex, hex.toUpperCase(), spaced, part.join(','), part.join(', '), ...base64, ...base64Url];
}
