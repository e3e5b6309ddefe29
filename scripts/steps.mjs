/**
 * Runs npm scripts, the others also when one failed, and ends with a table and a line `N passed, N failed`; where something
 * was skipped, `, N skipped` follows.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { root } from './entries.mjs';

const COUNTS = /^(\d+) passed, (\d+) failed, (\d+) skipped$/gm;

if (!process.stdout.isTTY) process.env.NO_COLOR ??= '1';

/** Runs one npm script; resolves to its exit code and what it printed. Shown as it comes where nothing else runs. */
async function run(script, isAlone) {
  const child = spawn('npm', ['run', '--silent', script], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      output += text;
      if (isAlone) process.stdout.write(text);
    });
  }
  const [code] = await once(child, 'close');
  return { code, output };
}

function count(isCounted, { code, output }) {
  const ok = code === 0;
  if (!isCounted) return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
  // Tests print counts as well; the last are those of the whole run. The coverage comes after them.
  const counts = [...output.matchAll(COUNTS)].at(-1)?.slice(1).map(Number);
  const [passed, failed, skipped] = counts ?? [0, 0, 0];
  // Whatever it counted, an exit code is an exit code, and nothing run is nothing shown.
  return { passed, failed: failed === 0 && (!ok || passed === 0) ? 1 : failed, skipped };
}

/**
 * Runs them; the process's exit code says whether all went well.
 *
 * @param stages - What runs one after the other. A stage has lanes that run beside each other, and a lane has names of npm
 * scripts, which run one after the other.
 * @param counted - Those that end with a line of counts; each other one counts one.
 */
export async function runStages(stages, counted) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const rows = [];
  const runStep = async (script, isAlone) => {
    if (isAlone) console.log(`\n── ${script}`);
    const startMs = performance.now();
    const outcome = await run(script, isAlone);
    if (!isAlone) process.stdout.write(`\n── ${script}\n${outcome.output}`);
    const result = count(counted.has(script), outcome);
    for (const key of Object.keys(total)) total[key] += result[key];
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    rows.push([script, result.failed === 0 ? 'ok' : 'FAILED', `${seconds} s`]);
  };
  for (const lanes of stages) {
    const isAlone = lanes.flat().length === 1;
    const runLane = async (lane) => {
      for (const script of lane) await runStep(script, isAlone);
    };
    await Promise.all(lanes.map(runLane));
  }
  const width = (column) => Math.max(...rows.map((row) => row[column].length));
  console.log();
  for (const [script, state, time] of rows) {
    console.log(`${script.padEnd(width(0))}  ${state.padEnd(width(1))}  ${time.padStart(width(2))}`);
  }
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

/** Runs npm scripts one after the other: see {@link runStages}. */
export async function runSteps(scripts, counted) {
  await runStages(
    scripts.map((script) => [[script]]),
    counted,
  );
}
