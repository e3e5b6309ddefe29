import { defineConfig } from 'vitest/config';
import config from './vitest.config.ts';

/** For Stryker: the tests of what is mutated, in one project. */
export default defineConfig({
  resolve: config.resolve ?? {},
  test: {
    include: ['test/{unit,contract,fault}/**/*.test.ts'],
    // These read the tree, or run for long and reach the mutated folders through other folders' tests only.
    exclude: ['test/unit/{scripts,kat,cli,keystore,fragment}/**'],
    testTimeout: 60_000,
  },
});
