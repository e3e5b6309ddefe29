/**
 * The passphrase of a keystore: from a file, standard input, or whoever sits at the terminal.
 *
 * @module
 */
import { CliError, EXIT } from '../exit.ts';
import { nameOf, readSecretFile } from '../files.ts';
import { askHidden, isInteractive } from '../prompt.ts';

/** Names the passphrase's file where `--passphrase-file` does not. */
export const PASSPHRASE_VARIABLE = 'MWRASP_CRYPTO_PASSPHRASE_FILE';

/** No passphrase is longer; with the end of its line. */
const MAX_PASSPHRASE_BYTES = 1024 + 2;

async function readPassphrase(path: string): Promise<Uint8Array> {
  const bytes = await readSecretFile(path, MAX_PASSPHRASE_BYTES, 'a passphrase');
  let end = bytes.length;
  if (bytes[end - 1] === 0x0a) end--;
  if (bytes[end - 1] === 0x0d) end--;
  const passphrase = bytes.slice(0, end);
  bytes.fill(0);
  if (end === 0) throw new CliError(EXIT.usage, `${nameOf(path)} holds no passphrase`);
  return passphrase;
}

async function askPassphrase(folder: string): Promise<Uint8Array> {
  return await askHidden(`Passphrase of ${folder}: `);
}

/** Asks twice: whoever mistypes it once, and cannot see it, would never open the store again. */
async function askNewPassphrase(folder: string): Promise<Uint8Array> {
  const first = await askHidden(`New passphrase for ${folder}: `);
  if (first.length === 0)
    throw new CliError(EXIT.usage, 'a passphrase has at least one character; nothing was made');
  const second = await askHidden('The same again: ');
  const isSame = Buffer.compare(first, second) === 0;
  second.fill(0);
  if (isSame) return first;
  first.fill(0);
  throw new CliError(EXIT.usage, 'these were two different passphrases; nothing was made');
}

/**
 * Where a passphrase comes from: the option, then the environment, then whoever sits there.
 *
 * @param option - What `--passphrase-file` says.
 * @param folder - The store's, for questions.
 * @param create - Whether the passphrase is a new one.
 * @returns Reads or asks for it; the bytes are the caller's to wipe.
 */
export function passphraseSource(
  option: string | undefined,
  folder: string,
  create: boolean,
): () => Promise<Uint8Array> {
  const file = option ?? process.env[PASSPHRASE_VARIABLE] ?? '';
  if (file !== '') return () => readPassphrase(file);
  if (isInteractive()) return () => (create ? askNewPassphrase(folder) : askPassphrase(folder));
  throw new CliError(EXIT.usage, 'what unlocks the keystore? give --passphrase-file FILE or --key-file FILE');
}
