/**
 * Codes of errors that several readers have in common.
 *
 * @module
 */

/** Bytes that are none of the format, or another version of it. */
export const FORMAT: readonly string[] = ['ERR_INPUT_FORMAT', 'ERR_UNSUPPORTED_VERSION'];

/** The same for what has to open. */
export const SEALED: readonly string[] = [...FORMAT, 'ERR_AUTHENTICATION'];

/** A key that is imported. */
export const KEY: readonly string[] = [
  'ERR_INPUT_TYPE',
  'ERR_INPUT_FORMAT',
  'ERR_INPUT_LENGTH',
  'ERR_INPUT_ALGORITHM',
  'ERR_INPUT_KEY',
  'ERR_INPUT_OPTION',
];
