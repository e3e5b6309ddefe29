/**
 * `keystore import`: a key from elsewhere.
 *
 * @module
 */
import { SecretBytes } from '@mwrasp/crypto';
import { type AnyPrivateKey, importPrivateKey, type PrivateKeyInput } from '@mwrasp/crypto/encodings';
import type { KeyInfo, KeystoreAlgorithm, NewKeyOptions } from '@mwrasp/crypto/keystore';
import type { Command } from 'commander';
import { CliError, EXIT } from '../../exit.ts';
import { nameOf, readSecretFile } from '../../files.ts';
import { detectForm, inFile } from '../../keys.ts';
import { refuseStdinTwice } from '../../options.ts';
import { withStore } from '../../store/open.ts';
import { ALGORITHMS, readAlgorithm } from '../../store/selector.ts';
import { addNewKeyOptions, type NewKeyCommandOptions, printKey, readNewKeyOptions } from './new-key.ts';

interface Options extends NewKeyCommandOptions {
  readonly algorithm?: string;
}

/** The largest form, PEM of an expanded key beside its seed, has 7 kB. */
const MAX_KEY_FILE_BYTES = 64 * 1024;

/** Raw seeds and AES keys are this long, and no other form of a key is. */
const RAW_LENGTHS = [32, 64];

const HEXADECIMAL = /^[0-9a-fA-F]+$/;

/** Takes a key in. */
type Import = (key: AnyPrivateKey | SecretBytes, algorithm: KeystoreAlgorithm) => Promise<KeyInfo>;

async function importRaw(
  file: string,
  bytes: SecretBytes,
  algorithm: KeystoreAlgorithm | undefined,
  take: Import,
): Promise<KeyInfo> {
  if (algorithm === undefined) {
    const kinds = ALGORITHMS.join(', ');
    throw new CliError(EXIT.usage, `${file}: raw bytes do not say which key they are: --algorithm ${kinds}`);
  }
  // Half the strength of a key, and taken for one without a word.
  if (HEXADECIMAL.test(Buffer.from(bytes.expose()).toString('latin1'))) {
    throw new CliError(EXIT.usage, `${file}: this is a key in hexadecimal; import its raw bytes: xxd -r -p`);
  }
  return await take(bytes, algorithm);
}

async function importStructured(
  file: string,
  bytes: SecretBytes,
  algorithm: KeystoreAlgorithm | undefined,
  take: Import,
): Promise<KeyInfo> {
  const form = detectForm(bytes.expose()) as PrivateKeyInput;
  using key = await inFile(file, () => importPrivateKey(form));
  if (algorithm !== undefined && algorithm !== key.algorithm) {
    throw new CliError(EXIT.usage, `${file}: this is a key for ${key.algorithm}, not ${algorithm}`);
  }
  if (!key.hasSeed) {
    throw new CliError(EXIT.usage, `${file}: this key is expanded, and a keystore keeps seeds: it has none`);
  }
  return await take(key, key.algorithm);
}

async function run(file: string, options: Options): Promise<void> {
  refuseStdinTwice(file, options.passphraseFile);
  const wanted: NewKeyOptions = readNewKeyOptions(options);
  const algorithm = options.algorithm === undefined ? undefined : readAlgorithm(options.algorithm);
  using bytes = SecretBytes.adopt(await readSecretFile(file, MAX_KEY_FILE_BYTES, 'a key'));
  const isRaw = algorithm === 'AES-256-GCM' || RAW_LENGTHS.includes(bytes.length);
  const importKey = isRaw ? importRaw : importStructured;
  const key = await importKey(nameOf(file), bytes, algorithm, (key, algorithm) =>
    withStore(options, (keystore) => keystore.import({ ...wanted, key, algorithm })),
  );
  printKey(options.json, key, 'imported');
}

/** Adds the command. */
export function addImport(keystore: Command): void {
  const command = keystore
    .command('import')
    .description('take a private key from a file into a keystore; the file stays as it is, yours to destroy')
    .argument('<file>', 'PKCS#8 in PEM or DER, JWK, or raw bytes; or - for standard input');
  addNewKeyOptions(command)
    .option('--algorithm <algorithm>', `of raw bytes: ${ALGORITHMS.join(', ')}`)
    .action(run);
}
