import { beforeEach, describe, expect } from 'vitest';
import { exportPublicKey } from '../../src/encodings/index.ts';
import { exportPrivateKey } from '../../src/insecure.ts';
import { sign, verify } from '../../src/sign/index.ts';
import { flipped, testKeys } from '../support/keys.ts';
import {
  expectDone,
  expectFailure,
  it,
  noise,
  transcript,
  type WithPlace,
  type WrongCase,
  writeKeys,
} from './support.ts';

const { signer, signerPublic, recipient } = testKeys();
const DOCUMENT = noise(100_000);
const CONTEXT = new TextEncoder().encode('contracts, 2026');

beforeEach<WithPlace>(async ({ place }) => {
  await writeKeys(place);
  await place.write('report.pdf', DOCUMENT);
});

describe.concurrent('sign and verify', () => {
  it('say what they did', async ({ place, expect }) => {
    const runs = [
      ['sign', 'report.pdf', '-k', 'signer.key', '-o', 'report.sig'],
      ['sign', 'report.pdf', '-k', 'signer.key', '-o', 'report.sig'],
      ['sign', 'report.pdf', '-k', 'signer.key', '-o', 'report.sig', '--force', '--json'],
      ['verify', 'report.pdf', '-k', 'signer.pub', '-s', 'report.sig'],
      ['verify', 'report.pdf', '-k', 'signer.pub', '-s', 'report.sig', '--json'],
      ['verify', 'report.pdf', '-k', 'stranger.pub', '-s', 'report.sig'],
      ['verify', 'report.pdf', '-k', 'stranger.pub', '-s', 'report.sig', '--json'],
    ];
    const outcomes = [];
    for (const run of runs) outcomes.push(await place.run(run));
    await expect(transcript(outcomes)).toMatchFileSnapshot('__snapshots__/sign-verify.txt');
  });

  it('make and take the signatures of the library', async ({ place }) => {
    expectDone(
      await place.run([
        'sign',
        'report.pdf',
        '-k',
        'signer.key',
        '-o',
        'a.sig',
        '--context',
        'contracts, 2026',
      ]),
    );
    expect(verify(signerPublic, DOCUMENT, await place.read('a.sig'), { context: CONTEXT })).toBe(true);
    await place.write('b.sig', sign(signer, DOCUMENT, { context: CONTEXT }));
    expectDone(
      await place.run([
        ...['verify', 'report.pdf', '-k', 'signer.pub', '-s', 'b.sig', '--context', 'contracts, 2026'],
      ]),
    );
  });

  it('read and write standard streams', async ({ place }) => {
    const expected = sign(signer, DOCUMENT, { deterministic: true });
    const args = ['sign', '-', '-k', 'signer.key', '--deterministic'];
    const outcome = await place.run(args, { input: DOCUMENT });
    expectDone(outcome);
    expect(outcome.bytes).toEqual(expected);
    await place.write('a.sig', expected);
    expectDone(await place.run(['verify', '-', '-k', 'signer.pub', '-s', 'a.sig'], { input: DOCUMENT }));
    const fromStdin = ['verify', 'report.pdf', '-k', 'signer.pub', '-s', '-'];
    expectDone(await place.run(fromStdin, { input: expected }));
  });

  it('take a key from standard input, so that it need not lie in a file', async ({ place }) => {
    const input = exportPrivateKey(signer, 'pem');
    const args = ['sign', 'report.pdf', '-k', '-', '-o', '-', '--deterministic'];
    expect((await place.run(args, { input })).bytes).toEqual(sign(signer, DOCUMENT, { deterministic: true }));
  });

  it('draw fresh randomness unless told otherwise', async ({ place }) => {
    const args = ['sign', 'report.pdf', '-k', 'signer.key'];
    const [first, second] = [await place.run(args), await place.run(args)];
    expect(first.bytes).toHaveLength(4627);
    expect(first.bytes).not.toEqual(second.bytes);
  });

  it('take keys as PEM, DER and JWK', async ({ place }) => {
    using der = exportPrivateKey(signer, 'der');
    await place.write('signer.der', der.expose());
    await place.write('signer.jwk', JSON.stringify(exportPrivateKey(signer, 'jwk')));
    await place.write('signer.pub.der', exportPublicKey(signerPublic, 'der'));
    await place.write('signer.pub.jwk', `\n ${JSON.stringify(exportPublicKey(signerPublic, 'jwk'))}`);
    for (const form of ['der', 'jwk']) {
      const signed = await place.run(['sign', 'report.pdf', '-k', `signer.${form}`, '-o', `${form}.sig`]);
      expectDone(signed);
      expectDone(await place.run(['verify', 'report.pdf', '-k', `signer.pub.${form}`, '-s', `${form}.sig`]));
    }
  });

  it('take nothing for a message too', async ({ place }) => {
    const outcome = await place.run(['sign', '-', '-k', 'signer.key']);
    expect(verify(signerPublic, new Uint8Array(), outcome.bytes)).toBe(true);
    await place.write('empty', '');
    await place.write('a.sig', outcome.bytes);
    expectDone(await place.run(['verify', 'empty', '-k', 'signer.pub', '-s', 'a.sig']));
  });

  it('write a whole signature to a reader that wants little', async ({ place }) => {
    const outcome = await place.shell('mwrasp-crypto sign report.pdf -k signer.key | head -c 10');
    expectDone(outcome);
    expect(outcome.bytes).toHaveLength(10);
  });
});

