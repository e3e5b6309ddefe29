/**
 * Who seals and who opens, and the application's context: what fragments are bound to without carrying it.
 *
 * @module
 */
import { concat, equal, utf8 } from '../bytes.ts';
import { engine } from '../engines/index.ts';
import { SHA3_512 } from '../params.ts';

/** Bytes of a binding and of a context's hash. */
export const BINDING_BYTES = 32;

const CONTEXT_DOMAIN = /* @__PURE__ */ utf8('mwrasp-crypto/fragment/v1/context');
const LOCAL_DOMAIN = /* @__PURE__ */ utf8('mwrasp-crypto/fragment/v1/local');

/** What the two ends of a chain agree on. */
export interface Parties {
  /** Of the vault or the session, 16 bytes. */
  readonly id: Uint8Array;
  /** Hash of both identities and their generations, 32 bytes. */
  readonly binding: Uint8Array;
}

/** The first 32 bytes of SHA3-512(domain ‖ bytes). */
function hashOf(domain: Uint8Array, bytes: Uint8Array): Uint8Array {
  const digest = new Uint8Array(SHA3_512.digestBytes);
  engine('hash').sha3_512(concat(domain, bytes), digest);
  return digest.slice(0, BINDING_BYTES);
}

/** A vault's parties: it is both of them. */
export function localParties(id: Uint8Array): Parties {
  return { id, binding: hashOf(LOCAL_DOMAIN, id) };
}

/** Contexts are mostly the same from one message to the next. */
const REMEMBERED_BYTES = 1024;
let last: { readonly context: Uint8Array; readonly hash: Uint8Array } | undefined;

/** The hash of an application's context. */
export function contextHash(context: Uint8Array): Uint8Array {
  if (last !== undefined && equal(last.context, context)) return last.hash;
  const hash = hashOf(CONTEXT_DOMAIN, context);
  if (context.length <= REMEMBERED_BYTES) last = { context: new Uint8Array(context), hash };
  return hash;
}
