import * as crypto from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AeadKey, open, SEAL_OVERHEAD_BYTES, seal, sealedKeyId } from '../../../src/aead/index.ts';
import { concat, toHex, utf8 } from '../../../src/bytes.ts';
import { AuthenticationError, ExpiredError, UnsupportedError } from '../../../src/errors.ts';
import { expectInput, NO_BYTES, thrownBy } from '../../support/errors.ts';
import { fixedKey, flip, MESSAGE_HEADER_BYTES, sample } from './support.ts';

const key = fixedKey();

function expectAuthenticationError(work: () => unknown): void {
  const error = thrownBy(work) as AuthenticationError;
  expect(error).toBeInstanceOf(AuthenticationError);
  expect(error).toMatchObject({ code: 'ERR_AUTHENTICATION', message: new AuthenticationError().message });
  expect(error.cause).toBeUndefined();
}

describe('a message comes back as it was', () => {
  it('for any data and AAD', () => {
    const bytes = fc.uint8Array({ maxLength: 5000, size: 'max' });
    fc.assert(
      fc.property(bytes, fc.uint8Array({ maxLength: 100 }), (data, aad) => {
        const before = Uint8Array.from(data);
        const sealed = seal(key, data, { aad });
        expect(data).toEqual(before);
        expect(sealed).toHaveLength(data.length + SEAL_OVERHEAD_BYTES);
        expect(open(key, sealed, { aad })).toEqual(data);
        expect(open(key, Buffer.from(sealed), { aad: Buffer.from(aad) })).toEqual(data);
      }),
    );
  });

  it.each([0, 1, 15, 16, 17, 4095, 4096, 65536, 1_000_000])('for %i bytes', (length) => {
    const data = sample(length);
    const opened = open(key, seal(key, data));
    expect(Object.getPrototypeOf(opened)).toBe(Uint8Array.prototype);
    expect(opened).toEqual(data);
  });

  it('for views into larger buffers', () => {
    const data = sample(300).subarray(100, 200);
    const sealed = concat(sample(7), seal(key, data, { aad: data })).subarray(7);
    expect(open(key, sealed, { aad: data })).toEqual(data);
  });

  it('with no AAD as with empty AAD', () => {
    expect(open(key, seal(key, sample(9)), { aad: new Uint8Array(0) })).toEqual(sample(9));
    expect(open(key, seal(key, sample(9), {}), { aad: undefined as never })).toEqual(sample(9));
  });

  it('leaves what it is given as it is', () => {
    const sealed = seal(key, sample(100));
    const before = Uint8Array.from(sealed);
    open(key, sealed).fill(0);
    expect(sealed).toEqual(before);
    expectAuthenticationError(() => open(key, flip(sealed, 70)));
  });
});

describe('the sealed bytes', () => {
  it('are preamble, key id, commitment, nonce, ciphertext and tag, as docs/formats.md says', () => {
    const master = Uint8Array.from({ length: 32 }, (_, i) => i);
    const okm = Buffer.from(
      crypto.hkdfSync('sha3-512', master, '', 'mwrasp-crypto/aead/v1/message', 32 + 32 + 16),
    );
    const aad = utf8('context');
    const sealed = seal(key, sample(50), { aad });
    expect(SEAL_OVERHEAD_BYTES).toBe(80);
    expect([...sealed.subarray(0, 4)]).toEqual([0x4d, 0x57, 0x41, 1]);
    expect(Buffer.from(sealed.subarray(4, 20))).toEqual(okm.subarray(64));
    expect(Buffer.from(sealed.subarray(20, 52))).toEqual(okm.subarray(32, 64));
    const decipher = crypto.createDecipheriv('aes-256-gcm', okm.subarray(0, 32), sealed.subarray(52, 64));
    decipher.setAAD(aad).setAuthTag(sealed.subarray(-16));
    const opened = Buffer.concat([decipher.update(sealed.subarray(64, -16)), decipher.final()]);
    expect(new Uint8Array(opened)).toEqual(sample(50));
  });

  it('tell the key that sealed them', () => {
    const sealed = seal(key, sample(5));
    expect(sealedKeyId(sealed)).toBe(key.keyId);
    expect(sealedKeyId(sealed)).toBe(toHex(sealed.subarray(4, 20)));
    expect(sealedKeyId(sealed)).toMatch(/^[0-9a-f]{32}$/);
  });

  it('have a fresh nonce each: none twice in 10 000', () => {
    const nonces = new Set<string>();
    for (let i = 0; i < 10_000; i++) nonces.add(toHex(seal(key, new Uint8Array(0)).subarray(52, 64)));
    expect(nonces.size).toBe(10_000);
  });
});

