/**
 * The mechanism AES-GCM as a token is given it: `CK_MECHANISM`, the `CK_GCM_PARAMS` of version 2.40 that it points at, the nonce
 * and the AAD that those point at, in one piece of memory that stays where it is. A session has one, and writes it anew for each
 * operation: making such memory would take as long as sealing a short message.
 *
 * @module
 */
import { AES_256_GCM } from '../../params.ts';
import { CKM } from './constants.ts';
import { viewOf } from './values.ts';

const { nonceBytes, tagBytes } = AES_256_GCM;

/** Places of the fields, in words of 8 bytes. */
const FIELD = {
  mechanism: 0,
  parameter: 1,
  parameterBytes: 2,
  iv: 3,
  ivBytes: 4,
  ivBits: 5,
  aad: 6,
  aadBytes: 7,
  tagBits: 8,
} as const;

const WORD_BYTES = 8;
const PARAMETER_OFFSET = FIELD.iv * WORD_BYTES;
const PARAMETER_BYTES = (FIELD.tagBits + 1 - FIELD.iv) * WORD_BYTES;
const NONCE_OFFSET = PARAMETER_OFFSET + PARAMETER_BYTES;
/** The nonce has a word more than it needs: what comes after it is where words are. */
const AAD_OFFSET = NONCE_OFFSET + 2 * WORD_BYTES;
/** A longer AAD stays where the caller has it. */
const AAD_ROOM = 512;

const NO_BYTES = new Uint8Array(0);

/** Where memory is that native code is given. */
export interface Addresses {
  address(bytes: Uint8Array): bigint;
}

/** Of one session. */
export class GcmMechanism {
  /** All of it; begins with the `CK_MECHANISM`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The caller's nonce, or where the token writes its own. */
  readonly nonce: Uint8Array<ArrayBuffer>;
  readonly #addresses: Addresses;
  readonly #fields: BigUint64Array;
  readonly #nonceAddress: bigint;
  readonly #aadAddress: bigint;
  /** A long AAD: it has to be there until the operation has ended. */
  #longAad: Uint8Array = NO_BYTES;

  /** @param addresses - The peer that knows them. */
  constructor(addresses: Addresses) {
    const memory = new ArrayBuffer(AAD_OFFSET + AAD_ROOM);
    this.bytes = new Uint8Array(memory);
    this.nonce = new Uint8Array(memory, NONCE_OFFSET, nonceBytes);
    this.#addresses = addresses;
    this.#fields = new BigUint64Array(memory, 0, FIELD.tagBits + 1);
    const start = addresses.address(this.bytes);
    this.#nonceAddress = start + BigInt(NONCE_OFFSET);
    this.#aadAddress = start + BigInt(AAD_OFFSET);
    this.#fields[FIELD.mechanism] = BigInt(CKM.AES_GCM);
    this.#fields[FIELD.parameter] = start + BigInt(PARAMETER_OFFSET);
    this.#fields[FIELD.parameterBytes] = BigInt(PARAMETER_BYTES);
    // Some tokens take any number of bits; nothing else is ever asked of them here.
    this.#fields[FIELD.ivBits] = BigInt(8 * nonceBytes);
    this.#fields[FIELD.tagBits] = BigInt(8 * tagBytes);
  }

  /**
   * Writes it for an operation. The nonce is the caller's to write.
   *
   * @param hasNonce - Whether there is one, or room for the token's.
   * @param aad - Nobody else writes to it until {@link end}.
   */
  begin(hasNonce: boolean, aad: Uint8Array): void {
    const fields = this.#fields;
    fields[FIELD.iv] = hasNonce ? this.#nonceAddress : 0n;
    fields[FIELD.ivBytes] = hasNonce ? BigInt(nonceBytes) : 0n;
    fields[FIELD.aadBytes] = BigInt(aad.length);
    if (aad.length <= AAD_ROOM) {
      this.bytes.set(aad, AAD_OFFSET);
      fields[FIELD.aad] = aad.length === 0 ? 0n : this.#aadAddress;
    } else {
      this.#longAad = viewOf(aad);
      fields[FIELD.aad] = this.#addresses.address(this.#longAad);
    }
  }

  /** The operation has ended: lets go of the AAD. */
  end(): void {
    this.#longAad = NO_BYTES;
  }
}
