/**
 * `bench`: measures the primitives.
 *
 * @module
 */
import type { Command } from 'commander';
import { Progress, print } from '../terminal.ts';

/** Adds the command. */
export function addBench(program: Command): void {
  program
    .command('bench')
    .description('measure every primitive on every engine, as a ratio to noble and to the bare engine call')
    .option('--quick', 'short slices: a look, not a measurement')
    .option('--json', 'print one JSON object')
    .action(async ({ quick, json }: { quick?: boolean; json?: boolean }) => {
      // Loaded on use: nothing else needs it.
      const { formatBench, runBench } = await import('../../../bench/index.ts');
      const measure = async () => {
        using progress = new Progress('measuring', 100);
        const onProgress = (fraction: number) => progress.update(Math.round(fraction * 100));
        return await runBench({ ...(quick ? { quick } : {}), onProgress });
      };
      const report = await measure();
      print(json, report, () => formatBench(report));
    });
}
