/**
 * `pkcs11:` URIs.
 */
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/bytes.ts';
import { InputError, KeyStoreError } from '../../../../src/errors.ts';
import { parsePkcs11Uri } from '../../../../src/keystore/pkcs11/uri.ts';
import { expectInput, thrownBy } from '../../../support/errors.ts';

describe('parsePkcs11Uri', () => {
  it.each([
    ['pkcs11:', {}],
    ['PKCS11:token=t', { token: 't' }],
    ['pkcs11:token=My%20token;serial=0a', { token: 'My token', serial: '0a' }],
    ['pkcs11:token=%c3%a9%C3%89', { token: 'éÉ' }],
    ['pkcs11:token=a+b', { token: 'a+b' }],
    ['pkcs11:token=a=b', { token: 'a=b' }],
    ['pkcs11:manufacturer=M;model=X;slot-id=7', { manufacturer: 'M', model: 'X', slotId: 7 }],
    ['pkcs11:object=our-label', { label: 'our-label' }],
    ['pkcs11:?module-path=/usr/lib/p11.so', { module: '/usr/lib/p11.so' }],
    ['pkcs11:token=t?pin-source=file:/run/pin', { token: 't', pin: { file: '/run/pin' } }],
    ['pkcs11:token=t?pin-source=file:///run/pin', { token: 't', pin: { file: '/run/pin' } }],
    ['pkcs11:token=t?pin-source=/run/a%20pin', { token: 't', pin: { file: '/run/a pin' } }],
    ['pkcs11:token=t?pin-value=12%0034', { token: 't', pin: new Uint8Array([0x31, 0x32, 0, 0x33, 0x34]) }],
    [
      'pkcs11:token=t?x-store=/var/keys&x-init=a%26b',
      { token: 't', path: '/var/keys', libraryParameters: 'a&b' },
    ],
    // What is not known of the query is left out.
    ['pkcs11:token=t?x-other=1&vendor=2', { token: 't' }],
  ])('reads %s', (uri, expected) => {
    expect(parsePkcs11Uri(uri)).toEqual(expected);
  });

  it.each([
    ['another scheme', 'file:/x'],
    ['nothing', ''],
    ['a fragment', 'pkcs11:token=t#x'],
    ['a part of the path that is not known', 'pkcs11:x-vendor=1'],
    ['an object by its id, which the store chooses', 'pkcs11:id=%01'],
    ['no value', 'pkcs11:token'],
    ['an empty attribute', 'pkcs11:token=t;'],
    ['a name twice', 'pkcs11:token=a;token=b'],
    ['a name twice in the query', 'pkcs11:?x-store=a&x-store=b'],
    ['half a percent', 'pkcs11:token=%4'],
    ['a percent and no digits', 'pkcs11:token=%zz'],
    ['a space', 'pkcs11:token=a b'],
    ['a letter that is not encoded', 'pkcs11:token=é'],
    ['bytes that are no UTF-8', 'pkcs11:token=%ff'],
    ['a zero byte', 'pkcs11:token=a%00b'],
    ['a slot that is no number', 'pkcs11:slot-id=one'],
    ['a slot beyond all', 'pkcs11:slot-id=99999999999'],
    ['two modules', 'pkcs11:?module-path=/a&module-name=b'],
    ['two PINs', 'pkcs11:?pin-source=/a&pin-value=1'],
    ['a command as PIN source', 'pkcs11:?pin-source=%7Ccat%20/run/pin'],
    ['a relative PIN source', 'pkcs11:?pin-source=pin'],
    ['a PIN source elsewhere', 'pkcs11:?pin-source=file://host/pin'],
    ['a module name with a folder', 'pkcs11:?module-name=../evil'],
    ['a text without end', `pkcs11:token=${'x'.repeat(5000)}`],
  ])('refuses %s', (_label, uri) => {
    expectInput(() => parsePkcs11Uri(uri), 'ERR_INPUT_FORMAT', 'uri');
  });

  it('does not find a module of a name that no file can have', () => {
    const uri = `pkcs11:?module-name=${'x'.repeat(1000)}`;
    const error = thrownBy(() => parsePkcs11Uri(uri)) as KeyStoreError;
    expect(error).toBeInstanceOf(KeyStoreError);
    expect(error.code).toBe('ERR_KEYSTORE_TOKEN');
    expect(error.message.length).toBeLessThan(200);
  });

  it('shows nothing of a PIN in an error', () => {
    for (const uri of [
      'pkcs11:?pin-value=13572468&pin-value=13572468',
      'pkcs11:?pin-value=13572468&pin-source=/x',
      'pkcs11:?pin-value=13572468%zz',
      'pkcs11:?pin-value=13572468#',
      'pkcs:?pin-value=13572468',
    ]) {
      const error = thrownBy(() => parsePkcs11Uri(uri)) as InputError;
      expect(error).toBeInstanceOf(InputError);
      expect(`${error.message} ${error.stack}`).not.toContain('13572468');
    }
  });

  it('says which module is not installed', () => {
    expect(() => parsePkcs11Uri('pkcs11:?module-name=no-such-module')).toThrow(
      /no PKCS#11 module "no-such-module"/,
    );
  });

  it('gives a PIN that can be wiped', () => {
    const { pin } = parsePkcs11Uri('pkcs11:?pin-value=1234');
    expect(pin).toEqual(utf8('1234'));
  });
});
