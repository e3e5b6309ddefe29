#!/usr/bin/env node
/**
 * The command `mwrasp-crypto`.
 *
 * @module
 */
import { Command, CommanderError } from 'commander';
import { addBench } from './commands/bench.ts';
import { addDemo } from './commands/demo.ts';
import { addFragment } from './commands/fragment.ts';
import { addInfo } from './commands/info.ts';
import { addInspect } from './commands/inspect.ts';
import { addKat } from './commands/kat.ts';
import { addKeygen } from './commands/keygen.ts';
import { addKeystore } from './commands/keystore/index.ts';
import { addSeal } from './commands/seal.ts';
import { addSign } from './commands/sign.ts';
import { describeError, exitCodeOf } from './exit.ts';
import { version } from './version.ts';

const EXIT_CODES = `
Exit codes:
  0  done
  1  the answer is no: bad signature, failed authentication, failed test, expired
  2  wrong usage or wrong input
  3  a file or keystore could not be read or written
  4  something is missing here (engine, runtime, format version), or a self-test failed
  5  a defect of this program`;

const wantsJson = process.argv.includes('--json');

function createProgram(): Command {
  const program = new Command('mwrasp-crypto')
    .description('post-quantum keys, signatures, envelopes and known-answer tests')
    .version(version)
    .showHelpAfterError('(see mwrasp-crypto --help)')
    .addHelpText('after', EXIT_CODES)
    // Machines get usage errors as they get all others.
    .configureOutput({ writeErr: (text) => void (wantsJson || process.stderr.write(text)) })
    .exitOverride();
  addKeygen(program);
  addKeystore(program);
  addInspect(program);
  addSign(program);
  addSeal(program);
  addKat(program);
  addBench(program);
  addInfo(program);
  addDemo(program);
  addFragment(program);
  sayWhereHelpIs(program, 'mwrasp-crypto');
  return program;
}

function sayWhereHelpIs(parent: Command, name: string): void {
  for (const command of parent.commands) {
    const full = `${name} ${command.name()}`;
    command.showHelpAfterError(`(see ${full} --help)`).exitOverride();
    sayWhereHelpIs(command, full);
  }
}

let ended = false;

/** Reports the error that ends the program, in the form that the result was asked in. */
function end(error: unknown): void {
  // A stream's error comes twice: as an event, and to whoever writes.
  if (ended) return;
  ended = true;
  if (error instanceof CommanderError && error.exitCode === 0) return; // Help or version.
  process.exitCode = exitCodeOf(error);
  // A reader of our output that closes early (`| head`) knows it.
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') return;
  const { code, message } = describeError(error);
  if (wantsJson) process.stderr.write(`${JSON.stringify({ error: { code, message } })}\n`);
  // Commander has said it already.
  else if (!(error instanceof CommanderError)) process.stderr.write(`error: ${message} [${code}]\n`);
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A printed result that nobody reads to its end is no error; data that was cut short ends its command.
  if (error.code !== 'EPIPE') end(error);
});
// Without this, a defect would end the program with the code of a negative answer.
process.on('uncaughtException', (error) => {
  end(error);
  process.exit();
});

createProgram().parseAsync().catch(end);
