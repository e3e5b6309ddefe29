/**
 * Finds the implementations that the library is compared with. What is no part of the runtime or of this package's
 * dependencies is imported on use, and may be absent.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import type { Family } from '@mwrasp/crypto/engines';
import { checkAnswers } from './answers.ts';
import { noble } from './noble.ts';
import { node } from './node.ts';
import { loadLiboqs, loadMlkem, loadPqclean } from './packages.ts';
import { type PeerName, type Raw, within } from './peer.ts';
import { loadWebCrypto } from './webcrypto.ts';

const LOADERS: Readonly<Record<PeerName, () => Raw | Promise<Raw>>> = {
  noble: () => noble,
  'node:crypto': () => node,
  WebCrypto: loadWebCrypto,
  mlkem: loadMlkem,
  '@oqs/liboqs-js': loadLiboqs,
  pqclean: loadPqclean,
};

/** Always measured, as what others are compared with. */
export const REFERENCES: readonly PeerName[] = ['noble', 'node:crypto'];
/** Measured when they are asked for. */
export const FURTHER_PEERS: readonly PeerName[] = ['WebCrypto', 'mlkem', '@oqs/liboqs-js', 'pqclean'];
/** Peers that are packages of their own. */
const PACKAGES: readonly PeerName[] = ['mlkem', '@oqs/liboqs-js', 'pqclean'];

/** What became of a peer. */
export interface PeerStatus {
  readonly name: PeerName;
  /** Its version, where it has one of its own. */
  readonly version: string | null;
  /** Why it was not measured; null when it was. */
  readonly problem: string | null;
  /** The command that installs it, when that is what is missing. */
  readonly install: string | null;
}

/** The version in the manifest of an installed package, which need not be among its exports. */
function packageVersion(name: PeerName): string | null {
  if (!PACKAGES.includes(name)) return null;
  for (let folder = new URL('.', import.meta.resolve(name)); ; folder = new URL('..', folder)) {
    try {
      const manifest = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
      if (manifest.name === name) return String(manifest.version);
    } catch {
      if (folder.pathname === '/') return null;
    }
  }
}

function isMissing(name: PeerName, error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  const isNotFound = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  return isNotFound && PACKAGES.includes(name) && message.includes(`'${name}'`);
}

/**
 * Loads a peer and has it answer questions whose answers are known.
 *
 * @param name - Which.
 * @param families - What the library can do in this world, and so give keys and answers for. More is not asked of it.
 */
export async function loadPeer(
  name: PeerName,
  families: ReadonlySet<Family>,
): Promise<{ raw: Raw | undefined; status: PeerStatus }> {
  try {
    const raw = within(await LOADERS[name](), families);
    await checkAnswers(raw);
    return { raw, status: { name, version: packageVersion(name), problem: null, install: null } };
  } catch (error) {
    const missing = isMissing(name, error);
    // No message: it may tell of folders, and reports are published.
    const problem = missing ? 'not installed' : `does not work here (${(error as Error).name})`;
    const install = missing ? `npm install ${name}` : null;
    return { raw: undefined, status: { name, version: null, problem, install } };
  }
}
