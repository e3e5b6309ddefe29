/**
 * What the exit codes of the command mean.
 *
 * @module
 */
import { getSystemErrorMap } from 'node:util';
import {
  AuthenticationError,
  CeremonyError,
  ExpiredError,
  InputError,
  KeyStoreError,
  PqError,
  QuorumError,
  SelfTestError,
  UnsupportedError,
} from '@mwrasp/crypto';
import { CommanderError } from 'commander';

/** Exit codes; the README and `--help` list them. */
export const EXIT = {
  ok: 0,
  /** The answer is no: a bad signature, a failed authentication, a failed test, data that expired. */
  negative: 1,
  /** Wrong usage or wrong input. */
  usage: 2,
  /** A file, a folder or a keystore could not be read or written. */
  io: 3,
  /** Something is missing here: an engine, a runtime feature, a format version; or a self-test failed. */
  unsupported: 4,
  /** A defect of this program. */
  internal: 5,
} as const;

/** An error that the command line itself raises. */
export class CliError extends Error {
  readonly exitCode: number;

  /**
   * @param exitCode - One of {@link EXIT}.
   * @param message - What is wrong and what to do.
   */
  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The exit code for an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof AuthenticationError || error instanceof ExpiredError || error instanceof QuorumError) {
    return EXIT.negative;
  }
  if (error instanceof CeremonyError) return EXIT.negative;
  if (error instanceof InputError || error instanceof CommanderError) return EXIT.usage;
  if (error instanceof KeyStoreError) return EXIT.io;
  if (error instanceof UnsupportedError || error instanceof SelfTestError) return EXIT.unsupported;
  if (error instanceof PqError) return EXIT.internal;
  return isSystemError(error) ? EXIT.io : EXIT.internal;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

/** What the command line calls arguments of the library. */
const OPTION_NAMES: Record<string, string> = {
  source: 'the file',
  'options.context': '--context',
  'options.threshold': '--threshold',
  'options.custodians': '--custodian',
  'options.custodian': '--custodian',
  'options.label': '--label',
  'options.signer': 'the signing key',
  backup: 'the backup',
  transcript: 'the transcript',
  'options.transcript': 'the transcript',
  'options.sender': '--sender',
  'options.vectors': '--vectors',
  'options.name': '--name',
  'options.maxUses': '--max-uses',
  'options.key': 'the key',
  'options.keyFile': '--key-file',
  'options.module': 'module-path in the pkcs11: URI',
  'options.pin': 'the PIN',
  'options.uri': 'the pkcs11: URI',
  'key.name': 'NAME',
  'key.generation': 'GENERATION',
  'ref.name': 'NAME',
  'ref.generation': 'GENERATION',
  url: '--store',
};

/** A share by its place on the command line. */
function inShareOrder(message: string): string {
  return message.replaceAll(/options\.shares\[(\d+)\]\.share/g, (_, i) => `--share number ${Number(i) + 1}`);
}

/** One line for an error, and the stable code where there is one. */
export function describeError(error: unknown): { code: string; message: string } {
  if (error instanceof InputError) {
    const name = OPTION_NAMES[error.argument] ?? error.argument;
    return { code: error.code, message: `${name}: expected ${error.expected}, got ${error.got}` };
  }
  if (error instanceof CeremonyError) return { code: error.code, message: inShareOrder(error.message) };
  if (error instanceof PqError) return { code: error.code, message: error.message };
  if (error instanceof CliError) return { code: 'ERR_CLI', message: error.message };
  if (error instanceof CommanderError)
    return { code: 'ERR_CLI', message: error.message.replace(/^error: /, '') };
  if (isSystemError(error)) {
    const [, what] = getSystemErrorMap().get(error.errno ?? 0) ?? [];
    const message = error.path && what ? `${error.path}: ${what}` : error.message;
    return { code: error.code ?? 'ERR_SYSTEM', message };
  }
  return {
    code: 'ERR_INTERNAL',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}
