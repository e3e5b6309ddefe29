/**
 * Signed receipts of destruction: a host's claim that it zeroed keys, and how late the latest was.
 *
 * Receipt: preamble `MWZ` 1 (4), id of the vault (16), time to live and epoch length in milliseconds (4 each), what wiped
 * (1: 1 thread, 2 timer), keys destroyed (8), longest lag in microseconds (4), newest epoch (4), wall time from and until in
 * milliseconds (8 each), ML-DSA-87 signature (4627) of everything before it with the context
 * `mwrasp-crypto/fragment/v1/receipt`.
 *
 * @module
 */
import { checkBytes, readUint32, toHex, utf8 } from '../bytes.ts';
import { type Signer, toSigner } from '../envelope/session.ts';
import { AuthenticationError, InputError } from '../errors.ts';
import { ML_DSA_87 } from '../params.ts';
import { checkPreamble, PREAMBLE_BYTES, writePreamble } from '../preamble.ts';
import { type SignPrivateKey, type SignPublicKey, verify } from '../sign/index.ts';
import { ID_BYTES } from './format.ts';
import type { WipedBy } from './slab/wiping.ts';

const CONTEXT = /* @__PURE__ */ utf8('mwrasp-crypto/fragment/v1/receipt');

const TTL_AT = PREAMBLE_BYTES + ID_BYTES;
const EPOCH_MS_AT = TTL_AT + 4;
const WIPED_BY_AT = EPOCH_MS_AT + 4;
const DESTROYED_AT = WIPED_BY_AT + 1;
const MAX_LAG_AT = DESTROYED_AT + 8;
const NEWEST_AT = MAX_LAG_AT + 4;
const SINCE_AT = NEWEST_AT + 4;
const UNTIL_AT = SINCE_AT + 8;
const BODY_BYTES = UNTIL_AT + 8;

/** Bytes of a receipt. */
export const RECEIPT_BYTES: number = BODY_BYTES + ML_DSA_87.signatureBytes;

const WIPED_BY: readonly (WipedBy | undefined)[] = [undefined, 'thread', 'timer'];

/** What a receipt says. */
export interface DestructionReceipt {
  /** Id of the vault, 32 hexadecimal digits. */
  readonly id: string;
  readonly ttlMs: number;
  readonly epochMs: number;
  readonly wipedBy: WipedBy;
  /** Keys that were zeroed at their time. */
  readonly destroyed: number;
  /** The longest that one of them was late. */
  readonly maxLagMs: number;
  /** The epoch that began last. */
  readonly newestEpoch: number;
  /** When the vault was made, by the host's wall clock, milliseconds since the Unix epoch. */
  readonly sinceMs: number;
  /** When the receipt was signed. */
  readonly untilMs: number;
}

/** The same, with the bytes of the id. */
export interface ReceiptFields extends Omit<DestructionReceipt, 'id'> {
  readonly id: Uint8Array;
}

/** Writes a receipt and has it signed. */
export async function makeReceipt(
  signer: SignPrivateKey | Signer,
  fields: ReceiptFields,
): Promise<Uint8Array> {
  const { sign } = toSigner(signer ?? null, 'signer');
  const receipt = new Uint8Array(RECEIPT_BYTES);
  const view = new DataView(receipt.buffer);
  writePreamble(receipt, 'Z');
  receipt.set(fields.id, PREAMBLE_BYTES);
  view.setUint32(TTL_AT, fields.ttlMs);
  view.setUint32(EPOCH_MS_AT, fields.epochMs);
  view.setUint8(WIPED_BY_AT, WIPED_BY.indexOf(fields.wipedBy));
  view.setBigUint64(DESTROYED_AT, BigInt(fields.destroyed));
  view.setUint32(MAX_LAG_AT, Math.min(Math.round(fields.maxLagMs * 1000), 2 ** 32 - 1));
  view.setUint32(NEWEST_AT, fields.newestEpoch);
  view.setBigUint64(SINCE_AT, BigInt(fields.sinceMs));
  view.setBigUint64(UNTIL_AT, BigInt(fields.untilMs));
  const signature = await sign(receipt.slice(0, BODY_BYTES), { context: CONTEXT });
  // A signer of the caller's may return anything; the receipt has room for a signature only.
  checkBytes('signer', signature, ML_DSA_87.signatureBytes);
  receipt.set(signature, BODY_BYTES);
  return receipt;
}

/**
 * Checks a receipt's signature and reads it. It is the claim of whoever holds the key, not a proof.
 *
 * @param publicKey - The key of the host that signed.
 * @param receipt - What `receipt()` of a vault made.
 * @returns What it says.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_FORMAT`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a receipt of another release.
 * @throws {@link AuthenticationError} when the signature is another's, or something was changed.
 * @example const { destroyed, maxLagMs } = verifyReceipt(publicKey, receipt);
 */
export function verifyReceipt(publicKey: SignPublicKey, receipt: Uint8Array): DestructionReceipt {
  checkBytes('receipt', receipt);
  checkPreamble('receipt', receipt, 'Z');
  checkBytes('receipt', receipt, RECEIPT_BYTES);
  // A copy, also of a Buffer, whose own slice is none.
  const signed = new Uint8Array(receipt.subarray(0, BODY_BYTES));
  if (!verify(publicKey, signed, receipt.subarray(BODY_BYTES), { context: CONTEXT })) {
    throw new AuthenticationError();
  }
  const view = new DataView(signed.buffer);
  const wipedBy = WIPED_BY[view.getUint8(WIPED_BY_AT)];
  if (wipedBy === undefined) {
    throw new InputError('ERR_INPUT_FORMAT', 'receipt', 'a receipt of destruction', 'one of another wiping');
  }
  return {
    id: toHex(signed.subarray(PREAMBLE_BYTES, TTL_AT)),
    ttlMs: readUint32(signed, TTL_AT),
    epochMs: readUint32(signed, EPOCH_MS_AT),
    wipedBy,
    destroyed: Number(view.getBigUint64(DESTROYED_AT)),
    maxLagMs: readUint32(signed, MAX_LAG_AT) / 1000,
    newestEpoch: readUint32(signed, NEWEST_AT),
    sinceMs: Number(view.getBigUint64(SINCE_AT)),
    untilMs: Number(view.getBigUint64(UNTIL_AT)),
  };
}
