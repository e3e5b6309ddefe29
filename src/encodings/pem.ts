/**
 * PEM, the strict textual encoding of RFC 7468 §3.
 *
 * @module
 */
import { describe, fromBase64, toBase64 } from '../bytes.ts';
import { InputError } from '../errors.ts';

/** The labels that this library reads and writes. */
export type PemLabel = 'PUBLIC KEY' | 'PRIVATE KEY';

/** Longer than any key of ours; refused before parsing. */
const MAX_PEM_CHARACTERS = 131072;
const LINE_CHARACTERS = 64;

/**
 * Writes a PEM text.
 *
 * @param label - What it is.
 * @param der - Its bytes.
 * @returns Lines of 64 characters, with a newline at the end.
 */
export function writePem(label: PemLabel, der: Uint8Array): string {
  const lines = toBase64(der).match(new RegExp(`.{1,${LINE_CHARACTERS}}`, 'g')) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/**
 * Reads a PEM text with exactly one block; line ends may be LF or CRLF, and white space may surround it.
 *
 * @param argument - The argument's name, for the error.
 * @param text - The text.
 * @param label - What it must be.
 * @returns Its bytes.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_FORMAT`.
 */
export function readPem(argument: string, text: string, label: PemLabel): Uint8Array {
  if (typeof text !== 'string')
    throw new InputError('ERR_INPUT_TYPE', argument, 'a PEM text', describe(text));
  if (text.length > MAX_PEM_CHARACTERS) {
    throw new InputError(
      'ERR_INPUT_LENGTH',
      argument,
      `at most ${MAX_PEM_CHARACTERS} characters`,
      `${text.length}`,
    );
  }
  const lines = text.trim().split(/\r?\n/);
  const found = /^-----BEGIN ([A-Z0-9 ]{1,40})-----$/.exec(lines[0] ?? '')?.[1];
  if (found !== label) {
    const got = found === undefined ? 'another text' : `a PEM text "${found}"`;
    throw new InputError('ERR_INPUT_FORMAT', argument, `a PEM text "${label}"`, got);
  }
  if (lines.at(-1) !== `-----END ${label}-----`) {
    throw new InputError(
      'ERR_INPUT_FORMAT',
      argument,
      `one PEM block that ends with END ${label}`,
      'no such end',
    );
  }
  const body = lines.slice(1, -1);
  const wellFormed = body.every((line, i) =>
    i < body.length - 1 ? line.length === LINE_CHARACTERS : line.length > 0 && line.length <= LINE_CHARACTERS,
  );
  if (!wellFormed) {
    throw new InputError(
      'ERR_INPUT_FORMAT',
      argument,
      `lines of ${LINE_CHARACTERS} characters`,
      'other lines',
    );
  }
  return fromBase64(body.join(''), argument);
}
