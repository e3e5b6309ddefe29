/**
 * Fragments as releases wrote them, opened by this one, and by a reader that shares no code with it.
 */
import { createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inspectFragment, TemporalVault } from '@mwrasp/crypto/fragment';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../src/bytes.ts';
import { UnsupportedError } from '../../../src/errors.ts';
import { Assembler } from '../../../src/fragment/assembler.ts';
import { EpochChain } from '../../../src/fragment/chain.ts';
import { startWiping } from '../../../src/fragment/slab/wiping.ts';
import { expectError } from '../../contract/support/errors.ts';

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8'));
const v0 = read('fragment-v0.json');
const v1 = read('fragment-v1.json');

interface FixtureCase {
  readonly name: string;
  readonly context: string;
  readonly data: string;
  readonly fragments: readonly string[];
}
const cases: readonly FixtureCase[] = v1.cases;

describe('fragment-v0.json', () => {
  it('is told what it is', () => {
    const { vaultId, ...header } = v0.header;
    expect(inspectFragment(fromHex(v0.fragment))).toMatchObject({ version: 0, id: vaultId, ...header });
  });

  it('is opened by no vault', async () => {
    using vault = await TemporalVault.create();
    const error = await expectError(
      () => vault.reassemble([fromHex(v0.fragment)]),
      UnsupportedError,
      'ERR_UNSUPPORTED_VERSION',
    );
    expect(error.message).toContain('fragment version 0; this release reads version 1');
  });
});

describe('fragment-v1.json', () => {
  it.each(cases)('$name', async ({ context, data, fragments }) => {
    const times = { epochMs: v1.epochMs, ttlMs: v1.ttlMs };
    const chain = EpochChain.create(await startWiping(), {
      role: 'receiver',
      chainKey: fromHex(v1.chainKey),
      startMs: performance.now() - 2.5 * v1.epochMs,
      ...times,
    });
    const parties = { id: fromHex(v1.id), binding: fromHex(v1.binding) };
    for (const order of [fragments, fragments.toReversed()]) {
      const assembler = new Assembler(chain, parties, { context: fromHex(context) });
      const messages = order
        .map((one) => assembler.accept(fromHex(one)))
        .filter(({ kind }) => kind === 'message');
      expect(messages).toMatchObject([{ data: fromHex(data), epoch: v1.epoch }]);
    }
    chain.dispose();
  });
});

/** docs/formats.md in code, with node:crypto alone. */
describe('an independent reader', () => {
  const sha3 = (...parts: (string | Uint8Array)[]) => {
    const hash = createHash('sha3-512');
    for (const part of parts) hash.update(part);
    return hash.digest();
  };

  function messageKeyOf(epoch: number): Buffer {
    let chainKey: Buffer = Buffer.from(v1.chainKey, 'hex');
    for (let e = 0; ; e++) {
      const number = Buffer.alloc(4);
      number.writeUInt32BE(e);
      const digest = sha3('mwrasp-crypto/fragment/v1/ratchet', number, chainKey);
      if (e === epoch) return digest.subarray(0, 32);
      chainKey = digest.subarray(32);
    }
  }

  function openGcm(key: Buffer, nonce: Buffer, aad: Buffer, sealed: Buffer): Buffer {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce);
    decipher.setAAD(aad);
    decipher.setAuthTag(sealed.subarray(-16));
    return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  }

  const hkdf = (ikm: Buffer, salt: Buffer, info: string) =>
    Buffer.from(hkdfSync('sha3-512', ikm, salt, info, 64));

  /** A product in the field of AES. */
  function times(a: number, b: number): number {
    let [x, y, product] = [a, b, 0];
    for (; y > 0; y >>= 1) {
      if (y & 1) product ^= x;
      x = x & 0x80 ? (x << 1) ^ 0x11b : x << 1;
    }
    return product;
  }

  function inverse(a: number): number {
    for (let b = 1; b < 256; b++) if (times(a, b) === 1) return b;
    throw new Error('no inverse of 0');
  }

  function combine(shares: readonly (readonly [x: number, y: Buffer])[]): Buffer {
    const secret = Buffer.alloc(32);
    for (const [p, y] of shares) {
      let factor = 1;
      for (const [q] of shares) if (q !== p) factor = times(factor, times(q, inverse(p ^ q)));
      for (let i = 0; i < 32; i++) secret[i] = (secret[i] as number) ^ times(y[i] as number, factor);
    }
    return secret;
  }

  it.each(cases)('reads $name from its first k fragments', ({ context, data, fragments }) => {
    const all = fragments.map((one) => Buffer.from(one, 'hex'));
    const first = all[0] as Buffer;
    const isThreshold = first[5] === 1;
    const headerBytes = 85 + (isThreshold ? 32 : 0) + (first[6] === 2 ? 21 : 0);
    const [k, messageBytes, pieceBytes] = [
      first[7] as number,
      first.readUInt32BE(33),
      first.readUInt32BE(37),
    ];
    const messageKey = messageKeyOf(first.readUInt32BE(13));
    const derived = hkdf(messageKey, Buffer.alloc(0), 'mwrasp-crypto/fragment/v1/key');
    expect(first.subarray(41, 73)).toEqual(derived.subarray(32));
    const bound = Buffer.concat([
      Buffer.from(v1.binding, 'hex'),
      sha3('mwrasp-crypto/fragment/v1/context', Buffer.from(context, 'hex')).subarray(0, 32),
    ]);
    const bodies = all.slice(0, k).map((fragment) => {
      const header = fragment.subarray(0, headerBytes);
      return openGcm(
        derived.subarray(0, 32),
        header.subarray(73, 85),
        Buffer.concat([header, bound]),
        fragment.subarray(headerBytes),
      );
    });
    const coded = Buffer.concat(bodies.map((body) => body.subarray(0, pieceBytes)));
    if (!isThreshold) {
      expect(coded.subarray(0, messageBytes).toString('hex')).toBe(data);
      return;
    }
    const secret = combine(bodies.map((body, i) => [i + 1, body.subarray(pieceBytes)] as const));
    const inner = hkdf(messageKey, secret, 'mwrasp-crypto/fragment/v1/threshold');
    const header = Buffer.from(first.subarray(0, headerBytes));
    expect(header.subarray(85, 117)).toEqual(inner.subarray(32));
    header[84] = 255;
    const opened = openGcm(
      inner.subarray(0, 32),
      header.subarray(73, 85),
      Buffer.concat([header, bound]),
      coded.subarray(0, messageBytes + 16),
    );
    expect(opened.toString('hex')).toBe(data);
  });
});
