/**
 * Streams in constant memory, at sizes that take seconds; the sizes of the requirement are in test/slow.
 */
import { describe, it } from 'vitest';
import { MEBIBYTE, measurePeak } from '../support/stream-memory.ts';

const SIZES = [64 * MEBIBYTE, 256 * MEBIBYTE];

describe('memory of streams', () => {
  for (const form of ['aead', 'envelope'] as const) {
    it(`${form}: sealed and opened in one process, streams of any size keep to the bound`, () => {
      for (const size of SIZES) measurePeak({ form, direction: 'both' }, size);
    });

    for (const direction of ['seal', 'open'] as const) {
      it(`${form}: ${direction} keeps to the bound`, () => {
        measurePeak({ form, direction, source: 'file' }, 256 * MEBIBYTE);
      });
    }
  }
});
