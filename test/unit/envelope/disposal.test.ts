/** What sealing and opening made on the way is wiped: shared secrets, and the bytes that streams held back. */
import { type Decapsulator, open, openStream, seal, sealStream } from '@mwrasp/crypto/envelope';
import { afterEach, expect, it, vi } from 'vitest';
import { Chunker } from '../../../src/chunks.ts';
import { decapsulate } from '../../../src/kem/index.ts';
import { SecretBytes } from '../../../src/secret.ts';
import { rejectionOf } from '../../support/errors.ts';
import { counting, flipped, testKeys } from '../../support/keys.ts';
import { collect, LAYOUT } from './support.ts';

const { recipient, recipientPublic, signer } = testKeys();
const message = counting(200);
const settings = { chunkSizeBytes: 1024 };

afterEach(() => {
  vi.restoreAllMocks();
});

/** The secrets that are made from here to the end of a test. */
function watchSecrets(): () => SecretBytes[] {
  const makers = [vi.spyOn(SecretBytes, 'from'), vi.spyOn(SecretBytes, 'adopt')];
  return () => makers.flatMap((maker) => maker.mock.results.map(({ value }) => value as SecretBytes));
}

it.each<[string, () => Promise<unknown>]>([
  ['a message', () => seal(recipientPublic, message)],
  ['a signed message', () => seal(recipientPublic, message, { signer })],
  ['a stream', () => collect(sealStream(recipientPublic, [message], settings))],
])('the shared secret of %s is disposed when it is sealed', async (_, run) => {
  const secrets = watchSecrets();
  await run();
  expect(secrets()).toHaveLength(1);
  expect(secrets()[0]?.disposed).toBe(true);
});

it('the shared secret is disposed when it has a length that is none', async () => {
  const envelope = await seal(recipientPublic, message);
  const secret = SecretBytes.from(new Uint8Array(31));
  const by: Decapsulator = { publicKey: recipientPublic, decapsulate: () => secret };
  expect(await rejectionOf(() => open(by, envelope))).toMatchObject({
    code: 'ERR_INPUT_LENGTH',
    argument: 'recipient',
    expected: '32 bytes',
    got: '31 bytes',
  });
  expect(secret.disposed).toBe(true);
});

it('a stream wipes what it held back, however it ends', async () => {
  const data = new Uint8Array(3000);
  const sealed = await collect(sealStream(recipientPublic, [data], settings));
  const failure = new Error('disk');
  async function* failing(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    yield bytes;
    throw failure;
  }
  async function giveUp(stream: AsyncGenerator<Uint8Array>): Promise<void> {
    await stream.next();
    await stream.next();
    await stream.return(undefined);
  }
  const chunkers = vi.spyOn(Chunker.prototype, 'dispose');
  const runs: (() => Promise<unknown>)[] = [
    () => collect(sealStream(recipientPublic, [data], settings)),
    () => giveUp(sealStream(recipientPublic, [data], settings)),
    () => rejectionOf(() => collect(sealStream(recipientPublic, failing(data), settings))),
    () => collect(openStream(recipient, [sealed])),
    () => giveUp(openStream(recipient, [sealed])),
    () => rejectionOf(() => collect(openStream(recipient, failing(sealed)))),
    () => rejectionOf(() => collect(openStream(recipient, [flipped(sealed, LAYOUT.baseHeaderBytes)]))),
  ];
  for (const [i, run] of runs.entries()) {
    await run();
    expect(chunkers).toHaveBeenCalledTimes(i + 1);
  }
});

it('the shared secret of a stream is disposed as soon as its header is checked', async () => {
  const sealed = await collect(sealStream(recipientPublic, [message], settings));
  const secrets: SecretBytes[] = [];
  const by: Decapsulator = {
    publicKey: recipientPublic,
    decapsulate(ciphertext) {
      const secret = decapsulate(recipient, ciphertext);
      secrets.push(secret);
      return secret;
    },
  };
  const opening = openStream(by, [sealed]);
  expect((await opening.next()).value).toEqual(message);
  expect(secrets.map((secret) => secret.disposed)).toEqual([true]);
  await opening.return(undefined);
});
