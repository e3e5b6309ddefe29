/**
 * `fragment inspect` and `fragment demo`.
 */
import { tmpdir } from 'node:os';
import { describe, expect } from 'vitest';
import { TemporalVault } from '../../src/fragment/index.ts';
import { expectDone, expectFailure, it, noise, Place } from './support.ts';

interface Field {
  readonly offset: number;
  readonly bytes: number;
  readonly name: string;
}

interface Demo {
  readonly attempts: readonly { readonly atMs: number; readonly result: string }[];
  readonly adversary: string;
  readonly wipedBy: string;
  readonly lag: { readonly count: number };
}

async function threshold(): Promise<Uint8Array> {
  using vault = await TemporalVault.create({ ttlMs: 100 });
  return vault.split(noise(1000), { threshold: 2, total: 3, secrecy: 'threshold' })[2] as Uint8Array;
}

describe.concurrent('fragment inspect', () => {
  it('explains every byte of a fragment, once', async ({ place }) => {
    const fragment = await threshold();
    await place.write('one.mwf', fragment);
    const outcome = await place.run(['fragment', 'inspect', 'one.mwf', '--json']);
    expectDone(outcome);
    const { fields } = JSON.parse(outcome.stdout) as { fields: Field[] };
    let end = 0;
    for (const { offset, bytes } of fields) {
      expect(offset).toBe(end);
      end += bytes;
    }
    expect(end).toBe(fragment.length);
  });

  it('draws the same as a table, also from standard input', async ({ place }) => {
    const outcome = await place.run(['fragment', 'inspect', '-'], { input: await threshold() });
    expectDone(outcome);
    expect(outcome.stdout).toMatch(/^ *0 +4 /m);
    expect(outcome.stdout).toMatch(/epoch/);
  });

  it('refuses what is no fragment', async ({ place }) => {
    await place.write('other', noise(200));
    expectFailure(await place.run(['fragment', 'inspect', 'other']), 2, /fragment/);
  });
});

describe('fragment demo', () => {
  it('opens at first, and nothing at the end, whatever the clock says', async ({ place }) => {
    const outcome = await place.run(['fragment', 'demo', '--ttl', '400', '--json']);
    expectDone(outcome);
    const { attempts, adversary, wipedBy, lag } = JSON.parse(outcome.stdout) as Demo;
    expect(attempts).toHaveLength(11);
    expect(attempts[0]?.result).toBe('opened: the convoy leaves at dawn');
    expect(attempts.at(-1)?.result).toMatch(/^ERR_EXPIRED_/);
    expect(adversary).toMatch(/^ERR_EXPIRED_/);
    expect(wipedBy).toBe('thread');
    expect(lag.count).toBeGreaterThan(0);
  });

  it('counts down for people', async ({ place }) => {
    const outcome = await place.run(['fragment', 'demo', '--ttl', '400']);
    expectDone(outcome);
    expect(outcome.stdout).toMatch(
      /opened: the convoy leaves at dawn[\s\S]+ERR_EXPIRED_[\s\S]+An adversary with all 6/,
    );
  });

  it.each(['soon', '5', '100.5'])('refuses a life of %s', async (ttl) => {
    expectFailure(await new Place(tmpdir()).run(['fragment', 'demo', '--ttl', ttl]), 2, /ttl/);
  });
});
