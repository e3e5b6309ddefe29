/**
 * The WebAssembly instance: made on first use, one a process.
 *
 * Its memory has one region for secrets, which every call leaves zeroed, and slots for what follows from public keys. The
 * source is in `assembly/`, `assembly/memory.ts` says what lies where.
 *
 * @module
 */
import { decodeBase64 } from '../../bytes.ts';
import { Absent } from '../engine.ts';
import { WASM_BASE64 } from './binary.ts';

/** What the module exports: an address is that of a byte in its memory. */
export interface WasmExports {
  readonly memory: WebAssembly.Memory;
  /** The region of secrets. */
  readonly SECRETS: WebAssembly.Global;
  readonly SECRETS_END: WebAssembly.Global;
  /** Results, in the region of secrets: whoever fetches them zeroes them. */
  readonly OUT: WebAssembly.Global;

  readonly HASH_STATE: WebAssembly.Global;
  readonly HASH_INPUT: WebAssembly.Global;
  /** Hashes the bytes at HASH_INPUT. */
  hashOnce(rate: number, suffix: number, length: number, outLength: number): void;
  /** Absorbs the bytes at HASH_INPUT into the state at HASH_STATE; the state is a result. */
  hashUpdate(rate: number, at: number, length: number): number;
  /** Ends the message of the state at HASH_STATE; the state is a result. */
  hashFinish(rate: number, at: number, suffix: number): void;
  /** Reads from the state at HASH_STATE; the state is a result, and behind it the output. */
  hashSqueeze(rate: number, at: number, outLength: number): number;
  /** HMAC-SHA3-512 of the key at HASH_INPUT and the bytes behind it. */
  hmacOnce(keyLength: number, length: number): void;
  /** Two states that absorbed the key at HASH_INPUT. */
  hmacStart(keyLength: number): void;
  /** Ends the inner state at HASH_STATE, and gives the outer one at HASH_INPUT what it says. */
  hmacFinish(at: number): void;

  readonly KEM_DK: WebAssembly.Global;
  readonly KEM_EK: WebAssembly.Global;
  readonly KEM_CT: WebAssembly.Global;
  readonly KEM_SEED: WebAssembly.Global;
  readonly KEM_SLOTS: WebAssembly.Global;
  readonly KEM_SLOT_BYTES: WebAssembly.Global;
  kemGenerate(slot: number): void;
  kemEncapsulate(slot: number, fill: number): number;
  kemDecapsulate(slot: number, fill: number): number;

  readonly DSA_SEED: WebAssembly.Global;
  readonly DSA_PUBLIC_KEY: WebAssembly.Global;
  readonly DSA_PRIVATE_KEY: WebAssembly.Global;
  readonly DSA_SIGNATURE: WebAssembly.Global;
  /** What signing needs of a private key, in the form in which it needs it; its length, and where tr is in it. */
  readonly DSA_WORKING_KEY: WebAssembly.Global;
  readonly DSA_WORKING_KEY_BYTES: WebAssembly.Global;
  readonly DSA_WORKING_TR: WebAssembly.Global;
  readonly DSA_RND: WebAssembly.Global;
  readonly DSA_MU: WebAssembly.Global;
  readonly DSA_MESSAGE: WebAssembly.Global;
  /** Longest message, or piece of one, there. */
  readonly DSA_MESSAGE_BYTES: WebAssembly.Global;
  /** Results: whoever fetches them zeroes them. */
  readonly DSA_OUT: WebAssembly.Global;
  readonly DSA_SLOTS: WebAssembly.Global;
  readonly DSA_SLOT_BYTES: WebAssembly.Global;
  /** Where tr is in a public key's slot. */
  readonly DSA_SLOT_TR: WebAssembly.Global;
  /** Makes a public key and a private key behind it, from the seed at DSA_SEED. */
  dsaGenerate(slot: number): void;
  /** Makes the working form, behind the room of a public key, of a private key that is known to be right. */
  dsaExpand(): void;
  /** Checks a private key whole; makes its public key, and its working form behind it. */
  dsaImport(slot: number): number;
  /** Absorbs a piece of a message; `tr` is an address. */
  dsaAbsorb(absorbed: number, tr: number, length: number): number;
  /** Fills the slot of a public key. */
  dsaFill(slot: number): void;
  dsaSign(slot: number, fill: number, absorbed: number, length: number): void;
  dsaVerify(slot: number, fill: number, absorbed: number, length: number): number;
}

/** The instance and its memory. */
export class Wasm {
  readonly exports: WasmExports;
  /** The whole memory, which has a fixed size. */
  readonly memory: Uint8Array<ArrayBuffer>;

  /** @param instance - An instance of our module. */
  constructor(instance: WebAssembly.Instance) {
    this.exports = instance.exports as unknown as WasmExports;
    this.memory = new Uint8Array(this.exports.memory.buffer as ArrayBuffer);
  }

  /** A part of the memory, which stays where it is. */
  view(address: number, length: number): Uint8Array<ArrayBuffer> {
    return this.memory.subarray(address, address + length);
  }

  /** Zeroes the whole region of secrets: for calls that ended before they could do it themselves. */
  wipeSecrets(): void {
    this.memory.fill(0, this.exports.SECRETS.value, this.exports.SECRETS_END.value);
  }
}

let current: Wasm | Absent | undefined;

function start(): Wasm | Absent {
  if (typeof WebAssembly !== 'object') return new Absent('this runtime has no WebAssembly');
  try {
    return new Wasm(new WebAssembly.Instance(new WebAssembly.Module(decodeBase64(WASM_BASE64))));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return new Absent(`this runtime does not compile WebAssembly while a call waits (${message})`);
  }
}

/** The instance, or why there is none. */
export function wasm(): Wasm | Absent {
  current ??= start();
  return current;
}

/**
 * Makes the instance asynchronously, for runtimes that refuse to do it while a call waits.
 *
 * @returns Whether there is one now.
 */
export async function loadWasm(): Promise<boolean> {
  if (!(wasm() instanceof Absent)) return true;
  try {
    const { instance } = await WebAssembly.instantiate(decodeBase64(WASM_BASE64));
    current = new Wasm(instance);
    return true;
  } catch {
    return false;
  }
}
