/**
 * The adversary test: `npm run test:adversary`.
 *
 *     node test/adversary/run.ts [--scenario NAME]… [--node LINE]… [--epoch MS] [--ttl MS] [--lag MS] [--json]
 *
 * Processes seal and open; everything that goes over the wire is recorded. Then they are stopped, all of their memory is taken,
 * and everything in it is tried as every secret of the protocol (`assembly/`), against epochs whose time is over by T + Δ and
 * against those whose time is not. The latter must open, or the test shows nothing; the former must not. Then each process
 * writes a snapshot of its heap, in which nothing of an expired plaintext may stand.
 *
 * Linux. Exit code 1 when something was found, or the control failed.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { env, NODE_LINES } from '../../scripts/node-lines.mjs';
import { table } from '../../src/cli/terminal.ts';
import { type AimedEpoch, epochsOf } from './aim.ts';
import { attack, type Spoils } from './attack.ts';
import { compileKernel } from './kernel.ts';
import { type Dump, dump, stop } from './memory.ts';
import { localScenario, type Scenario, type Scene, type Watched } from './scenario.ts';
import { sessionScenario } from './session.ts';

const SCENARIOS: Readonly<Record<string, Scenario>> = { vault: localScenario, session: sessionScenario };

/** Epochs that are over when the memory is taken, at least. */
const EXPIRED_EPOCHS = 6;
/** A machine that does much else may stop the processes too late for the control. */
const TRIES = 4;
const SNAPSHOT_TIMEOUT_MS = 120_000;

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true, default: Object.keys(SCENARIOS) },
    node: { type: 'string', multiple: true, default: Object.keys(NODE_LINES) },
    epoch: { type: 'string', default: '100' },
    ttl: { type: 'string', default: '400' },
    lag: { type: 'string', default: '50' },
    json: { type: 'boolean', default: false },
  },
});

/** What came of one process. */
interface Outcome {
  readonly scenario: string;
  readonly node: string;
  readonly process: string;
  readonly dumpedBytes: number;
  readonly windows: number;
  readonly tried: number;
  readonly schedules: number;
  readonly liveEpochs: number;
  readonly liveOpened: number;
  readonly expiredEpochs: number;
  readonly expiredOpened: number;
  /** What the secrets were that opened an expired epoch. */
  readonly leaks: readonly string[];
  readonly plaintexts: readonly string[];
  readonly snapshotBytes: number;
  readonly snapshotPlaintexts: readonly string[];
}

/** The file of a Node, and its version: `npx` starts it as a process of its own. */
function findNode(line: string): { path: string; version: string } {
  const [command, ...args] = (NODE_LINES as Readonly<Record<string, readonly string[]>>)[line] ?? [];
  if (command === undefined)
    throw new Error(`no Node "${line}"; there are: ${Object.keys(NODE_LINES).join(', ')}`);
  const print = [...args, '-p', 'process.execPath + " " + process.version'];
  const { stdout, status, stderr } = spawnSync(command, print, { env, encoding: 'utf8' });
  const [path, version] = stdout.trim().split(' ');
  if (status !== 0 || path === undefined || version === undefined) throw new Error(`${line}: ${stderr}`);
  return { path, version };
}

/** Sorted by what they are, with how many there were. */
function counted(names: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count === 1 ? name : `${name} (${count} places)`)).sort();
}

/** Waits until enough epochs are over, and a fragment is fresh; then stops every process, and says when. */
async function stopAll(scene: Scene, wantedMs: number): Promise<number> {
  const oldest = () => scene.recorded[0]?.atMs ?? Number.POSITIVE_INFINITY;
  do await scene.next();
  while (performance.now() - oldest() < wantedMs);
  const stoppedMs = performance.now();
  await Promise.all(scene.watched.map(({ pid }) => stop(pid)));
  return stoppedMs;
}

/** A snapshot of a process's heap, which it writes itself when it is told to. */
async function takeSnapshot({ pid }: Watched, folder: string): Promise<Buffer> {
  const isSnapshot = (name: string) => name.endsWith('.heapsnapshot') && name.includes(`.${pid}.`);
  process.kill(pid, 'SIGCONT');
  process.kill(pid, 'SIGUSR2');
  let size = -1;
  for (let waitedMs = 0; waitedMs < SNAPSHOT_TIMEOUT_MS; waitedMs += 500) {
    await wait(500);
    const name = readdirSync(folder).find(isSnapshot);
    const bytes = name === undefined ? -1 : statSync(join(folder, name)).size;
    // Whole when it ends as JSON does, and grows no more.
    if (name !== undefined && bytes > 0 && bytes === size) {
      const content = readFileSync(join(folder, name));
      if (content.subarray(-16).toString().trimEnd().endsWith('}')) return content;
    }
    size = bytes;
  }
  throw new Error(`process ${pid} wrote no snapshot of its heap`);
}

/** Forms in which a snapshot may show bytes. */
function formsOf(plaintext: Uint8Array): Buffer[] {
  const bytes = Buffer.from(plaintext.subarray(0, 24));
  const json = JSON.stringify(bytes.toString('latin1')).slice(1, -1);
  return [
    bytes,
    Buffer.from(bytes.toString('hex')),
    Buffer.from(bytes.toString('base64')),
    Buffer.from(json),
  ];
}

