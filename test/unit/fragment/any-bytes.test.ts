import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { concat, utf8 } from '../../../src/bytes.ts';
import { InputError, PqError } from '../../../src/errors.ts';
import { HEADER_BYTES, pieceRange, readHeader, writeHeader } from '../../../src/fragment/format.ts';
import { inspectFragment, TemporalVault } from '../../../src/fragment/index.ts';
import { thrownBy } from '../../support/errors.ts';

const TAG_BYTES = 16;
const vault = await TemporalVault.create({ ttlMs: 60_000 });
afterAll(() => vault.dispose());

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const anyHeader = fc
  .record({
    vaultId: bytesOf(16),
    epoch: fc.nat(2 ** 31 - 1),
    total: fc.integer({ min: 1, max: 255 }),
    indexSeed: fc.nat(254),
    ttlMs: fc.nat(60_000),
    messageBytes: fc.nat(3000),
    commitment: bytesOf(32),
    nonce: bytesOf(12),
  })
  .map(({ indexSeed, ...header }) => ({
    ...header,
    threshold: header.total,
    index: indexSeed % header.total,
  }));

it('any header is read as it was written', () => {
  fc.assert(
    fc.property(anyHeader, (header) => {
      const [start, end] = pieceRange(header.messageBytes, header.total, header.index);
      const fragment = new Uint8Array(HEADER_BYTES + (end - start) + TAG_BYTES);
      writeHeader(fragment, header);
      expect(readHeader('fragment', fragment)).toEqual(header);
      // It is another vault's, whatever else it says.
      expect(thrownBy(() => vault.reassemble([fragment]))).toMatchObject({
        code: 'ERR_INPUT_KEY',
        argument: 'fragments[0]',
      });
      expect(thrownBy(() => readHeader('fragment', concat(fragment, Uint8Array.of(0))))).toMatchObject({
        code: 'ERR_INPUT_FORMAT',
      });
    }),
    { numRuns: 200 },
  );
});

it('any bytes are a fragment of another vault, or none', () => {
  const start = fc.constantFrom('', 'MW', 'MWF', 'MWF\0', 'MWF\x01', 'MWA\x01').map(utf8);
  const bytes = fc.tuple(start, fc.uint8Array({ maxLength: 200 })).map((parts) => concat(...parts));
  const refused = ['ERR_INPUT_FORMAT', 'ERR_INPUT_KEY', 'ERR_UNSUPPORTED_VERSION'];
  fc.assert(
    fc.property(bytes, fc.array(bytes, { maxLength: 3 }), (first, others) => {
      const error = thrownBy(() => vault.reassemble([first, ...others]));
      expect(error).toBeInstanceOf(PqError);
      expect(refused).toContain((error as PqError).code);
      try {
        expect(inspectFragment(first).headerBytes).toBe(HEADER_BYTES);
      } catch (refusal) {
        expect(refusal).toBeInstanceOf(PqError);
        expect((refusal as PqError).code).not.toBe('ERR_INPUT_KEY');
      }
    }),
    { numRuns: 300 },
  );
});

it('fragments of different messages are never put together', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 50 }),
      fc.uint8Array({ minLength: 1, maxLength: 50 }),
      fc.integer({ min: 2, max: 5 }),
      fc.nat(3),
      (one, other, total, at) => {
        const mixed = vault.split(one, { total });
        mixed[at % total] = vault.split(other, { total })[at % total] as Uint8Array;
        const error = thrownBy(() => vault.reassemble(mixed));
        expect(error).toBeInstanceOf(InputError);
        expect((error as InputError).code).toBe('ERR_INPUT_KEY');
      },
    ),
    { numRuns: 60 },
  );
});
