/**
 * Ends a run with what was skipped and why, and a line `N passed, N failed, N skipped` alone.
 *
 * @module
 */
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    let passed = 0;
    // An error outside any test, or a file that does not load, is a failure like any other.
    let failed = unhandledErrors.length;
    const skipped: string[] = [];
    for (const module of modules) {
      failed += module.errors().length;
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed++;
        else if (state === 'failed') failed++;
        else skipped.push(test.fullName);
      }
    }
    const lines = ['', ...skipped.map((name) => `skipped: ${name}`)];
    console.log([...lines, `${passed} passed, ${failed} failed, ${skipped.length} skipped`].join('\n'));
  }
}
