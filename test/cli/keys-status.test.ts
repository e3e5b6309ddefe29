import { describe, expect } from 'vitest';
import { openKeystore } from '../../src/keystore/index.ts';
import { createRotator } from '../../src/rotation/index.ts';
import { expectDone, it, MAIN, outcomeOf, type Place } from './support.ts';

const HOUR = 3_600_000;
const OPEN = ['--store', 'keys', '--key-file', 'root.key'];

const run = (place: Place, ...args: string[]) =>
  place.run(['keys', 'status', ...OPEN, ...args], { env: { XDG_STATE_HOME: place.path('state') } });

/** A store whose key is in its second generation, and which no rotator looks after any more. */
async function makeStore(place: Place): Promise<void> {
  const init = ['keystore', 'init', ...OPEN.slice(0, 2), '--new-key-file', 'root.key'];
  expectDone(await place.run(init, { env: { XDG_STATE_HOME: place.path('state') } }));
  const keystore = await openKeystore({
    backend: 'file',
    path: place.path('keys'),
    keyFile: place.path('root.key'),
    highWaterMark: false,
  });
  let nowMs = Date.now() - 26 * HOUR;
  const clock = { wallMs: () => nowMs, monotonicMs: () => nowMs };
  const rotator = createRotator({ keystore, keys: { signer: { algorithm: 'ML-DSA-87' } }, clock });
  for (const pass of [0, 22, 2]) {
    nowMs += pass * HOUR;
    await rotator.tick();
  }
  await rotator.stop();
  await keystore.close();
}

describe('keys status', () => {
  it('draws generations on a line of time, and tells what comes next', async ({ place }) => {
    await makeStore(place);
    const drawn = await run(place);
    expectDone(drawn);
    expect(drawn.stdout).toContain('signer  ML-DSA-87, 3 retained');
    expect(drawn.stdout).toMatch(/^1 {2}retired, public half {2}█+─+$/m);
    expect(drawn.stdout).toMatch(/^2 {2}active +·*█+─+$/m);
    expect(drawn.stdout).toMatch(/in \d+ h( \d+ min)?: generation 3 is published/);
    expect(drawn.stdout).toMatch(/: generation 3 becomes active/);
  });

  it('tells it as JSON', async ({ place }) => {
    await makeStore(place);
    const told = await run(place, '--json');
    expectDone(told);
    const { keys, fence } = JSON.parse(told.stdout);
    expect(fence).toBeGreaterThan(0);
    expect(keys).toMatchObject([
      {
        name: 'signer',
        policy: { periodMs: 24 * HOUR },
        generations: [
          { generation: 1, state: 'retired', publicOnly: true },
          { generation: 2, state: 'active' },
        ],
        overdue: [],
      },
    ]);
  });

  it('goes on with --watch until it is interrupted', async ({ place }) => {
    await makeStore(place);
    const child = place.start(process.execPath, [MAIN, 'keys', 'status', ...OPEN, '--json', '--watch'], {
      env: { XDG_STATE_HOME: place.path('state') },
    });
    let lines = 0;
    child.stdout.on('data', (text: Buffer) => {
      lines += text.toString().split('\n').length - 1;
      if (lines >= 2) child.kill('SIGINT');
    });
    const { stdout } = await outcomeOf(child);
    const [first, second] = stdout.split('\n').map((line) => (line === '' ? undefined : JSON.parse(line)));
    expect(second.nowMs).toBeGreaterThan(first.nowMs);
  });

  it('says when nothing is rotated', async ({ place }) => {
    const env = { XDG_STATE_HOME: place.path('state') };
    expectDone(
      await place.run(['keystore', 'init', '--store', 'keys', '--new-key-file', 'root.key'], { env }),
    );
    const drawn = await run(place);
    expectDone(drawn);
    expect(drawn.stdout).toBe('no key of this store is rotated\n');
  });
});
