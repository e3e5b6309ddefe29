/**
 * Checks of arguments, and byte strings: concatenation, constant-time comparison, wiping, text encodings.
 *
 * @module
 */
import { InputError, UnsupportedError } from './errors.ts';

const TYPED_ARRAY: object = Object.getPrototypeOf(Uint8Array.prototype);

/** A getter as a function. Unlike a property, it cannot be answered for by a proxy, a subclass or a prototype. */
function getterOf(name: PropertyKey): (value: unknown) => unknown {
  const { get } = Object.getOwnPropertyDescriptor(TYPED_ARRAY, name) as { get: () => unknown };
  return Function.prototype.call.bind(get);
}

const typeOf = getterOf(Symbol.toStringTag);
const lengthOf = getterOf('length');

/** Whether a value is a Uint8Array, of whatever realm; as fast as `instanceof`, and no foreign code can answer it. */
export function isBytes(value: unknown): value is Uint8Array {
  return typeOf(value) === 'Uint8Array';
}

/** Whether a value is an object, so that `#field in value` may be asked. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Says what a value is, in an error message, without showing what it holds. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (isBytes(value)) return isUsable(value) ? `${lengthOf(value)} bytes` : 'bytes that are no longer there';
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'number':
    case 'boolean':
      return `${typeof value} ${String(value)}`;
    case 'string':
      return `a string of ${value.length} characters`;
    case 'object':
      return describeObject(value);
    default:
      return `a ${typeof value}`;
  }
}

function describeObject(value: object): string {
  try {
    if (Array.isArray(value)) return `an array of ${value.length}`;
    const name: unknown = value.constructor?.name;
    return typeof name === 'string' && name !== 'Object' ? `a ${name.slice(0, 64)}` : 'an object';
  } catch {
    return UNREADABLE;
  }
}

const UNREADABLE = 'an object that cannot be read';

/**
 * Reads from an object of the caller's, whose getters and proxy traps are the caller's code: what they throw is told as
 * a wrong argument.
 *
 * @param argument - The argument's name, for the error.
 * @param expected - What the argument has to be, for the error.
 * @param read - Reads each property once, and does nothing else.
 * @throws {@link InputError} `ERR_INPUT_TYPE`.
 */
export function readFrom<T>(argument: string, expected: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new InputError('ERR_INPUT_TYPE', argument, expected, UNREADABLE, { cause });
  }
}

/** How long a byte argument may be; an exact number, or a range of which either end may be open. */
export type ByteLength = number | { readonly min?: number; readonly max?: number };

