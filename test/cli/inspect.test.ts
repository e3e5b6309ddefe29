import { beforeEach, describe, expect } from 'vitest';
import { AeadKey, sealStream as sealKeyStream, seal as sealMessage } from '../../src/aead/index.ts';
import { exportJwks, exportPublicKey } from '../../src/encodings/index.ts';
import { seal, sealStream } from '../../src/envelope/index.ts';
import { TemporalVault } from '../../src/fragment/index.ts';
import { exportPrivateKey } from '../../src/insecure.ts';
import { openKeystore } from '../../src/keystore/index.ts';
import { SecretBytes } from '../../src/secret.ts';
import { sign } from '../../src/sign/index.ts';
import { counting, flipped, testKeys } from '../support/keys.ts';
import { collect } from '../support/streams.ts';
import { expectDone, expectFailure, it, noise, transcript, type WithPlace, writeKeys } from './support.ts';

const { signer, signerPublic, recipient, recipientPublic } = testKeys();
const aeadKey = AeadKey.fromBytes(counting(32));
const join = async (stream: AsyncIterable<Uint8Array>) =>
  new Uint8Array(Buffer.concat(await collect(stream)));
const CONTENT = noise(1000);

async function files(): Promise<Record<string, Uint8Array | string>> {
  using der = exportPrivateKey(signer, 'der');
  using vault = await TemporalVault.create({ ttlMs: 100 });
  return {
    'signer.der': der.expose().slice(),
    'signer.jwk': JSON.stringify(exportPrivateKey(signer, 'jwk')),
    'recipient.pub.der': exportPublicKey(recipientPublic, 'der'),
    'recipient.pub.jwk': JSON.stringify(exportPublicKey(recipientPublic, 'jwk')),
    'keys.jwks': JSON.stringify(exportJwks([signerPublic, recipientPublic])),
    'message.mwe': await seal(recipientPublic, CONTENT),
    'stream.mwe': await join(sealStream(recipientPublic, [CONTENT], { signer })),
    'message.mwa': sealMessage(aeadKey, CONTENT),
    'stream.mws': await join(sealKeyStream(aeadKey, [CONTENT])),
    'fragment.mwf': vault.split(CONTENT, { total: 3 })[1] as Uint8Array,
    signature: sign(signer, CONTENT),
    seed: counting(32),
  };
}

beforeEach<WithPlace>(({ place }) => writeKeys(place));

describe.concurrent('inspect', () => {
  it('says what each of our files, PEM, JWK and envelopes is', async ({ place, expect }) => {
    const all = await files();
    for (const [name, data] of Object.entries(all)) await place.write(name, data);
    using rootKey = SecretBytes.from(counting(32));
    const path = place.path('keys.mwk');
    await (await openKeystore({ backend: 'file', path, rootKey, highWaterMark: false })).close();
    const names = ['signer.key', 'signer.pub', 'recipient.pub', 'keys.mwk', ...Object.keys(all)];
    const outcomes = await place.runAll(names.map((name) => ['inspect', name]));
    for (const outcome of outcomes) expectDone(outcome);
    await expect(
      transcript(outcomes)
        .replace(/(storeId +)\w{32}/, '$1STORE-ID')
        .replace(/(id +)\w{32}/, '$1VAULT-ID')
        .replace(/(epoch +)\d+/, '$1EPOCH'),
    ).toMatchFileSnapshot('__snapshots__/inspect.txt');
  });

  it('tells machines the same', async ({ place }) => {
    await place.write('a.mwe', await seal(recipientPublic, CONTENT, { signer }));
    const outcome = await place.run(['inspect', 'a.mwe', '--json']);
    expectDone(outcome);
    expect(JSON.parse(outcome.stdout)).toEqual({
      file: 'a.mwe',
      what: 'envelope (HPKE)',
      version: 1,
      recipient: recipientPublic.keyId,
      sender: signerPublic.keyId,
      body: 'message',
      headerBytes: 6303,
    });
  });

  it('reads standard input', async ({ place }) => {
    const outcome = await place.run(['inspect', '-', '--json'], {
      input: exportPublicKey(signerPublic, 'pem'),
    });
    expectDone(outcome);
    expect(JSON.parse(outcome.stdout)).toEqual({
      file: '-',
      what: 'public key (PEM)',
      algorithm: 'ML-DSA-87',
      keyId: signerPublic.keyId,
    });
  });

  it('counts what lies behind the part that it reads', async ({ place }) => {
    const size = 5_000_000;
    const sealed = sealMessage(aeadKey, new Uint8Array(size));
    await place.write('a.mwa', sealed);
    const { stdout } = await place.run(['inspect', 'a.mwa', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ plaintextBytes: size, keyId: aeadKey.keyId });
    const piped = await place.run(['inspect', '-', '--json'], { input: sealed });
    expect(JSON.parse(piped.stdout)).toMatchObject({ plaintextBytes: 'more than 2 MiB' });
  });

  it('prints no private key', async ({ place }) => {
    const jwk = exportPrivateKey(recipient, 'jwk');
    await place.write('recipient.jwk', JSON.stringify(jwk));
    const { stdout, stderr } = await place.run(['inspect', 'recipient.jwk']);
    expect(stdout).toContain('private key (JWK)');
    expect(stdout + stderr).not.toContain(jwk.priv);
  });
});

describe.concurrent('inspect refuses', async () => {
  const all = await files();

  it.for<[string, Uint8Array | string | undefined, number, RegExp]>([
    ['noise', noise(1000), 2, /^error: not recognised: none of our formats, and no key/],
    ['nothing', '', 2, /^error: not recognised: the file is empty/],
    ['half a PEM text', exportPublicKey(signerPublic, 'pem').slice(0, 500), 2, /^error: not recognised/],
    ['JSON that is no key', '{"hello":"world"}', 2, /^error: not recognised/],
    ['an envelope without its end of header', all['stream.mwe']?.slice(0, 400), 2, /ERR_INPUT_FORMAT/],
    ['half a fragment header', all['fragment.mwf']?.slice(0, 10), 2, /ERR_INPUT_FORMAT/],
    ['a sealed message of 5 bytes', all['message.mwa']?.slice(0, 5), 2, /ERR_INPUT/],
    ['an envelope of a later version', flipped(all['stream.mwe'] as Uint8Array, 3, 2), 4, /VERSION/],
  ])('%s', async ([_, data, code, message], { place }) => {
    await place.write('file', data as Uint8Array | string);
    expectFailure(await place.run(['inspect', 'file']), code, message);
  });

  it('what is not there, and folders', async ({ place }) => {
    expectFailure(await place.run(['inspect', 'none']), 3, /^error: none: no such file or directory/);
    expectFailure(await place.run(['inspect', '.']), 3, /^error: . is a folder, not a file/);
    expectFailure(await place.run(['inspect', '-']), 2, /^error: not recognised: the file is empty/);
  });
});
