/**
 * What earlier releases showed and kept beside keys is read: links, directories, rotation state, leases, receipts, messages of
 * brokers.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../src/bytes.ts';
import { readMessage } from '../../../src/fragment/broker/wire.ts';
import { verifyReceipt } from '../../../src/fragment/receipt.ts';
import { readGrant } from '../../../src/rotation/file-lease-format.ts';
import { inspectLink, verifyDirectory } from '../../../src/rotation/index.ts';
import { ROTATION_EXTENSION, readLife, writeLife } from '../../../src/rotation/life-format.ts';
import { SignPrivateKey } from '../../../src/sign/index.ts';

const path = new URL('../../fixtures/services-v1.json', import.meta.url);
const fixture = JSON.parse(readFileSync(path, 'utf8'));
const { nowMs } = fixture;

it('a link from the first generation of an identity to the second', () => {
  expect(fixture.links.map((link: string) => inspectLink(fromHex(link)))).toMatchObject([
    { name: 'identity', from: { generation: 1 }, to: { generation: 2 }, createdAtMs: nowMs },
  ]);
});

it('a directory, from the generation before', () => {
  const directory = verifyDirectory(fromHex(fixture.directory), { pinned: fixture.pinned, nowMs });
  expect(directory).toMatchObject({ sequence: 7, followed: 1, identity: { generation: 2 } });
  expect(directory.active('inbox')?.ref.generation).toBe(2);
  for (const keyId of fixture.keyIds) expect(directory.find(keyId)?.publicKey.keyId).toBe(keyId);
});

it('a rotation, which is written again as it was', () => {
  const bytes = fromHex(fixture.life);
  const life = readLife({ extensions: new Map([[ROTATION_EXTENSION, bytes]]) } as never);
  expect([...life.keys.keys()]).toEqual(['identity', 'inbox']);
  expect(life.keys.get('identity')?.policy).toMatchObject({ periodMs: 86_400_000, retained: 3 });
  expect(toHex(writeLife(life))).toBe(fixture.life);
});

it('a lease', () => {
  expect(readGrant(fromHex(fixture.lease))).toEqual({ ...fixture.grant, beat: 0 });
});

it('a receipt', () => {
  const { publicKey } = SignPrivateKey.fromSeed(fromHex(fixture.receiptSeed));
  expect(verifyReceipt(publicKey, fromHex(fixture.receipt))).toEqual(fixture.receiptSays);
});

it('messages of brokers', () => {
  for (const [kind, hex] of Object.entries(fixture.broker as Record<string, string>)) {
    const message = readMessage(fromHex(hex));
    expect(message).toMatchObject({ kind, threshold: 2, total: 3 });
    expect(message?.fragment).toEqual(kind === 'request' ? new Uint8Array(0) : utf8('a fragment'));
    expect(toHex(message?.receiver as Uint8Array)).toBe('04'.repeat(32));
  }
});