/** False for bytes whose buffer was transferred or shrunk under them, which have a length of 0. */
function isUsable(bytes: Uint8Array): boolean {
  if (lengthOf(bytes) !== 0) return true;
  try {
    Uint8Array.prototype.at.call(bytes, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Checks that an argument is a byte string of the right length.
 *
 * @param argument - The argument's name, for the error.
 * @param value - What the caller passed. A Node `Buffer` is a `Uint8Array` and is accepted.
 * @param length - Bytes expected; any length when absent.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`.
 */
export function checkBytes(
  argument: string,
  value: unknown,
  length?: ByteLength,
): asserts value is Uint8Array {
  if (!isBytes(value)) {
    throw new InputError('ERR_INPUT_TYPE', argument, 'a Uint8Array', describe(value));
  }
  checkLength(argument, value.length, length);
  // Neither may pass for another number of bytes: a buffer that is gone for none, or a length of its own.
  const actual = lengthOf(value);
  if (actual !== value.length) {
    throw new InputError('ERR_INPUT_TYPE', argument, 'a Uint8Array', 'one with a length of its own');
  }
  if (actual === 0 && !isUsable(value)) {
    throw new InputError('ERR_INPUT_TYPE', argument, 'a Uint8Array', describe(value));
  }
}

function checkLength(argument: string, actual: number, length: ByteLength | undefined): void {
  if (length === undefined) return;
  if (typeof length === 'number') {
    if (actual !== length) {
      throw new InputError('ERR_INPUT_LENGTH', argument, `${length} bytes`, `${actual} bytes`);
    }
    return;
  }
  const { min = 0, max = Number.POSITIVE_INFINITY } = length;
  if (actual < min || actual > max) {
    const expected = max === Number.POSITIVE_INFINITY ? `at least ${min}` : `${min} to ${max}`;
    throw new InputError('ERR_INPUT_LENGTH', argument, `${expected} bytes`, `${actual} bytes`);
  }
}

/** An object literal, of whatever realm: not an array, a buffer, a key or another object with a class of its own. */
function isPlainObject(value: object): boolean {
  if (Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Copies an options bag, whatever names are in it: each option is read once.
 *
 * @param argument - The argument's name, for the error.
 * @param value - What the caller passed.
 * @throws {@link InputError} `ERR_INPUT_TYPE` when it is no plain object.
 */
export function copyOptions<T extends object>(argument: string, value: T): T {
  const options = readFrom(argument, 'an options object', () =>
    isObject(value) && isPlainObject(value) ? { ...value } : undefined,
  );
  if (options === undefined) {
    throw new InputError('ERR_INPUT_TYPE', argument, 'an options object', describe(value));
  }
  return options;
}

/**
 * Checks an options bag: a plain object (or absent) with only known names.
 *
 * @param argument - The argument's name, for the error.
 * @param value - What the caller passed.
 * @param known - The names that mean something.
 * @returns A copy to work with, empty when absent: each option was read once.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`.
 */
export function checkOptions<T extends object>(
  argument: string,
  value: T | undefined,
  known: readonly string[],
): Partial<T> {
  if (value === undefined) return {};
  const options = copyOptions(argument, value);
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      const expected = known.length === 0 ? 'no options' : `only ${known.join(', ')}`;
      throw new InputError('ERR_INPUT_OPTION', argument, expected, `unknown option "${name.slice(0, 64)}"`);
    }
  }
  return options;
}

/**
 * Checks an array and each of its elements, in order, up to the first wrong one; each is read once.
 *
 * @param argument - The argument's name, for the error.
 * @param value - What the caller passed.
 * @param expected - What it has to be, for the error.
 * @param check - Checks an element by its name, and says what to keep of it.
 * @throws {@link InputError} `ERR_INPUT_TYPE`.
 */
export function checkArray<T>(
  argument: string,
  value: unknown,
  expected: string,
  check: (name: string, element: unknown) => T,
): T[] {
  const array = readFrom(argument, expected, () => (Array.isArray(value) ? (value as unknown[]) : undefined));
  if (array === undefined) throw new InputError('ERR_INPUT_TYPE', argument, expected, describe(value));
  const checked: T[] = [];
  for (let i = 0; i < readFrom(argument, expected, () => array.length); i++) {
    const name = `${argument}[${i}]`;
    const element = readFrom(name, expected, () => array[i]);
    checked.push(check(name, element));
  }
  return checked;
}

/** What constructors that are not for callers are called with: TypeScript's `private` is not there at run time. */
export const INTERNAL: unique symbol = Symbol('internal');

/**
 * Refuses a constructor that is not for callers: what it would hold was never checked.
 *
 * @param token - {@link INTERNAL}, when the call comes from this library.
 * @param className - The class, for the error.
 * @throws {@link InputError} `ERR_INPUT_TYPE`.
 */
export function checkInternal(token: typeof INTERNAL, className: string): void {
  if (token !== INTERNAL) {
    const expected = `a function or static method that makes a ${className}`;
    throw new InputError('ERR_INPUT_TYPE', 'constructor', expected, `new ${className}`);
  }
}

/**
 * Checks an integer argument.
 *
 * @param argument - The argument's name, for the error.
 * @param value - What the caller passed.
 * @param min - Smallest value allowed.
 * @param max - Largest value allowed.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`.
 */
export function checkInteger(
  argument: string,
  value: unknown,
  min: number,
  max: number,
): asserts value is number {
  if (typeof value !== 'number') {
    throw new InputError('ERR_INPUT_TYPE', argument, 'a number', describe(value));
  }
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new InputError('ERR_INPUT_RANGE', argument, `an integer from ${min} to ${max}`, String(value));
  }
}

