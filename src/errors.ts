/**
 * The whole error hierarchy. Every error this library throws on purpose is a {@link PqError} with a
 * stable `code`; messages may be reworded in any release, codes only in a major one.
 *
 * @module
 */

/** Options that every error class takes beside its message. */
export interface PqErrorOptions {
  /** The error underneath, where telling it helps and reveals no secret. */
  readonly cause?: unknown;
}

/** A part of a message. What is neither text nor number must not make a second error, which would hide the first. */
function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : typeof value;
}

function causeOf(options: PqErrorOptions | undefined): ErrorOptions {
  try {
    const cause = options?.cause;
    return cause === undefined ? {} : { cause };
  } catch {
    return {};
  }
}

/**
 * Base class of every error of this library.
 *
 * @example if (error instanceof PqError && error.code === 'ERR_AUTHENTICATION') { … }
 */
export class PqError extends Error {
  /** Stable, greppable identifier such as `ERR_INPUT_LENGTH`. */
  readonly code: string;

  /**
   * @param code - Stable identifier.
   * @param message - Human-readable text without secrets.
   * @param options - The cause, where there is one.
   */
  constructor(code: string, message: string, options?: PqErrorOptions) {
    super(text(message), causeOf(options));
    this.code = text(code);
    this.name = new.target.name;
  }
}

/** Codes of {@link InputError}. */
export type InputErrorCode =
  | 'ERR_INPUT_TYPE'
  | 'ERR_INPUT_LENGTH'
  | 'ERR_INPUT_RANGE'
  | 'ERR_INPUT_OPTION'
  | 'ERR_INPUT_KEY'
  | 'ERR_INPUT_FORMAT'
  | 'ERR_INPUT_ALGORITHM'
  | 'ERR_INPUT_DISPOSED'
  | 'ERR_INPUT_STATE';

/** The caller's mistake: names the argument, what was expected and what came. */
export class InputError extends PqError {
  declare readonly code: InputErrorCode;
  /** The argument that was wrong, as the docs name it. */
  readonly argument: string;
  /** What the function takes. */
  readonly expected: string;
  /** What came; never the value of a secret. */
  readonly got: string;

  /**
   * @param code - Which kind of mistake.
   * @param argument - The argument's name.
   * @param expected - What the function takes.
   * @param got - What came.
   * @param options - The cause, where there is one.
   */
  constructor(
    code: InputErrorCode,
    argument: string,
    expected: string,
    got: string,
    options?: PqErrorOptions,
  ) {
    super(code, `${text(argument)}: expected ${text(expected)}, got ${text(got)}`, options);
    this.argument = text(argument);
    this.expected = text(expected);
    this.got = text(got);
  }
}

/**
 * Opening failed. One message for every reason (wrong key, damage, truncation, wrong context) and no
 * cause, so that it can be no oracle.
 */
export class AuthenticationError extends PqError {
  constructor() {
    super('ERR_AUTHENTICATION', 'authentication failed: wrong key, wrong context, or the data was changed');
  }
}

/** Codes of {@link KeyStoreError}. */
export type KeyStoreErrorCode =
  | 'ERR_KEYSTORE_NOT_FOUND'
  | 'ERR_KEYSTORE_EXISTS'
  | 'ERR_KEYSTORE_LOCKED'
  | 'ERR_KEYSTORE_CORRUPT'
  | 'ERR_KEYSTORE_ROLLBACK'
  | 'ERR_KEYSTORE_STATE'
  | 'ERR_KEYSTORE_CUSTODY'
  | 'ERR_KEYSTORE_IO'
  | 'ERR_KEYSTORE_TOKEN'
  | 'ERR_KEYSTORE_VERSION';

/** What a PKCS#11 token answered: `{ name: 'CKR_PIN_INCORRECT', value: 0xa0 }`. */
export interface TokenResult {
  readonly name: string;
  readonly value: number;
}

/** Options of {@link KeyStoreError}. */
export interface KeyStoreErrorOptions extends PqErrorOptions {
  /** What the token answered, for `ERR_KEYSTORE_TOKEN`. */
  readonly ckr?: TokenResult;
}

function ckrOf(options: KeyStoreErrorOptions | undefined): TokenResult | undefined {
  try {
    return options?.ckr;
  } catch {
    return undefined;
  }
}

/** A keystore could not do what was asked: not found, locked, corrupt, wrong state, token trouble. */
export class KeyStoreError extends PqError {
  declare readonly code: KeyStoreErrorCode;
  /** What the token answered, where it was a token that refused. */
  readonly ckr: TokenResult | undefined;

