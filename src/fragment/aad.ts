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
  /** Whose bytes stand behind the header now: those of one message are mostly those of the next. */
  binding: Uint8Array | undefined;
  context: Uint8Array | undefined;
}

const byLength = new Map<number, Aad>();

function make(headerBytes: number): Aad {
  const bytes = new Uint8Array(headerBytes + 2 * BINDING_BYTES);
  const nonce = bytes.subarray(INDEX_AT + 1 - AES_256_GCM.nonceBytes, INDEX_AT + 1);
  const aad: Aad = { bytes, nonce, binding: undefined, context: undefined };
  byLength.set(headerBytes, aad);
  return aad;
}

/**
 * The AAD of the fragments of one message, whose header is still to be written at its start; between them, only the index
 * changes. Good until the next call.
 *
 * @param context - The hash of the context. Neither it nor the binding ever changes its bytes: {@link Parties} are made
 *   once, and `contextHash` makes another array for another context.
 */
export function aadFor(headerBytes: number, { binding }: Parties, context: Uint8Array): Aad {
  const aad = byLength.get(headerBytes) ?? make(headerBytes);
  if (aad.binding !== binding) {
    aad.bytes.set(binding, headerBytes);
    aad.binding = binding;
  }
  if (aad.context !== context) {
    aad.bytes.set(context, headerBytes + BINDING_BYTES);
    aad.context = context;
  }
  return aad;
}

/**
 * {@link aadFor} with the header of a fragment in it.
 *
 * @param fragment - Its header comes first.
 * @param context - The hash of the context.
 */
export function aadOf(fragment: Uint8Array, headerBytes: number, parties: Parties, context: Uint8Array): Aad {
  const aad = aadFor(headerBytes, parties, context);
  const { bytes } = aad;
  for (let i = 0; i < headerBytes; i++) bytes[i] = fragment[i] as number;
  return aad;
}
