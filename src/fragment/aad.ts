/**
 * The additional authenticated data of a fragment: header ‖ binding ‖ hash of the context. What is made here is used for one
 * message at a time, again and again.
 *
 * @module
 */
import { BINDING_BYTES, type Parties } from './parties.ts';

const byLength = new Map<number, Uint8Array>();

/**
 * The AAD of the fragments of one message; between them, only the index changes. Good until the next call.
 *
 * @param fragment - Its header comes first.
 */
export function aadOf(
  fragment: Uint8Array,
  headerBytes: number,
  parties: Parties,
  context: Uint8Array,
): Uint8Array {
  let aad = byLength.get(headerBytes);
  if (aad === undefined) {
    aad = new Uint8Array(headerBytes + 2 * BINDING_BYTES);
    byLength.set(headerBytes, aad);
  }
  for (let i = 0; i < headerBytes; i++) aad[i] = fragment[i] as number;
  aad.set(parties.binding, headerBytes);
  aad.set(context, headerBytes + BINDING_BYTES);
  return aad;
}
