/**
 * The engine in WebAssembly with fixed-width SIMD: ML-KEM-1024, ML-DSA-87 and SHA-3 on every runtime that compiles it.
 *
 * Nothing is compiled before the first use.
 *
 * @module
 */
import { Absent, type Engine } from '../engine.ts';
import { createHash } from './hash.ts';
import { type Wasm, wasm } from './instance.ts';
import { createKem } from './kem.ts';
import { createSign } from './sign.ts';

/** Makes a family of the engine when it is first asked for; asks again while there is no instance. */
function offer<T>(create: (instance: Wasm) => T): () => T | Absent {
  let made: T | undefined;
  return () => {
    if (made === undefined) {
      const instance = wasm();
      if (instance instanceof Absent) return instance;
      made = create(instance);
    }
    return made;
  };
}

const NO_AEAD = /* @__PURE__ */ new Absent('AES-256-GCM is not written in WebAssembly');

/** Our own module. */
export const wasmEngine: Engine = {
  name: 'wasm',
  hash: /* @__PURE__ */ offer(createHash),
  aead: () => NO_AEAD,
  kem: /* @__PURE__ */ offer(createKem),
  sign: /* @__PURE__ */ offer(createSign),
};
