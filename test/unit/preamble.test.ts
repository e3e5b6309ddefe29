import { describe, expect, it } from 'vitest';
import { UnsupportedError } from '../../src/errors.ts';
import {
  checkPreamble,
  FORMATS,
  type FormatLetter,
  readPreamble,
  writePreamble,
} from '../../src/preamble.ts';
import { expectInput, thrownBy } from '../support/errors.ts';

const letters = Object.keys(FORMATS) as FormatLetter[];

function preamble(letter: FormatLetter): Uint8Array {
  const out = new Uint8Array(6).fill(9);
  writePreamble(out, letter);
  return out;
}

it('has one letter a format', () => {
  expect(Object.entries(FORMATS).map(([letter, { name }]) => `${letter} ${name}`)).toEqual([
    'A aead-message',
    'S aead-stream',
    'E envelope',
    'K keystore manifest',
    'R keystore root',
    'B keystore blob',
    'D sealed data',
    'H high-water mark',
    'T session message',
    'F fragment',
    'Q broker message',
    'Z destruction receipt',
    'C ceremony share',
    'P ceremony transcript',
    'U keystore backup',
    'I identity link',
    'L lease',
    'G rotation state',
    'Y key directory',
  ]);
});

describe.each(letters)('format %s', (letter) => {
  const { name, version } = FORMATS[letter];

  it('is M, W, its letter, its version', () => {
    expect([...preamble(letter)]).toEqual([0x4d, 0x57, letter.charCodeAt(0), version, 9, 9]);
    expect(readPreamble(preamble(letter))).toEqual({ letter, version });
    expect(() => checkPreamble('data', preamble(letter), letter)).not.toThrow();
    expect(() => checkPreamble('data', preamble(letter).subarray(0, 4), letter)).not.toThrow();
  });

  it('is refused in any other version', () => {
    for (let other = 0; other < 256; other++) {
      if (other === version) continue;
      const bytes = preamble(letter);
      bytes[3] = other;
      expect(readPreamble(bytes)).toEqual({ letter, version: other });
      const error = thrownBy(() => checkPreamble('data', bytes, letter)) as UnsupportedError;
      expect(error).toBeInstanceOf(UnsupportedError);
      expect(error).toMatchObject({
        code: 'ERR_UNSUPPORTED_VERSION',
        message: `data is format ${name} version ${other}; this release reads version ${version}`,
      });
    }
  });

  it('is refused where another format is expected', () => {
    for (const expected of letters) {
      if (expected === letter) continue;
      const error = thrownBy(() => checkPreamble('data', preamble(letter), expected));
      expect(error).toMatchObject({
        code: 'ERR_INPUT_FORMAT',
        argument: 'data',
        expected: `bytes of format ${FORMATS[expected].name}`,
        got: `format ${name}`,
      });
    }
  });
});

it.each([
  ['nothing', []],
  ['three bytes', [0x4d, 0x57, 0x41]],
  ['another first byte', [0x4c, 0x57, 0x41, 1]],
  ['another second byte', [0x4d, 0x56, 0x41, 1]],
  ['an unknown letter', [0x4d, 0x57, 0x58, 1]],
  ['a lower-case letter', [0x4d, 0x57, 0x61, 1]],
])('%s is no format of ours', (_, bytes) => {
  expect(readPreamble(Uint8Array.from(bytes))).toBeUndefined();
  const error = thrownBy(() => checkPreamble('data', Uint8Array.from(bytes), 'A'));
  expect(error).toMatchObject({ expected: 'bytes of format aead-message', got: 'something else' });
  expectInput(() => checkPreamble('data', Uint8Array.from(bytes), 'A'), 'ERR_INPUT_FORMAT', 'data');
});
