/**
 * The only values that reach native code: handles, and attributes that are already bytes. A number or a text that native code
 * does not expect would end the process.
 *
 * @module
 */
import { CKA, type CKO } from './constants.ts';

/** A session, slot or object, as the binding gives it: CK_ULONG, 8 bytes. */
export type Handle = Buffer;

/** Attributes: type, and value as bytes. */
export type Template = readonly (readonly [type: number, value: Buffer])[];

/** A CK_ULONG, little-endian as on every system that is supported. */
export function ulong(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeUInt32LE(value);
  return out;
}

/** A CK_BBOOL. */
export function bool(value: boolean): Buffer {
  return Buffer.from([value ? 1 : 0]);
}

/** A copy in memory that nobody else writes to or takes away while native code reads it. */
export function copyOf(bytes: Uint8Array): Buffer {
  const out = Buffer.allocUnsafeSlow(bytes.length);
  out.set(bytes);
  return out;
}

/** The same memory as a Buffer. */
export function viewOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

/** Eight zeros: a view of no bytes of them is not nothing. */
const SOMEWHERE = new Uint8Array(new ArrayBuffer(8));

/**
 * Bytes for native code. Of an array without a byte the binding makes a null pointer, by which some calls are questions for a
 * length; a view of a longer one is none.
 */
export function withPointer(bytes: Uint8Array): Uint8Array {
  return bytes.length > 0 ? bytes : SOMEWHERE.subarray(0, 0);
}

/** What every object of ours has: its class and its id. */
export function identity(objectClass: (typeof CKO)[keyof typeof CKO], id: Uint8Array): Template {
  return [
    [CKA.CLASS, ulong(objectClass)],
    [CKA.ID, copyOf(id)],
  ];
}
