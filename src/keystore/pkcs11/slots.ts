/**
 * Which slot holds the token that was asked for.
 *
 * @module
 */
import { KeyStoreError } from '../../errors.ts';
import { CKF, CKR } from './constants.ts';
import type { Cryptoki } from './cryptoki.ts';
import { isResult } from './errors.ts';
import type { TokenInfo } from './info.ts';
import { mark, type TokenProblem } from './problems.ts';
import type { TokenSelector } from './token-options.ts';
import type { Handle } from './values.ts';

/** A slot with its token. */
export interface FoundToken {
  readonly slot: Handle;
  readonly slotId: number;
  readonly info: TokenInfo;
}

/** Number of a slot. */
function slotIdOf(slot: Handle): number {
  return Number(slot.readBigUInt64LE());
}

/** How often a token is asked again, and how long it is left alone before, longer each time. */
const INFO_TRIES = 6;
const INFO_PAUSE_MS = 5;

/** Asks a token about itself. SoftHSM fails to answer while another process logs in, which writes to its files. */
async function askToken(cryptoki: Cryptoki, slot: Handle): Promise<TokenInfo> {
  for (let attempt = 1; ; attempt++) {
    try {
      return cryptoki.tokenInfo(slot);
    } catch (error) {
      if (attempt === INFO_TRIES || !isResult(error, CKR.GENERAL_ERROR)) throw error;
      await new Promise((resolve) => setTimeout(resolve, attempt * INFO_PAUSE_MS));
    }
  }
}

/** All tokens that a module sees. */
export async function listTokens(cryptoki: Cryptoki): Promise<FoundToken[]> {
  const found: FoundToken[] = [];
  for (const slot of cryptoki.slots()) {
    try {
      found.push({ slot, slotId: slotIdOf(slot), info: await askToken(cryptoki, slot) });
    } catch (error) {
      // Pulled out in between.
      if (!isResult(error, CKR.TOKEN_NOT_PRESENT, CKR.TOKEN_NOT_RECOGNIZED, CKR.DEVICE_REMOVED)) throw error;
    }
  }
  return found;
}

function fits({ slotId, info }: FoundToken, wanted: TokenSelector): boolean {
  const pairs: [unknown, unknown][] = [
    [wanted.token, info.label],
    [wanted.serial, info.serial],
    [wanted.manufacturer, info.manufacturer],
    [wanted.model, info.model],
    [wanted.slotId, slotId],
  ];
  return pairs.every(([value, actual]) => value === undefined || value === actual);
}

const describeToken = ({ slotId, info }: FoundToken) =>
  `"${info.label}" (slot ${slotId}, serial ${info.serial})`;

const ABSENT = { name: 'CKR_TOKEN_NOT_PRESENT', value: CKR.TOKEN_NOT_PRESENT };

function refuse(problem: TokenProblem, message: string): KeyStoreError {
  // One that is not there may come back, and is looked for again as one that was pulled out.
  const isAbsent = problem === 'no-token' || problem === 'token-not-found';
  return mark(new KeyStoreError('ERR_KEYSTORE_TOKEN', message, isAbsent ? { ckr: ABSENT } : {}), problem);
}

/**
 * The token that was asked for.
 *
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_TOKEN` when there is none, or more than one.
 */
export async function findToken(cryptoki: Cryptoki, wanted: TokenSelector): Promise<FoundToken> {
  const all = await listTokens(cryptoki);
  if (all.length === 0) throw refuse('no-token', 'the PKCS#11 module sees no token');
  const fitting = all.filter((token) => fits(token, wanted));
  // Free slots look like tokens in some modules: they count only when there is nothing else.
  const initialised = fitting.filter(({ info }) => (info.flags & CKF.TOKEN_INITIALIZED) !== 0);
  const [token, ...others] = initialised.length > 0 ? initialised : fitting;
  if (token === undefined) {
    throw refuse('token-not-found', `none of these tokens is the one: ${all.map(describeToken).join(', ')}`);
  }
  if (initialised.length === 0) {
    throw refuse('token-not-initialised', `the token ${describeToken(token)} is not initialised`);
  }
  if (others.length > 0) {
    const names = initialised.map(describeToken).join(', ');
    throw refuse('several-tokens', `say which of these tokens is meant, by label or serial number: ${names}`);
  }
  return token;
}
