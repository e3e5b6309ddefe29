/**
 * Builds dist/ before the first test when it is missing or older than what it is made of: the tests of the command
 * line run the built program.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';

export default function setup(): void {
  execFileSync(process.execPath, ['scripts/build-if-stale.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
}
