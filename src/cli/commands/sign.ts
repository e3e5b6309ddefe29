/**
 * `sign` and `verify`: detached ML-DSA-87 signatures of files of any size.
 *
 * @module
 */
import { signStream, verifyStream } from '@mwrasp/crypto/sign';
import type { Command } from 'commander';
import { EXIT } from '../exit.ts';
import { checkOutput, openInput, readSmall, STANDARD_STREAM, writeOutput } from '../files.ts';
import { readSigner, readVerifier } from '../keys.ts';
import { contextBytes, refuseJsonOnStdout, refuseStdinTwice } from '../options.ts';
import { colors, Progress, print } from '../terminal.ts';

interface SignOptions {
  readonly key: string;
  readonly output: string;
  readonly context?: string;
  readonly deterministic?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

async function runSign(file: string, options: SignOptions): Promise<void> {
  refuseJsonOnStdout(options);
  refuseStdinTwice(file, options.key);
  await checkOutput(options.output, options.force);
  using key = await readSigner(options.key);
  const { source, sizeBytes } = await openInput(file);
  const signature = await signStream(key, new Progress('signing', sizeBytes).count(source), {
    ...contextBytes(options.context),
    deterministic: options.deterministic ?? false,
  });
  await writeOutput(options.output, [signature], { force: options.force });
  const result = { file, signature: options.output, algorithm: key.algorithm, keyId: key.publicKey.keyId };
  if (options.output !== STANDARD_STREAM) {
    print(options.json, result, () => `signed ${file} with key ${result.keyId}`);
  }
}

interface VerifyOptions {
  readonly key: string;
  readonly signature: string;
  readonly context?: string;
  readonly json?: boolean;
}

async function runVerify(file: string, options: VerifyOptions): Promise<void> {
  refuseStdinTwice(file, options.key, options.signature);
  const key = await readVerifier(options.key);
  const signature = await readSmall(options.signature);
  const { source, sizeBytes } = await openInput(file);
  const counted = new Progress('verifying', sizeBytes).count(source);
  const valid = await verifyStream(key, counted, signature, contextBytes(options.context));
  print(options.json, { file, valid, algorithm: key.algorithm, keyId: key.keyId }, () =>
    valid
      ? colors.green(`good signature of ${file} by key ${key.keyId}`)
      : colors.red(`BAD signature of ${file}, or another key or context`),
  );
  if (!valid) process.exitCode = EXIT.negative;
}

/** Adds the commands. */
export function addSign(program: Command): void {
  program
    .command('sign')
    .description('sign a file of any size with ML-DSA-87; the signature is detached, 4627 bytes')
    .argument('<file>', 'the file, or - for standard input')
    .requiredOption('-k, --key <file>', 'the private key: PEM, DER or JWK')
    .option('-o, --output <file>', 'where the signature goes, or - for standard output', '-')
    .option('--context <text>', 'what the signature is for, at most 255 bytes of UTF-8')
    .option('--deterministic', 'sign without fresh randomness')
    .option('--force', 'replace a file that is there')
    .option('--json', 'print one JSON object')
    .action(runSign);
  program
    .command('verify')
    .description('verify a detached signature; exit code 1 when it is bad')
    .argument('<file>', 'the file, or - for standard input')
    .requiredOption('-k, --key <file>', 'the public key: PEM, DER or JWK')
    .requiredOption('-s, --signature <file>', 'the signature')
    .option('--context <text>', 'what the signature is for')
    .option('--json', 'print one JSON object')
    .action(runVerify);
}
