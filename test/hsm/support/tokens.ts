/**
 * Real tokens for tests, each in a folder of its own.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Custody, KeystoreAlgorithm } from '../../../src/keystore/index.ts';
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
export type TokenKind = 'SoftHSM' | 'NSS' | 'openCryptoki';

/** A token, and what a process needs to use it. */
export interface TestToken {
  readonly kind: TokenKind;
  /** Our state, configuration, and the token itself where it can have any place. */
  readonly folder: string;
  /** Where the token keeps its objects. */
  readonly tokenFolder: string;
  readonly options: Pkcs11TokenOptions;
  readonly pin: string;
  /** Environment of a process that uses it. */
  readonly env: Record<string, string>;
  remove(): void;
}

/** How a token is made. */
export interface MakeTokenOptions {
  /** Of a token that has a label of its own. */
  readonly label?: string;
  /** Where its folder is made: on a disk by default. */
  readonly parent?: string;
}

/** What is particular about tokens of a kind, for tests. */
interface Kind {
  /** Path of its module, where there is one. */
  find(): string | undefined;
  readonly name: string;
  /** What to type to get it. */
  readonly install: string;
  readonly custody: Readonly<Record<KeystoreAlgorithm, Custody>>;
  make(folder: string, label: string): Pick<TestToken, 'tokenFolder' | 'options' | 'pin' | 'env'>;
}

const ALL_INSIDE = { 'ML-KEM-1024': 'in-token', 'ML-DSA-87': 'in-token', 'AES-256-GCM': 'in-token' } as const;

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

const KINDS: Readonly<Record<TokenKind, Kind>> = {
  SoftHSM: {
    find: () => SOFTHSM_MODULE,
    name: 'SoftHSM 2',
    install: 'apt-get install -y softhsm2',
    custody: { 'ML-KEM-1024': 'sealed', 'ML-DSA-87': 'sealed', 'AES-256-GCM': 'in-token' },
    make(folder, label) {
      const pin = '1234';
      run('scripts/tokens/softhsm.sh', folder, label, pin);
      return {
        tokenFolder: join(folder, 'tokens'),
        options: { module: SOFTHSM_MODULE as string, token: label },
        pin,
        env: { SOFTHSM2_CONF: join(folder, 'softhsm2.conf') },
      };
    },
  },
  NSS: {
    // Looked for each time: it may be fetched meanwhile.
    find: () => (existsSync(NSS_MODULE) ? NSS_MODULE : undefined),
    name: 'NSS softokn 3.131 or later',
    install: `scripts/tokens/nss.sh ${NSS_FOLDER}`,
    custody: ALL_INSIDE,
    make(folder) {
      const tokenFolder = join(folder, 'database');
      const pin = 'pin-of-nss-1';
      const made = run(process.execPath, 'scripts/tokens/nss-database.mjs', NSS_MODULE, tokenFolder, pin);
      const options = { module: NSS_MODULE, token: 'NSS Certificate DB', libraryParameters: made.trim() };
      return { tokenFolder, options, pin, env: {} };
    },
  },
  // One in the whole system, of scripts/tokens/opencryptoki.sh: each that is made replaces the one before.
  openCryptoki: {
    find: () => process.env['MODULE'],
    name: 'openCryptoki in its own system',
    install: 'npm run test:hsm:opencryptoki',
    custody: ALL_INSIDE,
    make(_folder, label) {
      const module = process.env['MODULE'] as string;
      const pin = '12345678';
      run(process.execPath, 'scripts/tokens/opencryptoki-token.mjs', module, label, pin);
      return {
        tokenFolder: '/var/lib/opencryptoki/swtok',
        options: { module, token: label },
        pin,
        env: {},
      };
    },
  },
};

/** The tokens that are tested here: those that live in this system, or what MWRASP_TOKEN_KINDS names (`NSS,…`). */
export const TOKEN_KINDS: readonly TokenKind[] = (
  process.env['MWRASP_TOKEN_KINDS']?.split(',') ?? ['SoftHSM', 'NSS']
).map((name) => {
  if (Object.hasOwn(KINDS, name)) return name as TokenKind;
  throw new Error(`MWRASP_TOKEN_KINDS: there is no token of the kind ${name}`);
});

/** Those of some kinds that are tested here. */
export function testedOf<K extends TokenKind>(...kinds: readonly K[]): readonly K[] {
  return kinds.filter((kind) => TOKEN_KINDS.includes(kind));
}

/** Custody of each algorithm in a token. */
export function custodyIn(kind: TokenKind): Readonly<Record<KeystoreAlgorithm, Custody>> {
  return KINDS[kind].custody;
}

/** Whether a token can be made here. */
export function isAvailable(kind: TokenKind): boolean {
  return KINDS[kind].find() !== undefined;
}

/** A suite that needs a token. */
export function needsToken(kind: TokenKind): Suite {
  const { name, install } = KINDS[kind];
  return needs(name, isAvailable(kind), install);
}

/** Fetches what can be fetched and is not there; says nothing when it cannot. */
export function fetchTokens(): void {
  if (!TOKEN_KINDS.includes('NSS') || existsSync(NSS_MODULE)) return;
  try {
    run('scripts/tokens/nss.sh', NSS_FOLDER);
  } catch {
    // Suites that need it say so.
  }
}

/** A new token with nothing in it. */
export function makeToken(kind: TokenKind, options: MakeTokenOptions = {}): TestToken {
  const { label = 'mwrasp-test', parent = tmpdir() } = options;
  const folder = mkdtempSync(join(parent, 'token-'));
  const state = join(folder, 'state');
  mkdirSync(state);
  const { env, ...made } = KINDS[kind].make(folder, label);
  return {
    kind,
    folder,
    ...made,
    env: { ...env, XDG_STATE_HOME: state },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
