/** PEM: the strict textual encoding of RFC 7468, and nothing looser. */
import { exportPublicKey, importPrivateKey, importPublicKey } from '@mwrasp/crypto/encodings';
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PemLabel, readPem, writePem } from '../../../src/encodings/pem.ts';
import { InputError } from '../../../src/errors.ts';
import { expectInput, thrownBy } from '../../support/errors.ts';
import { counting, testKeys } from '../../support/keys.ts';
import { pem, SAMPLES, SIGN, spki } from './der-builder.ts';

const { recipientPublic, signerPublic, signer } = testKeys();

function expectFormat(text: string, expected: string, got: string, label: PemLabel = 'PUBLIC KEY'): void {
  expect(thrownBy(() => readPem('text', text, label))).toMatchObject({
    name: 'InputError',
    code: 'ERR_INPUT_FORMAT',
    argument: 'text',
    expected,
    got,
  });
}

const LABEL_EXPECTED = 'a PEM text "PUBLIC KEY"';
const END_EXPECTED = 'one PEM block that ends with END PUBLIC KEY';
const LINES_EXPECTED = 'lines of 64 characters';
const ANOTHER_TEXT = 'another text';

describe('writePem', () => {
  it('writes lines of 64 characters between its labels, and a newline at the end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (der) => {
        expect(writePem('PUBLIC KEY', der)).toBe(pem('PUBLIC KEY', der));
        expect(readPem('text', writePem('PRIVATE KEY', der), 'PRIVATE KEY')).toEqual(der);
      }),
    );
  });

  it.each([47, 48, 49, 95, 96, 97])('fills lines rightly for %i bytes', (length) => {
    const text = writePem('PUBLIC KEY', counting(length));
    expect(text).toBe(pem('PUBLIC KEY', counting(length)));
    expect(readPem('text', text, 'PUBLIC KEY')).toEqual(counting(length));
  });

  it('writes no line for no bytes', () => {
    expect(writePem('PUBLIC KEY', new Uint8Array(0))).toBe(
      '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n',
    );
  });

  it('writes what the encodings export', () => {
    expect(exportPublicKey(recipientPublic, 'pem')).toBe(pem('PUBLIC KEY', spki(SAMPLES[0])));
    expect(exportPublicKey(signerPublic, 'pem')).toBe(pem('PUBLIC KEY', spki(SAMPLES[1])));
  });
});

describe('readPem takes', () => {
  const der = counting(100);
  const text = pem('PUBLIC KEY', der);

  it.each([
    ['LF', text],
    ['CRLF', text.replaceAll('\n', '\r\n')],
    ['both', text.replace('\n', '\r\n')],
    ['no newline at the end', text.trimEnd()],
    ['white space around it', `\n \t\r\n${text}\n\n  `],
    ['a byte-order mark, which is white space to JavaScript', `\ufeff${text}`],
  ])('%s', (_, input) => {
    expect(readPem('text', input, 'PUBLIC KEY')).toEqual(der);
  });
});