describe('a message is refused', () => {
  const aad = utf8('invoice 42');
  const plaintext = sample(200);
  const sealed = seal(key, plaintext, { aad });

  it('with any bit of its header flipped, by the documented error', () => {
    for (let bit = 0; bit < MESSAGE_HEADER_BYTES * 8; bit++) {
      const offset = bit >> 3;
      const attempt = () => open(key, flip(sealed, offset, bit & 7), { aad });
      if (offset < 3) expectInput(attempt, 'ERR_INPUT_FORMAT', 'sealed');
      else if (offset === 3) {
        const error = thrownBy(attempt);
        expect(error).toBeInstanceOf(UnsupportedError);
        expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED_VERSION' });
      } else expectAuthenticationError(attempt);
    }
  });

  it('with a bit flipped in any byte of body and tag', () => {
    for (let offset = MESSAGE_HEADER_BYTES; offset < sealed.length; offset++) {
      expectAuthenticationError(() => open(key, flip(sealed, offset, offset & 7), { aad }));
    }
  });

  it('cut off anywhere, or longer', () => {
    for (let end = 0; end < sealed.length; end++) {
      const attempt = () => open(key, sealed.subarray(0, end), { aad });
      if (end < SEAL_OVERHEAD_BYTES) expectInput(attempt, 'ERR_INPUT_FORMAT', 'sealed');
      else expectAuthenticationError(attempt);
    }
    expectAuthenticationError(() => open(key, concat(sealed, new Uint8Array(1)), { aad }));
    expect(thrownBy(() => open(key, sealed.subarray(0, 79)))).toMatchObject({
      expected: 'at least 80 bytes',
      got: '79 bytes',
    });
  });

  it('with other AAD', () => {
    for (const other of [
      undefined,
      new Uint8Array(0),
      utf8('invoice 4'),
      utf8('invoice 43'),
      utf8('invoice 42 '),
    ]) {
      expectAuthenticationError(() => open(key, sealed, other && { aad: other }));
    }
    expectAuthenticationError(() => open(key, seal(key, plaintext), { aad }));
  });

  it('when parts of two messages are put together', () => {
    const other = seal(key, plaintext, { aad });
    for (const at of [58, 64, 100, sealed.length - 16]) {
      expectAuthenticationError(() => open(key, concat(sealed.subarray(0, at), other.subarray(at)), { aad }));
    }
  });

  it('under any other key, even when the header is rewritten for it', () => {
    for (let i = 1; i < 200; i++) {
      const other = fixedKey(i);
      expect(other.keyId).not.toBe(key.keyId);
      expectAuthenticationError(() => open(other, sealed, { aad }));
      const rewritten = Uint8Array.from(sealed);
      rewritten.set(seal(other, plaintext).subarray(4, 52), 4);
      expectAuthenticationError(() => open(other, rewritten, { aad }));
      expectAuthenticationError(() => open(key, rewritten, { aad }));
    }
  });

  it('under the key that it commits to, when the id is of another, and the other way', () => {
    const foreign = seal(fixedKey(1), plaintext, { aad });
    const otherId = Uint8Array.from(sealed);
    otherId.set(foreign.subarray(4, 20), 4);
    expectAuthenticationError(() => open(key, otherId, { aad }));
    const otherCommitment = Uint8Array.from(sealed);
    otherCommitment.set(foreign.subarray(20, 52), 20);
    expectAuthenticationError(() => open(key, otherCommitment, { aad }));
  });
});

describe('the budget of uses', () => {
  it('counts messages and ends', () => {
    const limited = AeadKey.generate({ maxUses: 3 });
    expect([limited.uses, limited.maxUses]).toEqual([0, 3]);
    for (let i = 1; i <= 3; i++) {
      seal(limited, sample(i));
      expect(limited.uses).toBe(i);
    }
    const error = thrownBy(() => seal(limited, sample(1)));
    expect(error).toBeInstanceOf(ExpiredError);
    expect(error).toMatchObject({ code: 'ERR_EXPIRED_USE_BUDGET' });
    expect((error as Error).message).toContain('3 times');
    expect(limited.uses).toBe(3);
  });

  it('is carried over from an earlier object of the same key', () => {
    const limited = fixedKey(0, { maxUses: 10, uses: 9 });
    const sealed = seal(limited, sample(1));
    expect(thrownBy(() => seal(limited, sample(1)))).toBeInstanceOf(ExpiredError);
    expect(open(limited, sealed)).toEqual(sample(1));
    for (const spent of [10, 11, Number.MAX_SAFE_INTEGER]) {
      const over = fixedKey(0, { maxUses: 10, uses: spent });
      expect(thrownBy(() => seal(over, sample(1)))).toBeInstanceOf(ExpiredError);
      expect(over.uses).toBe(spent);
    }
  });

  it('is 2^32 messages by default and at most', () => {
    expect(AeadKey.generate().maxUses).toBe(2 ** 32);
    expect(fixedKey(0, { maxUses: 2 ** 32 }).maxUses).toBe(2 ** 32);
    const last = fixedKey(0, { uses: 2 ** 32 - 1 });
    seal(last, sample(1));
    expect(thrownBy(() => seal(last, sample(1)))).toBeInstanceOf(ExpiredError);
  });

  it('of nothing leaves a key that only opens', () => {
    const opener = fixedKey(0, { maxUses: 0 });
    expect(open(opener, seal(key, sample(3)))).toEqual(sample(3));
    expect(thrownBy(() => seal(opener, sample(3)))).toMatchObject({ code: 'ERR_EXPIRED_USE_BUDGET' });
  });

  it('is not touched by opening, nor by calls that were refused', () => {
    const fresh = fixedKey();
    open(fresh, seal(key, sample(3)));
    expectInput(() => seal(fresh, 'x' as never), 'ERR_INPUT_TYPE', 'plaintext');
    expectInput(() => seal(fresh, sample(1), { aad: 'x' as never }), 'ERR_INPUT_TYPE', 'options.aad');
    expectInput(() => seal(fresh, sample(1), { ad: sample(1) } as never), 'ERR_INPUT_OPTION', 'options');
    expect(fresh.uses).toBe(0);
  });
});

