/**
 * ML-DSA-87 by the WebAssembly module: one call into it an operation, for messages up to 128 KiB.
 *
 * @module
 */
import { allocateSecret, randomFill, wipe } from '../../bytes.ts';
import { ML_DSA_87 } from '../../params.ts';
import type { PreparedSignPrivateKey, PreparedSignPublicKey, SignEngine } from '../engine.ts';
import type { Wasm } from './instance.ts';
import { Holder, SlotCache } from './slots.ts';

const { expandedKeyBytes, publicKeyBytes, rndBytes, signatureBytes } = ML_DSA_87;

/** How many keys stay expanded, 68 KiB each. */
const SLOTS = 8;

/** Two bytes and a context, which go before a message (FIPS 204 algorithms 2 and 3). */
const MAX_PREFIX_BYTES = 2 + ML_DSA_87.maxContextBytes;

/** What is absorbed of a message, other than a number of bytes: see assembly/mldsa-message.ts. */
const NOTHING_ABSORBED = -1;
const MU_GIVEN = -2;

/** Packing writes some bytes beyond a private key. */
const BEYOND_BYTES = 16;

class BadKey extends Error {
  constructor() {
    super('no seed gives this expanded key: s1, s2, tr or t0 is wrong');
  }
}

/** ML-DSA-87 on an instance of the module. */
export function createSign(wasm: Wasm): SignEngine {
  const { exports, memory } = wasm;
  const { dsaAbsorb, dsaExpand, dsaFill, dsaGenerate, dsaImport, dsaSign, dsaVerify } = exports;
  const messageAddress: number = exports.DSA_MESSAGE.value;
  /** What goes into the module at once of a message. */
  const pieceBytes: number = exports.DSA_MESSAGE_BYTES.value;
  const muAddress: number = exports.DSA_MU.value;
  const privateKeyAddress: number = exports.DSA_PRIVATE_KEY.value;
  const publicKeyAddress: number = exports.DSA_PUBLIC_KEY.value;
  const seedAddress: number = exports.DSA_SEED.value;
  const signatureAddress: number = exports.DSA_SIGNATURE.value;
  const slotTr: number = exports.DSA_SLOT_TR.value;
  const workingKeyAddress: number = exports.DSA_WORKING_KEY.value;
  const workingKeyBytes: number = exports.DSA_WORKING_KEY_BYTES.value;
  const workingTrAddress: number = workingKeyAddress + exports.DSA_WORKING_TR.value;
  const out: number = exports.DSA_OUT.value;

  const rndIn = wasm.view(exports.DSA_RND.value, rndBytes);
  const signatureOut = wasm.view(out, signatureBytes);
  const publicKeyOut = wasm.view(out, publicKeyBytes);
  const privateKeyOut = wasm.view(out + publicKeyBytes, expandedKeyBytes);
  /** With what packing writes beyond the key. */
  const privateKeyOutAll = wasm.view(out + publicKeyBytes, expandedKeyBytes + BEYOND_BYTES);
  const workingKeyOut = wasm.view(out + publicKeyBytes, workingKeyBytes);

  const slots = new SlotCache(memory, exports.DSA_SLOTS.value, exports.DSA_SLOT_BYTES.value, SLOTS);

  /** Runs what leaves the region of secrets zeroed when nothing is thrown. */
  function guarded<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      wasm.wipeSecrets();
      throw error;
    }
  }

  /** The message of the call under way: how much of a block of it was absorbed, and how many bytes are in the module. */
  let absorbed = NOTHING_ABSORBED;
  let length = 0;

  /** Absorbs a message but for its last piece, which stays in the module; `tr` is an address. */
  function putPieces(message: Uint8Array, absorbedBefore: number, tr: number): void {
    absorbed = absorbedBefore;
    let offset = 0;
    for (; message.length - offset > pieceBytes; offset += pieceBytes) {
      memory.set(message.subarray(offset, offset + pieceBytes), messageAddress);
      absorbed = dsaAbsorb(absorbed, tr, pieceBytes);
    }
    memory.set(offset === 0 ? message : message.subarray(offset), messageAddress);
    length = message.length - offset;
  }

  /** Brings M′ = 0 ‖ |ctx| ‖ ctx ‖ M into the module. */
  function putMessage(message: Uint8Array, context: Uint8Array, tr: number): void {
    const prefixBytes = 2 + context.length;
    memory[messageAddress] = 0;
    memory[messageAddress + 1] = context.length;
    memory.set(context, messageAddress + 2);
    if (message.length > pieceBytes - prefixBytes) {
      putPieces(message, dsaAbsorb(NOTHING_ABSORBED, tr, prefixBytes), tr);
      return;
    }
    memory.set(message, messageAddress + prefixBytes);
    absorbed = NOTHING_ABSORBED;
    length = prefixBytes + message.length;
  }

  /** Brings μ into the module. */
  function putMu(mu: Uint8Array): void {
    memory.set(mu, muAddress);
    absorbed = MU_GIVEN;
    length = 0;
  }

  class WasmSignPublicKey implements PreparedSignPublicKey {
    readonly #bytes: Uint8Array;
    readonly #holder = new Holder();

    constructor(bytes: Uint8Array) {
      this.#bytes = Uint8Array.from(bytes);
    }

    verify(message: Uint8Array, context: Uint8Array, signature: Uint8Array): boolean {
      if (signature.length !== signatureBytes) return false;
      return guarded(() => {
        const slot = this.#begin(message.length);
        putMessage(message, context, slot + slotTr);
        return this.#end(slot, signature);
      });
    }

    verifyMu(mu: Uint8Array, signature: Uint8Array): boolean {
      if (signature.length !== signatureBytes) return false;
      return guarded(() => {
        const slot = this.#begin(0);
        putMu(mu);
        return this.#end(slot, signature);
      });
    }

    verifyInternal(formatted: Uint8Array, signature: Uint8Array): boolean {
      if (signature.length !== signatureBytes) return false;
      return guarded(() => {
        const slot = this.#begin(formatted.length);
        putPieces(formatted, NOTHING_ABSORBED, slot + slotTr);
        return this.#end(slot, signature);
      });
    }

    /** The slot; filled if there may be pieces to absorb, for which tr has to be known. */
    #begin(messageBytes: number): number {
      const holder = this.#holder;
      const slot = slots.take(holder, this);
      if (messageBytes > pieceBytes - MAX_PREFIX_BYTES && !holder.filled) {
        memory.set(this.#bytes, publicKeyAddress);
        dsaFill(slot);
        holder.filled = true;
      }
      return slot;
    }

    #end(slot: number, signature: Uint8Array): boolean {
      const holder = this.#holder;
      memory.set(signature, signatureAddress);
      if (!holder.filled) memory.set(this.#bytes, publicKeyAddress);
      const isRight = dsaVerify(slot, holder.filled ? 0 : 1, absorbed, length) !== 0;
      holder.filled = true;
      return isRight;
    }

    dispose(): void {
      slots.release(this.#holder);
    }
  }

  class WasmSignPrivateKey implements PreparedSignPrivateKey {
    readonly #publicKey: Uint8Array;
    /** Its secret is the expanded key of FIPS 204, and behind it the working form, once that is made. */
    readonly #holder: Holder;

    /**
     * @param publicKey - Taken over.
     * @param holder - With its secret.
     */
    constructor(publicKey: Uint8Array, holder: Holder) {
      this.#publicKey = publicKey;
      this.#holder = holder;
    }

    publicKey(out: Uint8Array): void {
      out.set(this.#publicKey);
    }

    sign(message: Uint8Array, context: Uint8Array, out: Uint8Array): void {
      guarded(() => {
        this.#begin();
        randomFill(rndIn);
        putMessage(message, context, workingTrAddress);
        this.#end(out);
      });
    }

    signWith(message: Uint8Array, context: Uint8Array, rnd: Uint8Array, out: Uint8Array): void {
      guarded(() => {
        this.#begin();
        rndIn.set(rnd);
        putMessage(message, context, workingTrAddress);
        this.#end(out);
      });
    }

    signMu(mu: Uint8Array, rnd: Uint8Array, out: Uint8Array): void {
      guarded(() => {
        this.#begin();
        rndIn.set(rnd);
        putMu(mu);
        this.#end(out);
      });
    }

    signInternal(formatted: Uint8Array, rnd: Uint8Array, out: Uint8Array): void {
      guarded(() => {
        this.#begin();
        rndIn.set(rnd);
        putPieces(formatted, NOTHING_ABSORBED, workingTrAddress);
        this.#end(out);
      });
    }

    /** Brings the working form into the module. */
    #begin(): void {
      const secret = this.#holder.secret as Uint8Array;
      const withWorkingKey = secret.length > expandedKeyBytes ? secret : this.#expand(secret);
      memory.set(withWorkingKey.subarray(expandedKeyBytes), workingKeyAddress);
    }

    /** Makes the working form: not before the first signature, for it is three times as long as the key. */
    #expand(expanded: Uint8Array): Uint8Array {
      memory.set(expanded, privateKeyAddress);
      dsaExpand();
      const secret = allocateSecret(expandedKeyBytes + workingKeyBytes);
      secret.set(expanded);
      secret.set(workingKeyOut, expandedKeyBytes);
      workingKeyOut.fill(0);
      this.#holder.secret = secret;
      wipe(expanded);
      return secret;
    }

    #end(signature: Uint8Array): void {
      const holder = this.#holder;
      const slot = slots.take(holder, this);
      dsaSign(slot, holder.filled ? 0 : 1, absorbed, length);
      holder.filled = true;
      signature.set(signatureOut);
      signatureOut.fill(0);
    }

    expanded(out: Uint8Array): void {
      out.set((this.#holder.secret as Uint8Array).subarray(0, expandedKeyBytes));
    }

    dispose(): void {
      slots.release(this.#holder);
    }
  }

  /** Makes a private key with a new secret of so many bytes, which `fill` fills; the slot gets its matrix. */
  function makePrivateKey(
    secretBytes: number,
    fill: (secret: Uint8Array, slot: number) => void,
  ): PreparedSignPrivateKey {
    const secret = allocateSecret(secretBytes);
    const holder = new Holder(secret);
    try {
      fill(secret, slots.take(holder));
      holder.filled = true;
      const publicKey = Uint8Array.from(publicKeyOut);
      publicKeyOut.fill(0);
      return new WasmSignPrivateKey(publicKey, holder);
    } catch (error) {
      wasm.wipeSecrets();
      slots.release(holder);
      throw error;
    }
  }

  return {
    capabilities: new Set(['seeded-signing', 'external-mu', 'expanded-key', 'wiped-state']),
    preparePublic: (publicKey) => new WasmSignPublicKey(publicKey),
    prepareSeed: (seed) =>
      makePrivateKey(expandedKeyBytes, (secret, slot) => {
        memory.set(seed, seedAddress);
        dsaGenerate(slot);
        secret.set(privateKeyOut);
        privateKeyOutAll.fill(0);
      }),
    prepareExpanded: (expandedKey) =>
      makePrivateKey(expandedKeyBytes + workingKeyBytes, (secret, slot) => {
        memory.set(expandedKey, privateKeyAddress);
        if (dsaImport(slot) === 0) throw new BadKey();
        secret.set(expandedKey);
        secret.set(workingKeyOut, expandedKeyBytes);
        workingKeyOut.fill(0);
      }),
  };
}
