/**
 * What callers may ask of a vault, checked.
 *
 * @module
 */
import { checkBytes, checkInteger, checkOptions, describe } from '../bytes.ts';
import { InputError } from '../errors.ts';
import { MAX_CONTEXT_BYTES } from './channel.ts';
import { MAX_FRAGMENTS, MAX_MESSAGE_BYTES, SECRECY } from './format.ts';

/** Options of `reassemble` and its other forms. */
export interface ReassembleOptions {
  /** What the message is about, up to 64 KiB; whoever reassembles must give the same. None by default. */
  readonly context?: Uint8Array;
}

/** Options of `split` and its other forms. */
export interface SplitOptions extends ReassembleOptions {
  /** Fragments needed to reassemble; the same as `total` by default. */
  readonly threshold?: number;
  /** Fragments to make, 1 to 255; 1 by default. */
  readonly total?: number;
  /**
   * What protects the message: the key of its epoch alone (`epoch`, the default), or a secret of the message beside it that
   * fewer than `threshold` fragments tell nothing about (`threshold`).
   */
  readonly secrecy?: 'epoch' | 'threshold';
}

/** Options of `splitStream`. */
export interface SplitStreamOptions extends SplitOptions {
  /** Plaintext bytes of a piece, each of which has a life of its own: 1 to 2^20, 2^18 by default. */
  readonly pieceSizeBytes?: number;
}

/** {@link SplitOptions}, checked and complete. */
export interface Shape {
  readonly threshold: number;
  readonly total: number;
  readonly secrecy: number;
  readonly context: Uint8Array;
}

const NO_CONTEXT = new Uint8Array(0);
const WHOLE: Shape = { threshold: 1, total: 1, secrecy: SECRECY.epoch, context: NO_CONTEXT };
const NAMES = ['threshold', 'total', 'secrecy', 'context'];
const DEFAULT_PIECE_BYTES = 2 ** 18;

function checkContext(context: unknown): Uint8Array {
  if (context === undefined) return NO_CONTEXT;
  checkBytes('options.context', context, { max: MAX_CONTEXT_BYTES });
  return context;
}

function shapeOf(wanted: Partial<SplitOptions>): Shape {
  const { total = 1, secrecy = 'epoch' } = wanted;
  checkInteger('options.total', total, 1, MAX_FRAGMENTS);
  const { threshold = total } = wanted;
  checkInteger('options.threshold', threshold, 1, total);
  if (secrecy !== 'epoch' && secrecy !== 'threshold') {
    const got = typeof secrecy === 'string' ? `"${(secrecy as string).slice(0, 64)}"` : describe(secrecy);
    throw new InputError('ERR_INPUT_OPTION', 'options.secrecy', 'epoch or threshold', got);
  }
  const context = checkContext(wanted.context);
  return { threshold, total, secrecy: SECRECY[secrecy], context };
}

/**
 * Checks {@link SplitOptions}.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`.
 */
export function checkShape(options: SplitOptions | undefined): Shape {
  return options === undefined ? WHOLE : shapeOf(checkOptions('options', options, NAMES));
}

/**
 * Checks {@link SplitStreamOptions}.
 *
 * @throws {@link InputError} as {@link checkShape}.
 */
export function checkStreamShape(
  options: SplitStreamOptions | undefined,
): Shape & { readonly pieceSizeBytes: number } {
  const wanted = checkOptions('options', options, [...NAMES, 'pieceSizeBytes']);
  const { pieceSizeBytes = DEFAULT_PIECE_BYTES } = wanted;
  checkInteger('options.pieceSizeBytes', pieceSizeBytes, 1, MAX_MESSAGE_BYTES);
  return { ...shapeOf(wanted), pieceSizeBytes };
}

/**
 * Checks {@link ReassembleOptions}.
 *
 * @returns The context, empty for none.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`.
 */
export function checkReassemble(options: ReassembleOptions | undefined): Uint8Array {
  if (options === undefined) return NO_CONTEXT;
  return checkContext(checkOptions('options', options, ['context']).context);
}
