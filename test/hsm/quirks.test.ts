/**
 * Devices that are not at hand, as a shim over SoftHSM and NSS that changes one behaviour.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { play } from './support/child.ts';
import { behindShim, needsCompiler } from './support/shim.ts';
import { custodyIn, makeToken, needsToken, type TestToken, testedOf } from './support/tokens.ts';

for (const kind of testedOf('SoftHSM', 'NSS')) {
  needsToken(kind)(`a device like ${kind}`, () => {
    needsCompiler('that', () => {
      let token: TestToken;

      beforeEach(() => {
        token = makeToken(kind);
      });

      afterEach(() => token.remove());

      it.each([
        ['is as it is', 'none', 'caller'],
        [
          'draws the nonce and appends it to the ciphertext, as Luna does in FIPS mode',
          'iv-appended',
          'token-appends',
        ],
        ['draws the nonce into a zeroed buffer, as CloudHSM does', 'iv-written', 'token-writes'],
      ])('%s', async (_label, mode, ivSource) => {
        const device = behindShim(token, mode);
        expect(await play(device, 'quirks', 'data')).toEqual({
          custody: 'in-token',
          nonces: 20,
          opened: true,
          empty: 0,
        });
        const { capabilities, ok } = await play(device, 'quirks', 'examine');
        expect(ok).toBe(true);
        expect(capabilities['AES-256-GCM']).toEqual({ ivSource });
        expect(await play(device, 'quirks', 'pair')).toEqual({
          custody: custodyIn(kind)['ML-KEM-1024'],
          same: true,
        });
      });

      it('takes a nonce and uses another one: no data are ever sealed with it', async () => {
        const device = behindShim(token, 'iv-ignored');
        const { ok, findings } = await play(device, 'quirks', 'examine');
        expect(ok).toBe(false);
        expect(findings).toMatchObject([{ problem: 'no-aes-gcm' }]);
        expect(await play(device, 'quirks', 'refusal')).toMatchObject({ code: 'ERR_UNSUPPORTED_OPERATION' });
      });

      it('has no AES-256-GCM: the store says that it can keep nothing', async () => {
        const device = behindShim(token, 'no-gcm');
        expect(await play(device, 'quirks', 'refusal')).toMatchObject({
          name: 'UnsupportedError',
          code: 'ERR_UNSUPPORTED_OPERATION',
        });
      });

      it('would let keys be read: no key is kept there', async () => {
        const device = behindShim(token, 'leaks');
        expect(await play(device, 'quirks', 'refusal')).toMatchObject({ code: 'ERR_KEYSTORE_CUSTODY' });
      });

      it('has fewer sessions than it says', async () => {
        expect(await play(behindShim(token, 'three-sessions'), 'quirks', 'signatures')).toEqual(
          Array(30).fill(null),
        );
        expect(await play(behindShim(token, 'three-sessions'), 'quirks', 'data')).toMatchObject({
          opened: true,
        });
      });

      it('gets a wrong PIN once, though it is given three times', async () => {
        const failures = await play(behindShim(token, 'none'), 'quirks', 'threeWrongPins');
        for (const failure of failures) expect(failure).toMatchObject({ ckr: 'CKR_PIN_INCORRECT' });
        expect(readFileSync(join(token.folder, 'logins'), 'utf8')).toBe('login\n');
      });

      it('has locked its PIN', async () => {
        const device = behindShim(token, 'pin-locked');
        const failure = await play(device, 'quirks', 'refusal');
        expect(failure).toMatchObject({ code: 'ERR_KEYSTORE_TOKEN', ckr: 'CKR_PIN_LOCKED' });
        expect(failure.message).toContain('the PIN is locked');
        expect((await play(device, 'quirks', 'examine')).findings).toMatchObject([{ problem: 'pin-locked' }]);
      });

      it('says that one more wrong PIN locks it: doctor tries none', async () => {
        const { ok, findings } = await play(behindShim(token, 'final-try'), 'quirks', 'examine');
        expect(ok).toBe(false);
        expect(findings).toMatchObject([{ problem: 'pin-final-try' }]);
        expect(existsSync(join(token.folder, 'logins'))).toBe(false);
      });
    });
  });
}

for (const kind of testedOf('NSS')) {
  needsToken(kind)('a device with ML-KEM', () => {
    needsCompiler('that', () => {
      let token: TestToken;

      beforeEach(() => {
        token = makeToken(kind);
      });

      afterEach(() => token.remove());

      it.each([
        ['wants no length in the template of the secret', 'valuelen-refused', false],
        ['wants it', 'valuelen-required', true],
      ])('%s', async (_label, mode, valueLen) => {
        const device = behindShim(token, mode);
        expect(await play(device, 'quirks', 'pair')).toEqual({ custody: 'in-token', same: true });
        const { capabilities } = await play(device, 'quirks', 'examine');
        expect(capabilities['ML-KEM-1024']).toMatchObject({ valueLen, decapsulation: 'interface 3.2' });
      });

      it('has CA_ names only, as Luna has', async () => {
        const device = behindShim(token, 'none', 'CA names');
        expect(await play(device, 'quirks', 'pair')).toEqual({ custody: 'in-token', same: true });
        const { capabilities } = await play(device, 'quirks', 'examine');
        expect(capabilities['ML-KEM-1024']).toMatchObject({ decapsulation: 'symbol CA_DecapsulateKey' });
      });

      it('has the functions of 2.40 only: the seed is sealed, and more custody is refused', async () => {
        const device = behindShim(token, 'none', 'v2.40');
        expect(await play(device, 'quirks', 'pair')).toEqual({ custody: 'sealed', same: true });
        const wanted = { algorithm: 'ML-KEM-1024', requireCustody: 'in-token' };
        expect(await play(device, 'quirks', 'refusal', wanted)).toMatchObject({
          code: 'ERR_KEYSTORE_CUSTODY',
        });
        const { custody } = await play(device, 'quirks', 'examine');
        expect(custody).toEqual({
          'ML-KEM-1024': 'sealed',
          'ML-DSA-87': 'in-token',
          'AES-256-GCM': 'in-token',
        });
      });

      it('drops sessions whenever it likes', async () => {
        const device = behindShim(token, 'drops-sessions');
        expect(await play(device, 'quirks', 'signatures', { sequential: true })).toEqual(
          Array(30).fill(null),
        );
      });
    });
  });
}
