/** Envelopes as release 0.1.0 wrote them: this release opens them still. */
import { readFileSync } from 'node:fs';
import { open, openStream, readHeader } from '@mwrasp/crypto/envelope';
import { KemPrivateKey } from '@mwrasp/crypto/kem';
import { SignPrivateKey } from '@mwrasp/crypto/sign';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../src/bytes.ts';
import { rejectionOf } from '../../support/errors.ts';
import { collect, cutEvery, expectAuthentication } from './support.ts';

interface Fixture {
  readonly recipientSeed: string;
  readonly signerSeed: string;
  readonly envelopes: readonly {
    readonly name: string;
    readonly signed: boolean;
    readonly chunkSizeBytes?: number;
    readonly context: string;
    readonly plaintext: string;
    readonly envelope: string;
  }[];
}

const url = new URL('../../fixtures/envelope-v1.json', import.meta.url);
const fixture = JSON.parse(readFileSync(url, 'utf8')) as Fixture;
const recipient = KemPrivateKey.fromSeed(fromHex(fixture.recipientSeed));
const sender = SignPrivateKey.fromSeed(fromHex(fixture.signerSeed)).publicKey;
const bytes = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'));

describe('envelope-v1.json', () => {
  it('has both modes and both forms', () => {
    const kinds = fixture.envelopes.map(({ signed, chunkSizeBytes }) => `${signed} ${chunkSizeBytes}`);
    expect(new Set(kinds)).toEqual(new Set(['false undefined', 'true undefined', 'false 1024', 'true 2048']));
  });

  it.each(fixture.envelopes)('$name opens', async (entry) => {
    const envelope = bytes(entry.envelope);
    const options = { context: fromHex(entry.context), ...(entry.signed ? { sender } : {}) };
    expect(readHeader(envelope)).toEqual({
      recipient: recipient.publicKey.keyId,
      headerBytes: entry.signed ? 6303 : 1644,
      ...(entry.signed ? { sender: sender.keyId } : {}),
      ...(entry.chunkSizeBytes === undefined ? {} : { chunkSizeBytes: entry.chunkSizeBytes }),
    });
    expect(await collect(openStream(recipient, cutEvery(envelope, 999), options))).toEqual(
      bytes(entry.plaintext),
    );
    if (entry.chunkSizeBytes === undefined) {
      expect(await open(recipient, envelope, options)).toEqual(bytes(entry.plaintext));
    }
    const otherContext = { ...options, context: Uint8Array.of(...options.context, 0) };
    expectAuthentication(await rejectionOf(() => collect(openStream(recipient, [envelope], otherContext))));
  });
});
