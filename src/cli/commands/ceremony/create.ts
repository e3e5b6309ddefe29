/**
 * `ceremony create`: a root key is drawn and split among custodians.
 *
 * @module
 */
import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type Custodian, createCeremonyFolder, type TranscriptInfo } from '@mwrasp/crypto/ceremony';
import type { Command } from 'commander';
import { gathered, readCustodian } from '../../ceremony/custodians.ts';
import { askFor } from '../../ceremony/shares.ts';
import { plainInfo, signIn } from '../../ceremony/sign.ts';
import { onSignal } from '../../cleanup.ts';
import { CliError, EXIT } from '../../exit.ts';
import { readRecipientPublic, readVerifier } from '../../keys.ts';
import { isInteractive } from '../../prompt.ts';
import { print, quote, table } from '../../terminal.ts';

interface Options {
  readonly folder: string;
  readonly threshold?: string;
  readonly custodian?: readonly string[];
  readonly label?: string;
  readonly json?: boolean;
}

function readCount(option: string, text: string | undefined): number {
  if (text !== undefined && /^[0-9]{1,3}$/.test(text)) return Number(text);
  throw new CliError(EXIT.usage, `${option}: expected a number of custodians, got "${text ?? ''}"`);
}

async function askCustodian(i: number): Promise<Custodian> {
  const name = await askFor(`Custodian ${i}, name: `);
  const recipient = await readRecipientPublic(await askFor('  file of the ML-KEM-1024 public key: '));
  return {
    name,
    recipient,
    signer: await readVerifier(await askFor('  file of the ML-DSA-87 public key: ')),
  };
}

async function deal(
  { folder, label }: Options,
  threshold: number,
  custodians: readonly Custodian[],
): Promise<TranscriptInfo> {
  return await createCeremonyFolder({
    path: folder,
    threshold,
    custodians,
    ...(label === undefined ? {} : { label }),
  });
}

/** At a table: everything is asked, and every custodian verifies before anybody leaves. Broken off, nothing is left. */
async function holdAtTable(options: Options): Promise<TranscriptInfo> {
  const { folder } = options;
  const total = readCount('custodians', await askFor('How many custodians? '));
  const threshold = readCount(
    'threshold',
    options.threshold ?? (await askFor('How many of them have the key together? ')),
  );
  const custodians: Custodian[] = [];
  for (let i = 1; i <= total; i++) custodians.push(await askCustodian(i));
  let info = await deal(options, threshold, custodians);
  const takeBack = onSignal(() => rmSync(folder, { recursive: true, force: true }));
  try {
    process.stderr.write(
      'The shares are dealt. Every custodian now reads the own share back and signs for it.\n',
    );
    for (const { name } of custodians) {
      info = await signIn(folder, name, {
        recipientKey: await askFor(`${name}, file of your ML-KEM-1024 private key: `),
        signingKey: await askFor(`${name}, file of your ML-DSA-87 private key: `),
      });
    }
    return info;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  } finally {
    takeBack();
  }
}

async function run(options: Options): Promise<void> {
  const { folder, custodian, json } = options;
  if (custodian === undefined && !isInteractive()) {
    throw new CliError(EXIT.usage, 'who takes part? give --custodian NAME=RECIPIENT.pub,SIGNER.pub for each');
  }
  let info: TranscriptInfo;
  if (custodian === undefined) info = await holdAtTable(options);
  else {
    const custodians: Custodian[] = [];
    for (const text of custodian) custodians.push(await readCustodian(text));
    info = await deal(options, readCount('--threshold', options.threshold), custodians);
  }
  const { setId, threshold, total, committed } = info;
  print(json, { folder, ...plainInfo(info) }, () => {
    const rows = [
      ['dealt', `${total} shares in ${folder}, any ${threshold} of which give the key`],
      ['set', setId],
      ['committed', committed ? 'yes: every custodian has signed' : 'no: every custodian has to verify'],
    ];
    if (!committed) {
      const next = `mwrasp-crypto ceremony verify --folder ${quote(folder)} --custodian NAME --recipient-key FILE --signing-key FILE`;
      rows.push(['next', next]);
    }
    return table(rows, ['left', 'left']);
  });
}

/** Adds the command. */
export function addCreate(ceremony: Command): void {
  ceremony
    .command('create')
    .description('draw a root key and split it among custodians; without --custodian, everything is asked')
    .requiredOption('--folder <folder>', 'a new folder for the shares and the transcript')
    .option('--threshold <m>', 'how many custodians have the key together')
    .option(
      '--custodian <name=files>',
      'a custodian: NAME=RECIPIENT.pub,SIGNER.pub (ML-KEM-1024 and ML-DSA-87); one for each',
      gathered,
    )
    .option('--label <text>', 'what the ceremony is for; public')
    .option('--json', 'print one JSON object')
    .action(run);
}
