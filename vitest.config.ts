import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { publicEntries } from './scripts/entries.mjs';
import { engineInfo } from './src/engines/index.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const buildFirst = here('./test/support/build.ts');
const fetchTokens = here('./test/hsm/support/setup.ts');

// The command runs in processes of its own, which write what they ran for scripts/cli-coverage.mjs.
const childCoverage =
  process.env['MWRASP_COVERAGE'] === 'children' ? { NODE_V8_COVERAGE: here('./coverage/children') } : {};

/** Each engine forced, as the environment says it, for whatever it has on this runtime. */
const forcedEngines = new Map<string, string[]>();
for (const [family, { engines }] of Object.entries(engineInfo())) {
  for (const { engine, available } of engines) {
    if (available) forcedEngines.set(engine, [...(forcedEngines.get(engine) ?? []), `${family}=${engine}`]);
  }
}

/** Processes that a test starts load the same files again and again: half of their time, without what they compiled before. */
const compileCache = { NODE_COMPILE_CACHE: here('./node_modules/.cache/compile') };

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
          include: ['test/{unit,contract,fault,types}/**/*.test.ts'],
          // As many as the machines of CI have cores; by default one of them would do nothing.
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        // Apart, as it takes longer where lines are counted, and reaches none that others do not.
        test: { name: 'vectors', include: ['test/vectors/**/*.test.ts'] },
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
      // The suite of contracts, which the first project runs with the engine that is picked, with every one.
      ...[...forcedEngines].map(([engine, choice]) => ({
        extends: true as const,
        test: {
          name: `contract-${engine}`,
          include: ['test/contract/**/*.test.ts'],
          globalSetup: fetchTokens,
          env: { MWRASP_CRYPTO_ENGINE: choice.join(',') },
        },
      })),
      {
        extends: true,
        test: {
          name: 'hsm',
          include: ['test/hsm/**/*.test.ts'],
          exclude: ['test/hsm/daemon.test.ts'],
          globalSetup: fetchTokens,
          env: compileCache,
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          // What a system that has this token only can run.
          name: 'opencryptoki',
          include: ['test/hsm/{daemon,doctor,faults,hostile,life,orphans}.test.ts'],
          env: compileCache,
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'fault',
          include: ['test/fault/**/*.test.ts'],
          env: { ...compileCache, MWRASP_FAULT: 'full' },
          testTimeout: 3_600_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'lifecycle',
          include: ['test/lifecycle/**/*.test.ts'],
          globalSetup: fetchTokens,
          env: { ...compileCache, MWRASP_LIFECYCLE: 'full' },
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
      // Counts in our own sources alone: the runtime counts in every library as well, which takes three times as long.
      provider: 'istanbul',
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