/** Below this, zeroed memory costs no more than memory that is not. */
const UNZEROED_FROM_BYTES = 4096;

interface BufferAllocator {
  readonly Buffer?: { allocUnsafeSlow?(length: number): Uint8Array<ArrayBuffer> };
}

/**
 * A new array whose every byte the caller will write: not zeroed where the runtime can spare that (a tenth of the time
 * of sealing 16 KiB), and never part of a shared pool.
 *
 * @param length - Bytes.
 */
export function allocate(length: number): Uint8Array<ArrayBuffer> {
  const { Buffer } = globalThis as BufferAllocator;
  if (length < UNZEROED_FROM_BYTES || Buffer?.allocUnsafeSlow === undefined) return new Uint8Array(length);
  const { buffer, byteOffset } = Buffer.allocUnsafeSlow(length);
  return new Uint8Array(buffer, byteOffset, length);
}

/**
 * A new array for a secret. The engines of JavaScript keep short arrays among their own objects, which they move when they
 * collect garbage, and leave copies that nobody can wipe; this one stays where it is.
 *
 * @param length - Bytes.
 */
export function allocateSecret(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(length));
}

/**
 * A copy of a secret, in an array as {@link allocateSecret} makes it.
 *
 * @param bytes - The secret.
 */
export function copySecret(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = allocateSecret(bytes.length);
  copy.set(bytes);
  return copy;
}

/**
 * Joins byte strings into one new array.
 *
 * @param parts - What to join, in order.
 * @returns A new array that shares no memory with its parts.
 */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = allocate(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/**
 * Compares two byte strings in time that depends on their lengths only, as far as a JIT compiler allows.
 *
 * @param a - One byte string.
 * @param b - The other.
 * @returns Whether they are the same.
 */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

/**
 * {@link equal} for a part of a byte string, without making a view of it.
 *
 * @param bytes - The byte string.
 * @param offset - Where the part begins.
 * @param expected - What the part must be.
 * @returns Whether it is; false when the byte string ends too early.
 */
export function equalAt(bytes: Uint8Array, offset: number, expected: Uint8Array): boolean {
  if (bytes.length < offset + expected.length) return false;
  let difference = 0;
  for (let i = 0; i < expected.length; i++)
    difference |= (bytes[offset + i] as number) ^ (expected[i] as number);
  return difference === 0;
}

/**
 * Fills an array from a part of another, byte by byte: for a few bytes quicker than making a view of the part.
 *
 * @param bytes - Where the bytes come from.
 * @param offset - Where the part begins.
 * @param out - Where they go; as many as it has room for, and `bytes` must have them.
 */
export function copyFrom(bytes: Uint8Array, offset: number, out: Uint8Array): void {
  for (let i = 0; i < out.length; i++) out[i] = bytes[offset + i] as number;
}

/**
 * Overwrites buffers with zeros.
 *
 * @param buffers - Buffers that this code owns.
 */
export function wipe(...buffers: readonly (Uint8Array | undefined)[]): void {
  for (const buffer of buffers) buffer?.fill(0);
}

/** `crypto.getRandomValues` refuses more than this at once. */
const RANDOM_QUOTA_BYTES = 65536;

/**
 * Fills a buffer from the runtime's cryptographic random generator.
 *
 * @param out - Where the random bytes go.
 * @returns The same buffer.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_RUNTIME` when the runtime has no generator or it fails.
 */
export function randomFill<T extends Uint8Array>(out: T): T {
  try {
    for (let offset = 0; offset < out.length; offset += RANDOM_QUOTA_BYTES) {
      // Nonces and seeds go as they are: making a view is a part of the cost of a small message.
      const isShort = out.length <= RANDOM_QUOTA_BYTES;
      const part: Uint8Array = isShort ? out : out.subarray(offset, offset + RANDOM_QUOTA_BYTES);
      globalThis.crypto.getRandomValues(part as Uint8Array<ArrayBuffer>);
    }
  } catch (cause) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_RUNTIME',
      'the random generator of this runtime failed: crypto.getRandomValues is needed',
      { cause },
    );
  }
  return out;
}

