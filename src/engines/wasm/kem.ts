/**
 * ML-KEM-1024 by the WebAssembly module: one call into it an operation.
 *
 * @module
 */
import { allocateSecret, copySecret, randomFill } from '../../bytes.ts';
import { ML_KEM_1024 } from '../../params.ts';
import type { KemEngine, PreparedKemPrivateKey, PreparedKemPublicKey } from '../engine.ts';
import type { Wasm } from './instance.ts';
import { Holder, SlotCache } from './slots.ts';

const { ciphertextBytes, expandedKeyBytes, messageBytes, publicKeyBytes, sharedSecretBytes } = ML_KEM_1024;

/** Where ek begins in dk. */
const EK_OFFSET = 1536;

/** How many keys stay expanded, 10 KiB each. */
const SLOTS = 32;

class BadKey extends Error {
  constructor() {
    super('a coefficient of the encapsulation key is not below q');
  }
}

/** ML-KEM-1024 on an instance of the module. */
export function createKem(wasm: Wasm): KemEngine {
  const { exports, memory } = wasm;
  const { kemDecapsulate, kemEncapsulate, kemGenerate } = exports;
  const dkAddress: number = exports.KEM_DK.value;
  const ekAddress: number = exports.KEM_EK.value;
  const ctAddress: number = exports.KEM_CT.value;
  const seedAddress: number = exports.KEM_SEED.value;
  const out: number = exports.OUT.value;

  const messageIn = wasm.view(seedAddress, messageBytes);
  const secretOut = wasm.view(out, sharedSecretBytes);
  const ciphertextOut = wasm.view(out + sharedSecretBytes, ciphertextBytes);
  const encapsulationOut = wasm.view(out, sharedSecretBytes + ciphertextBytes);
  const keyOut = wasm.view(out, expandedKeyBytes);

  const slots = new SlotCache(memory, exports.KEM_SLOTS.value, exports.KEM_SLOT_BYTES.value, SLOTS);

  class WasmKemPublicKey implements PreparedKemPublicKey {
    readonly #bytes: Uint8Array;
    readonly #holder = new Holder();

    constructor(bytes: Uint8Array) {
      this.#bytes = Uint8Array.from(bytes);
    }

    encapsulate(ciphertext: Uint8Array, sharedSecret: Uint8Array): void {
      this.#encapsulate(undefined, ciphertext, sharedSecret);
    }

    encapsulateWith(m: Uint8Array, ciphertext: Uint8Array, sharedSecret: Uint8Array): void {
      this.#encapsulate(m, ciphertext, sharedSecret);
    }

    #encapsulate(m: Uint8Array | undefined, ciphertext: Uint8Array, sharedSecret: Uint8Array): void {
      const holder = this.#holder;
      const slot = slots.take(holder, this);
      try {
        if (m === undefined) randomFill(messageIn);
        else messageIn.set(m);
        if (holder.filled) kemEncapsulate(slot, 0);
        else {
          memory.set(this.#bytes, ekAddress);
          if (kemEncapsulate(slot, 1) === 0) throw new BadKey();
          holder.filled = true;
        }
        ciphertext.set(ciphertextOut);
        sharedSecret.set(secretOut);
        encapsulationOut.fill(0);
      } catch (error) {
        wasm.wipeSecrets();
        throw error;
      }
    }

    dispose(): void {
      slots.release(this.#holder);
    }
  }

  class WasmKemPrivateKey implements PreparedKemPrivateKey {
    /** dk of FIPS 203. */
    readonly #expanded: Uint8Array;
    readonly #holder: Holder;

    /** @param holder - Its secret is dk. */
    constructor(expanded: Uint8Array, holder: Holder) {
      this.#expanded = expanded;
      this.#holder = holder;
    }

    publicKey(out: Uint8Array): void {
      out.set(this.#expanded.subarray(EK_OFFSET, EK_OFFSET + publicKeyBytes));
    }

    decapsulate(ciphertext: Uint8Array, sharedSecret: Uint8Array): void {
      const holder = this.#holder;
      const slot = slots.take(holder, this);
      try {
        memory.set(this.#expanded, dkAddress);
        memory.set(ciphertext, ctAddress);
        if (holder.filled) kemDecapsulate(slot, 0);
        else {
          if (kemDecapsulate(slot, 1) === 0) throw new BadKey();
          holder.filled = true;
        }
        sharedSecret.set(secretOut);
        secretOut.fill(0);
      } catch (error) {
        wasm.wipeSecrets();
        throw error;
      }
    }

    expanded(out: Uint8Array): void {
      out.set(this.#expanded);
    }

    dispose(): void {
      slots.release(this.#holder);
    }
  }

  return {
    capabilities: new Set(['seeded-encapsulation', 'expanded-key', 'wiped-state']),
    preparePublic: (publicKey) => new WasmKemPublicKey(publicKey),
    prepareSeed(seed) {
      const expanded = allocateSecret(expandedKeyBytes);
      const holder = new Holder(expanded);
      const slot = slots.take(holder);
      try {
        memory.set(seed, seedAddress);
        kemGenerate(slot);
        holder.filled = true;
        expanded.set(keyOut);
        keyOut.fill(0);
      } catch (error) {
        wasm.wipeSecrets();
        slots.release(holder);
        throw error;
      }
      return new WasmKemPrivateKey(expanded, holder);
    },
    prepareExpanded(expandedKey) {
      const expanded = copySecret(expandedKey);
      return new WasmKemPrivateKey(expanded, new Holder(expanded));
    },
  };
}
