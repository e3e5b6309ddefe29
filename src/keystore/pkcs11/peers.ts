/**
 * The two optional peers, loaded on first use: `pkcs11js`, the binding, and `koffi`, which reaches what the binding lacks.
 *
 * @module
 */
import type * as KoffiModule from 'koffi';
import type { PKCS11 } from 'pkcs11js';
import { UnsupportedError } from '../../errors.ts';
import { mark } from './problems.ts';

/** What is used of koffi. */
export type Koffi = typeof KoffiModule;

/** What is used of the binding. */
export interface Pkcs11Js {
  readonly PKCS11: new () => PKCS11;
}

/** The loaded peers. */
export interface Peers {
  readonly pkcs11js: Pkcs11Js;
  readonly koffi: Koffi;
}

/** The command that gets both peers. */
export const INSTALL_COMMAND = 'npm install pkcs11js koffi';

/** What makes npm 12 and later run the install script of the binding. */
export const ALLOW_SCRIPTS = '"allowScripts": { "pkcs11js": true }';

/** What builds the binding's addon. */
export const REBUILD_COMMAND = 'npm rebuild pkcs11js';

function problemOfImport(peer: string, error: unknown): 'peer-missing' | 'addon-not-built' | 'peer-broken' {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const text = String(message);
  if (text.includes('pkcs11.node') && text.includes('Cannot find module')) return 'addon-not-built';
  const isNotFound = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  return isNotFound && text.includes(`'${peer}'`) ? 'peer-missing' : 'peer-broken';
}

function peerError(peer: string, cause: unknown): UnsupportedError {
  const problem = problemOfImport(peer, cause);
  const advice = {
    'peer-missing': `${peer} is not installed: ${INSTALL_COMMAND}`,
    'addon-not-built':
      `the native addon of ${peer} is not built, because npm did not run its install script: put ${ALLOW_SCRIPTS} into ` +
      `your package.json, then: ${REBUILD_COMMAND} (needs python3, make and g++)`,
    'peer-broken': `${peer} does not load here; build it again: npm rebuild ${peer}`,
  }[problem];
  const message = `the pkcs11 keystore needs the packages pkcs11js and koffi, and ${advice}`;
  return mark(new UnsupportedError('ERR_UNSUPPORTED_PEER', message, { cause }), problem);
}

/** A CommonJS module is what it exports, under `default` when it is imported. */
async function load<T>(peer: string): Promise<T> {
  try {
    // By a name that bundlers do not look for: they cannot pack a native addon, and a browser has none.
    const module = (await import(/* @vite-ignore */ /* webpackIgnore: true */ peer)) as { default?: T };
    return module.default ?? (module as T);
  } catch (cause) {
    throw peerError(peer, cause);
  }
}

let loading: Promise<Peers> | undefined;

async function loadBoth(): Promise<Peers> {
  const koffi = await load<Koffi>('koffi');
  const pkcs11js = await load<Pkcs11Js>('pkcs11js');
  try {
    // A call on another thread gets a stack of koffi's making. Its 128 KiB are less than lattice code may want.
    koffi.config({ async_stack_size: 2 ** 20 });
  } catch {
    // Somebody else in this process made calls already, and has chosen.
  }
  return { koffi, pkcs11js };
}

/**
 * Loads both peers, once.
 *
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER`, with the command that helps.
 */
export function loadPeers(): Promise<Peers> {
  loading ??= loadBoth();
  // What was missing may be installed by the next try.
  loading.catch(() => {
    loading = undefined;
  });
  return loading;
}