describe('wrong inputs', () => {
  const sealed = seal(key, sample(10));

  it.each<readonly [string, unknown]>([
    ...NO_BYTES,
    ['raw key bytes', new Uint8Array(32)],
    ['a look-alike', { keyId: key.keyId }],
  ])('%s as the key', (_, wrong) => {
    expectInput(() => seal(wrong as never, sample(1)), 'ERR_INPUT_TYPE', 'key');
    expectInput(() => open(wrong as never, sealed), 'ERR_INPUT_TYPE', 'key');
    expect(thrownBy(() => seal(wrong as never, sample(1)))).toMatchObject({ expected: 'an AeadKey' });
  });

  it.each(NO_BYTES)('%s in the place of bytes', (_, wrong) => {
    expectInput(() => seal(key, wrong as never), 'ERR_INPUT_TYPE', 'plaintext');
    expectInput(() => open(key, wrong as never), 'ERR_INPUT_TYPE', 'sealed');
    expectInput(() => sealedKeyId(wrong as never), 'ERR_INPUT_TYPE', 'sealed');
    if (wrong === undefined) return;
    expectInput(() => seal(key, sample(1), { aad: wrong as never }), 'ERR_INPUT_TYPE', 'options.aad');
    expectInput(() => open(key, sealed, { aad: wrong as never }), 'ERR_INPUT_TYPE', 'options.aad');
  });

  it.each([null, 7, 'x', true, [], utf8('aad'), key, () => {}, new Map()])('%o as options', (wrong) => {
    expectInput(() => seal(key, sample(1), wrong as never), 'ERR_INPUT_TYPE', 'options');
    expectInput(() => open(key, sealed, wrong as never), 'ERR_INPUT_TYPE', 'options');
  });

  it('an unknown option', () => {
    for (const wrong of [{ ad: sample(1) }, { aad: sample(1), nonce: sample(12) }]) {
      expectInput(() => seal(key, sample(1), wrong as never), 'ERR_INPUT_OPTION', 'options');
      expectInput(() => open(key, sealed, wrong as never), 'ERR_INPUT_OPTION', 'options');
    }
    expect(thrownBy(() => seal(key, sample(1), { ad: 1 } as never))).toMatchObject({ expected: 'only aad' });
  });

  it('a disposed key', () => {
    const disposed = fixedKey();
    disposed.dispose();
    expectInput(() => seal(disposed, sample(1)), 'ERR_INPUT_DISPOSED', 'key');
    expectInput(() => open(disposed, sealed), 'ERR_INPUT_DISPOSED', 'key');
    expect(thrownBy(() => open(disposed, sealed))).toMatchObject({
      expected: 'a live key',
      got: 'a disposed one',
    });
  });

  it('more AAD or plaintext than there may be', () => {
    const aad = new Uint8Array(2 ** 30 + 1);
    expectInput(() => seal(key, sample(1), { aad }), 'ERR_INPUT_LENGTH', 'options.aad');
    expectInput(() => open(key, sealed, { aad }), 'ERR_INPUT_LENGTH', 'options.aad');
    // No runtime has arrays as long as that, so one only says so.
    const plaintext = Object.defineProperty(new Uint8Array(0), 'length', { value: 2 ** 36 - 31 });
    expectInput(() => seal(key, plaintext), 'ERR_INPUT_LENGTH', 'plaintext');
    expect(thrownBy(() => seal(key, plaintext))).toMatchObject({ expected: '0 to 68719476704 bytes' });
  });

  it('bytes that are no sealed message', () => {
    for (let length = 0; length < SEAL_OVERHEAD_BYTES; length++) {
      expectInput(() => sealedKeyId(sealed.subarray(0, length)), 'ERR_INPUT_FORMAT', 'sealed');
    }
    expect(sealedKeyId(sealed.subarray(0, SEAL_OVERHEAD_BYTES))).toBe(key.keyId);
    expectInput(() => open(key, new Uint8Array(200)), 'ERR_INPUT_FORMAT', 'sealed');
    const stream = Uint8Array.from(sealed);
    stream[2] = 0x53;
    expect(thrownBy(() => open(key, stream))).toMatchObject({ got: 'format aead-stream' });
  });
});
