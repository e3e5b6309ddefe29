/**
 * `keygen`: a new key pair in two files.
 *
 * @module
 */
import { resolve } from 'node:path';
import { exportPublicKey } from '@mwrasp/crypto/encodings';
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import { generateKemKey } from '@mwrasp/crypto/kem';
import { generateSignKey } from '@mwrasp/crypto/sign';
import type { Command } from 'commander';
import { CliError, EXIT } from '../exit.ts';
import { checkOutput, STANDARD_STREAM, writeOutput } from '../files.ts';
import { refuseJsonOnStdout } from '../options.ts';
import { print, table } from '../terminal.ts';

interface Options {
  readonly output: string;
  readonly public?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const GENERATORS = {
  sign: { generate: generateSignKey, algorithm: 'ML-DSA-87' },
  kem: { generate: generateKemKey, algorithm: 'ML-KEM-1024' },
} as const;

async function run(kind: string, options: Options): Promise<void> {
  if (kind !== 'sign' && kind !== 'kem') {
    throw new CliError(EXIT.usage, `kind: expected "sign" (ML-DSA-87) or "kem" (ML-KEM-1024), got "${kind}"`);
  }
  if (options.output === STANDARD_STREAM) {
    throw new CliError(EXIT.usage, 'a private key goes to a file: give --output a name');
  }
  const publicPath = options.public ?? `${options.output}.pub`;
  if (resolve(publicPath) === resolve(options.output)) {
    throw new CliError(
      EXIT.usage,
      'the private and the public key go to two files: give --public another name',
    );
  }
  refuseJsonOnStdout({ ...options, output: publicPath });
  await checkOutput(options.output, options.force);
  await checkOutput(publicPath, options.force);
  using key = GENERATORS[kind].generate();
  const encode = (text: string) => new TextEncoder().encode(text);
  await writeOutput(options.output, [encode(exportPrivateKey(key, 'pem'))], {
    force: options.force,
    secret: true,
  });
  await writeOutput(publicPath, [encode(exportPublicKey(key.publicKey, 'pem'))], { force: options.force });
  const result = {
    algorithm: key.algorithm,
    keyId: key.publicKey.keyId,
    privateKey: options.output,
    publicKey: publicPath,
  };
  if (publicPath !== STANDARD_STREAM) {
    print(options.json, result, () => table(Object.entries(result), ['left', 'left']));
  }
}

/** Adds the command. */
export function addKeygen(program: Command): void {
  program
    .command('keygen')
    .description(
      'make a key pair: the private key as PKCS#8 PEM that only you can read, the public one beside it',
    )
    .argument('<kind>', 'sign (ML-DSA-87) or kem (ML-KEM-1024)')
    .requiredOption('-o, --output <file>', 'where the private key goes')
    .option('--public <file>', 'where the public key goes, or - for standard output (default: OUTPUT.pub)')
    .option('--force', 'replace files that are there')
    .option('--json', 'print one JSON object')
    .action(run);
}
