/**
 * One owner of each PKCS#11 module in this process: it is loaded once, initialised for the first user and finalised after
 * the last, and never while a call is under way: that would end the process.
 *
 * @module
 */
import { KeyStoreError } from '../../errors.ts';
import { CKR } from './constants.ts';
import { Cryptoki } from './cryptoki.ts';
import { isResult } from './errors.ts';
import type { ModuleInfo } from './info.ts';
import { checkModuleFile } from './module-file.ts';
import { loadLibrary, NativeCalls } from './native.ts';
import { node } from './node.ts';
import { loadPeers } from './peers.ts';
import { mark, problemOf } from './problems.ts';
import { type DeviceQuirks, quirksOf } from './quirks.ts';
import { startUp } from './startup.ts';

/** Two calls of `C_Finalize` and `C_Initialize` are at least this far apart: a token that is gone stays gone for a while. */
const REINITIALISE_INTERVAL_MS = 1000;

/** A module in use. */
export class TokenModule {
  /** Its real path. */
  readonly path: string;
  readonly cryptoki: Cryptoki;
  readonly info: ModuleInfo;
  readonly quirks: DeviceQuirks;
  /** What it was initialised with. */
  readonly parameters: string | undefined;
  /** Whether this object initialised the module, so that it may finalise it. */
  #owned: boolean;
  #users = 1;
  #calls = 0;
  #drained: (() => void) | undefined;
  #reinitialising: Promise<void> | undefined;
  #reinitialisedAtMs = Number.NEGATIVE_INFINITY;
  /** Counts the times that the module was initialised: handles are good for one of them. */
  #epoch = 0;

