/**
 * `demo`: the main job. A file is signed, sealed, opened and verified with keys of an encrypted keystore, then goes
 * through fragments that live 100 ms; at the end, what was recorded of them can no longer be opened.
 *
 * @module
 */
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { engineInfo, SecretBytes } from '@mwrasp/crypto';
import { type KeyInfo, type Keystore, openKeystore } from '@mwrasp/crypto/keystore';
import type { Command } from 'commander';
import { withTemporary } from '../cleanup.ts';
import { type FragmentOutcome, Job, RECIPIENT, SIGNER, type Step } from '../demo/job.ts';
import { packOwnTarball, sizeOf } from '../demo/source.ts';
import { CliError, EXIT } from '../exit.ts';
import { colors, formatBytes, formatMs, print, table } from '../terminal.ts';

interface Options {
  readonly keystore?: string;
  readonly json?: boolean;
}

interface Report {
  readonly file: string;
  readonly sizeBytes: number;
  readonly engines: Record<string, string>;
  readonly keystore: { readonly path: string; readonly kept: boolean };
  readonly keys: readonly KeyInfo[];
  readonly steps: readonly Step[];
  readonly fragments: FragmentOutcome;
}

/** Root key and high-water mark of a kept keystore lie beside it; those of a temporary one are forgotten. */
async function rootKey(keystorePath: string, kept: boolean): Promise<SecretBytes> {
  if (!kept) return SecretBytes.adopt(crypto.getRandomValues(new Uint8Array(32)));
  const path = `${keystorePath}.rootkey`;
  try {
    return SecretBytes.adopt(new Uint8Array(await readFile(path)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    if (await stat(keystorePath).catch(() => undefined)) {
      throw new CliError(EXIT.io, `${path} is not there, and without it nobody can open ${keystorePath}`);
    }
    const key = SecretBytes.adopt(crypto.getRandomValues(new Uint8Array(32)));
    await writeFile(path, key.expose(), { mode: 0o600, flag: 'wx', flush: true });
    return key;
  }
}

/** The newest generation of a name, made when there is none. */
async function ensureKey(
  keystore: Keystore,
  name: string,
  algorithm: 'ML-DSA-87' | 'ML-KEM-1024',
): Promise<KeyInfo> {
  const there = (await keystore.list()).some(({ ref }) => ref.name === name);
  return there ? keystore.get(name) : keystore.generate({ name, algorithm });
}

async function runIn(folder: string, file: string | undefined, options: Options): Promise<Report> {
  // First of all: a wrong name must leave no keystore behind.
  const source = file ?? (await packOwnTarball(folder));
  const sizeBytes = await sizeOf(source);
  const kept = options.keystore !== undefined;
  const path = options.keystore ?? join(folder, 'keys');
  using root = await rootKey(path, kept);
  const highWaterMark = kept ? `${path}.mark` : false;
  const keystore = await openKeystore({ backend: 'file', path, rootKey: root, highWaterMark });
  try {
    const keys = [
      await ensureKey(keystore, SIGNER, 'ML-DSA-87'),
      await ensureKey(keystore, RECIPIENT, 'ML-KEM-1024'),
    ];
    const job = new Job(keystore, source, sizeBytes);
    const digest = await job.sign();
    await job.envelope(join(folder, 'envelope.mwe'), digest);
    const fragments = await job.fragments(join(folder, 'recording'));
    return {
      file: file ?? basename(source),
      sizeBytes,
      engines: Object.fromEntries(
        Object.entries(engineInfo()).map(([family, info]) => [family, info.engine]),
      ),
      keystore: { path, kept },
      keys,
      steps: job.steps,
      fragments,
    };
  } finally {
    await keystore.close();
  }
}

function format(report: Report): string {
  const { fragments: f, keystore } = report;
  const speed = ({ bytes, ms }: Step) => (bytes >= 1_000_000 ? `${(bytes / 1000 / ms).toFixed(0)} MB/s` : '');
  const steps = report.steps.map((step) => [
    step.step,
    step.detail,
    step.bytes > 0 ? formatBytes(step.bytes) : '',
    formatMs(step.ms),
    speed(step),
  ]);
  const engines = Object.entries(report.engines).map(([family, engine]) => `${family} ${engine}`);
  return [
    `${colors.bold(report.file)}, ${formatBytes(report.sizeBytes)}`,
    `engines   ${engines.join(', ')}`,
    `keystore  ${keystore.kept ? keystore.path : 'temporary, encrypted, removed at the end'}`,
    ...report.keys.map(({ ref, algorithm, custody, keyId }) => {
      return `key       ${ref.name}/${ref.generation}  ${algorithm}  ${custody}  ${keyId}`;
    }),
    '',
    table(steps, ['left', 'left', 'right', 'right', 'right'], ['step', 'result', 'size', 'time', 'speed']),
    '',
    `After ${f.ttlMs} ms, none of ${f.recorded} recorded fragments opens: ${f.refusedByClock} pieces refused by the clock;`,
    `with a clock that lies, ${f.refusedKeyGone} refused because the key is gone. Pieces sealed twice: ${f.late}.`,
    `Keys were destroyed ${f.lag.p50Ms.toFixed(2)} ms late in the median, ${f.lag.maxMs.toFixed(2)} ms at most (${f.lag.count} keys).`,
  ].join('\n');
}

async function run(file: string | undefined, options: Options): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'mwrasp-crypto-'));
  await withTemporary(folder, async () => {
    const report = await runIn(folder, file, options);
    print(options.json, report, () => format(report));
    const { opened, pieces, refusedByClock, refusedKeyGone } = report.fragments;
    if (opened > 0 || refusedByClock !== pieces || refusedKeyGone !== pieces) {
      throw new CliError(
        EXIT.negative,
        'a recorded message could still be opened, or was refused for another reason',
      );
    }
  });
}

/** Adds the command. */
export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('the main job: sign, seal, open, verify and fragment a file, and show that fragments die')
    .argument('[file]', "a file of any size (default: this package's own tarball)")
    .option('--keystore <path>', 'a keystore folder to keep; its root key goes to PATH.rootkey')
    .option('--json', 'print one JSON object')
    .action(run);
}
