#!/usr/bin/env node
/**
 * Compares the public types of every entry with the reports in docs/api-report/, which are committed, so that a change
 * of the public surface shows in a diff.
 *
 *     node scripts/check-api.mjs [--update]
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import './build-if-stale.mjs';
import { manifest, publicEntries, root } from './entries.mjs';

const update = process.argv.includes('--update');
const reports = join(root, 'docs/api-report');
const temporary = join(root, 'temp/api-report');
mkdirSync(reports, { recursive: true });

/** One report; its problems are printed as they come. */
function check({ report, types }) {
  const reportFileName = `${report}.api.md`;
  const config = ExtractorConfig.prepare({
    configObjectFullPath: join(root, 'api-extractor.json'),
    packageJsonFullPath: join(root, 'package.json'),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, types),
      newlineKind: 'lf',
      compiler: { tsconfigFilePath: join(root, 'tsconfig.json') },
      apiReport: {
        enabled: true,
        reportFileName,
        reportFolder: reports,
        reportTempFolder: temporary,
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        // The report is what this is for; typedoc sees to the comments and their links, over all entries at once.
        extractorMessageReporting: {
          default: { logLevel: 'none' },
          'ae-wrong-input-file-type': { logLevel: 'error' },
        },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
  });
  const { succeeded, apiReportChanged } = Extractor.invoke(config, {
    localBuild: update,
    messageCallback(message) {
      message.handled = message.logLevel !== 'error';
    },
  });
  return { ok: succeeded, changed: apiReportChanged };
}

let failed = 0;
for (const entry of publicEntries) {
  const { ok, changed } = check(entry);
  if (!ok) failed++;
  if (!ok && changed) {
    const files = [reports, temporary].map((folder) => join(folder, `${entry.report}.api.md`));
    spawnSync('git', ['--no-pager', 'diff', '--no-index', '--', ...files], { stdio: 'inherit' });
  }
  const state = ok ? (changed ? 'updated' : 'same') : changed ? 'DIFFERS' : 'FAILED';
  console.log(`${state.padEnd(8)} ${entry.id}`);
}

// A report of an entry that is no more.
const known = new Set(publicEntries.map(({ report }) => `${report}.api.md`));
for (const file of readdirSync(reports).filter((name) => !known.has(name))) {
  if (update) rmSync(join(reports, file));
  else failed++;
  console.log(`${(update ? 'removed' : 'STRAY').padEnd(8)} docs/api-report/${file}`);
}

if (failed > 0) {
  console.error(
    `${failed} of ${manifest.name}'s reports differ. When the change is meant: npm run api:update, and commit the diff.`,
  );
}
process.exitCode = failed === 0 ? 0 : 1;
