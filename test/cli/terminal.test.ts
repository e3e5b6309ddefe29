import { truncate } from 'node:fs/promises';
import { beforeEach, expect } from 'vitest';
import {
  it,
  MAIN,
  needsTerminal,
  type Outcome,
  outcomeOf,
  type Place,
  type RunOptions,
  SCRIPT,
  type WithPlace,
  writeKeys,
} from './support.ts';

const HIDE_CURSOR = '\u001b[?25l';
const CLEAR_LINE = '\u001b[2K';
const SHOW_CURSOR = '\u001b[?25h';
/** Slow enough on any machine for the command to take seconds. */
const SLOW = { MWRASP_CRYPTO_ENGINE: 'noble' };

beforeEach<WithPlace>(async ({ place }) => {
  await writeKeys(place);
  await place.write('long', '');
  await truncate(place.path('long'), 64 * 1024 * 1024);
});

function start(place: Place, line: string, env: RunOptions['env'] = {}) {
  const command = `"${process.execPath}" "${MAIN}" ${line}`;
  // What the terminal is, not what it was for whoever runs the tests.
  return place.start(SCRIPT, ['-qec', command, '/dev/null'], { env: { TERM: 'xterm', CI: '', ...env } });
}

/** Runs the command line on a terminal: all that it shows is in `stdout`. */
async function onTerminal(
  place: Place,
  line: string,
  env?: RunOptions['env'],
): Promise<Omit<Outcome, 'args'>> {
  return await outcomeOf(start(place, line, env));
}

/** Presses Ctrl-C when the progress is seen: the cursor must come back, and nothing be left behind. */
async function interruptedAt(
  place: Place,
  progress: RegExp,
  line: string,
  env?: RunOptions['env'],
): Promise<void> {
  const before = await place.list();
  const child = start(place, line, env);
  const ended = outcomeOf(child);
  let shown = '';
  child.stdout.on('data', (piece: Buffer) => {
    const seen = progress.test(shown);
    shown += piece.toString();
    if (!seen && progress.test(shown)) child.stdin.write('\u0003');
  });
  const { code, stdout } = await ended;
  expect(stdout).toMatch(progress);
  // As a shell has it: 128 and the number of SIGINT.
  expect(code).toBe(130);
  expect(stdout.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(stdout.lastIndexOf(HIDE_CURSOR));
  expect(await place.list()).toEqual(before);
}

needsTerminal('on a terminal', () => {
  it.concurrent('a long file shows how far it is, and the bar goes away', async ({ place }) => {
    const { code, stdout } = await onTerminal(place, 'sign long -k signer.key -o a.sig', SLOW);
    expect(code).toBe(0);
    const shown = [...stdout.matchAll(/signing [=-]{40} (\d+)% eta \S+s/g)].map((match) => Number(match[1]));
    expect(shown.length).toBeGreaterThan(3);
    expect(shown).toEqual([...shown].sort((a, b) => a - b));
    expect(stdout).toContain(HIDE_CURSOR);
    // Behind the last bar: its line is cleared, the cursor is back, the result stands.
    const end = stdout.slice(stdout.lastIndexOf('signing '));
    expect(end).toContain('100% ');
    expect(end).toContain(SHOW_CURSOR);
    expect(end.split(CLEAR_LINE)[1]).toMatch(/^signed long with key [\w-]{43}\r\n$/);
  });

  it.concurrent('an input of unknown length shows how much was read', async ({ place }) => {
    await interruptedAt(place, /signing \d+\.\d MB/, 'sign - -k signer.key -o a.sig < long', SLOW);
  });

  it.concurrent('known answers show which set is at work', async ({ place }) => {
    await interruptedAt(place, /known answers facts\/[\w-]+ noble \d+\/\d+/, 'kat --engine noble');
  });

  it.concurrent('a demo shows its steps, and takes its temporary folder along', async ({ place }) => {
    const env = { MWRASP_CRYPTO_ENGINE: 'hash=noble', TMPDIR: place.folder };
    await interruptedAt(place, /(hash|seal|open|fragment|adversary) [=-]{40} \d+%/, 'demo long', env);
  });

  it.concurrent('an envelope that is interrupted leaves no file behind', async ({ place }) => {
    await interruptedAt(place, /sealing \d+\.\d [MG]B/, 'seal - -t recipient.pub -o out < /dev/zero');
  });

  it.concurrent('there are colours, unless nobody wants them', async ({ place }) => {
    expect((await onTerminal(place, 'info')).stdout).toContain('\u001b[32min use\u001b[39m');
    expect((await onTerminal(place, 'info', { NO_COLOR: '1' })).stdout).not.toContain('\u001b');
  });

  it.concurrent('bytes are refused before any work is done for them', async ({ place }) => {
    const sign = await onTerminal(place, 'sign none -k signer.key');
    expect(sign).toMatchObject({ code: 2, stdout: expect.stringContaining('use --output FILE') });
    const open = await onTerminal(place, 'open none -k recipient.key -o -');
    expect(open).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('will not write bytes to a terminal'),
    });
  });
});

it('away from a terminal there are no colours, even when they are forced', async ({ place }) => {
  const { stdout, stderr } = await place.run(['info'], { env: { FORCE_COLOR: '1' } });
  expect(stdout + stderr).not.toContain('\u001b');
});
