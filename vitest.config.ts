import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { publicEntries } from './scripts/entries.mjs';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const buildFirst = here('./test/support/build.ts');

// The command runs in processes of its own, which write what they ran for scripts/cli-coverage.mjs.
const childCoverage = process.argv.includes('--coverage')
  ? { NODE_V8_COVERAGE: here('./coverage/children') }
  : {};

export default defineConfig({
  resolve: {
    // The package's own name leads to the source under test, not to dist/.
    alias: publicEntries.map(({ id, source }) => ({
      find: new RegExp(`^${id}$`),
      replacement: here(source),
    })),
  },
  test: {
    // Key generation and signing by the engine that runs everywhere take their time on a busy machine.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'source',
          include: ['test/{unit,contract,vectors,fault,types}/**/*.test.ts'],
          // As many as the machines of CI have cores; by default one of them would do nothing.
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'built',
          include: ['test/{built,cli,docs}/**/*.test.ts'],
          globalSetup: buildFirst,
          env: childCoverage,
          // Alone: its tests start many processes themselves, and a demo gives up on a machine that is too busy.
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'hsm',
          include: ['test/hsm/**/*.test.ts'],
          globalSetup: here('./test/hsm/support/setup.ts'),
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'fault',
          include: ['test/fault/**/*.test.ts'],
          env: { MWRASP_FAULT: 'full' },
          testTimeout: 3_600_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: ['test/slow/**/*.test.ts'],
          globalSetup: buildFirst,
          testTimeout: 3_600_000,
        },
      },
    ],
    reporters: ['default', here('./test/support/count-reporter.ts')],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: [
        'src/cli/**',
        'src/engines/wasm/assembly/**',
        'src/engines/wasm/binary.ts',
        'src/fragment/erasure/assembly/**',
        'src/fragment/erasure/binary.ts',
      ],
      reporter: ['text', 'html', 'json-summary'],
      reportsDirectory: 'coverage',
      thresholds: { lines: 95 },
    },
  },
});
