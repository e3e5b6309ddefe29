/**
 * `seal` and `open`: envelopes of files of any size.
 *
 * @module
 */
import { openStream, type Signer, sealStream } from '@mwrasp/crypto/envelope';
import type { SignPrivateKey } from '@mwrasp/crypto/sign';
import type { Command } from 'commander';
import { CliError, EXIT } from '../exit.ts';
import { checkOutput, openInput, STANDARD_STREAM, writeOutput } from '../files.ts';
import { readRecipientPublic, readVerifier, withRecipient, withSigner } from '../keys.ts';
import { contextBytes, refuseJsonOnStdout, refuseStdinTwice } from '../options.ts';
import { addStoreOptions, refuseUnlockAlone, type StoreOptions } from '../store/open.ts';
import { Progress, print } from '../terminal.ts';

interface SealOptions extends StoreOptions {
  readonly to: string;
  readonly signer?: string;
  readonly output: string;
  readonly context?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

async function runSeal(file: string, options: SealOptions): Promise<void> {
  refuseJsonOnStdout(options);
  refuseUnlockAlone(options);
  refuseStdinTwice(file, options.to, options.signer, options.passphraseFile);
  await checkOutput(options.output, options.force);
  if (options.signer === undefined && options.store !== undefined) {
    throw new CliError(EXIT.usage, 'the key of --store that signs is missing: --signer NAME');
  }
  if (options.signer === undefined) return await seal(file, options, undefined);
  await withSigner(options.signer, options, (signer) => seal(file, options, signer));
}

async function seal(
  file: string,
  options: SealOptions,
  signer: SignPrivateKey | Signer | undefined,
): Promise<void> {
  const recipient = await readRecipientPublic(options.to);
  const { source, sizeBytes } = await openInput(file);
  const sealed = sealStream(recipient, new Progress('sealing', sizeBytes).count(source), {
    ...(signer ? { signer } : {}),
    ...contextBytes(options.context),
  });
  await writeOutput(options.output, sealed, { force: options.force });
  const result = {
    file,
    envelope: options.output,
    recipient: recipient.keyId,
    sender: signer?.publicKey.keyId ?? null,
  };
  if (options.output !== STANDARD_STREAM) {
    print(options.json, result, () => `sealed ${file} to key ${result.recipient}`);
  }
}

interface OpenOptions extends StoreOptions {
  readonly key: string;
  readonly sender?: string;
  readonly output: string;
  readonly context?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

async function runOpen(file: string, options: OpenOptions): Promise<void> {
  refuseJsonOnStdout(options);
  refuseUnlockAlone(options);
  refuseStdinTwice(file, options.key, options.sender, options.passphraseFile);
  await checkOutput(options.output, options.force);
  const sender = await withRecipient(options.key, options, async (key) => {
    const sender = options.sender === undefined ? undefined : await readVerifier(options.sender);
    const { source, sizeBytes } = await openInput(file);
    const opened = openStream(key, new Progress('opening', sizeBytes).count(source), {
      ...(sender ? { sender } : {}),
      ...contextBytes(options.context),
    });
    // What was sealed may well be secret.
    await writeOutput(options.output, opened, { force: options.force, secret: true });
    return sender;
  });
  const result = { envelope: file, output: options.output, sender: sender?.keyId ?? null };
  if (options.output !== STANDARD_STREAM) {
    print(options.json, result, () => `opened ${file}${sender ? `, signed by key ${sender.keyId}` : ''}`);
  }
}

/** Adds the commands. */
export function addSeal(program: Command): void {
  const sealing = program
    .command('seal')
    .description('seal a file of any size to an ML-KEM-1024 key (HPKE), signed if wanted')
    .argument('<file>', 'the file, or - for standard input')
    .requiredOption('-t, --to <file>', "the recipient's public key: PEM, DER or JWK")
    .option(
      '--signer <file>',
      'the private ML-DSA-87 key that signs the envelope; with --store, its name there',
    )
    .option('-o, --output <file>', 'where the envelope goes, or - for standard output', '-')
    .option('--context <text>', 'bytes that whoever opens must know, at most 16 KiB of UTF-8');
  addStoreOptions(sealing, false)
    .option('--force', 'replace a file that is there')
    .option('--json', 'print one JSON object')
    .action(runSeal);
  const opening = program
    .command('open')
    .description('open an envelope; a file is written only when all of it is authentic')
    .argument('<file>', 'the envelope, or - for standard input')
    .requiredOption(
      '-k, --key <file>',
      "the recipient's private key: PEM, DER or JWK; with --store, its name there",
    )
    .option('--sender <file>', 'the public key that must have signed it')
    .option('-o, --output <file>', 'where the content goes, or - for standard output', '-')
    .option('--context <text>', 'the context it was sealed with');
  addStoreOptions(opening, false)
    .option('--force', 'replace a file that is there')
    .option('--json', 'print one JSON object')
    .action(runOpen);
}
