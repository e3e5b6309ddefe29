/**
 * What tokens answer, as errors.
 */
import { describe, expect, it } from 'vitest';
import { KeyStoreError } from '../../../../src/errors.ts';
import { CKR, resultName } from '../../../../src/keystore/pkcs11/constants.ts';
import { forgery, fromBinding, isLost, tokenError } from '../../../../src/keystore/pkcs11/errors.ts';
import { problemOf } from '../../../../src/keystore/pkcs11/problems.ts';
import { quirksOf } from '../../../../src/keystore/pkcs11/quirks.ts';

describe('tokenError', () => {
  it('has name and number', () => {
    const error = tokenError('C_Sign', CKR.DEVICE_REMOVED);
    expect(error).toBeInstanceOf(KeyStoreError);
    expect(error).toMatchObject({
      code: 'ERR_KEYSTORE_TOKEN',
      ckr: { name: 'CKR_DEVICE_REMOVED', value: 0x32 },
      message: 'C_Sign: CKR_DEVICE_REMOVED (0x32): the token was removed',
    });
  });

  it('says plainly that a PIN is locked', () => {
    const error = tokenError('C_Login', CKR.PIN_LOCKED);
    expect(error.message).toContain('locked after too many wrong tries');
    expect(problemOf(error)).toBe('pin-locked');
  });

  it('keeps the number of what only a vendor knows', () => {
    expect(tokenError('C_Sign', 0x80000001).ckr).toEqual({ name: 'CKR_VENDOR_DEFINED', value: 0x80000001 });
  });
});

describe('fromBinding', () => {
  it.each([
    ['a plain error', new Error('CKR_ATTRIBUTE_READ_ONLY:16'), 'CKR_ATTRIBUTE_READ_ONLY', 0x10],
    [
      'an error with a code',
      Object.assign(new Error('CKR_PIN_INCORRECT'), { code: 160 }),
      'CKR_PIN_INCORRECT',
      0xa0,
    ],
    ['a result with a name of the binding', new Error('CKR_PIN_TOO_WEAK:184'), 'CKR_PIN_TOO_WEAK', 184],
    ['a vendor’s', new Error('CKR_VENDOR_DEFINED:2147483649'), 'CKR_VENDOR_DEFINED', 0x80000001],
  ])('reads %s', (_label, error, name, value) => {
    expect(fromBinding('C_X', error)).toMatchObject({ code: 'ERR_KEYSTORE_TOKEN', ckr: { name, value } });
  });

  it('keeps what it does not understand as the cause', () => {
    const cause = new TypeError('Argument 0 has wrong type');
    expect(fromBinding('C_X', cause)).toMatchObject({ code: 'ERR_KEYSTORE_TOKEN', ckr: undefined, cause });
  });
});

describe('what a result means', () => {
  it('sessions, handles or login are gone', () => {
    for (const lost of ['SESSION_HANDLE_INVALID', 'USER_NOT_LOGGED_IN', 'DEVICE_REMOVED'] as const) {
      expect(isLost(tokenError('x', CKR[lost]))).toBe(true);
    }
    for (const kept of ['PIN_INCORRECT', 'PIN_LOCKED', 'GENERAL_ERROR', 'ENCRYPTED_DATA_INVALID'] as const) {
      expect(isLost(tokenError('x', CKR[kept]))).toBe(false);
    }
    expect(isLost(new Error('SESSION_HANDLE_INVALID'))).toBe(false);
  });

  it('data were changed, or perhaps', () => {
    expect(forgery(tokenError('x', CKR.ENCRYPTED_DATA_INVALID))).toBe('yes');
    expect(forgery(tokenError('x', CKR.GENERAL_ERROR))).toBe('maybe');
    expect(forgery(tokenError('x', CKR.DEVICE_REMOVED))).toBe('no');
    expect(forgery(new Error('x'))).toBe('no');
  });

  it('every result has one name', () => {
    const values = Object.values(CKR);
    expect(new Set(values).size).toBe(values.length);
    expect(resultName(0xa0)).toBe('CKR_PIN_INCORRECT');
    expect(resultName(0x7fffffff)).toBeUndefined();
  });
});

describe('quirksOf', () => {
  it.each([
    ['/usr/lib/softhsm/libsofthsm2.so', 'SoftHSM'],
    ['/opt/nss/libsoftokn3.so', 'NSS softokn'],
    ['/usr/lib/opencryptoki/libopencryptoki.so.0', 'openCryptoki'],
    ['/usr/safenet/lunaclient/lib/libCryptoki2_64.so', 'Thales Luna'],
    ['/opt/cloudhsm/lib/libcloudhsm_pkcs11.so', 'AWS CloudHSM'],
    ['/opt/nfast/toolkits/pkcs11/libcknfast.so', 'Entrust nShield'],
    // Of a path only the name counts.
    ['/home/softhsm/libother.so', 'a PKCS#11 token'],
  ])('knows %s', (path, device) => {
    expect(quirksOf(path).device).toBe(device);
  });

  it('goes by what a module tells when its name says nothing', () => {
    expect(quirksOf('/x/libp11.so', 'Mozilla Foundation').device).toBe('NSS softokn');
  });
});
