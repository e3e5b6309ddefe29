/**
 * `bench`: measures the primitives.
 *
 * @module
 */

import type { EngineName } from '@mwrasp/crypto/engines';
import { type Command, Option } from 'commander';
import { CliError, EXIT } from '../exit.ts';
import { Progress, print } from '../terminal.ts';

interface BenchArguments {
  readonly only?: string;
  readonly engine?: EngineName;
  readonly quick?: boolean;
  readonly json?: boolean;
}

/** Adds the command. */
export function addBench(program: Command): void {
  program
    .command('bench')
    .description('measure every primitive on every engine, as a ratio to noble and to the bare engine call')
    .option('--only <text>', 'measure only the operations whose name contains this text')
    .addOption(new Option('--engine <name>', 'measure only this engine').choices(['node', 'noble']))
    .option('--quick', 'short slices: a look, not a measurement')
    .option('--json', 'print one JSON object')
    .action(async ({ only = '', engine, quick, json }: BenchArguments) => {
      // Loaded on use: nothing else needs it.
      const { benchOperations, formatBench, runBench } = await import('../../../bench/index.ts');
      const operations = benchOperations();
      if (!operations.some((operation) => operation.toLowerCase().includes(only.toLowerCase()))) {
        throw new CliError(
          EXIT.usage,
          `no operation contains "${only}"; there are: ${operations.join(', ')}`,
        );
      }
      const engines: { engines?: EngineName[] } = engine === undefined ? {} : { engines: [engine] };
      const measure = async () => {
        using progress = new Progress('measuring', 100);
        const onProgress = (fraction: number) => progress.update(Math.round(fraction * 100));
        return await runBench({ ...engines, only, quick: quick ?? false, onProgress });
      };
      const report = await measure();
      print(json, report, () => formatBench(report));
    });
}
