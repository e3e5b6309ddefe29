/**
 * Streams in constant memory, at sizes that take seconds; the sizes of the requirement are in test/slow.
 */
import { describe, it } from 'vitest';
import { expectSamePeaks, MEBIBYTE, measurePeak } from '../support/stream-memory.ts';

const SMALL = 64 * MEBIBYTE;
const LARGE = 256 * MEBIBYTE;

describe('memory of streams', () => {
  for (const form of ['aead', 'envelope'] as const) {
    it(`${form}: sealed and opened in one process, large streams take as much as small ones`, () => {
      expectSamePeaks({ form, direction: 'both' }, SMALL, LARGE, 3);
    });

    for (const direction of ['seal', 'open'] as const) {
      it(`${form}: ${direction} keeps to the bound`, () => {
        measurePeak({ form, direction, source: 'file' }, LARGE);
      });
    }
  }
});
