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

    it('both, on the engine that runs everywhere: within the bound', () => {
      // Its own garbage is of the JavaScript heap, whose young generation has its full size after some 100 MiB. At 35 MB/s
      // at most, a longer stream would show nothing but patience.
      measurePeak({ form, direction: 'both', engine: 'noble' }, 512 * MEBIBYTE);
    });
  });
}
