import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as bytes from '../../src/bytes.ts';
import { InputError, UnsupportedError } from '../../src/errors.ts';
import { SecretBytes } from '../../src/secret.ts';
import { expectInput, NO_BYTES, thrownBy } from '../support/errors.ts';

const anyBytes = fc.uint8Array({ maxLength: 300 });

afterEach(() => vi.unstubAllGlobals());

describe('describe', () => {
  it.each<readonly [string, unknown]>([
    ...NO_BYTES,
    ['3 bytes', Buffer.from('abc')],
    ['an object', Object.create(null)],
    ['a Map', new Map()],
  ])('says %s', (words, value) => expect(bytes.describe(value)).toBe(words));

  it('shows nothing of what a value holds', () => {
    const secret = 'correct horse';
    const values = [
      secret,
      [secret],
      { secret },
      new TextEncoder().encode(secret),
      SecretBytes.from(bytes.utf8(secret)),
    ];
    for (const value of values) expect(bytes.describe(value)).not.toMatch(/horse/);
    expect(bytes.describe(0x1234567890abcdef1234567890abcdefn)).toBe('a bigint');
  });
});

describe('checkBytes', () => {
  it.each(NO_BYTES)('refuses %s', (got, value) => {
    const error = thrownBy(() => bytes.checkBytes('data', value)) as InputError;
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ code: 'ERR_INPUT_TYPE', argument: 'data', expected: 'a Uint8Array', got });
  });

  it('takes any length when none is asked for, and a Buffer', () => {
    expect(() => bytes.checkBytes('data', new Uint8Array(0))).not.toThrow();
    expect(() => bytes.checkBytes('data', Buffer.alloc(5), 5)).not.toThrow();
  });

  it.each([
    [31, 32, '32 bytes'],
    [33, 32, '32 bytes'],
    [0, 1, '1 bytes'],
    [1, { min: 2, max: 4 }, '2 to 4 bytes'],
    [5, { min: 2, max: 4 }, '2 to 4 bytes'],
    [5, { max: 4 }, '0 to 4 bytes'],
    [1, { min: 2 }, 'at least 2 bytes'],
  ] as const)('refuses %i bytes where %j are wanted', (length, wanted, expected) => {
    const error = thrownBy(() => bytes.checkBytes('data', new Uint8Array(length), wanted)) as InputError;
    expect(error).toMatchObject({
      code: 'ERR_INPUT_LENGTH',
      argument: 'data',
      expected,
      got: `${length} bytes`,
    });
  });

  it.each([
    [32, 32],
    [2, { min: 2, max: 4 }],
    [4, { min: 2, max: 4 }],
    [0, { max: 4 }],
    [900, { min: 2 }],
    [0, {}],
  ] as const)('takes %i bytes where %j are wanted', (length, wanted) => {
    expect(() => bytes.checkBytes('data', new Uint8Array(length), wanted)).not.toThrow();
  });
});

describe('checkOptions', () => {
  it('takes nothing, an empty object and known names', () => {
    const bare = Object.assign(Object.create(null), { aad: 1 });
    for (const value of [undefined, {}, { aad: 1 }, { aad: undefined, size: 2 }, bare]) {
      expect(() => bytes.checkOptions('options', value, ['aad', 'size'])).not.toThrow();
    }
  });

  it.each([
    null,
    7,
    'aad',
    true,
    [],
    new Uint8Array(3),
    () => {},
    // A class of its own: options given in the place of something else would be dropped in silence.
    SecretBytes.from(new Uint8Array(3)),
    new Map([['aad', 1]]),
    new Date(0),
    new ArrayBuffer(3),
  ])('refuses %o', (value) => {
    expectInput(() => bytes.checkOptions('options', value as object, ['aad']), 'ERR_INPUT_TYPE', 'options');
  });

  it('names an unknown option, cut to 64 characters, and what there is', () => {
    const error = thrownBy(() => bytes.checkOptions('options', { add: 1 }, ['aad', 'size'])) as InputError;
    expect(error).toMatchObject({
      code: 'ERR_INPUT_OPTION',
      argument: 'options',
      expected: 'only aad, size',
      got: 'unknown option "add"',
    });
    const long = thrownBy(() => bytes.checkOptions('options', { ['x'.repeat(100)]: 1 }, [])) as InputError;
    expect(long).toMatchObject({ expected: 'no options', got: `unknown option "${'x'.repeat(64)}"` });
  });
});