describe('readPem refuses', () => {
  const der = counting(100);
  const text = pem('PUBLIC KEY', der);
  const lines = text.trimEnd().split('\n');
  const body = lines.slice(1, -1);
  const build = (...parts: string[]) =>
    ['-----BEGIN PUBLIC KEY-----', ...parts, '-----END PUBLIC KEY-----', ''].join('\n');

  it.each([
    ['another label', pem('PRIVATE KEY', der), LABEL_EXPECTED, 'a PEM text "PRIVATE KEY"'],
    ['a certificate', pem('CERTIFICATE', der), LABEL_EXPECTED, 'a PEM text "CERTIFICATE"'],
    ['a label of another case', pem('Public Key', der), LABEL_EXPECTED, ANOTHER_TEXT],
    ['a label too long to repeat', pem('A'.repeat(41), der), LABEL_EXPECTED, ANOTHER_TEXT],
    ['a label of 40 characters', pem('A'.repeat(40), der), LABEL_EXPECTED, `a PEM text "${'A'.repeat(40)}"`],
    ['an empty label', pem('', der), LABEL_EXPECTED, ANOTHER_TEXT],
    ['a label with a suffix', pem('PUBLIC KEY 2', der), LABEL_EXPECTED, 'a PEM text "PUBLIC KEY 2"'],
    ['an empty text', '', LABEL_EXPECTED, ANOTHER_TEXT],
    ['base64 alone', body.join('\n'), LABEL_EXPECTED, ANOTHER_TEXT],
    ['words before it', `Here it is:\n${text}`, LABEL_EXPECTED, ANOTHER_TEXT],
    ['something before the first dashes', `x${text}`, LABEL_EXPECTED, ANOTHER_TEXT],
    ['four dashes', text.replace('-----BEGIN', '----BEGIN'), LABEL_EXPECTED, ANOTHER_TEXT],
    ['something on the first line', text.replace('KEY-----\n', 'KEY----- \n'), LABEL_EXPECTED, ANOTHER_TEXT],
    ['old Mac line ends', text.replaceAll('\n', '\r'), LABEL_EXPECTED, ANOTHER_TEXT],
    ['words behind it', `${text}and so on`, END_EXPECTED, 'no such end'],
    ['another label at the end', text.replace('END PUBLIC', 'END PRIVATE'), END_EXPECTED, 'no such end'],
    ['no end', lines.slice(0, -1).join('\n'), END_EXPECTED, 'no such end'],
    ['only a beginning', lines[0] as string, END_EXPECTED, 'no such end'],
    ['space before the end', text.replace('-----END', ' -----END'), END_EXPECTED, 'no such end'],
    ['two blocks', text + text, LINES_EXPECTED, 'other lines'],
    ['an explanatory header', build('Proc-Type: 4,ENCRYPTED', '', ...body), LINES_EXPECTED, 'other lines'],
    ['an empty line', build(body[0] as string, '', ...body.slice(1)), LINES_EXPECTED, 'other lines'],
    ['an empty line at the end', build(...body, ''), LINES_EXPECTED, 'other lines'],
    ['an empty line alone', build(''), LINES_EXPECTED, 'other lines'],
    ['lines of 63', pem('PUBLIC KEY', der, { lineLength: 63 }), LINES_EXPECTED, 'other lines'],
    ['lines of 65', pem('PUBLIC KEY', der, { lineLength: 65 }), LINES_EXPECTED, 'other lines'],
    ['lines of 76', pem('PUBLIC KEY', der, { lineLength: 76 }), LINES_EXPECTED, 'other lines'],
    ['one long line', pem('PUBLIC KEY', der, { lineLength: 1000 }), LINES_EXPECTED, 'other lines'],
    [
      'space at the end of a line',
      text
        .replace('\n', ' \n')
        .replace('KEY----- ', 'KEY-----')
        .replace(body[0] as string, `${body[0]} `),
      LINES_EXPECTED,
      'other lines',
    ],
  ])('%s', (_, input, expected, got) => expectFormat(input, expected, got));

  it.each([['no body', build()]])('a key with %s', (_, input) => {
    expectInput(() => importPublicKey(input), 'ERR_INPUT_FORMAT', 'data');
  });

  it.each([
    ['no padding', 'AAECAwQ'],
    ['too much padding', 'AAECAw==='],
    ['stray bits behind the last byte', 'AAECAwR='],
    ['a space', 'AAEC AwQ='],
    ['base64url', 'AA-_AwQ='],
    ['a character from elsewhere', 'AAECÄwQ='],
    ['padding in the middle', 'AA==AwQ='],
    ['one character', 'A'],
  ])('base64 with %s', (_, line) => {
    expectFormat(build(line), 'canonical base64', `a string of ${line.length} characters`);
  });

  it('a text that is too long, without reading it', () => {
    const atLimit = `${' '.repeat(131_072 - text.length)}${text}`;
    expect(readPem('text', atLimit, 'PUBLIC KEY')).toEqual(der);
    expect(thrownBy(() => readPem('text', ` ${atLimit}`, 'PUBLIC KEY'))).toMatchObject({
      name: 'InputError',
      code: 'ERR_INPUT_LENGTH',
      argument: 'text',
      expected: 'at most 131072 characters',
      got: '131073',
    });
    expectInput(() => importPublicKey('\n'.repeat(10_000_000)), 'ERR_INPUT_LENGTH', 'data');
    expectInput(() => importPrivateKey('-'.repeat(10_000_000)), 'ERR_INPUT_LENGTH', 'data');
  });

  it.each([undefined, null, 7, {}, new Uint8Array(3)])('%s, which is no text', (value) => {
    expect(thrownBy(() => readPem('text', value as string, 'PUBLIC KEY'))).toMatchObject({
      code: 'ERR_INPUT_TYPE',
      argument: 'text',
      expected: 'a PEM text',
    });
  });
});

