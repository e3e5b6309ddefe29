import * as crypto from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/bytes.ts';
import type { InputError } from '../../../src/errors.ts';
import {
  createHmacSha3_512,
  createSha3_512,
  type HkdfOptions,
  hkdfSha3_512,
  hmacSha3_512,
  sha3_512,
  verifyHmacSha3_512,
} from '../../../src/hash/index.ts';
import { type ByteSecret, SecretBytes } from '../../../src/secret.ts';
import { expectInput, NO_BYTES, thrownBy } from '../../support/errors.ts';

const bytes = fc.uint8Array({ maxLength: 400 });
const pieces = fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 5 });
const plain = (buffer: Buffer | ArrayBuffer) => new Uint8Array(buffer);

function disposedSecret(): SecretBytes {
  const secret = SecretBytes.from(new Uint8Array(32));
  secret.dispose();
  return secret;
}

describe('SHA3-512', () => {
  it('is what FIPS 202 says of "abc" and of nothing', () => {
    expect(Buffer.from(sha3_512(utf8('abc'))).toString('hex')).toBe(
      'b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0',
    );
    expect(Buffer.from(createSha3_512().digest()).toString('hex')).toBe(
      'a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a615b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26',
    );
  });

  it('agrees with node:crypto on any message, in one piece or in many', () => {
    fc.assert(
      fc.property(pieces, (parts) => {
        const expected = plain(crypto.createHash('sha3-512').update(Buffer.concat(parts)).digest());
        expect(sha3_512(Buffer.concat(parts))).toEqual(expected);
        const digest = createSha3_512();
        for (const part of parts) expect(digest.update(part)).toBe(digest);
        expect(digest.digest()).toEqual(expected);
      }),
    );
  });

  it.each([71, 72, 73, 143, 144, 145])('agrees at %i bytes, around the block of the sponge', (length) => {
    const data = crypto.randomBytes(length);
    expect(sha3_512(data)).toEqual(plain(crypto.createHash('sha3-512').update(data).digest()));
  });

  it('gives a Uint8Array of its own', () => {
    const digest = sha3_512(utf8('abc'));
    expect(Object.getPrototypeOf(digest)).toBe(Uint8Array.prototype);
    expect(digest.fill(0)).not.toEqual(sha3_512(utf8('abc')));
  });
});

describe('HMAC-SHA3-512', () => {
  it('agrees with node:crypto on any key and message', () => {
    fc.assert(
      fc.property(bytes, pieces, (key, parts) => {
        const message = Buffer.concat(parts);
        const expected = plain(crypto.createHmac('sha3-512', key).update(message).digest());
        expect(hmacSha3_512(key, message)).toEqual(expected);
        const secret = SecretBytes.from(key);
        expect(hmacSha3_512(secret, message)).toEqual(expected);
        const mac = createHmacSha3_512(secret);
        for (const part of parts) mac.update(part);
        expect(mac.digest()).toEqual(expected);
        expect(verifyHmacSha3_512(key, message, expected)).toBe(true);
      }),
    );
  });

  it('refuses a tag with any bit changed, cut or longer, and another message or key', () => {
    const key = crypto.randomBytes(32);
    const tag = hmacSha3_512(key, utf8('message'));
    for (let bit = 0; bit < tag.length * 8; bit++) {
      const forged = Uint8Array.from(tag);
      forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(verifyHmacSha3_512(key, utf8('message'), forged)).toBe(false);
    }
    expect(verifyHmacSha3_512(key, utf8('message'), tag.subarray(0, 63))).toBe(false);
    expect(verifyHmacSha3_512(key, utf8('message'), new Uint8Array(0))).toBe(false);
    expect(verifyHmacSha3_512(key, utf8('message'), Buffer.concat([tag, Buffer.of(0)]))).toBe(false);
    expect(verifyHmacSha3_512(key, utf8('massage'), tag)).toBe(false);
    expect(verifyHmacSha3_512(crypto.randomBytes(32), utf8('message'), tag)).toBe(false);
  });
});

describe('HKDF-SHA3-512', () => {
  it('agrees with node:crypto on any input', () => {
    const short = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(bytes, short, short, fc.integer({ min: 1, max: 300 }), (ikm, salt, info, length) => {
        const expected = plain(crypto.hkdfSync('sha3-512', ikm, salt, info, length));
        expect(hkdfSha3_512(ikm, { salt, info, length }).expose()).toEqual(expected);
        expect(hkdfSha3_512(SecretBytes.from(ikm), { salt, info, length }).expose()).toEqual(expected);
      }),
    );
  });

  it.each([1, 64, 65, 16319, 16320])('gives %i bytes, without salt and info too', (length) => {
    const ikm = crypto.randomBytes(40);
    const expected = plain(crypto.hkdfSync('sha3-512', ikm, '', '', length));
    expect(hkdfSha3_512(ikm, { length }).expose()).toEqual(expected);
  });

  it('takes an info longer than node:crypto does', () => {
    const ikm = new Uint8Array(32).fill(7);
    const info = new Uint8Array(5000).fill(1);
    const prk = crypto.createHmac('sha3-512', Buffer.alloc(64)).update(ikm).digest();
    const t1 = crypto.createHmac('sha3-512', prk).update(info).update(Buffer.of(1)).digest();
    const t2 = crypto.createHmac('sha3-512', prk).update(t1).update(info).update(Buffer.of(2)).digest();
    const okm = hkdfSha3_512(ikm, { info, length: 100 }).expose();
    expect(okm).toEqual(plain(Buffer.concat([t1, t2])).subarray(0, 100));
  });

  it('gives a secret', () => {
    const okm = hkdfSha3_512(new Uint8Array(32), { length: 32 });
    expect(okm).toBeInstanceOf(SecretBytes);
    expect(inspect(okm)).toBe('[secret]');
  });
});