/** Big-endian bytes of an unsigned integer. */
export function uintBytes(value: number, sizeBytes: 1 | 2 | 4 | 8): Uint8Array {
  const out = new Uint8Array(sizeBytes);
  const view = new DataView(out.buffer);
  if (sizeBytes === 1) view.setUint8(0, value);
  else if (sizeBytes === 2) view.setUint16(0, value);
  else if (sizeBytes === 4) view.setUint32(0, value);
  else view.setBigUint64(0, BigInt(value));
  return out;
}

/** The big-endian integer of two bytes at `offset`, which must lie inside `bytes`. */
export function readUint16(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint16(offset);
}

/** The big-endian integer of four bytes at `offset`, which must lie inside `bytes`. */
export function readUint32(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset);
}

const encoder = new TextEncoder();

/** UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal of public bytes. Not for secrets: strings cannot be wiped. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/**
 * Bytes of a hexadecimal text, either case.
 *
 * @param text - An even number of hexadecimal digits.
 * @param argument - The argument's name, for the error.
 * @throws {@link InputError} `ERR_INPUT_FORMAT`.
 */
export function fromHex(text: string, argument = 'text'): Uint8Array {
  if (typeof text !== 'string' || text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new InputError(
      'ERR_INPUT_FORMAT',
      argument,
      'an even number of hexadecimal digits',
      describe(text),
    );
  }
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return out;
}

/** Base64url without padding (RFC 4648 §5). */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += 0x2000) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 0x2000));
  }
  return btoa(binary);
}

interface Decoders {
  readonly Uint8Array: { fromBase64?(text: string): Uint8Array<ArrayBuffer> };
  readonly Buffer?: { from(text: string, encoding: 'base64'): Uint8Array<ArrayBuffer> };
}

/**
 * Bytes of a base64 text of our own, by the fastest way there is: checking one takes a cold process 1.3 ms for 6 kB, as long as
 * an engine takes for a key.
 *
 * @param text - Base64 that needs no check.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const { Uint8Array: Bytes, Buffer } = globalThis as unknown as Decoders;
  if (Bytes.fromBase64 !== undefined) return Bytes.fromBase64(text);
  if (Buffer !== undefined) return Buffer.from(text, 'base64');
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/**
 * Bytes of a base64 text with padding, and nothing else in it.
 *
 * @param text - Canonical base64 (RFC 4648 §4).
 * @param argument - The argument's name, for the error.
 * @throws {@link InputError} `ERR_INPUT_FORMAT`.
 */
export function fromBase64(text: string, argument = 'text'): Uint8Array {
  let out: Uint8Array | undefined;
  try {
    out = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    // reported below
  }
  // Re-encoding refuses white space, missing padding and stray bits, which atob forgives.
  if (out === undefined || toBase64(out) !== text) {
    throw new InputError('ERR_INPUT_FORMAT', argument, 'canonical base64', describe(text));
  }
  return out;
}

/**
 * Bytes of a base64url text without padding.
 *
 * @param text - Canonical base64url (RFC 4648 §5).
 * @param argument - The argument's name, for the error.
 * @throws {@link InputError} `ERR_INPUT_FORMAT`.
 */
export function fromBase64Url(text: string, argument = 'text'): Uint8Array {
  if (typeof text !== 'string' || !/^[A-Za-z0-9_-]*$/.test(text)) {
    throw new InputError('ERR_INPUT_FORMAT', argument, 'base64url without padding', describe(text));
  }
  const padding = '='.repeat((4 - (text.length % 4)) % 4);
  return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/') + padding, argument);
}
