/**
 * Every backend that the contract suite runs on.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Custody, type Keystore, openKeystore } from '@mwrasp/crypto/keystore';
import { utf8 } from '../../../src/bytes.ts';
import type { Clock } from '../../../src/clock.ts';
import {
  custodyIn,
  isAvailable,
  makeToken,
  needsToken,
  type TestToken,
  TOKEN_KINDS,
  type TokenKind,
} from '../../hsm/support/tokens.ts';
import { SCRATCH } from '../../support/scratch.ts';

/** Somewhere a store is kept. */
export interface Place {
  /** Opens the store that is there. One that does not persist is empty each time. */
  open(clock?: Clock): Promise<Keystore>;
  /** Removes everything. */
  remove(): void | Promise<void>;
}

/** A backend under test. */
export interface BackendUnderTest {
  readonly name: Keystore['backend'];
  /** Told apart by this: one backend may be tested over several tokens. */
  readonly label: string;
  /** What key pairs get there. */
  readonly custody: Custody;
  /** What data keys get there: a token without the algorithms of key pairs keeps these inside all the same. */
  readonly dataCustody: Custody;
  readonly persists: boolean;
  /** A place of its own, empty. */
  makePlace(): Place | Promise<Place>;
}

/** A new, empty folder. */
export function makeFolder(): string {
  return mkdtempSync(join(SCRATCH, 'keystore-'));
}

/** 32 bytes that are the same in every run. */
export const ROOT_KEY: Uint8Array = Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 1);

/** Options without what is undefined. */
const withClock = (clock: Clock | undefined) => (clock === undefined ? {} : { clock });

/** One token for all stores of a run: they share it as services do. */
const tokens = new Map<TokenKind, TestToken>();

function sharedToken(kind: TokenKind): TestToken {
  let token = tokens.get(kind);
  if (token === undefined) {
    token = makeToken(kind, { parent: SCRATCH });
    tokens.set(kind, token);
  }
  Object.assign(process.env, token.env);
  return token;
}

/** Removes them, when all tests are done. */
export function removeTokens(): void {
  for (const token of tokens.values()) token.remove();
  tokens.clear();
}

function onToken(kind: TokenKind): BackendUnderTest {
  return {
    name: 'pkcs11',
    label: `pkcs11 (${kind})`,
    custody: custodyIn(kind)['ML-KEM-1024'],
    dataCustody: custodyIn(kind)['AES-256-GCM'],
    persists: true,
    makePlace: () => {
      const folder = makeFolder();
      const { options, pin } = sharedToken(kind);
      const own = {
        ...options,
        backend: 'pkcs11',
        path: join(folder, 'store'),
        highWaterMark: join(folder, 'mark'),
      } as const;
      return {
        open: (clock) => openKeystore({ ...own, pin: utf8(pin), ...withClock(clock) }),
        remove: () => rmSync(folder, { recursive: true }),
      };
    },
  };
}

export const BACKENDS: readonly BackendUnderTest[] = [
  {
    name: 'memory',
    label: 'memory',
    custody: 'memory',
    dataCustody: 'memory',
    persists: false,
    makePlace: () => ({
      open: (clock) => openKeystore({ backend: 'memory', ...withClock(clock) }),
      remove: () => {},
    }),
  },
  {
    name: 'file',
    label: 'file',
    custody: 'sealed',
    dataCustody: 'sealed',
    persists: true,
    makePlace: () => {
      const folder = makeFolder();
      const options = {
        backend: 'file',
        path: join(folder, 'store'),
        rootKey: ROOT_KEY,
        highWaterMark: join(folder, 'mark'),
      } as const;
      return {
        open: (clock) => openKeystore({ ...options, ...withClock(clock) }),
        remove: () => rmSync(folder, { recursive: true }),
      };
    },
  },
  ...TOKEN_KINDS.filter(isAvailable).map(onToken),
];

/** Stands in for tokens that are missing: one skipped test each, which says how to get it. */
export function tellMissingTokens(): void {
  for (const kind of TOKEN_KINDS) {
    if (!isAvailable(kind)) needsToken(kind)(`pkcs11 keystore (${kind})`, () => {});
  }
}
