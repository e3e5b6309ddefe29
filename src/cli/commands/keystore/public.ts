/**
 * `keystore public`: the public half of a key pair.
 *
 * @module
 */
import { type AnyPublicKey, exportPublicKey } from '@mwrasp/crypto/encodings';
import { type Command, Option } from 'commander';
import { checkOutput, STANDARD_STREAM, writeOutput } from '../../files.ts';
import { refuseJsonOnStdout } from '../../options.ts';
import { addStoreOptions, type StoreOptions, withStore } from '../../store/open.ts';
import { readSelector, showRef } from '../../store/selector.ts';
import { print } from '../../terminal.ts';

type Format = 'pem' | 'der' | 'jwk' | 'raw';

interface Options extends StoreOptions {
  readonly output: string;
  readonly format: Format;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** The key in each form. */
const FORMS: Readonly<Record<Format, (key: AnyPublicKey) => Uint8Array | string>> = {
  pem: (key) => exportPublicKey(key, 'pem'),
  der: (key) => exportPublicKey(key, 'der'),
  jwk: (key) => `${JSON.stringify(exportPublicKey(key, 'jwk'))}\n`,
  raw: (key) => key.toBytes(),
};

/** People may read a text where they sit. */
const TEXTS: readonly Format[] = ['pem', 'jwk'];

async function run(name: string, options: Options): Promise<void> {
  const { output, format, force } = options;
  refuseJsonOnStdout(options);
  const selector = readSelector(name);
  const isShown = output === STANDARD_STREAM && TEXTS.includes(format);
  if (!isShown) await checkOutput(output, force);
  const { info, publicKey } = await withStore(options, async (keystore) => {
    const { ref } = await keystore.get(selector);
    // By its generation: the name may get another one meanwhile.
    return { info: await keystore.get(ref), publicKey: await keystore.publicKey(ref) };
  });
  const form = FORMS[format](publicKey);
  if (isShown) {
    process.stdout.write(form);
    return;
  }
  await writeOutput(output, [typeof form === 'string' ? new TextEncoder().encode(form) : form], { force });
  const { ref, algorithm, keyId } = info;
  const result = { ref, algorithm, keyId, format, publicKey: output };
  if (output !== STANDARD_STREAM) {
    print(
      options.json,
      result,
      () => `wrote the public key of ${showRef(ref)}, key id ${keyId}, to ${output}`,
    );
  }
}

/** Adds the command. */
export function addPublic(keystore: Command): void {
  const command = keystore
    .command('public')
    .description('write the public half of a key pair')
    .argument('<key>', 'NAME for its newest active generation, or NAME@GENERATION');
  addStoreOptions(command, true)
    .option('-o, --output <file>', 'where it goes, or - for standard output', STANDARD_STREAM)
    .addOption(new Option('--format <format>', 'in which form').choices(Object.keys(FORMS)).default('pem'))
    .option('--force', 'replace a file that is there')
    .option('--json', 'print one JSON object')
    .action(run);
}
