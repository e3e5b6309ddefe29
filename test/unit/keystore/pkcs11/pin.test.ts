/**
 * Where PINs come from.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/bytes.ts';
import { KeyStoreError } from '../../../../src/errors.ts';
import { checkPinSource, readPin } from '../../../../src/keystore/pkcs11/pin.ts';
import { problemOf } from '../../../../src/keystore/pkcs11/problems.ts';
import { promptHidden, type Terminal } from '../../../../src/keystore/pkcs11/prompt.ts';
import { SecretBytes } from '../../../../src/secret.ts';
import { expectInput, expectInputLater, rejectionOf } from '../../../support/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'pin-'));
afterAll(() => rmSync(folder, { recursive: true }));

const REQUEST = { token: 'a token', serial: '7' };

function file(content: string): { file: string } {
  const path = join(folder, `${content.length}-${Math.random()}`);
  writeFileSync(path, content);
  return { file: path };
}

describe('readPin', () => {
  it.each([
    ['bytes', utf8('1234')],
    ['a secret', SecretBytes.from(utf8('1234'))],
    ['a file', file('1234')],
    ['a file with a newline', file('1234\n')],
    ['a file with the newline of Windows', file('1234\r\n')],
    ['a function that gives bytes', () => utf8('1234')],
    ['a function that gives a text later', async () => '1234'],
  ])('takes %s', async (_label, source) => {
    checkPinSource('options.pin', source);
    expect(await readPin(source, REQUEST)).toEqual(utf8('1234'));
  });

  it('takes an environment variable', async () => {
    process.env['TEST_PIN_OF_A_TOKEN'] = '1234';
    expect(await readPin({ env: 'TEST_PIN_OF_A_TOKEN' }, REQUEST)).toEqual(utf8('1234'));
    delete process.env['TEST_PIN_OF_A_TOKEN'];
    const error = await rejectionOf(() => readPin({ env: 'TEST_PIN_OF_A_TOKEN' }, REQUEST));
    expect(error).toBeInstanceOf(KeyStoreError);
    expect(problemOf(error)).toBe('pin-missing');
  });

  it('copies, and leaves what was given alone', async () => {
    const given = utf8('1234');
    const pin = await readPin(given, REQUEST);
    pin.fill(0);
    expect(given).toEqual(utf8('1234'));
  });

  it('drops one newline only, and no spaces', async () => {
    expect(await readPin(file(' 1 \n\n'), REQUEST)).toEqual(utf8(' 1 \n'));
  });

  it('tells a function for which token it is', async () => {
    let asked: unknown;
    await readPin((request) => {
      asked = request;
      return '1';
    }, REQUEST);
    expect(asked).toEqual(REQUEST);
  });

  it.each([
    ['no bytes', new Uint8Array(0)],
    ['an empty file', file('\n')],
    ['too many', new Uint8Array(1025)],
  ])('refuses %s', async (_label, source) => {
    await expectInputLater(() => readPin(source, REQUEST), 'ERR_INPUT_LENGTH', 'options.pin');
  });

  it('says which file is not there', async () => {
    const error = await rejectionOf(() => readPin({ file: join(folder, 'missing') }, REQUEST));
    expect(problemOf(error)).toBe('pin-missing');
    expect(String(error)).toContain('missing');
  });
});

describe('checkPinSource', () => {
  it.each([
    ['a text, which could not be wiped', '1234', 'ERR_INPUT_TYPE'],
    ['a number', 1234, 'ERR_INPUT_TYPE'],
    ['null', null, 'ERR_INPUT_TYPE'],
    ['nothing in it', {}, 'ERR_INPUT_OPTION'],
    ['two sources', { file: '/x', env: 'X' }, 'ERR_INPUT_OPTION'],
    ['another source', { command: 'cat' }, 'ERR_INPUT_OPTION'],
  ] as const)('refuses %s', (_label, source, code) => {
    expectInput(() => checkPinSource('options.pin', source), code, 'options.pin');
  });
});

describe('promptHidden', () => {
  function terminal(isTTY: boolean): Terminal & { typed: PassThrough; shown(): string } {
    const typed = Object.assign(new PassThrough(), { isTTY, isRaw: false, setRawMode: () => {} });
    const output = new PassThrough();
    let shown = '';
    output.on('data', (text) => {
      shown += String(text);
    });
    return {
      input: typed as unknown as NodeJS.ReadStream,
      output: output as unknown as NodeJS.WriteStream,
      typed,
      shown: () => shown,
    };
  }

  it('reads what is typed, with its corrections, and shows nothing of it', async () => {
    const screen = terminal(true);
    const pin = promptHidden('PIN: ', screen);
    screen.typed.write('wrong\x15x12');
    screen.typed.write('\x7f\x7f\x7f\x7f9');
    screen.typed.write('8\x087\r');
    expect(await pin).toEqual(utf8('97'));
    expect(screen.shown()).toBe('PIN: \n');
  });

  it.each([
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
  ])('gives up at %s', async (_label, key) => {
    const screen = terminal(true);
    const pin = promptHidden('PIN: ', screen);
    screen.typed.write(`12${key}`);
    expect(problemOf(await rejectionOf(() => pin))).toBe('pin-missing');
  });

  it('asks nobody where there is no terminal', async () => {
    const screen = terminal(false);
    expect(problemOf(await rejectionOf(() => promptHidden('PIN: ', screen)))).toBe('pin-missing');
  });
});