  /**
   * @param code - Which kind of trouble.
   * @param message - Human-readable text without secrets.
   * @param options - The cause, and the token's answer, where there are.
   */
  constructor(code: KeyStoreErrorCode, message: string, options?: KeyStoreErrorOptions) {
    super(code, message, options);
    this.ckr = ckrOf(options);
  }
}

/** Codes of {@link ExpiredError}. */
export type ExpiredErrorCode =
  | 'ERR_EXPIRED_DEADLINE'
  | 'ERR_EXPIRED_EPOCH_GONE'
  | 'ERR_EXPIRED_CLOCK_ANOMALY'
  | 'ERR_EXPIRED_USE_BUDGET';

/** A fragment, a key generation or a key's use budget is past its end. */
export class ExpiredError extends PqError {
  declare readonly code: ExpiredErrorCode;

  /**
   * @param code - What ended.
   * @param message - Human-readable text without secrets.
   */
  constructor(code: ExpiredErrorCode, message: string) {
    super(code, message);
  }
}

/** Too few pieces came together. */
export class QuorumError extends PqError {
  /** How many valid, distinct pieces there were. */
  readonly have: number;
  /** How many are needed. */
  readonly need: number;

  /**
   * @param have - How many valid, distinct pieces there were.
   * @param need - How many are needed.
   */
  constructor(have: number, need: number) {
    super('ERR_QUORUM', `too few pieces: have ${text(have)}, need ${text(need)}`);
    this.have = have;
    this.need = need;
  }
}

/** Codes of {@link PoolError}. */
export type PoolErrorCode = 'ERR_POOL_WORKER';

/** A worker of a pool ended before its job did. The pool goes on with another one. */
export class PoolError extends PqError {
  declare readonly code: PoolErrorCode;

  /**
   * @param code - What went wrong.
   * @param message - Human-readable text without secrets.
   * @param options - The cause, where there is one.
   */
  constructor(code: PoolErrorCode, message: string, options?: PqErrorOptions) {
    super(code, message, options);
  }
}

/** Codes of {@link TransportError}. */
export type TransportErrorCode =
  | 'ERR_TRANSPORT_CLOSED'
  | 'ERR_TRANSPORT_FRAME'
  | 'ERR_TRANSPORT_FULL'
  | 'ERR_TRANSPORT_IO';

/**
 * A transport or a store could not carry bytes: it is closed, the other end broke the framing, there is no room, or the
 * connection underneath failed.
 */
export class TransportError extends PqError {
  declare readonly code: TransportErrorCode;

  /**
   * @param code - Which kind of trouble.
   * @param message - Human-readable text without secrets.
   * @param options - The cause, where there is one.
   */
  constructor(code: TransportErrorCode, message: string, options?: PqErrorOptions) {
    super(code, message, options);
  }
}

/** Codes of {@link UnsupportedError}. */
export type UnsupportedErrorCode =
  | 'ERR_UNSUPPORTED_ENGINE'
  | 'ERR_UNSUPPORTED_OPERATION'
  | 'ERR_UNSUPPORTED_PEER'
  | 'ERR_UNSUPPORTED_RUNTIME'
  | 'ERR_UNSUPPORTED_VERSION';

/** A peer, a mechanism, a format version or a feature of the runtime is missing. */
export class UnsupportedError extends PqError {
  declare readonly code: UnsupportedErrorCode;

  /**
   * @param code - What is missing.
   * @param message - What is missing and what to do about it.
   * @param options - The cause, where there is one.
   */
  constructor(code: UnsupportedErrorCode, message: string, options?: PqErrorOptions) {
    super(code, message, options);
  }
}

/** An engine gave a wrong known answer. It is not used again in this process. */
export class SelfTestError extends PqError {
  /** The engine that failed. */
  readonly engine: string;
  /** Which of its parts: `hash`, `aead`, `kem` or `sign`. */
  readonly family: string;

  /**
   * @param engine - The engine that failed.
   * @param family - Which of its parts.
   * @param detail - Which known answer was wrong.
   * @param options - The cause, where there is one.
   */
  constructor(engine: string, family: string, detail: string, options?: PqErrorOptions) {
    super(
      'ERR_SELF_TEST',
      `self-test of engine "${text(engine)}" (${text(family)}) failed: ${text(detail)}; it will not be used in this process`,
      options,
    );
    this.engine = text(engine);
    this.family = text(family);
  }
}