async function attackOnce(
  scenario: string,
  line: string,
  node: { path: string; version: string },
  module: WebAssembly.Module,
): Promise<Outcome[]> {
  const times = { epochMs: Number(values.epoch), ttlMs: Number(values.ttl) };
  const lagMs = Number(values.lag);
  const folder = mkdtempSync(join(tmpdir(), 'mwrasp-adversary-'));
  const scene = await (SCENARIOS[scenario] as Scenario)(node.path, times, folder);
  try {
    const stoppedMs = await stopAll(scene, times.ttlMs + lagMs + EXPIRED_EPOCHS * times.epochMs);
    const epochs = epochsOf([...scene.recorded], times, stoppedMs, lagMs);
    const handshake = scene.handshake();
    const dumps = scene.watched.map(({ name, pid }) => dump(pid, join(folder, `${name}.dump`)));
    const outcomes: Outcome[] = [];
    for (const [i, watched] of scene.watched.entries()) {
      const snapshot = await takeSnapshot(watched, folder);
      const expired = epochs.filter(({ standing }) => standing === 'expired');
      const spoils = await attack(module, dumps[i] as Dump, {
        targets: epochs.map(({ target }) => target),
        ...(handshake === undefined ? {} : { handshake }),
        plaintexts: expired.map(({ epoch, plaintext }) => ({
          name: `epoch ${epoch}`,
          bytes: plaintext.slice(0, 24),
        })),
      });
      outcomes.push(
        judge(scenario, `${line} (${node.version})`, watched, dumps[i] as Dump, epochs, spoils, snapshot),
      );
    }
    return outcomes;
  } finally {
    await scene.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

function judge(
  scenario: string,
  node: string,
  { name }: Watched,
  taken: Dump,
  epochs: readonly AimedEpoch[],
  spoils: Spoils,
  snapshot: Buffer,
): Outcome {
  const opened = new Set(spoils.secrets.map(({ epoch }) => epoch));
  const of = (standing: string) => epochs.filter((epoch) => epoch.standing === standing);
  const isExpired = new Set(of('expired').map(({ epoch }) => epoch));
  return {
    scenario,
    node,
    process: name,
    dumpedBytes: taken.bytes,
    windows: spoils.windows,
    tried: spoils.tried,
    schedules: spoils.schedules,
    liveEpochs: of('live').length,
    liveOpened: of('live').filter(({ epoch }) => opened.has(epoch)).length,
    expiredEpochs: isExpired.size,
    expiredOpened: of('expired').filter(({ epoch }) => opened.has(epoch)).length,
    leaks: counted(
      spoils.secrets
        .filter(({ epoch }) => isExpired.has(epoch))
        .map(({ kind, epoch, address }) => `${kind} of epoch ${epoch} at 0x${address.toString(16)}`),
    ),
    plaintexts: counted(spoils.plaintexts.map((found) => `${found.name} at 0x${found.address.toString(16)}`)),
    snapshotBytes: snapshot.length,
    snapshotPlaintexts: of('expired')
      .filter(({ plaintext }) => formsOf(plaintext).some((form) => snapshot.includes(form)))
      .map(({ epoch }) => `epoch ${epoch}`),
  };
}

const spaced = (count: number) => Math.round(count).toLocaleString('en').replaceAll(',', ' ');
const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

function tableOf(outcomes: readonly Outcome[]): string {
  const head = [
    'Node',
    'process',
    'memory',
    'windows',
    'tried',
    'opened before T',
    'opened after',
    'plaintext',
    'in the heap',
  ];
  const rows = outcomes.map((outcome) => [
    outcome.node,
    `${outcome.scenario}: ${outcome.process}`,
    mib(outcome.dumpedBytes),
    spaced(outcome.windows),
    spaced(outcome.tried),
    `${outcome.liveOpened} of ${outcome.liveEpochs}`,
    `${outcome.expiredOpened} of ${outcome.expiredEpochs}`,
    spaced(outcome.plaintexts.length),
    spaced(outcome.snapshotPlaintexts.length),
  ]);
  return table(rows, ['left', 'left', ...head.slice(2).map(() => 'right' as const)], head);
}

const isControlled = ({ liveOpened, expiredEpochs }: Outcome) =>
  liveOpened > 0 && expiredEpochs >= EXPIRED_EPOCHS;
const isClean = ({ expiredOpened, plaintexts, snapshotPlaintexts }: Outcome) =>
  expiredOpened + plaintexts.length + snapshotPlaintexts.length === 0;

async function main(): Promise<void> {
  const module = await compileKernel();
  const all: Outcome[] = [];
  for (const line of values.node) {
    const node = findNode(line);
    for (const scenario of values.scenario) {
      if (SCENARIOS[scenario] === undefined)
        throw new Error(`no scenario "${scenario}"; there are: ${Object.keys(SCENARIOS).join(', ')}`);
      let outcomes: Outcome[] = [];
      for (let tries = 0; tries < TRIES; tries++) {
        outcomes = await attackOnce(scenario, line, node, module);
        if (outcomes.every(isControlled) || !outcomes.every(isClean)) break;
      }
      all.push(...outcomes);
      for (const { process: name, leaks, plaintexts, snapshotPlaintexts } of outcomes) {
        for (const leak of [...leaks, ...plaintexts, ...snapshotPlaintexts].slice(0, 20)) {
          console.error(`${line}, ${scenario}: ${name}: ${leak}`);
        }
      }
    }
  }
  const passed = all.every((outcome) => isControlled(outcome) && isClean(outcome));
  console.log(
    values.json
      ? JSON.stringify({
          passed,
          epochMs: Number(values.epoch),
          ttlMs: Number(values.ttl),
          lagMs: Number(values.lag),
          outcomes: all,
        })
      : tableOf(all),
  );
  process.exitCode = passed ? 0 : 1;
}

await main();
