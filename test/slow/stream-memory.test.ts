/**
 * Streams of 4 GiB take no more memory than streams of 64 MiB. Needs 4 GiB of room in the temporary folder.
 */
import { describe, it } from 'vitest';
import { expectSamePeaks, MEBIBYTE, measurePeak } from '../support/stream-memory.ts';

const SMALL = 64 * MEBIBYTE;
const LARGE = 4096 * MEBIBYTE;

for (const form of ['aead', 'envelope'] as const) {
  describe(`memory of ${form} streams`, () => {
    for (const direction of ['seal', 'open', 'both'] as const) {
      it(`${direction}: as much for 4 GiB as for 64 MiB`, () => {
        expectSamePeaks({ form, direction }, SMALL, LARGE, 3);
      });

      it(`${direction}: within the bound from file to file`, () => {
        measurePeak({ form, direction, source: 'file' }, LARGE);
      });
    }

    // At 35 MB/s at most, a longer stream would show nothing but patience.
    it('both, on the engine that runs everywhere: as much for 256 MiB as for 64 MiB', () => {
      expectSamePeaks({ form, direction: 'both', engine: 'noble' }, SMALL, 256 * MEBIBYTE, 1);
    });
  });
}
