import fc from 'fast-check';
import { expect, it } from 'vitest';
import { open, openStream, openTransform, readStreamHeader, sealedKeyId } from '../../../src/aead/index.ts';
import { concat, utf8 } from '../../../src/bytes.ts';
import { AuthenticationError, PqError } from '../../../src/errors.ts';
import { rejectionOf, thrownBy } from '../../support/errors.ts';
import { collect, webStream } from '../../support/streams.ts';
import { fixedKey, sealBytes } from './support.ts';

const REFUSALS = ['ERR_INPUT_FORMAT', 'ERR_UNSUPPORTED_VERSION', 'ERR_AUTHENTICATION'];
const key = fixedKey();

/** Starts that lead further and further into a reader. */
const starts = [
  utf8(''),
  utf8('MW'),
  utf8('MWA'),
  utf8('MWA\x01'),
  utf8('MWS\x01'),
  utf8('MWS\x01\x0a'),
  utf8('MWE\x01'),
];
const anyBytes = fc
  .tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }))
  .map((parts) => concat(...parts));

function refusal(error: unknown): void {
  expect(error).toBeInstanceOf(PqError);
  expect(REFUSALS).toContain((error as PqError).code);
}

it('any bytes open as nothing, in whatever form', async () => {
  await fc.assert(
    fc.asyncProperty(anyBytes, async (bytes) => {
      refusal(thrownBy(() => open(key, bytes)));
      refusal(await rejectionOf(() => collect(openStream(key, [bytes]))));
      refusal(await rejectionOf(() => collect(webStream([bytes]).pipeThrough(openTransform(key)))));
    }),
    { numRuns: 150 },
  );
});

it('any bytes have a header or are refused', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      for (const read of [sealedKeyId, (head: Uint8Array) => readStreamHeader(head).keyId]) {
        try {
          expect(read(bytes)).toMatch(/^[0-9a-f]{32}$/);
        } catch (error) {
          refusal(error);
          expect(error).not.toBeInstanceOf(AuthenticationError);
        }
      }
    }),
    { numRuns: 300 },
  );
});

it('a sealed stream with anything else in one place never opens as something else', async () => {
  const plaintext = Uint8Array.from({ length: 2500 }, (_, i) => i);
  const sealed = await sealBytes(key, plaintext, { chunkSizeBytes: 1024 });
  await fc.assert(
    fc.asyncProperty(
      fc.nat(sealed.length),
      fc.nat(60),
      fc.uint8Array({ maxLength: 60 }),
      async (at, gone, put) => {
        const changed = concat(sealed.subarray(0, at), put, sealed.subarray(at + gone));
        const released: Uint8Array[] = [];
        try {
          for await (const piece of openStream(key, [changed])) released.push(piece);
          expect(changed).toEqual(sealed);
        } catch (error) {
          refusal(error);
        }
        // What was released before the error is the beginning of what was sealed.
        const bytes = concat(...released);
        expect(bytes).toEqual(plaintext.subarray(0, bytes.length));
      },
    ),
    { numRuns: 150 },
  );
});
