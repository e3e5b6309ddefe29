/**
 * The additional authenticated data of a fragment: header ‖ binding ‖ hash of the context. What is made here is used for one
 * message at a time, again and again.
 *
 * @module
 */
import { AES_256_GCM } from '../params.ts';
import { INDEX_AT } from './format.ts';
import { BINDING_BYTES, type Parties } from './parties.ts';

/** AAD, and the nonce that is a part of it. */
export interface Aad {
  readonly bytes: Uint8Array;
  readonly nonce: Uint8Array;
}

const byLength = new Map<number, Aad>();

function make(headerBytes: number): Aad {
  const bytes = new Uint8Array(headerBytes + 2 * BINDING_BYTES);
  const aad = { bytes, nonce: bytes.subarray(INDEX_AT + 1 - AES_256_GCM.nonceBytes, INDEX_AT + 1) };
  byLength.set(headerBytes, aad);
  return aad;
}

/**
 * The AAD of the fragments of one message; between them, only the index changes. Good until the next call.
 *
 * @param fragment - Its header comes first.
 * @param context - The hash of the context.
 */
export function aadOf(fragment: Uint8Array, headerBytes: number, parties: Parties, context: Uint8Array): Aad {
  const aad = byLength.get(headerBytes) ?? make(headerBytes);
  const { bytes } = aad;
  for (let i = 0; i < headerBytes; i++) bytes[i] = fragment[i] as number;
  bytes.set(parties.binding, headerBytes);
  bytes.set(context, headerBytes + BINDING_BYTES);
  return aad;
}