describe('what an argument answers for itself', () => {
  const counting = (value: unknown) => {
    const reads = { count: 0 };
    const get = () => {
      reads.count++;
      return value;
    };
    const object = Object.defineProperty({}, 'aad', { get, enumerable: true });
    return { reads, object };
  };

  it('is asked once for each option, and what it said is kept', () => {
    const { reads, object } = counting(7);
    const options = bytes.checkOptions<{ aad?: number }>('options', object, ['aad']);
    expect([options.aad, options.aad, reads.count]).toEqual([7, 7, 1]);
    expect(bytes.checkOptions('options', undefined, ['aad'])).toEqual({});
  });

  it('is asked once for each element, up to the first wrong one', () => {
    const asked: string[] = [];
    const array = new Proxy([1, 2, 'three', 4], {
      get: (target, name) => {
        if (name !== 'length') asked.push(String(name));
        return Reflect.get(target, name);
      },
    });
    const check = (name: string, element: unknown) => {
      bytes.checkInteger(name, element, 0, 9);
      return element + 1;
    };
    expectInput(() => bytes.checkArray('list', array, 'a list', check), 'ERR_INPUT_TYPE', 'list[2]');
    expect(asked).toEqual(['0', '1', '2']);
    expect(bytes.checkArray('list', [1, 2], 'a list', check)).toEqual([2, 3]);
    expectInput(() => bytes.checkArray('list', { length: 1 }, 'a list', check), 'ERR_INPUT_TYPE', 'list');
  });

  it('may throw, which is the cause of an InputError', () => {
    const cause = new Error('a getter of the caller');
    const work = () => {
      throw cause;
    };
    const error = thrownBy(() => bytes.readFrom('clock', 'a clock', work));
    expect(error).toMatchObject({ code: 'ERR_INPUT_TYPE', argument: 'clock', expected: 'a clock', cause });
    const options = Object.defineProperty({}, 'aad', { get: work, enumerable: true });
    expectInput(() => bytes.checkOptions('options', options, ['aad']), 'ERR_INPUT_TYPE', 'options');
  });
});

describe('bytes that are not what they seem', () => {
  const transferred = () => {
    const value = new Uint8Array(8);
    structuredClone(value.buffer, { transfer: [value.buffer] });
    return value;
  };
  const longer = () => Object.defineProperty(new Uint8Array(8), 'length', { value: 9 });

  it('are told apart without asking them', () => {
    expect(bytes.isBytes(new Uint8Array(0))).toBe(true);
    expect(bytes.isBytes(Buffer.alloc(1))).toBe(true);
    expect(bytes.isBytes(runInNewContext('new Uint8Array(3)'))).toBe(true);
    expect(bytes.isBytes(Object.setPrototypeOf(new Uint8Array(3), null))).toBe(true);
    const others = [
      new Uint8ClampedArray(3),
      Object.create(Uint8Array.prototype),
      new Proxy(new Uint8Array(3), {}),
    ];
    for (const other of [...others, null, undefined, 3, 'bytes']) expect(bytes.isBytes(other)).toBe(false);
  });

  it('are refused when their buffer is gone, also where none are welcome', () => {
    expect(() => bytes.checkBytes('data', new Uint8Array(0))).not.toThrow();
    const error = thrownBy(() => bytes.checkBytes('data', transferred()));
    expect(error).toMatchObject({ code: 'ERR_INPUT_TYPE', got: 'bytes that are no longer there' });
    expect(bytes.describe(transferred())).toBe('bytes that are no longer there');
  });

  it('are refused when they have a length of their own', () => {
    expect(thrownBy(() => bytes.checkBytes('data', longer()))).toMatchObject({
      code: 'ERR_INPUT_TYPE',
      got: 'one with a length of its own',
    });
    expectInput(() => bytes.checkBytes('data', longer(), 9), 'ERR_INPUT_TYPE', 'data');
    expectInput(() => bytes.checkBytes('data', longer(), 8), 'ERR_INPUT_LENGTH', 'data');
  });
});

