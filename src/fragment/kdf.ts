/**
 * The one-way function of the epoch keys: one call of SHA3-512 for each derivation.
 *
 * SP 800-56C rev. 2 §4.1, one-step key derivation, option 1 with H = SHA3-512 and a single block of output:
 * H(00 00 00 01 ‖ Z ‖ FixedInfo). SHA3-512 has no length extension, and every FixedInfo begins with a label of its own.
 *
 * @module
 */
import { allocateSecret, utf8, wipe } from '../bytes.ts';
import { registry } from '../engines/index.ts';
import { SHA3_512 } from '../params.ts';

/** Bytes of a chain key, a message key, an encryption key and a commitment. */
export const KEY_BYTES = 32;

/** What the two halves of an output are for. */
export const LABELS: {
  /** Message key and next chain key, from a chain key and the number of the epoch. */
  readonly epoch: Uint8Array;
  /** Encryption key and commitment, from a message key. */
  readonly keys: Uint8Array;
  /** Inner key and commitment of one message of the threshold form, from a message key and the message's secret. */
  readonly threshold: Uint8Array;
} = {
  epoch: /* @__PURE__ */ utf8('mwrasp-crypto/tf1/epoch'),
  keys: /* @__PURE__ */ utf8('mwrasp-crypto/tf1/keys'),
  threshold: /* @__PURE__ */ utf8('mwrasp-crypto/tf1/threshold'),
};

const COUNTER_BYTES = 4;

/**
 * Derives 64 bytes.
 *
 * @param secret - Z; wiped by whoever owns it.
 * @param label - One of {@link LABELS}.
 * @param info - What follows the label; its length depends on the label alone.
 * @param out - 64 bytes, for the caller to wipe.
 */
export function derive(secret: Uint8Array, label: Uint8Array, info: Uint8Array, out: Uint8Array): void {
  const input = allocateSecret(COUNTER_BYTES + secret.length + label.length + info.length);
  try {
    input[COUNTER_BYTES - 1] = 1;
    input.set(secret, COUNTER_BYTES);
    input.set(label, COUNTER_BYTES + secret.length);
    input.set(info, COUNTER_BYTES + secret.length + label.length);
    // The engine whose hash state is wiped after use; a native one leaves copies until they are collected.
    registry.capable('hash', 'wiped-state').sha3_512(input, out);
  } finally {
    wipe(input);
  }
}

/** A buffer for an output of {@link derive}. */
export function derivedBuffer(): Uint8Array {
  return allocateSecret(SHA3_512.digestBytes);
}
