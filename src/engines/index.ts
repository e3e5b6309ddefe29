/**
 * Which engine computes what, in this process.
 *
 * @module
 */
import { type Capability, type EngineName, FAMILIES, type Family, type FamilyEngines } from './engine.ts';
import { nobleEngine } from './noble.ts';
import { nodeEngine } from './node.ts';
import {
  ENGINE_VARIABLE,
  type EngineChoice,
  EngineRegistry,
  type EngineStatus,
  type FamilyInfo,
  type SelfTestState,
} from './registry.ts';
import { wasmEngine } from './wasm/index.ts';
import { loadWasm } from './wasm/instance.ts';

export type { Capability, EngineChoice, EngineName, EngineStatus, Family, FamilyInfo, SelfTestState };

interface ProcessLike {
  readonly env?: Record<string, string | undefined>;
}

function readEnvironment(): string | undefined {
  return (globalThis as { process?: ProcessLike }).process?.env?.[ENGINE_VARIABLE];
}

/**
 * The registry of this process: native first, then WebAssembly, then the engine that runs everywhere.
 *
 * @internal
 */
export const registry: EngineRegistry = /* @__PURE__ */ new EngineRegistry(
  [nodeEngine, wasmEngine, nobleEngine],
  readEnvironment,
);

/**
 * The engine in use for a family, tested.
 *
 * @internal
 */
export function engine<F extends Family>(family: F, capability?: Capability): FamilyEngines[F] {
  return registry.get(family, capability);
}

/** What {@link engineInfo} tells: one entry a family. */
export type EngineInfo = { readonly [F in Family]: FamilyInfo };

/**
 * Says which engine is used for what, which others there are, and how their self-tests went. Runs no self-test.
 *
 * @returns One entry a family: `hash`, `aead`, `kem`, `sign`.
 * @throws {@link InputError} `ERR_INPUT_OPTION` when the environment variable `MWRASP_CRYPTO_ENGINE` names an unknown
 * engine.
 * @example engineInfo().kem.engine; // 'node' on Node 24.7 and later, otherwise 'wasm'
 */
export function engineInfo(): EngineInfo {
  return Object.fromEntries(
    FAMILIES.map((family) => [family, registry.info(family)]),
  ) as unknown as EngineInfo;
}

/**
 * Forces engines for this process. Call it before the first operation; `MWRASP_CRYPTO_ENGINE` does the same from
 * outside, and a call of this function wins over it.
 *
 * @param choice - One engine for everything (`'noble'`), or one a family (`{ kem: 'noble' }`); what is left out is
 * picked automatically.
 * @throws {@link InputError} `ERR_INPUT_TYPE`; `ERR_INPUT_OPTION` for an unknown engine or family; `ERR_INPUT_STATE`
 * after the first use.
 * @example configureEngines('noble');
 */
export function configureEngines(choice: EngineChoice): void {
  registry.configure(choice);
}

/**
 * Makes the engine in WebAssembly ready where a runtime compiles it only asynchronously; elsewhere it makes itself ready at its
 * first use, and nobody has to call this. Call it before the first operation: an engine that was picked stays.
 *
 * @returns Whether the engine is there now. It is not where a runtime compiles no WebAssembly at all, as workerd and pages
 * whose policy lacks `'wasm-unsafe-eval'`.
 * @example await loadWasmEngine();
 */
export function loadWasmEngine(): Promise<boolean> {
  return loadWasm();
}

/**
 * Runs the self-tests of every engine that the runtime can run, now instead of before first use.
 *
 * @returns The same as {@link engineInfo}, with no self-test pending.
 * @throws {@link SelfTestError} when an engine in use gave a wrong answer.
 */
export function runSelfTests(): EngineInfo {
  for (const family of FAMILIES) {
    for (const name of registry.names) {
      if (!registry.status(name, family).available) continue;
      try {
        registry.named(name, family);
      } catch {
        // The state is in the report; get() below throws when this engine is the one in use.
      }
    }
    registry.get(family);
  }
  return engineInfo();
}
