/**
 * The optional peer. That it is missing is tested on the built package, where it can be.
 */
import { afterEach, expect, it, vi } from 'vitest';
import { loadPeer } from '../../../src/pool/peer.ts';
import { rejectionOf } from '../../support/errors.ts';

afterEach(() => vi.doUnmock('piscina'));

it('that does not load is told apart from one that is missing', async () => {
  vi.doMock('piscina', () => {
    throw new Error('it is broken');
  });
  const error = await rejectionOf(loadPeer);
  expect(error).toMatchObject({
    name: 'UnsupportedError',
    code: 'ERR_UNSUPPORTED_PEER',
    message: 'a pool of workers needs the package piscina, which does not load here: npm install piscina',
    cause: expect.any(Error),
  });
});

it('is piscina', async () => {
  expect((await loadPeer()).name).toBe('Piscina');
});
