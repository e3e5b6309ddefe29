/**
 * `ceremony verify`: a custodian reads the own share back and signs for it.
 *
 * @module
 */
import type { Command } from 'commander';
import { plainInfo, signIn } from '../../ceremony/sign.ts';
import { refuseStdinTwice } from '../../options.ts';
import { addStoreOptions, refuseUnlockAlone, type StoreOptions } from '../../store/open.ts';
import { print } from '../../terminal.ts';

interface Options extends StoreOptions {
  readonly folder: string;
  readonly custodian: string;
  readonly recipientKey: string;
  readonly signingKey: string;
  readonly json?: boolean;
}

async function run(options: Options): Promise<void> {
  const { folder, custodian, recipientKey, signingKey, passphraseFile, json } = options;
  refuseUnlockAlone(options);
  refuseStdinTwice(recipientKey, signingKey, passphraseFile);
  const info = await signIn(folder, custodian, options);
  const waiting = info.custodians
    .filter(({ verifiedAtMs }) => verifiedAtMs === undefined)
    .map(({ name }) => name);
  print(json, plainInfo(info), () =>
    info.committed
      ? `${custodian} has signed, and with that every custodian: the ceremony is committed (${info.digest.slice(0, 32)}…)`
      : `${custodian} has signed; the ceremony waits for ${waiting.join(', ')}`,
  );
}

/** Adds the command. */
export function addVerify(ceremony: Command): void {
  const command = ceremony
    .command('verify')
    .description("read a custodian's share back, and sign for it; the last custodian commits the ceremony")
    .requiredOption('--folder <folder>', "the ceremony's folder")
    .requiredOption('--custodian <name>', 'who verifies')
    .requiredOption(
      '--recipient-key <key>',
      'the ML-KEM-1024 private key: a file; with --store, NAME or NAME@GENERATION',
    )
    .requiredOption(
      '--signing-key <key>',
      'the ML-DSA-87 private key: a file; with --store, NAME or NAME@GENERATION',
    );
  addStoreOptions(command, false).option('--json', 'print one JSON object').action(run);
}
