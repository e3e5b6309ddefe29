/** What the suite of the envelope asks of the AEAD engine. */
import { open, openStream, seal, sealStream } from '@mwrasp/crypto/envelope';
import { afterEach, expect, it, vi } from 'vitest';
import { concat } from '../../../src/bytes.ts';
import type { PreparedAeadKey } from '../../../src/engines/engine.ts';
import { engine } from '../../../src/engines/index.ts';
import { rejectionOf } from '../../support/errors.ts';
import { counting, testKeys } from '../../support/keys.ts';
import { collect, expectAuthentication, LAYOUT, runOut } from './support.ts';

const { recipient, recipientPublic } = testKeys();
const settings = { chunkSizeBytes: 1024 };

afterEach(() => {
  vi.restoreAllMocks();
});

/** The keys that the engine prepares from here to the end of a test; they are watched, and work. */
function watchPrepared(): PreparedAeadKey[] {
  const prepared: PreparedAeadKey[] = [];
  const aead = engine('aead');
  const prepare = aead.prepare.bind(aead);
  vi.spyOn(aead, 'prepare').mockImplementation((bytes) => {
    const key = prepare(bytes);
    vi.spyOn(key, 'seal');
    vi.spyOn(key, 'open');
    prepared.push(key);
    return key;
  });
  return prepared;
}

it('one key is prepared for all the pieces of a stream', async () => {
  const message = concat(...Array.from({ length: 20 }, () => counting(256)));
  const sealing = watchPrepared();
  const sealed = await collect(sealStream(recipientPublic, [message], settings));
  expect(sealing).toHaveLength(1);
  expect(sealing[0]?.seal).toHaveBeenCalledTimes(5);
  vi.restoreAllMocks();
  const opening = watchPrepared();
  expect(await collect(openStream(recipient, [sealed]))).toEqual(message);
  expect(opening).toHaveLength(1);
  expect(opening[0]?.open).toHaveBeenCalledTimes(5);
});

it('a body that is shorter than a tag is refused before the engine sees a part of one', async () => {
  const message = await seal(recipientPublic, new Uint8Array(0));
  const stream = await collect(sealStream(recipientPublic, [], settings));
  const prepared = watchPrepared();
  for (let length = 0; length < 16; length++) {
    const end = LAYOUT.baseHeaderBytes + length;
    expectAuthentication(await rejectionOf(() => open(recipient, message.subarray(0, end))));
    expectAuthentication((await runOut(openStream(recipient, [stream.subarray(0, end)]))).error);
  }
  for (const key of prepared) expect(key.open).not.toHaveBeenCalled();
  expect(await open(recipient, message)).toEqual(new Uint8Array(0));
  expect(prepared.at(-1)?.open).toHaveBeenCalledOnce();
});