describe('checkInteger', () => {
  it('takes both ends', () => {
    expect(() => bytes.checkInteger('n', 1, 1, 5)).not.toThrow();
    expect(() => bytes.checkInteger('n', 5, 1, 5)).not.toThrow();
  });

  it.each([0, 6, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])('refuses %d', (value) => {
    const error = thrownBy(() => bytes.checkInteger('n', value, 1, 5)) as InputError;
    expect(error).toMatchObject({
      code: 'ERR_INPUT_RANGE',
      argument: 'n',
      expected: 'an integer from 1 to 5',
      got: String(value),
    });
  });

  it('refuses an integer that a double cannot hold, whatever the range', () => {
    expectInput(() => bytes.checkInteger('n', 2 ** 53, 0, Number.POSITIVE_INFINITY), 'ERR_INPUT_RANGE', 'n');
  });

  it.each(['3', 3n, null, undefined, [3], {}])('refuses %o', (value) => {
    const error = thrownBy(() => bytes.checkInteger('n', value, 1, 5)) as InputError;
    expect(error).toMatchObject({ code: 'ERR_INPUT_TYPE', argument: 'n', expected: 'a number' });
  });
});

describe('allocate', () => {
  it.each([0, 1, 4095, 4096, 70000])('gives %i bytes that share no memory', (length) => {
    const one = bytes.allocate(length);
    const other = bytes.allocate(length);
    expect(one).toHaveLength(length);
    expect(Object.getPrototypeOf(one)).toBe(Uint8Array.prototype);
    one.fill(1);
    other.fill(2);
    expect(one.every((byte) => byte === 1)).toBe(true);
    expect(one.buffer.byteLength).toBe(length);
  });

  it('does without Buffer', () => {
    vi.stubGlobal('Buffer', undefined);
    expect(bytes.allocate(4096)).toEqual(new Uint8Array(4096));
  });
});

describe('concat, equal, wipe', () => {
  it('joins as Buffer does, in new memory', () => {
    fc.assert(
      fc.property(fc.array(anyBytes, { maxLength: 5 }), (parts) => {
        const joined = bytes.concat(...parts);
        expect(Buffer.from(joined)).toEqual(Buffer.concat(parts));
        for (const part of parts) expect(joined.buffer).not.toBe(part.buffer);
      }),
    );
  });

  it('compares', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, (a, b) => {
        expect(bytes.equal(a, Uint8Array.from(a))).toBe(true);
        expect(bytes.equal(a, b)).toBe(Buffer.from(a).equals(b));
      }),
    );
    expect(bytes.equal(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
    expect(bytes.equal(Uint8Array.of(1), Uint8Array.of(1, 2))).toBe(false);
  });

  it('finds a difference in any bit of any byte', () => {
    const a = new Uint8Array(20);
    for (let bit = 0; bit < 160; bit++) {
      const b = Uint8Array.from(a);
      b[bit >> 3] = 1 << (bit & 7);
      expect(bytes.equal(a, b)).toBe(false);
      expect(bytes.equalAt(bytes.concat(Uint8Array.of(9), b, Uint8Array.of(9)), 1, a)).toBe(false);
    }
  });

  it('compares a part in place', () => {
    const whole = Uint8Array.of(1, 2, 3, 4);
    expect(bytes.equalAt(whole, 1, Uint8Array.of(2, 3))).toBe(true);
    expect(bytes.equalAt(whole, 2, Uint8Array.of(2, 3))).toBe(false);
    expect(bytes.equalAt(whole, 4, new Uint8Array(0))).toBe(true);
    expect(bytes.equalAt(whole, 3, Uint8Array.of(4, 0))).toBe(false);
  });

  it('wipes every buffer and takes undefined', () => {
    const a = Uint8Array.of(1, 2);
    const b = Uint8Array.of(3);
    bytes.wipe(a, undefined, b);
    expect([a, b]).toEqual([new Uint8Array(2), new Uint8Array(1)]);
  });
});

describe('copyFrom', () => {
  it('fills an array from a part of another', () => {
    const out = new Uint8Array(3);
    bytes.copyFrom(Uint8Array.of(1, 2, 3, 4, 5), 1, out);
    expect(out).toEqual(Uint8Array.of(2, 3, 4));
  });
});

