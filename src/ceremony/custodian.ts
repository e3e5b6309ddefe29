/**
 * Who takes part in a ceremony, and by what rule.
 *
 * @module
 */
import { checkArray, checkInteger, checkOptions, toBase64Url } from '../bytes.ts';
import { CeremonyError, InputError } from '../errors.ts';
import { checkKemPublicKey, type KemPublicKey } from '../kem/keys.ts';
import { checkName } from '../keystore/keystore.ts';
import { checkSignPublicKey, type SignPublicKey } from '../sign/keys.ts';

/** The most custodians of a ceremony. */
export const MAX_CUSTODIANS = 16;

/** One who gets a share: the public halves of the two keys that a custodian holds. */
export interface Custodian {
  /** As key names are: 1 to 64 characters of `a-z`, `0-9`, `.`, `_`, `-`, starting with a letter or digit. */
  readonly name: string;
  /** The ML-KEM-1024 key that the share is sealed to. */
  readonly recipient: KemPublicKey;
  /** The ML-DSA-87 key whose signature says that the share was read back. */
  readonly signer: SignPublicKey;
}

/**
 * Checks a rule: M of N with 2 ≤ M ≤ N ≤ 16, and 1 of 1. With M = 1 each of several custodians would hold the whole key, which
 * is copying and not splitting.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`.
 */
export function checkRule(argument: string, threshold: unknown, total: number): asserts threshold is number {
  checkInteger(argument, threshold, total === 1 ? 1 : 2, total);
}

/** Whether stored numbers are a rule that {@link checkRule} takes. */
export function isRule(threshold: number, total: number): boolean {
  return total >= 1 && total <= MAX_CUSTODIANS && threshold >= Math.min(2, total) && threshold <= total;
}

function checkCustodian(argument: string, value: unknown): Custodian {
  if (value === undefined) throw new InputError('ERR_INPUT_TYPE', argument, 'a Custodian', 'undefined');
  const { name, recipient, signer } = checkOptions(argument, value as Partial<Custodian>, [
    'name',
    'recipient',
    'signer',
  ]);
  checkName(`${argument}.name`, name);
  checkKemPublicKey(`${argument}.recipient`, recipient as KemPublicKey);
  checkSignPublicKey(`${argument}.signer`, signer as SignPublicKey);
  return { name, recipient: recipient as KemPublicKey, signer: signer as SignPublicKey };
}

/** Refuses what two custodians have in common: one of them would decide for both. */
function checkDistinct(argument: string, what: string, values: readonly string[]): void {
  const twice = values.findIndex((value, i) => values.indexOf(value) !== i);
  if (twice < 0) return;
  throw new InputError(
    'ERR_INPUT_FORMAT',
    `${argument}[${twice}]`,
    `a ${what} of its own`,
    'that of another',
  );
}

/**
 * Checks custodians.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_LENGTH` when there are none or too many,
 * `ERR_INPUT_FORMAT` for a name that is none, and when two have a name or a key in common.
 */
export function checkCustodians(argument: string, value: unknown): Custodian[] {
  const custodians = checkArray(argument, value, 'an array of custodians', checkCustodian);
  if (custodians.length < 1 || custodians.length > MAX_CUSTODIANS) {
    const expected = `1 to ${MAX_CUSTODIANS} custodians`;
    throw new InputError('ERR_INPUT_LENGTH', argument, expected, String(custodians.length));
  }
  checkDistinct(
    argument,
    'name',
    custodians.map(({ name }) => name),
  );
  checkDistinct(
    argument,
    'recipient',
    custodians.map(({ recipient }) => toBase64Url(recipient.thumbprint())),
  );
  checkDistinct(
    argument,
    'signer',
    custodians.map(({ signer }) => toBase64Url(signer.thumbprint())),
  );
  return custodians;
}

/** It is too early, or too late, for a step. */
export function wrongStep(message: string, custodian?: string): CeremonyError {
  return new CeremonyError('ERR_CEREMONY_STATE', message, custodian === undefined ? {} : { custodian });
}
