/**
 * A key directory of which one byte was changed, each in its turn. `npm run test:fault` changes every byte; an ordinary run each of the
 * head and some of the rest.
 */
import { expect, it } from 'vitest';
import { PqError } from '../../src/errors.ts';
import { verifyDirectory } from '../../src/rotation/directory/index.ts';
import { Service } from '../unit/rotation/directory/support.ts';

const STEP = process.env['MWRASP_FAULT'] === 'full' ? 1 : 101;
/** Preamble, name, number, times: each is tried. */
const HEAD_BYTES = 64;

const REFUSALS = ['ERR_AUTHENTICATION', 'ERR_INPUT_FORMAT', 'ERR_UNSUPPORTED_VERSION', 'ERR_DIRECTORY_REPIN'];

it('a directory is refused when any byte of it was changed, whatever generation is pinned', async () => {
  const service = await Service.open();
  for (let i = 0; i < 4; i++) await service.rotate();
  const bytes = await service.publish();
  const { nowMs } = service;
  const refusal = (directory: Uint8Array, behind: number): string | undefined => {
    try {
      verifyDirectory(directory, { pinned: service.pin(service.generation - behind), nowMs });
      return undefined;
    } catch (error) {
      return error instanceof PqError ? error.code : String(error);
    }
  };
  const changed = Uint8Array.from(bytes);
  let tried = 0;
  for (let at = 0; at < bytes.length; at += at < HEAD_BYTES ? 1 : STEP) {
    changed[at] = (bytes[at] as number) ^ (1 << (at % 8));
    expect(REFUSALS, `byte ${at}`).toContain(refusal(changed, at % 5));
    changed[at] = bytes[at] as number;
    tried++;
  }
  expect([0, 1, 2, 3, 4].map((behind) => refusal(changed, behind))).toEqual(Array(5).fill(undefined));
  console.log(`${tried} of ${bytes.length} bytes changed, each time refused`);
}, 3_600_000);
