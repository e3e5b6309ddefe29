/**
 * Real tokens for tests, each in a folder of its own.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Pkcs11TokenOptions } from '../../../src/keystore/pkcs11/open.ts';
import { needs, type Suite } from '../../support/require.ts';

const root = resolve(import.meta.dirname, '../../..');

/** Where downloads are kept between runs. */
export const CACHE: string = process.env['MWRASP_TOKENS'] ?? join(root, 'node_modules/.cache/mwrasp-tokens');

const SOFTHSM_MODULE = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
].find((path) => existsSync(path));

const NSS_FOLDER = join(CACHE, 'nss');
const NSS_MODULE = join(NSS_FOLDER, 'libsoftokn3.so');

/** Which tokens there are. */
export const TOKEN_KINDS = ['SoftHSM', 'NSS'] as const;

/** One of them. */
export type TokenKind = (typeof TOKEN_KINDS)[number];

/** A token, and what a process needs to use it. */
export interface TestToken {
  readonly kind: TokenKind;
  /** Everything is in here: the token, its configuration, our state. */
  readonly folder: string;
  /** Where the token keeps its objects. */
  readonly tokenFolder: string;
  readonly options: Pkcs11TokenOptions;
  readonly pin: string;
  /** Environment of a process that uses it. */
  readonly env: Record<string, string>;
  remove(): void;
}

/** Custody of each algorithm in each token. */
export const CUSTODY = {
  SoftHSM: { 'ML-KEM-1024': 'sealed', 'ML-DSA-87': 'sealed', 'AES-256-GCM': 'in-token' },
  NSS: { 'ML-KEM-1024': 'in-token', 'ML-DSA-87': 'in-token', 'AES-256-GCM': 'in-token' },
} as const;

/** Whether a token can be made here. */
export function isAvailable(kind: TokenKind): boolean {
  return kind === 'SoftHSM' ? SOFTHSM_MODULE !== undefined : existsSync(NSS_MODULE);
}

/** A suite that needs a token. */
export function needsToken(kind: TokenKind): Suite {
  if (kind === 'SoftHSM') return needs('SoftHSM 2', isAvailable(kind), 'apt-get install -y softhsm2');
  return needs('NSS softokn 3.131 or later', isAvailable(kind), `scripts/tokens/nss.sh ${NSS_FOLDER}`);
}

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'token-'));
  mkdirSync(join(folder, 'state'));
  return folder;
}

/** Fetches what can be fetched and is not there; says nothing when it cannot. */
export function fetchTokens(): void {
  if (existsSync(NSS_MODULE)) return;
  try {
    run('scripts/tokens/nss.sh', NSS_FOLDER);
  } catch {
    // Suites that need it say so.
  }
}

function makeSoftHsm(label: string): TestToken {
  const folder = makeFolder();
  const pin = '1234';
  run('scripts/tokens/softhsm.sh', folder, label, pin);
  return {
    kind: 'SoftHSM',
    folder,
    tokenFolder: join(folder, 'tokens'),
    options: { module: SOFTHSM_MODULE as string, token: label },
    pin,
    env: { SOFTHSM2_CONF: join(folder, 'softhsm2.conf'), XDG_STATE_HOME: join(folder, 'state') },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function makeNss(): TestToken {
  const folder = makeFolder();
  const tokenFolder = join(folder, 'database');
  const pin = 'pin-of-nss-1';
  const parameters = run(process.execPath, 'scripts/tokens/nss-database.mjs', NSS_MODULE, tokenFolder, pin);
  return {
    kind: 'NSS',
    folder,
    tokenFolder,
    options: { module: NSS_MODULE, token: 'NSS Certificate DB', libraryParameters: parameters.trim() },
    pin,
    env: { XDG_STATE_HOME: join(folder, 'state') },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/**
 * A new token with nothing in it.
 *
 * @param label - Of a SoftHSM token; NSS has a label of its own.
 */
export function makeToken(kind: TokenKind, label = 'mwrasp-test'): TestToken {
  return kind === 'SoftHSM' ? makeSoftHsm(label) : makeNss();
}
