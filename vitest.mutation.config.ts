import { defineConfig } from 'vitest/config';
import config from './vitest.config.ts';

/** For Stryker: the tests of what is mutated, in one project. */
export default defineConfig({
  resolve: config.resolve ?? {},
  test: {
    include: ['test/unit/{aead,envelope,encodings}/**/*.test.ts'],
    setupFiles: ['test/support/fixed-seed.ts'],
    testTimeout: 60_000,
  },
});