describe('a computation under way', () => {
  const makers = [
    ['SHA3-512', () => createSha3_512()],
    ['HMAC', () => createHmacSha3_512(new Uint8Array(32))],
  ] as const;

  it.each(makers)('%s ends with its digest', (_, make) => {
    const digest = make().update(utf8('a'));
    expect(digest.digest()).toHaveLength(64);
    expectInput(() => digest.digest(), 'ERR_INPUT_STATE', 'digest');
    expectInput(() => digest.update(utf8('b')), 'ERR_INPUT_STATE', 'digest');
    const error = thrownBy(() => digest.digest()) as InputError;
    expect(error).toMatchObject({ expected: 'a computation under way', got: 'one that ended' });
    digest.dispose();
  });

  it.each(makers)('%s ends when it is disposed, also by `using`', (_, make) => {
    const digest = make();
    digest.dispose();
    digest.dispose();
    expectInput(() => digest.update(utf8('b')), 'ERR_INPUT_STATE', 'digest');
    expectInput(() => digest.digest(), 'ERR_INPUT_STATE', 'digest');
    let kept = make();
    {
      using scoped = make();
      kept = scoped;
    }
    expectInput(() => kept.digest(), 'ERR_INPUT_STATE', 'digest');
  });

  it.each(makers)('%s shows nothing of its state', (_, make) => {
    const digest = make().update(utf8('secret'));
    expect(Object.keys(digest)).toEqual([]);
    expect(inspect(digest, { showHidden: true, depth: 5 })).not.toContain('hasher');
  });
});

describe('wrong inputs', () => {
  const key = new Uint8Array(32).fill(0xab);
  const data = utf8('data');

  it.each(NO_BYTES)('%s in the place of bytes', (_, value) => {
    const wrong = value as Uint8Array;
    expectInput(() => sha3_512(wrong), 'ERR_INPUT_TYPE', 'data');
    expectInput(() => createSha3_512().update(wrong), 'ERR_INPUT_TYPE', 'data');
    expectInput(() => hmacSha3_512(wrong, data), 'ERR_INPUT_TYPE', 'key');
    expectInput(() => hmacSha3_512(key, wrong), 'ERR_INPUT_TYPE', 'data');
    expectInput(() => createHmacSha3_512(wrong), 'ERR_INPUT_TYPE', 'key');
    expectInput(() => createHmacSha3_512(key).update(wrong), 'ERR_INPUT_TYPE', 'data');
    expectInput(() => verifyHmacSha3_512(wrong, data, data), 'ERR_INPUT_TYPE', 'key');
    expectInput(() => verifyHmacSha3_512(key, wrong, data), 'ERR_INPUT_TYPE', 'data');
    expectInput(() => verifyHmacSha3_512(key, data, wrong), 'ERR_INPUT_TYPE', 'tag');
    expectInput(() => hkdfSha3_512(wrong, { length: 1 }), 'ERR_INPUT_TYPE', 'ikm');
    if (value !== undefined) {
      expectInput(() => hkdfSha3_512(key, { salt: wrong, length: 1 }), 'ERR_INPUT_TYPE', 'options.salt');
      expectInput(() => hkdfSha3_512(key, { info: wrong, length: 1 }), 'ERR_INPUT_TYPE', 'options.info');
    }
  });

  it('a disposed secret', () => {
    expectInput(() => hmacSha3_512(disposedSecret(), data), 'ERR_INPUT_DISPOSED', 'key');
    expectInput(() => createHmacSha3_512(disposedSecret()), 'ERR_INPUT_DISPOSED', 'key');
    expectInput(() => verifyHmacSha3_512(disposedSecret(), data, data), 'ERR_INPUT_DISPOSED', 'key');
    expectInput(() => hkdfSha3_512(disposedSecret(), { length: 1 }), 'ERR_INPUT_DISPOSED', 'ikm');
  });

  it.each([0, -1, 16321, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('%d bytes of HKDF', (length) => {
    expectInput(() => hkdfSha3_512(key, { length }), 'ERR_INPUT_RANGE', 'options.length');
  });

  it.each(['32', 32n, null, [32]])('%o bytes of HKDF', (length) => {
    expectInput(() => hkdfSha3_512(key, { length: length as never }), 'ERR_INPUT_TYPE', 'options.length');
  });

  it('no options, other options, unknown options', () => {
    const call = (options: unknown) => () => hkdfSha3_512(key, options as HkdfOptions);
    expectInput(call(undefined), 'ERR_INPUT_TYPE', 'options.length');
    expectInput(call({}), 'ERR_INPUT_TYPE', 'options.length');
    for (const options of [null, 32, 'x', [], key, SecretBytes.from(key)]) {
      expectInput(call(options), 'ERR_INPUT_TYPE', 'options');
    }
    expectInput(call({ length: 1, lenght: 1 }), 'ERR_INPUT_OPTION', 'options');
  });

  it('never shows key bytes', () => {
    const text = 'deadbeefcafe';
    const calls: (() => unknown)[] = [
      () => hmacSha3_512(text as unknown as ByteSecret, data),
      () => hmacSha3_512([...utf8(text)] as unknown as ByteSecret, data),
      () => hmacSha3_512({ key: text } as unknown as ByteSecret, data),
      () => hkdfSha3_512(BigInt(`0x${text}`) as unknown as ByteSecret, { length: 1 }),
      () => createHmacSha3_512(utf8(text).buffer as unknown as ByteSecret),
    ];
    for (const call of calls) {
      const { message } = thrownBy(call) as Error;
      expect(message).not.toContain(text);
      expect(message).not.toContain(String(BigInt(`0x${text}`)));
      expect(message).not.toMatch(/100,101/);
    }
  });
});
