/**
 * `ceremony transcript`: checks a transcript, offline.
 *
 * @module
 */
import { type TranscriptInfo, verifyTranscript } from '@mwrasp/crypto/ceremony';
import type { Command } from 'commander';
import { gathered, readKnown } from '../../ceremony/custodians.ts';
import { plainInfo } from '../../ceremony/sign.ts';
import { EXIT } from '../../exit.ts';
import { readSmall } from '../../files.ts';
import { colors, print, table } from '../../terminal.ts';

interface Options {
  readonly custodian?: readonly string[];
  readonly json?: boolean;
}

function showTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

function format(info: TranscriptInfo, isKnown: boolean): string {
  const { setId, label, threshold, total, createdAtMs, committed, custodians, digest } = info;
  const rows = [
    ['set', setId],
    ['for', label === '' ? '-' : label],
    ['rule', `${threshold} of ${total}`],
    ['dealt', showTime(createdAtMs)],
    ...custodians.map(({ index, name, signer, verifiedAtMs }) => [
      `share ${index}`,
      `${name}, ${verifiedAtMs === undefined ? 'NOT SIGNED' : `signed ${showTime(verifiedAtMs)}`}, key ${signer.keyId}`,
    ]),
    ['digest', digest],
    [
      'keys',
      isKnown ? 'those that you gave' : 'as the transcript names them; compare them, or give --custodian',
    ],
  ];
  const verdict = committed
    ? colors.green('good transcript of a ceremony that is committed')
    : colors.red('good transcript so far: the ceremony is NOT COMMITTED');
  return `${table(rows, ['left', 'left'])}\n${verdict}`;
}

async function run(file: string, { custodian, json }: Options): Promise<void> {
  const custodians = await readKnown(custodian);
  const info = verifyTranscript(await readSmall(file), custodians === undefined ? {} : { custodians });
  print(json, { file, ...plainInfo(info) }, () => format(info, custodians !== undefined));
  if (!info.committed) process.exitCode = EXIT.negative;
}

/** Adds the command. */
export function addTranscript(ceremony: Command): void {
  ceremony
    .command('transcript')
    .description('check a transcript, offline; exit code 1 when it is bad, or the ceremony is not committed')
    .argument('<file>', 'the transcript, or - for standard input')
    .option('--custodian <name=file>', 'a signing key that you know: NAME=SIGNER.pub; all of them', gathered)
    .option('--json', 'print one JSON object')
    .action(run);
}
