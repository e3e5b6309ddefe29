/**
 * Options that several commands share.
 *
 * @module
 */
import { CliError, EXIT } from './exit.ts';
import { STANDARD_STREAM } from './files.ts';

/** A context text as the library takes it. */
export function contextBytes(text: string | undefined): { context?: Uint8Array } {
  return text === undefined ? {} : { context: new TextEncoder().encode(text) };
}

/** Standard output is for one thing at a time. */
export function refuseJsonOnStdout({
  json,
  output,
}: {
  readonly json?: boolean;
  readonly output: string;
}): void {
  if (json && output === STANDARD_STREAM) {
    throw new CliError(EXIT.usage, 'with --json, send the data to a file: --output FILE');
  }
}

/** Standard input can be read once. */
export function refuseStdinTwice(...inputs: readonly (string | undefined)[]): void {
  if (inputs.filter((path) => path === STANDARD_STREAM).length > 1) {
    throw new CliError(
      EXIT.usage,
      'standard input can be only one of the inputs: name a file for the others',
    );
  }
}
