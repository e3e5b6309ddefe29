/**
 * The facts with as many rounds as their authors published: minutes on the engine that runs everywhere.
 */
import { expect, it } from 'vitest';
import { runKat } from '../../src/kat/index.ts';
import { expectAllRight } from '../vectors/expectations.ts';
import { printReport } from '../vectors/print.ts';

it('facts come out right with 10 000 rounds on noble', async () => {
  const report = await runKat({ engines: ['noble'], facts: { rounds: 10_000 } });
  printReport('facts, 10 000 rounds', report);
  expectAllRight(report);
  expect(report.totals).toEqual({ passed: 8, failed: 0, notRun: 0 });
});

it('facts come out right with 1 000 000 rounds of ML-KEM-1024 on WebAssembly', async () => {
  const report = await runKat({ engines: ['wasm'], facts: { rounds: 1_000_000 } });
  printReport('facts, 1 000 000 rounds', report);
  expectAllRight(report);
  expect(report.totals).toEqual({ passed: 8, failed: 0, notRun: 0 });
});