describe.concurrent('verify answers no, with exit code 1,', () => {
  const signature = sign(signer, DOCUMENT, { deterministic: true });

  it.for<[string, Record<string, Uint8Array | string>, string[]]>([
    ['to a changed file', { 'report.pdf': flipped(DOCUMENT, 70_000) }, []],
    ['to a changed signature', { 'a.sig': flipped(signature, 2000) }, []],
    ['to half a signature', { 'a.sig': signature.subarray(0, 2000) }, []],
    ['to a signature with something behind it', { 'a.sig': Buffer.concat([signature, Buffer.of(0)]) }, []],
    ['in another context', {}, ['--context', 'invoices']],
  ])('%s', async ([_, files, options], { place }) => {
    await place.write('a.sig', signature);
    for (const [name, data] of Object.entries(files)) await place.write(name, data);
    const args = ['verify', 'report.pdf', '-k', 'signer.pub', '-s', 'a.sig', ...options];
    const { code, stdout, stderr } = await place.run(args);
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: 'BAD signature of report.pdf, or another key or context\n',
      stderr: '',
    });
  });
});

describe.concurrent('sign refuses', () => {
  const withKey = (key: string) => ['report.pdf', '-k', key, '-o', 'out.sig'];

  it.for<WrongCase>([
    [
      'a key that cannot sign',
      withKey('recipient.key'),
      2,
      /^error: recipient.key: .*ML-DSA-87.*ML-KEM-1024/,
    ],
    ['a public key', withKey('signer.pub'), 2, /^error: signer.pub: .*"PRIVATE KEY".*"PUBLIC KEY"/],
    ['something that is no key', withKey('noise'), 2, /^error: noise: expected a PKCS#8 private key/],
    ['an empty key file', withKey('empty'), 2, /^error: empty: /],
    ['half a PEM text', withKey('half.pem'), 2, /^error: half.pem: /],
    ['half a JWK', withKey('half.jwk'), 2, /^error: half.jwk: /],
    ['a JWK of another type', withKey('rsa.jwk'), 2, /^error: rsa.jwk: kty: /],
    ['a key file that is too long', withKey('long'), 2, /^error: long is too large to be a key/],
    ['a key file that is not there', withKey('none'), 3, /^error: none: no such file or directory/],
    ['a folder for a key', withKey('.'), 3, /^error: . is a folder, not a file/],
    [
      'a file that is not there',
      ['none', '-k', 'signer.key', '-o', 'out.sig'],
      3,
      /^error: none: no such file/,
    ],
    [
      'a folder for a file',
      ['.', '-k', 'signer.key', '-o', 'out.sig'],
      3,
      /^error: . is a folder, not a file/,
    ],
    ['the same input twice', ['-', '-k', '-', '-o', 'out.sig'], 2, /standard input can be only one of the/],
    [
      'a context of more than 255 bytes',
      ['report.pdf', '-k', 'signer.key', '-o', 'out.sig', '--context', 'x'.repeat(100_000)],
      2,
      /^error: --context: expected 0 to 255 bytes, got 100000 bytes/,
    ],
    [
      'a folder that is not there',
      ['report.pdf', '-k', 'signer.key', '-o', 'none/out.sig'],
      3,
      /there is no folder none; make it first/,
    ],
    [
      'a device to replace',
      ['report.pdf', '-k', 'signer.key', '-o', '/dev/null', '--force'],
      3,
      /\/dev\/null is not a file: choose another name, or - for standard output/,
    ],
    [
      'JSON and a signature on one stream',
      ['report.pdf', '-k', 'signer.key', '--json'],
      2,
      /with --json, send the data to a file: --output FILE/,
    ],
  ])('%s', async ([_, args, code, message], { place }) => {
    await place.write('empty', '');
    await place.write('noise', noise(1000));
    await place.write('half.pem', (await place.text('signer.key')).slice(0, 80));
    await place.write('half.jwk', '{"kty":"AKP",');
    await place.write('rsa.jwk', '{"kty":"RSA","alg":"RS256","n":"AQAB","e":"AQAB"}');
    await place.write('long', new Uint8Array(16 * 1024 * 1024 + 1));
    const before = await place.list();
    const outcome = await place.run(['sign', ...args], { input: exportPrivateKey(signer, 'pem') });
    expect(outcome).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) });
    expect(await place.list()).toEqual(before);
  });
});

describe.concurrent('verify refuses', () => {
  it.for<WrongCase>([
    ['a private key', ['report.pdf', '-k', 'signer.key', '-s', 'a.sig'], 2, /^error: signer.key: /],
    [
      'a key that cannot verify',
      ['report.pdf', '-k', 'recipient.pub', '-s', 'a.sig'],
      2,
      /ML-DSA-87.*ML-KEM/,
    ],
    [
      'a signature that is not there',
      ['report.pdf', '-k', 'signer.pub', '-s', 'none'],
      3,
      /^error: none: no such/,
    ],
    [
      'a file that is not there',
      ['none', '-k', 'signer.pub', '-s', 'a.sig'],
      3,
      /^error: none: no such file/,
    ],
    ['one stream for file and signature', ['-', '-k', 'signer.pub', '-s', '-'], 2, /only one of the inputs/],
  ])('%s', async ([_, args, code, message], { place }) => {
    await place.write('a.sig', sign(signer, DOCUMENT));
    expectFailure(await place.run(['verify', ...args]), code, message);
  });
});

it('an error names the key that came, not its secret', async ({ place }) => {
  const jwk = exportPrivateKey(recipient, 'jwk');
  await place.write('recipient.jwk', JSON.stringify(jwk));
  const { stderr } = await place.run(['sign', 'report.pdf', '-k', 'recipient.jwk', '-o', 'a.sig']);
  expect(stderr).not.toContain(jwk.priv);
});