describe('randomFill', () => {
  it('returns the same buffer, filled to its last byte past the quota of one call', () => {
    const out = new Uint8Array(3 * 65536 + 40);
    expect(bytes.randomFill(out)).toBe(out);
    for (let offset = 0; offset < out.length; offset += 32) {
      expect(out.subarray(offset, offset + 32).some((byte) => byte !== 0)).toBe(true);
    }
  });

  it('asks for at most 65536 bytes at once', () => {
    const asked: number[] = [];
    vi.stubGlobal('crypto', { getRandomValues: (view: Uint8Array) => void asked.push(view.length) });
    bytes.randomFill(new Uint8Array(65536));
    bytes.randomFill(new Uint8Array(131073));
    bytes.randomFill(new Uint8Array(0));
    expect(asked).toEqual([65536, 65536, 65536, 1]);
  });

  it.each([
    ['has no crypto', undefined],
    ['has no getRandomValues', {}],
    [
      'fails',
      {
        getRandomValues: () => {
          throw new Error('no entropy');
        },
      },
    ],
  ])('tells when the runtime %s', (_, crypto) => {
    vi.stubGlobal('crypto', crypto);
    const error = thrownBy(() => bytes.randomFill(new Uint8Array(1))) as UnsupportedError;
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error.code).toBe('ERR_UNSUPPORTED_RUNTIME');
    expect(error.message).toContain('getRandomValues');
    expect(error.cause).toBeInstanceOf(Error);
  });
});

describe('integers', () => {
  it.each([
    [0xab, 1, 'ab'],
    [0xabcd, 2, 'abcd'],
    [0xabcdef01, 4, 'abcdef01'],
    [0x1234567890abc, 8, '0001234567890abc'],
    [0, 8, '0000000000000000'],
  ] as const)('writes %d in %i bytes', (value, size, hex) => {
    expect(bytes.toHex(bytes.uintBytes(value, size))).toBe(hex);
  });

  it('reads them back, also from a view into a larger buffer', () => {
    const view = bytes.fromHex('ffabcdef01ff').subarray(1, 5);
    expect(bytes.readUint16(view, 0)).toBe(0xabcd);
    expect(bytes.readUint16(view, 2)).toBe(0xef01);
    expect(bytes.readUint32(view, 0)).toBe(0xabcdef01);
  });
});

describe('texts', () => {
  it('writes hexadecimal and base64 as Buffer does, and reads them back', () => {
    fc.assert(
      fc.property(anyBytes, (data) => {
        const buffer = Buffer.from(data);
        expect(bytes.toHex(data)).toBe(buffer.toString('hex'));
        expect(bytes.toBase64(data)).toBe(buffer.toString('base64'));
        expect(bytes.toBase64Url(data)).toBe(buffer.toString('base64url'));
        expect(bytes.fromHex(bytes.toHex(data).toUpperCase())).toEqual(data);
        expect(bytes.fromBase64(bytes.toBase64(data))).toEqual(data);
        expect(bytes.fromBase64Url(bytes.toBase64Url(data))).toEqual(data);
      }),
    );
  });

  it('writes base64 of more than one call can take', () => {
    const data = bytes.randomFill(new Uint8Array(0x2000 * 2 + 1));
    expect(bytes.toBase64(data)).toBe(Buffer.from(data).toString('base64'));
  });

  it('writes UTF-8', () => expect(bytes.toHex(bytes.utf8('é€'))).toBe('c3a9e282ac'));

  it.each(['0', '0g', ' 00', '00\n', 'ABC', 7, null, undefined, ['00'], new Uint8Array(2)])(
    'refuses %o as hexadecimal',
    (text) => {
      expectInput(() => bytes.fromHex(text as string), 'ERR_INPUT_FORMAT', 'text');
      expectInput(() => bytes.fromHex(text as string, 'digest'), 'ERR_INPUT_FORMAT', 'digest');
    },
  );

  it.each([
    'A',
    'AA',
    'AA=',
    'AB==',
    'AA== ',
    'A\nA==',
    'AA-_',
    '====',
    '*',
    7,
    null,
    undefined,
    ['AA=='],
    Symbol('s'),
  ])('refuses %o as base64', (text) => {
    expectInput(() => bytes.fromBase64(text as string), 'ERR_INPUT_FORMAT', 'text');
    expectInput(() => bytes.fromBase64(text as string, 'pem'), 'ERR_INPUT_FORMAT', 'pem');
  });

  it.each(['A', 'AB', 'AA==', 'A+', 'A/', 'AA ', '*', 7, null, undefined, ['AA'], Symbol('s')])(
    'refuses %o as base64url',
    (text) => {
      expectInput(() => bytes.fromBase64Url(text as string), 'ERR_INPUT_FORMAT', 'text');
      expectInput(() => bytes.fromBase64Url(text as string, 'jwk.x'), 'ERR_INPUT_FORMAT', 'jwk.x');
    },
  );
});
