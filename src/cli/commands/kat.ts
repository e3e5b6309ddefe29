/**
 * `kat`: known-answer tests.
 *
 * @module
 */
import { type EngineName, type KatReport, runKat } from '@mwrasp/crypto/kat';
import type { Command } from 'commander';
import { CliError, EXIT } from '../exit.ts';
import { colors, Progress, print, table } from '../terminal.ts';

interface Options {
  readonly vectors?: string;
  readonly engine?: string;
  readonly json?: boolean;
}

function format({ sets, totals }: KatReport): string {
  const rows = sets.map(({ set, engine, passed, failed, notRun, reasons }) => [
    set,
    engine,
    String(passed),
    failed > 0 ? colors.red(String(failed)) : '0',
    String(notRun),
    reasons.map(({ reason, count }) => `${count}: ${reason}`).join('; '),
  ]);
  rows.push(['total', '', String(totals.passed), String(totals.failed), String(totals.notRun), '']);
  return table(
    rows,
    ['left', 'left', 'right', 'right', 'right', 'left'],
    ['set', 'engine', 'passed', 'failed', 'not run', 'why'],
  );
}

async function run(options: Options): Promise<void> {
  const report = await runWithProgress(options);
  print(options.json, report, () => format(report));
  if (!isGood(report, options.vectors !== undefined)) process.exitCode = EXIT.negative;
}

async function runWithProgress({ vectors, engine }: Options): Promise<KatReport> {
  using progress = new Progress('known answers');
  return await runKat({
    ...(vectors === undefined ? {} : { vectors, facts: true }),
    ...(engine === undefined ? {} : { engines: [engineName(engine)] }),
    onProgress: ({ set, engine, done, total }) => progress.update(done, `${set} ${engine} ${done}/${total}`),
  });
}

/** Nothing failed and something passed; of a folder of vectors too, which the facts do not stand for. */
function isGood({ sets, totals }: KatReport, withVectors: boolean): boolean {
  const somePassed = sets.some(({ set, passed }) => passed > 0 && !(withVectors && set.startsWith('facts/')));
  return totals.failed === 0 && somePassed;
}

function engineName(name: string): EngineName {
  if (name === 'node' || name === 'wasm' || name === 'noble') return name;
  throw new CliError(EXIT.usage, `--engine: expected node, wasm or noble, got "${name}"`);
}

/** Adds the command. */
export function addKat(program: Command): void {
  program
    .command('kat')
    .description(
      'run known-answer tests: published facts, and every vector file of a folder, on every engine',
    )
    .option('--vectors <folder>', 'a folder of vector files, besides the facts')
    .option('--engine <name>', 'node, wasm or noble only')
    .option('--json', 'print one JSON object and nothing else')
    .action(run);
}
