/**
 * The PIN of a token: from a file, an environment variable, or whoever sits at the terminal.
 *
 * @module
 */
import { KeyStoreError } from '@mwrasp/crypto';
import type { PinRequest, PinSource } from '@mwrasp/crypto/keystore';
import type { Command } from 'commander';
import { CliError, EXIT } from '../exit.ts';
import { askHidden } from '../prompt.ts';

/** Options that give a token its PIN. */
export interface PinOptions {
  readonly pinFile?: string;
  readonly pinEnv?: string;
}

/** Adds the options that give a token its PIN. */
export function addPinOptions(command: Command): Command {
  return command
    .option('--pin-file <file>', "the token's PIN is in this file (or pin-source in its URI)")
    .option('--pin-env <name>', "the token's PIN is in this environment variable");
}

/** Which source of a PIN the options name; undefined when none. */
export function pinSource({ pinFile, pinEnv }: PinOptions): PinSource | undefined {
  if (pinFile !== undefined && pinEnv !== undefined) {
    throw new CliError(EXIT.usage, 'the PIN is either in --pin-file or in --pin-env');
  }
  if (pinFile !== undefined) return { file: pinFile };
  return pinEnv === undefined ? undefined : { env: pinEnv };
}

/** Does work that takes a source for PINs, with one that asks on the terminal; what was typed is wiped afterwards. */
export async function withAskedPin<T>(work: (pin: PinSource) => Promise<T>): Promise<T> {
  let typed: Uint8Array | undefined;
  try {
    return await work(async ({ token }: PinRequest) => {
      typed ??= await askHidden(`PIN of token "${token}": `);
      return typed;
    });
  } finally {
    typed?.fill(0);
  }
}

/** Whether a token wants a PIN and got none; one with a keypad of its own, or none to give, does not. */
export function isPinMissing(error: unknown): error is KeyStoreError {
  return error instanceof KeyStoreError && error.message.includes('give options.pin');
}
