/**
 * What release 0.1.0 wrote. These bytes stay as they are: a release of this major that cannot open them has broken its
 * promise, whatever else its tests say.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AeadKey, open, readStreamHeader, sealedKeyId } from '../../../src/aead/index.ts';
import { fromBase64, fromHex } from '../../../src/bytes.ts';
import { UnsupportedError } from '../../../src/errors.ts';
import { thrownBy } from '../../support/errors.ts';
import { cut, openWhole } from './support.ts';

interface Sealed {
  readonly plaintextHex: string;
  readonly aadHex: string;
  readonly sealedBase64: string;
}

interface Fixture {
  readonly keyHex: string;
  readonly keyId: string;
  readonly messages: readonly Sealed[];
  readonly streams: readonly (Sealed & { readonly chunkSizeBytes: number })[];
}

const fixture: Fixture = JSON.parse(
  readFileSync(new URL('../../fixtures/aead-v1.json', import.meta.url), 'utf8'),
);
const key = AeadKey.fromBytes(fromHex(fixture.keyHex));

function withVersion(bytes: Uint8Array, version: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[3] = version;
  return copy;
}

it('derives the same key id', () => expect(key.keyId).toBe(fixture.keyId));

describe.each(fixture.messages)('the message $plaintextHex', ({ plaintextHex, aadHex, sealedBase64 }) => {
  const sealed = fromBase64(sealedBase64);
  const options = { aad: fromHex(aadHex) };

  it('opens', () => {
    expect(sealedKeyId(sealed)).toBe(fixture.keyId);
    expect(open(key, sealed, options)).toEqual(fromHex(plaintextHex));
  });

  it.each([0, 2, 255])('is refused as version %i', (version) => {
    for (const work of [
      () => open(key, withVersion(sealed, version), options),
      () => sealedKeyId(withVersion(sealed, version)),
    ]) {
      expect(thrownBy(work)).toBeInstanceOf(UnsupportedError);
      expect(thrownBy(work)).toMatchObject({
        code: 'ERR_UNSUPPORTED_VERSION',
        message: `sealed is format aead-message version ${version}; this release reads version 1`,
      });
    }
  });
});

describe.each(fixture.streams)('the stream of $chunkSizeBytes a chunk', (stream) => {
  const sealed = fromBase64(stream.sealedBase64);
  const options = { aad: fromHex(stream.aadHex) };

  it('opens, cut as it may be', async () => {
    const { keyId } = fixture;
    const { chunkSizeBytes } = stream;
    expect(readStreamHeader(sealed)).toEqual({ keyId, chunkSizeBytes, headerBytes: 85 });
    for (const size of [1, 85, 1000, sealed.length]) {
      const { released, ended } = await openWhole(key, cut(sealed, size), options);
      expect(ended).toBe(true);
      expect(released).toEqual(fromHex(stream.plaintextHex));
    }
  });

  it.each([0, 2, 255])('is refused as version %i', async (version) => {
    const changed = withVersion(sealed, version);
    const { error, released } = await openWhole(key, [changed], options);
    expect(released).toHaveLength(0);
    for (const refusal of [error, thrownBy(() => readStreamHeader(changed))]) {
      expect(refusal).toBeInstanceOf(UnsupportedError);
      expect(refusal).toMatchObject({ code: 'ERR_UNSUPPORTED_VERSION' });
    }
  });
});
