/**
 * `fragment`: explains a recorded fragment byte by byte, and shows one die.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { PqError } from '@mwrasp/crypto';
import { explainFragment, TemporalVault } from '@mwrasp/crypto/fragment';
import type { Command } from 'commander';
import { LyingClock } from '../demo/adversary.ts';
import { CliError, EXIT } from '../exit.ts';
import { openInput, readWhole } from '../files.ts';
import { formatMs, print, table } from '../terminal.ts';

const THRESHOLD = 4;
const TOTAL = 6;
const MESSAGE = 'the convoy leaves at dawn';
/** Lines of the countdown. */
const STEPS = 10;

/** Longer than any fragment. */
const MAX_BYTES = 17 * 1024 * 1024;

async function readFragment(file: string): Promise<Uint8Array> {
  const { source } = await openInput(file);
  return await readWhole(source, MAX_BYTES, `${file} is too large to be a fragment`);
}

interface Attempt {
  readonly atMs: number;
  readonly result: string;
}

function attempt(vault: TemporalVault, fragments: readonly Uint8Array[]): string {
  try {
    const data = vault.reassemble(fragments);
    const text = new TextDecoder().decode(data);
    data.fill(0);
    return `opened: ${text}`;
  } catch (error) {
    if (error instanceof PqError) return error.code;
    throw error;
  }
}

async function demo({ ttl = '1000', json }: { ttl?: string; json?: boolean }): Promise<void> {
  const ttlMs = Number(ttl);
  const clock = new LyingClock();
  using vault = await TemporalVault.create({ ttlMs, clock });
  const fragments = vault.split(new TextEncoder().encode(MESSAGE), { threshold: THRESHOLD, total: TOTAL });
  const startMs = performance.now();
  const attempts: Attempt[] = [];
  for (let step = 0; step <= STEPS; step++) {
    await sleep(Math.max(0, startMs + (step * ttlMs) / STEPS - performance.now()));
    const one = {
      atMs: performance.now() - startMs,
      result: attempt(vault, fragments.slice(TOTAL - THRESHOLD)),
    };
    attempts.push(one);
    if (!json) console.log(`${formatMs(one.atMs).padStart(9)}  ${one.result}`);
  }
  await sleep(vault.epochMs);
  clock.lies = true;
  const adversary = attempt(vault, fragments);
  const lag = vault.lag();
  print(
    json,
    { ttlMs, threshold: THRESHOLD, total: TOTAL, attempts, adversary, wipedBy: vault.wipedBy, lag },
    () =>
      [
        '',
        `An adversary with all ${TOTAL} fragments, the whole process and a clock that says no time has passed: ${adversary}.`,
        `Keys are zeroed by a ${vault.wipedBy}; ${lag.count} so far, the latest ${formatMs(lag.maxMs)} late.`,
      ].join('\n'),
  );
  if (adversary.startsWith('opened')) throw new CliError(EXIT.negative, 'a message outlived its time');
}

/** Adds the commands. */
export function addFragment(program: Command): void {
  const fragment = program
    .command('fragment')
    .description('fragments that die: explain one, or watch one die');
  fragment
    .command('inspect')
    .description('explain a recorded fragment byte by byte; nothing is opened')
    .argument('<file>', 'the fragment, or - for standard input')
    .option('--json', 'print one JSON object')
    .action(async (file: string, { json }: { json?: boolean }) => {
      const fields = explainFragment(await readFragment(file));
      print(json, { file, fields }, () =>
        table(
          fields.map(({ offset, bytes, name, value }) => [String(offset), String(bytes), name, value]),
          ['right', 'right', 'left', 'left'],
        ),
      );
    });
  fragment
    .command('demo')
    .description('a message, a countdown, and what an adversary with everything gets')
    .option('--ttl <ms>', 'time to live, 20 to 60000', '1000')
    .option('--json', 'print one JSON object')
    .action(demo);
}
