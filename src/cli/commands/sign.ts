/**
 * `sign` and `verify`: detached ML-DSA-87 signatures of files of any size.
 *
 * @module
 */
import { signStream, verifyStream } from '@mwrasp/crypto/sign';
import type { Command } from 'commander';
import { EXIT } from '../exit.ts';
import {
  checkOutput,
  nameOf,
  openInput,
  readSmall,
  readWhole,
  STANDARD_STREAM,
  writeOutput,
} from '../files.ts';
import { readSigner, readVerifier } from '../keys.ts';
import { contextBytes, refuseJsonOnStdout, refuseStdinTwice } from '../options.ts';
import { addStoreOptions, refuseUnlockAlone, type StoreOptions, withStore } from '../store/open.ts';
import { readSelector } from '../store/selector.ts';
import { colors, Progress, print } from '../terminal.ts';

interface SignOptions extends StoreOptions {
  readonly key: string;
  readonly output: string;
  readonly context?: string;
  readonly deterministic?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** A keystore signs what is in memory, and no more of it. */
const MAX_STORE_MESSAGE_BYTES = 2 ** 30;

interface Signed {
  readonly signature: Uint8Array;
  readonly keyId: string;
}

async function signWithFile(file: string, options: SignOptions): Promise<Signed> {
  using key = await readSigner(options.key);
  const { source, sizeBytes } = await openInput(file);
  const signature = await signStream(key, new Progress('signing', sizeBytes).count(source), {
    ...contextBytes(options.context),
    deterministic: options.deterministic ?? false,
  });
  return { signature, keyId: key.publicKey.keyId };
}

async function signInStore(file: string, options: SignOptions): Promise<Signed> {
  return await withStore(options, async (keystore) => {
    const { ref, keyId } = await keystore.get(readSelector(options.key));
    const { source, sizeBytes } = await openInput(file);
    const counted = new Progress('reading', sizeBytes).count(source);
    const tooLarge = `${nameOf(file)} is larger than 1 GiB, and a keystore signs no more: sign a digest of it`;
    const message = await readWhole(counted, MAX_STORE_MESSAGE_BYTES, tooLarge);
    const signature = await keystore.sign(ref, message, {
      ...contextBytes(options.context),
      deterministic: options.deterministic ?? false,
    });
    return { signature, keyId };
  });
}

async function runSign(file: string, options: SignOptions): Promise<void> {
  refuseJsonOnStdout(options);
  refuseUnlockAlone(options);
  refuseStdinTwice(file, options.key, options.passphraseFile);
  await checkOutput(options.output, options.force);
  const sign = options.store === undefined ? signWithFile : signInStore;
  const { signature, keyId } = await sign(file, options);
  await writeOutput(options.output, [signature], { force: options.force });
  const result = { file, signature: options.output, algorithm: 'ML-DSA-87', keyId };
  if (options.output !== STANDARD_STREAM) {
    print(options.json, result, () => `signed ${file} with key ${keyId}`);
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
  const sign = program
    .command('sign')
    .description('sign a file of any size with ML-DSA-87; the signature is detached, 4627 bytes')
    .argument('<file>', 'the file, or - for standard input')
    .requiredOption(
      '-k, --key <file>',
      'the private key: PEM, DER or JWK; with --store, NAME or NAME@GENERATION',
    )
    .option('-o, --output <file>', 'where the signature goes, or - for standard output', '-')
    .option('--context <text>', 'what the signature is for, at most 255 bytes of UTF-8')
    .option('--deterministic', 'sign without fresh randomness');
  addStoreOptions(sign, false)
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
