/**
 * Every reader on its corpus, and on a few thousand changes of it that are the same in every run. `npm run fuzz` goes on from
 * there, led by what code an input reaches.
 */
import { describe, expect, it } from 'vitest';
import { readCorpus } from '../../fuzz/corpus.ts';
import { fuzz } from '../../fuzz/fuzzer.ts';
import { TARGETS } from '../../fuzz/targets/index.ts';

/** Fewer where one takes milliseconds. */
const SLOW = new Set([
  'envelope-message',
  'envelope-stream',
  'key-file',
  'aead-stream',
  'session-receiver',
  'session-sender',
  'destruction-receipt',
  'ceremony-share-opened',
  'ceremony-transcript',
  'backup-body',
  'backup',
  'directory-verified',
]);
const runsOf = (name: string) => (SLOW.has(name) ? 150 : 1500);

describe.each(TARGETS.map((target) => ({ name: target.name, target })))('$name', ({ name, target }) => {
  it('keeps its promises', async () => {
    const corpus = readCorpus(name);
    const { findings, accepted, runs } = await fuzz(target, {
      runs: runsOf(name),
      seed: 20_261,
      corpus,
      blocks: () => 0,
    });
    expect(
      findings.map(({ objection, input }) => `${objection} (${Buffer.from(input).toString('hex')})`),
    ).toEqual([]);
    expect(runs).toBe(1 + target.seeds.length + corpus.length + runsOf(name));
    expect(accepted).toBeGreaterThan(0);
  });
});
