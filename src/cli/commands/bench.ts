/**
 * `bench`: measures the library.
 *
 * @module
 */
import type { Command } from 'commander';
import type { BenchOptions, EngineChoice, SuiteName } from '../../../bench/index.ts';
import { CliError, EXIT } from '../exit.ts';
import { checkOutput, STANDARD_STREAM, writeOutput } from '../files.ts';
import { Progress, print } from '../terminal.ts';

interface BenchArguments {
  readonly suite: string;
  readonly only?: string;
  readonly engine?: string;
  readonly peers?: boolean;
  readonly quick?: boolean;
  readonly json?: boolean;
  readonly html?: string;
  readonly force?: boolean;
}

type Bench = typeof import('../../../bench/index.ts');

/** Adds the command. */
export function addBench(program: Command): void {
  program
    .command('bench')
    .description('measure the library on every engine, beside noble and what else can do the same')
    .option('--suite <name>', 'what to measure: primitives, keystore, fragment or all', 'primitives')
    .option('--only <text>', 'measure only the operations whose name contains this text')
    .option(
      '--engine <names>',
      'measure only these engines, with commas between; auto is the engine that is picked without it',
    )
    .option('--peers', 'measure other implementations too, as far as they are installed')
    .option('--quick', 'short slices: a look, not a measurement')
    .option('--json', 'print one JSON object')
    .option('--html <file>', 'write a page with plots, - for standard output')
    .option('--force', 'replace the page when it exists')
    .action(runCommand);
}

async function runCommand(given: BenchArguments): Promise<void> {
  const { json, html, force, peers = false, only = '' } = given;
  const toStdout = html === STANDARD_STREAM;
  if (toStdout && json) {
    throw new CliError(EXIT.usage, 'with --json, send the page to a file: --html FILE');
  }
  // Loaded on use: nothing else needs it.
  const bench = await import('../../../bench/index.ts');
  const options: BenchOptions = { ...chosen(bench, given), peers, only, quick: given.quick ?? false };
  const writePage = html === undefined ? undefined : await bench.loadPageWriter();
  if (html !== undefined) await checkOutput(html, force);
  const report = await measure(bench, options);
  if (html !== undefined && writePage !== undefined) {
    await writeOutput(html, [new TextEncoder().encode(writePage(report))], { force });
  }
  if (!toStdout) print(json, report, () => bench.formatBench(report, peers));
}

async function measure(bench: Bench, options: BenchOptions) {
  using progress = new Progress('measuring', 100);
  const onProgress = (fraction: number, operation: string) =>
    progress.update(Math.round(fraction * 100), operation);
  const report = await bench.runBench({ ...options, onProgress });
  if (report.results.length === 0) {
    throw new CliError(EXIT.unsupported, 'no engine that was asked for can do any of it in this runtime');
  }
  return report;
}

/** Suites and engines by their names. */
function chosen(bench: Bench, { suite, only = '', engine }: BenchArguments): BenchOptions {
  const suites = suite === 'all' ? bench.SUITES : [suite as SuiteName];
  const known = [...bench.SUITES, 'all'];
  if (!known.includes(suite)) {
    throw new CliError(EXIT.usage, `there is no suite "${suite}"; there are: ${known.join(', ')}`);
  }
  const operations = bench.benchOperations(suites);
  if (!operations.some((operation) => bench.isWanted(operation, only))) {
    const there = `there are: ${operations.join(', ')}`;
    throw new CliError(EXIT.usage, `no operation of suite ${suite} contains "${only}"; ${there}`);
  }
  return { suites, ...(engine === undefined ? {} : { engines: chosenEngines(bench, engine) }) };
}

function chosenEngines(bench: Bench, names: string): EngineChoice[] {
  const known = bench.engineChoices();
  const wanted = names.split(',').map((name) => name.trim());
  const unknown = wanted.find((name) => !known.includes(name as EngineChoice));
  if (unknown !== undefined) {
    throw new CliError(EXIT.usage, `there is no engine "${unknown}"; there are: ${known.join(', ')}`);
  }
  return known.filter((name) => wanted.includes(name));
}
