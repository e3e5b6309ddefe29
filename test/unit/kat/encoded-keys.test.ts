/**
 * Cases that carry their key a second time, as PKCS#8 or SubjectPublicKeyInfo: the import must agree with the raw key.
 */
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/bytes.ts';
import { exportPublicKey } from '../../../src/encodings/index.ts';
import { exportPrivateKey } from '../../../src/insecure.ts';
import { SignPrivateKey } from '../../../src/sign/index.ts';
import { SAMPLES } from './cases.ts';
import { type Case, runCases } from './support.ts';

const signing = SAMPLES.find(({ name }) => name === 'Wycheproof signing, seed')?.values as Case;
const { publicKey, msg, ctx, sig } = signing;
const verification: Case = { type: 'MlDsaVerify', publicKey, msg, ctx, sig, result: 'valid' };

const key = SignPrivateKey.fromSeed(fromHex(signing['privateSeed'] as string));
const other = SignPrivateKey.fromSeed(new Uint8Array(32));
const pkcs8 = (from: SignPrivateKey) => toHex(exportPrivateKey(from, 'der').expose());
const spki = (from: SignPrivateKey) => toHex(exportPublicKey(from.publicKey, 'der'));
const shorter = (text: string) => text.slice(0, -2);

describe.each([
  ['privateKeyPkcs8', signing, pkcs8(key), pkcs8(other)],
  ['publicKeyDer', verification, spki(key), spki(other)],
])('%s', (name, values, encoded, another) => {
  it('passes when it is the same key', async () => {
    const { passed } = await runCases([{ ...values, [name]: encoded }]);
    expect(passed).toBe(1);
  });

  it('fails when it is another key, or not one', async () => {
    const wrong = [another, shorter(encoded), ''].map((text) => ({ ...values, [name]: text }));
    const { failed, reasons } = await runCases(wrong);
    expect(failed).toBe(3);
    expect(reasons.map(({ reason }) => reason)).toEqual([
      'failed: encoded key differs (case 0)',
      'failed: the encoded key was refused (case 1, case 2)',
    ]);
  });

  it('must be refused where the raw key is', async () => {
    const raw = name === 'publicKeyDer' ? 'publicKey' : 'privateSeed';
    const refused = { ...values, [raw]: shorter(values[raw] as string), result: 'invalid' };
    expect((await runCases([{ ...refused, [name]: shorter(encoded) }])).passed).toBe(1);
    expect((await runCases([{ ...refused, [name]: encoded }])).reasons).toEqual([
      { reason: 'failed: the raw key was refused, the encoded one was not (case 0)', count: 1 },
    ]);
  });
});