  /** @param parts - What {@link acquireModule} made. */
  constructor(parts: {
    path: string;
    cryptoki: Cryptoki;
    info: ModuleInfo;
    parameters: string | undefined;
    owned: boolean;
  }) {
    this.path = parts.path;
    this.cryptoki = parts.cryptoki;
    this.info = parts.info;
    this.quirks = quirksOf(parts.path, parts.info.manufacturer, parts.info.description);
    this.parameters = parts.parameters;
    this.#owned = parts.owned;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Whether another user is given the same module. */
  accepts(parameters: string | undefined): boolean {
    return parameters === undefined || parameters === this.parameters;
  }

  /** One more user. */
  join(): this {
    this.#users++;
    return this;
  }

  /** Runs native calls. The module is neither finalised nor initialised anew until they have ended. */
  async run<T>(work: () => Promise<T> | T): Promise<T> {
    while (!this.begin()) await this.settled();
    try {
      return await work();
    } finally {
      this.end();
    }
  }

  /** {@link run} in two halves. @returns Whether it has begun; if not, wait until the module is {@link settled}. */
  begin(): boolean {
    if (this.#reinitialising !== undefined) return false;
    this.#calls++;
    return true;
  }

  /** The other half. */
  end(): void {
    this.#calls--;
    if (this.#calls === 0) this.#drained?.();
  }

  /** Waits while the module is initialised anew. */
  async settled(): Promise<void> {
    await this.#reinitialising;
  }

  /**
   * Finalises and initialises anew: the last resort when a token came back with all handles dead.
   *
   * @param epoch - The epoch in which something failed; does nothing in a later one.
   * @returns Whether handles of that epoch are now known to be gone.
   */
  async reinitialise(epoch: number): Promise<boolean> {
    while (this.#reinitialising !== undefined) await this.#reinitialising;
    if (epoch !== this.#epoch) return true;
    const nowMs = performance.now();
    if (!this.#owned || nowMs - this.#reinitialisedAtMs < REINITIALISE_INTERVAL_MS) return false;
    this.#reinitialisedAtMs = nowMs;
    this.#reinitialising = this.#drain().then(() =>
      startUp(this.path, () => {
        this.#finalise();
        this.#epoch++;
        this.#owned = initialise(this.cryptoki, this.parameters);
      }),
    );
    try {
      await this.#reinitialising;
      return true;
    } finally {
      this.#reinitialising = undefined;
    }
  }

  /** One user less; after the last one the module is finalised. */
  async release(): Promise<void> {
    this.#users--;
    if (this.#users > 0) return;
    // From here on a newcomer gets a module of its own, once this one is finalised.
    const ended = this.#end();
    ending.set(this.path, ended);
    modules.delete(this.path);
    await ended.finally(() => ending.delete(this.path));
  }

  async #end(): Promise<void> {
    await this.#reinitialising?.catch(() => {});
    await this.#drain();
    // Another thread may have calls under way, of which nothing is known here: a worker leaves that to the process's end.
    if (this.#owned && node('worker_threads').isMainThread) this.#finalise();
  }

  async #drain(): Promise<void> {
    if (this.#calls === 0) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    this.#drained = undefined;
  }

  #finalise(): void {
    try {
      this.cryptoki.finalise();
    } catch (error) {
      // Somebody else in this process did it.
      if (!isResult(error, CKR.CRYPTOKI_NOT_INITIALIZED)) throw error;
    }
  }
}

const modules = new Map<string, Promise<TokenModule>>();
const ending = new Map<string, Promise<void>>();

/** @returns Whether this call did it. */
function initialise(cryptoki: Cryptoki, parameters: string | undefined): boolean {
  try {
    cryptoki.initialise(parameters);
    return true;
  } catch (error) {
    if (isResult(error, CKR.CRYPTOKI_ALREADY_INITIALIZED)) {
      if (node('worker_threads').isMainThread) return false;
      throw new KeyStoreError(
        'ERR_KEYSTORE_STATE',
        'the PKCS#11 module is in use in another thread of this process: open its keystores in one thread',
        { cause: error },
      );
    }
    throw mark(
      error as Error,
      problemOf(error) === 'token-failed' ? 'module-not-initialised' : problemOf(error),
    );
  }
}

/** Loads what the module needs from beside it, bound as the module itself. */
async function preload(koffi: Parameters<typeof loadLibrary>[0], path: string): Promise<void> {
  for (const name of quirksOf(path).preload) {
    const { dirname, join } = node('path');
    const beside = join(dirname(path), name);
    const isThere = await node('fs')
      .promises.access(beside)
      .then(
        () => true,
        () => false,
      );
    if (isThere) loadLibrary(koffi, beside);
  }
}

async function load(path: string, parameters: string | undefined): Promise<TokenModule> {
  const { koffi, pkcs11js } = await loadPeers();
  await preload(koffi, path);
  // First by koffi: whoever loads a library first decides how it is bound, and says no to what is no module.
  const native = new NativeCalls(koffi, loadLibrary(koffi, path), path);
  const binding = new pkcs11js.PKCS11();
  try {
    binding.load(path);
  } catch (cause) {
    throw mark(
      new KeyStoreError('ERR_KEYSTORE_TOKEN', `the PKCS#11 module ${path} cannot be loaded`, { cause }),
      'module-not-loadable',
    );
  }
  const cryptoki = new Cryptoki(binding, native, quirksOf(path).initOffLoop);
  const owned = await startUp(path, () => initialise(cryptoki, parameters));
  try {
    return new TokenModule({ path, cryptoki, info: cryptoki.info(), parameters, owned });
  } catch (error) {
    if (owned) cryptoki.finalise();
    throw error;
  }
}

/**
 * The module at a path, initialised; to be released.
 *
 * @param path - Where it is.
 * @param parameters - What NSS wants to be initialised with; the same for all users of a module.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_TOKEN` when there is none that can be used, `ERR_KEYSTORE_STATE` when it is in
 * use with other parameters or in another thread.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER` when pkcs11js or koffi is missing, `ERR_UNSUPPORTED_RUNTIME`.
 */
export async function acquireModule(path: string, parameters: string | undefined): Promise<TokenModule> {
  const real = await checkModuleFile(path);
  for (;;) {
    await ending.get(real)?.catch(() => {});
    const known = modules.get(real);
    if (known === undefined) break;
    const module = await known.catch(() => undefined);
    // It may have ended, or failed, meanwhile.
    if (module === undefined || modules.get(real) !== known) continue;
    if (!module.accepts(parameters)) {
      throw new KeyStoreError(
        'ERR_KEYSTORE_STATE',
        `the PKCS#11 module ${path} is in use in this process with other parameters`,
      );
    }
    return module.join();
  }
  const loading = load(real, parameters);
  modules.set(real, loading);
  loading.catch(() => {
    if (modules.get(real) === loading) modules.delete(real);
  });
  return loading;
}
