/** The envelope is HPKE base mode: the `hpke` package on WebCrypto opens ours, and seals what we open. */
import { open, openStream, seal, sealStream } from '@mwrasp/crypto/envelope';
import { sign } from '@mwrasp/crypto/sign';
import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA512, KEM_ML_KEM_1024 } from 'hpke';
import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../../src/bytes.ts';
import { counting, SEEDS, testKeys } from '../../support/keys.ts';
import { collect, cutEvery, offsets } from '../envelope/support.ts';

const { recipient, recipientPublic, signer, signerPublic } = testKeys();
const suite = new CipherSuite(KEM_ML_KEM_1024, KDF_HKDF_SHA512, AEAD_AES_256_GCM);
const DOMAIN = utf8('mwrasp-crypto/envelope/v1');
const context = utf8('interop');
const message = counting(300);
const chunk = counting(1024, 3);

const privateKey = await suite.DeserializePrivateKey(SEEDS.recipient);
const publicKey = await suite.DeserializePublicKey(recipientPublic.toBytes());

/** The parts of an envelope, by the documented offsets. */
function dissect(envelope: Uint8Array, signed: boolean) {
  const at = offsets(signed);
  return {
    prefix: envelope.subarray(0, at.enc),
    enc: envelope.subarray(at.enc, at.commitment),
    commitment: envelope.subarray(at.commitment, at.signature),
    body: envelope.subarray(at.body),
  };
}

describe.each([
  ['base', undefined],
  ['signed', signer],
] as const)('the %s form', (name, by) => {
  const isSigned = by !== undefined;
  const options = isSigned ? { context, signer: by } : { context };
  const openOptions = isSigned ? { context, sender: signerPublic } : { context };

  /** A header of ours around an encapsulation of theirs. */
  async function start(form: number) {
    const prefix = concat(
      Uint8Array.of(0x4d, 0x57, 0x45, 1, isSigned ? 1 : 0, form, 0, 0x42, 0, 3, 0, 2),
      recipientPublic.thumbprint(),
      isSigned ? signerPublic.thumbprint() : new Uint8Array(0),
    );
    const { encapsulatedSecret: enc, ctx } = await suite.SetupSender(publicKey, {
      info: concat(DOMAIN, prefix, context),
    });
    const unsigned = concat(prefix, enc, await ctx.Export(DOMAIN, 32));
    const signature = isSigned ? sign(by, concat(unsigned, context), { context: DOMAIN }) : new Uint8Array(0);
    return { header: concat(unsigned, signature), ctx };
  }

  it('of a message is opened by hpke', async () => {
    const { prefix, enc, commitment, body } = dissect(
      await seal(recipientPublic, message, options),
      isSigned,
    );
    const info = concat(DOMAIN, prefix, context);
    expect(await suite.Open(privateKey, enc, body, { info, aad: Uint8Array.of(1) })).toEqual(message);
    const receiver = await suite.SetupRecipient(privateKey, enc, { info });
    expect(await receiver.Export(DOMAIN, 32)).toEqual(commitment);
    await expect(suite.Open(privateKey, enc, body, { info, aad: Uint8Array.of(0) })).rejects.toThrow();
  });

  it('of a message that hpke sealed is opened by us', async () => {
    const { header, ctx } = await start(0);
    const envelope = concat(header, await ctx.Seal(message, Uint8Array.of(1)));
    expect(await open(recipient, envelope, openOptions)).toEqual(message);
    expect(await collect(openStream(recipient, [envelope], openOptions))).toEqual(message);
  });

  it('of a stream is opened by hpke', async () => {
    const data = concat(chunk, chunk, message);
    const sealed = await collect(sealStream(recipientPublic, [data], { ...options, chunkSizeBytes: 1024 }));
    const { prefix, enc, body } = dissect(sealed, isSigned);
    const receiver = await suite.SetupRecipient(privateKey, enc, { info: concat(DOMAIN, prefix, context) });
    const [first, second, last] = cutEvery(body, 1024 + 16) as [Uint8Array, Uint8Array, Uint8Array];
    const opened = [
      await receiver.Open(first, Uint8Array.of(0)),
      await receiver.Open(second, Uint8Array.of(0)),
      await receiver.Open(last, Uint8Array.of(1)),
    ];
    expect(concat(...opened)).toEqual(data);
  });

  it('of a stream that hpke sealed is opened by us', async () => {
    const { header, ctx } = await start(10);
    const pieces = [
      header,
      await ctx.Seal(chunk, Uint8Array.of(0)),
      await ctx.Seal(chunk, Uint8Array.of(0)),
      await ctx.Seal(message, Uint8Array.of(1)),
    ];
    expect(await collect(openStream(recipient, pieces, openOptions))).toEqual(concat(chunk, chunk, message));
  });

  it(`has the name "${name}" in its mode byte`, async () => {
    expect((await seal(recipientPublic, message, options))[4]).toBe(isSigned ? 1 : 0);
  });
});