describe('PEM through the encodings', () => {
  it('is told apart by its label: public keys are no private ones', () => {
    const publicPem = exportPublicKey(signerPublic, 'pem');
    const privatePem = exportPrivateKey(signer, 'pem');
    expect(thrownBy(() => importPrivateKey(publicPem))).toMatchObject({
      code: 'ERR_INPUT_FORMAT',
      argument: 'data',
      expected: 'a PEM text "PRIVATE KEY"',
      got: 'a PEM text "PUBLIC KEY"',
    });
    expect(thrownBy(() => importPublicKey(privatePem))).toMatchObject({
      code: 'ERR_INPUT_FORMAT',
      argument: 'data',
      expected: 'a PEM text "PUBLIC KEY"',
      got: 'a PEM text "PRIVATE KEY"',
    });
    // Relabelled, the content tells.
    expectInput(
      () => importPublicKey(privatePem.replaceAll('PRIVATE', 'PUBLIC')),
      'ERR_INPUT_FORMAT',
      'data',
    );
    expectInput(
      () => importPrivateKey(publicPem.replaceAll('PUBLIC', 'PRIVATE')),
      'ERR_INPUT_FORMAT',
      'data',
    );
  });

  it('round-trips with CRLF', () => {
    expect(
      importPublicKey(exportPublicKey(signerPublic, 'pem').replaceAll('\n', '\r\n')).equals(signerPublic),
    ).toBe(true);
    const privatePem = exportPrivateKey(signer, 'pem').replaceAll('\n', '\r\n');
    expect(importPrivateKey(privatePem, 'ML-DSA-87').publicKey.equals(signerPublic)).toBe(true);
  });

  it('with a character changed is refused, or another key', () => {
    const text = exportPublicKey(signerPublic, 'pem');
    for (let offset = 0; offset < text.length; offset += 61) {
      for (const character of ['=', ' ', '-', '\n', 'é', '\0', 'A']) {
        const changed = text.slice(0, offset) + character + text.slice(offset + 1);
        if (changed === text) continue;
        try {
          expect(importPublicKey(changed).equals(signerPublic)).toBe(offset === text.length - 1);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect(error).toMatchObject({ argument: 'data' });
        }
      }
    }
  });

  it('of any text is refused with an InputError', () => {
    const start = fc.constantFrom('', '-----BEGIN PUBLIC KEY-----\n', '-----BEGIN PRIVATE KEY-----\n');
    const end = fc.constantFrom('', '\n-----END PUBLIC KEY-----', '\n-----END PRIVATE KEY-----');
    fc.assert(
      fc.property(start, fc.string({ maxLength: 200 }), end, (a, b, c) => {
        for (const work of [() => importPublicKey(a + b + c), () => importPrivateKey(a + b + c)]) {
          const error = thrownBy(work);
          expect(error).toBeInstanceOf(InputError);
          expect((error as InputError).code).toMatch(/^ERR_INPUT_(FORMAT|ALGORITHM|LENGTH)$/);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('with the name of an algorithm is refused for the other', () => {
    expectInput(
      () => importPublicKey(pem('PUBLIC KEY', spki(SIGN)), 'ML-KEM-1024'),
      'ERR_INPUT_ALGORITHM',
      'data',
    );
  });
});
