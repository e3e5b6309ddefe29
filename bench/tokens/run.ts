/**
 * The bench of tokens: `npm run bench:hsm`. SoftHSM and NSS, each in a folder that is made for it and removed.
 *
 *     node bench/tokens/run.ts [--quick] [--json] [SoftHSM] [NSS]
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  fetchTokens,
  isAvailable,
  makeToken,
  TOKEN_KINDS,
  type TokenKind,
} from '../../test/hsm/support/tokens.ts';
import { describeMachine } from '../machine.ts';
import { type Column, plainTable } from '../report/table.ts';
import type { TokenReport, TokenTask } from './child.ts';

/** Short slices, taken in turns: what else the machine does then hits both sides alike. */
const FULL = { rounds: 45, sliceMs: 40 };
const QUICK = { rounds: 1, sliceMs: 20 };
const CHILD = join(import.meta.dirname, 'child.ts');

async function measure(kind: TokenKind, { rounds, sliceMs }: typeof FULL): Promise<TokenReport> {
  const token = makeToken(kind);
  try {
    const { options, pin, folder } = token;
    const task: TokenTask = { options, pin, path: join(folder, 'store'), rounds, sliceMs };
    const env = { ...process.env, ...token.env, NODE_NO_WARNINGS: '1', BENCH_TOKEN: JSON.stringify(task) };
    const { stdout } = await promisify(execFile)(process.execPath, [CHILD], { env });
    return JSON.parse(stdout) as TokenReport;
  } finally {
    token.remove();
  }
}

const NAMES: readonly Column[] = [
  ['token', 'left'],
  ['operation', 'left'],
];
const RATES: readonly Column[] = [...NAMES, ['callers', 'right'], ['ops/s', 'right'], ['× bare', 'right']];
const DELAYS: readonly Column[] = [...NAMES, ['p50', 'right'], ['p99', 'right']];

const [quick, json] = ['--quick', '--json'].map((name) => process.argv.includes(name));
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const pace = quick ? QUICK : FULL;
fetchTokens();
const machine = describeMachine(pace.rounds, pace.sliceMs);
const reports: Partial<Record<TokenKind, TokenReport>> = {};
for (const kind of TOKEN_KINDS.filter((name) => wanted.length === 0 || wanted.includes(name))) {
  if (!isAvailable(kind)) {
    process.stderr.write(`${kind} is not here: left out\n`);
    continue;
  }
  process.stderr.write(`measuring ${kind} …\n`);
  reports[kind] = await measure(kind, pace);
}
if (json) {
  process.stdout.write(`${JSON.stringify({ machine, tokens: reports })}\n`);
} else {
  const entries = Object.entries(reports);
  const rates = entries.flatMap(([kind, { results }]) =>
    results.map((r) => [kind, r.operation, r.callers, r.opsPerSecond.toFixed(0), r.ratioToBare.toFixed(2)]),
  );
  const late = entries.flatMap(([kind, { delays }]) =>
    delays.map((d) => [kind, d.operation, d.p50Ms.toFixed(1), d.p99Ms.toFixed(1)]),
  );
  process.stdout.write(`${plainTable(RATES, rates)}\n\n`);
  process.stdout.write('Event loop late with 64 operations under way, in ms:\n');
  process.stdout.write(`${plainTable(DELAYS, late)}\n`);
}
