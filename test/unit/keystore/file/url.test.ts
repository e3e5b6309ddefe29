/**
 * File keystores by URL.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../../src/errors.ts';
import { readFileUrl } from '../../../../src/keystore/file/url.ts';
import { expectInput, thrownBy } from '../../../support/errors.ts';

const PATH = join('/var/lib/app', 'keys and more');
const URL_TEXT = pathToFileURL(PATH).href;

describe('readFileUrl', () => {
  it.each([
    ['', {}],
    ['?create=false', { create: false }],
    ['?create=true&require-custody=sealed', { create: true, requireCustody: 'sealed' }],
    ['?high-water-mark=false', { highWaterMark: false }],
    ['?high-water-mark=/var/lib/mark', { highWaterMark: '/var/lib/mark' }],
    ['?lock-timeout-ms=250', { lockTimeoutMs: 250 }],
    ['?key-file=/run/secrets/a%20key', { keyFile: '/run/secrets/a key' }],
    // What is no value of its option is for the checks of options to refuse.
    ['?create=yes&lock-timeout-ms=1e3', { create: 'yes', lockTimeoutMs: '1e3' }],
  ])('reads %s', (query, expected) => {
    expect(readFileUrl(URL_TEXT + query, {})).toEqual({ backend: 'file', path: PATH, ...expected });
  });

  it('takes what stands beside it', () => {
    const rootKey = new Uint8Array(32);
    const options = readFileUrl(`${URL_TEXT}?create=false`, { rootKey });
    expect(options).toEqual({ backend: 'file', path: PATH, create: false, rootKey });
  });

  it.each([
    ['an option of another name', '?passphrase=secret', {}],
    ['an option of the object before all', '?__proto__=x', {}],
    ['an option twice', '?create=true&create=true', {}],
    ['an option in both places', '?create=true', { create: true }],
    ['the path a second time', '', { path: '/other' }],
    ['the backend a second time', '', { backend: 'file' }],
  ])('refuses %s', (_label, query, beside) => {
    expectInput(() => readFileUrl(URL_TEXT + query, beside), 'ERR_INPUT_OPTION', 'url');
  });

  it.each(['file://example.org/keys', 'file:///a%2Fb'])('refuses %s, which is no path here', (url) => {
    expectInput(() => readFileUrl(url, {}), 'ERR_INPUT_FORMAT', 'url');
  });

  it('shows no value of an option that is refused', () => {
    const error = thrownBy(() => readFileUrl(`${URL_TEXT}?passphrase=hunter2`, {})) as InputError;
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).not.toContain('hunter2');
  });
});
