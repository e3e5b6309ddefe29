/**
 * What all fragments of one vault, or of one session, have in common, and the authenticated data that follows from it.
 *
 * AAD of a fragment: its header ‖ length (4) ‖ binding ‖ length (4) ‖ SHA3-512 of the application's context. The binding
 * of a session is what both sides agreed on, identities and their generations included; that of a vault is empty. Without
 * a context, the last part is empty as well.
 *
 * @module
 */
import { allocate, equal, uintBytes } from '../bytes.ts';
import { engine } from '../engines/index.ts';
import { SHA3_512 } from '../params.ts';

/** Longest context, bytes. */
export const MAX_CONTEXT_BYTES: number = 2 ** 16;

const EMPTY = new Uint8Array(0);
const LENGTH_BYTES = 4;

/** Authenticated data of fragments; the header in it is for the caller to fill in. */
export interface Frame {
  readonly aad: Uint8Array;
  /** The part of it that stands in the fragment. */
  readonly head: Uint8Array;
}

/** One vault, or one session. */
export class Channel {
  /** 16 random bytes. */
  readonly id: Uint8Array;
  readonly ttlMs: number;
  readonly #binding: Uint8Array;
  #context: Uint8Array = EMPTY;
  #contextDigest: Uint8Array = EMPTY;
  #frame: Frame = { aad: EMPTY, head: EMPTY };
  #frameDigest: Uint8Array | undefined;

  /**
   * @param id - 16 bytes.
   * @param ttlMs - Time to live.
   * @param binding - What both sides agreed on.
   */
  constructor(id: Uint8Array, ttlMs: number, binding: Uint8Array = EMPTY) {
    this.id = id;
    this.ttlMs = ttlMs;
    this.#binding = binding;
  }

  /**
   * Authenticated data whose header is still to be filled in; valid until the next call.
   *
   * @param headerBytes - Bytes of the header.
   * @param context - The application's context; empty for none.
   */
  frame(headerBytes: number, context: Uint8Array): Frame {
    const digest = this.#digestOf(context);
    if (this.#frame.head.length !== headerBytes || this.#frameDigest !== digest) {
      const binding = this.#binding;
      const aad = allocate(headerBytes + 2 * LENGTH_BYTES + binding.length + digest.length);
      let at = headerBytes;
      for (const part of [binding, digest]) {
        aad.set(uintBytes(part.length, LENGTH_BYTES), at);
        aad.set(part, at + LENGTH_BYTES);
        at += LENGTH_BYTES + part.length;
      }
      this.#frame = { aad, head: aad.subarray(0, headerBytes) };
      this.#frameDigest = digest;
    }
    return this.#frame;
  }

  /** Most applications use one context again and again: the last one is not hashed twice. */
  #digestOf(context: Uint8Array): Uint8Array {
    if (context.length === 0) return EMPTY;
    if (!equal(context, this.#context)) {
      const digest = new Uint8Array(SHA3_512.digestBytes);
      engine('hash').sha3_512(context, digest);
      this.#context = context.slice();
      this.#contextDigest = digest;
    }
    return this.#contextDigest;
  }
}
