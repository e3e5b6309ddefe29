/** Sealing and opening with either form that an engine may have: into a buffer of ours, or into one of its own. */
import { expect, it, vi } from 'vitest';
import { openSealed, sealNew } from '../../../src/aead/cipher.ts';
import type { PreparedAeadKey } from '../../../src/engines/engine.ts';
import { sample } from './support.ts';

const nonce = sample(12);
const aad = sample(5);
const sealed = sample(5000);

/** An engine's key that opens everything to sevens, or nothing. */
function openerInto(succeeds: boolean) {
  return vi.fn<PreparedAeadKey['open']>((_nonce, _aad, _sealed, out) => {
    if (succeeds) out.fill(7);
    return succeeds;
  });
}

it('makes the buffer for an engine that writes into one, of the right size', () => {
  const open = openerInto(true);
  const plaintext = openSealed({ seal: () => {}, open, dispose: () => {} }, nonce, aad, sealed);
  expect(plaintext).toEqual(new Uint8Array(sealed.length - 16).fill(7));
  expect(open.mock.calls).toEqual([[nonce, aad, sealed, plaintext]]);
});

it('leaves out what stands before the ciphertext', () => {
  const open = openerInto(true);
  expect(openSealed({ seal: () => {}, open, dispose: () => {} }, nonce, aad, sealed, 64)).toHaveLength(4920);
  expect(open.mock.calls[0]?.[2]).toEqual(sealed.subarray(64));
  const openNew = vi.fn(() => sample(9));
  openSealed({ seal: () => {}, open, openNew, dispose: () => {} }, nonce, aad, sealed, 64);
  expect(openNew.mock.calls).toEqual([[nonce, aad, sealed, 64]]);
});

it('gives nothing when that engine says that the tag was wrong', () => {
  const open = openerInto(false);
  expect(openSealed({ seal: () => {}, open, dispose: () => {} }, nonce, aad, sealed)).toBeUndefined();
  expect(open).toHaveBeenCalledOnce();
});

it.each([sample(9), undefined])('hands on what an engine that allocates returns: %o', (answer) => {
  const open = openerInto(true);
  const openNew = vi.fn(() => answer);
  expect(openSealed({ seal: () => {}, open, openNew, dispose: () => {} }, nonce, aad, sealed)).toBe(answer);
  expect(openNew.mock.calls).toEqual([[nonce, aad, sealed, 0]]);
  expect(open).not.toHaveBeenCalled();
});

it('seals into a buffer of the right size, or hands on what an engine allocates', () => {
  const seal = vi.fn<PreparedAeadKey['seal']>((_nonce, _aad, _plaintext, out) => void out.fill(7));
  const key = { seal, open: () => false, dispose: () => {} };
  expect(sealNew(key, nonce, aad, sample(5000))).toEqual(new Uint8Array(5016).fill(7));
  expect(seal).toHaveBeenCalledOnce();
  const answer = sample(9);
  const engines = vi.fn(() => answer);
  expect(sealNew({ ...key, sealNew: engines }, nonce, aad, sample(5000))).toBe(answer);
  expect(engines.mock.calls).toEqual([[nonce, aad, sample(5000)]]);
  expect(seal).toHaveBeenCalledOnce();
});
