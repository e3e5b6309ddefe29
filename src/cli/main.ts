#!/usr/bin/env node
/**
 * The command `mwrasp-crypto`.
 *
 * @module
 */
import { Command, CommanderError } from 'commander';
import { addBench } from './commands/bench.ts';
import { addDemo } from './commands/demo.ts';
import { addInfo } from './commands/info.ts';
import { addInspect } from './commands/inspect.ts';
import { addKat } from './commands/kat.ts';
import { addKeygen } from './commands/keygen.ts';
import { addSeal } from './commands/seal.ts';
import { addSign } from './commands/sign.ts';
import { describeError, EXIT, exitCodeOf } from './exit.ts';
import { version } from './version.ts';

const EXIT_CODES = `
Exit codes:
  0  done
  1  the answer is no: bad signature, failed authentication, failed test, expired
  2  wrong usage or wrong input
  3  a file or keystore could not be read or written
  4  something is missing here (engine, runtime, format version), or a self-test failed
  5  a defect of this program`;

function createProgram(): Command {
  const program = new Command('mwrasp-crypto')
    .description('post-quantum keys, signatures, envelopes and known-answer tests')
    .version(version)
    .showHelpAfterError('(see mwrasp-crypto --help)')
    .addHelpText('after', EXIT_CODES)
    .exitOverride();
  addKeygen(program);
  addInspect(program);
  addSign(program);
  addSeal(program);
  addKat(program);
  addBench(program);
  addInfo(program);
  addDemo(program);
  for (const command of program.commands) command.exitOverride();
  return program;
}

/** Machines get the error in the form that they asked the result in. */
function reportError(error: unknown, json: boolean): void {
  const { code, message } = describeError(error);
  process.stderr.write(
    json ? `${JSON.stringify({ error: { code, message } })}\n` : `error: ${message} [${code}]\n`,
  );
}

// A reader that closes early (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    if (error instanceof CommanderError) {
      // Commander has said it already; help and version are no errors.
      process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
      return;
    }
    reportError(error, process.argv.includes('--json'));
    process.exitCode = exitCodeOf(error);
  });
