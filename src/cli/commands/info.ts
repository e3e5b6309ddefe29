/**
 * `info`: versions, engines, self-tests.
 *
 * @module
 */
import { type EngineInfo, runSelfTests } from '@mwrasp/crypto';
import type { Command } from 'commander';
import { colors, print, table } from '../terminal.ts';
import { version } from '../version.ts';

function report(engines: EngineInfo): string {
  const rows = Object.entries(engines).flatMap(([family, info]) =>
    info.engines.map((status) => [
      family,
      status.engine,
      status.engine === info.engine ? colors.green('in use') : '',
      status.available ? status.selfTest : 'not here',
      status.available ? status.capabilities.join(', ') : (status.reason ?? ''),
    ]),
  );
  return table(
    rows,
    ['left', 'left', 'left', 'left', 'left'],
    ['family', 'engine', '', 'self-test', 'beyond the basics'],
  );
}

/** Adds the command. */
export function addInfo(program: Command): void {
  program
    .command('info')
    .description('show versions, which engine does what, and how the self-tests went')
    .option('--json', 'print one JSON object')
    .action(({ json }: { json?: boolean }) => {
      const engines = runSelfTests();
      const { platform, arch, versions } = process;
      const result = {
        version,
        runtime: { node: versions.node, openssl: versions.openssl ?? null, platform, arch },
        engines,
      };
      print(json, result, () =>
        [
          `@mwrasp/crypto ${version}, Node ${versions.node}, OpenSSL ${versions.openssl ?? 'none'}, ${platform} ${arch}`,
          '',
          report(engines),
        ].join('\n'),
      );
    });
}
