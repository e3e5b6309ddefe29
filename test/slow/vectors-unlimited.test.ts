/**
 * The folder of vectors named by `MWRASP_VECTORS` on the engine that runs everywhere, with messages of gigabytes.
 */
import { it } from 'vitest';
import { runKat } from '../../src/kat/index.ts';
import { needs } from '../support/require.ts';
import { expectAllRight } from '../vectors/expectations.ts';
import { printReport } from '../vectors/print.ts';

const folder = process.env['MWRASP_VECTORS'] ?? '';

needs(
  'a folder of vectors',
  folder !== '',
  'MWRASP_VECTORS=<folder> npm run test:slow',
)('MWRASP_VECTORS', () => {
  it('comes out right with messages of any length', async () => {
    const report = await runKat({ vectors: folder, engines: ['noble'] });
    printReport(`vectors of ${folder}`, report);
    expectAllRight(report);
  });
});
