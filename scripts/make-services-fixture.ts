/**
 * Writes test/fixtures/services-v1.json: what services show each other and keep beside their keys, as this release writes it, kept so
 * that later ones are shown to read it. Run once for each version of the formats; what lies there is never written again.
 *
 *     node scripts/make-services-fixture.ts
 *
 * @module
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toHex, utf8 } from '../src/bytes.ts';
import { writeMessage } from '../src/fragment/broker/wire.ts';
import { makeReceipt } from '../src/fragment/receipt.ts';
import { storeAccess } from '../src/keystore/access.ts';
import { openKeystore } from '../src/keystore/index.ts';
import { writeGrant } from '../src/rotation/file-lease-format.ts';
import { createRotator, identityLinks, publishDirectory } from '../src/rotation/index.ts';
import { ROTATION_EXTENSION } from '../src/rotation/life-format.ts';
import { SignPrivateKey } from '../src/sign/index.ts';
import { root } from './entries.mjs';

const NOW_MS = 1_760_000_000_000;
const clock = { wallMs: () => NOW_MS, monotonicMs: () => 0 };

const keystore = await openKeystore({ backend: 'memory', clock });
const rotator = createRotator({
  keystore,
  keys: { identity: { algorithm: 'ML-DSA-87' }, inbox: { algorithm: 'ML-KEM-1024' } },
  clock,
});
await rotator.tick();
const first = await keystore.get('identity');
await rotator.rotateNow('fixture', { urgent: true });
await rotator.tick();
const links = await identityLinks(keystore, 'identity');
const directory = await publishDirectory(keystore, {
  identity: 'identity',
  sequence: 7,
  links,
  nowMs: NOW_MS,
});
const life = storeAccess('keystore', keystore).manifest.extensions.get(ROTATION_EXTENSION) as Uint8Array;

const grant = { fence: 5, ttlMs: 30_000, pid: 4711, started: 1_759_000_000, place: 'host', holder: 'Bäcker' };
const signer = SignPrivateKey.fromSeed(new Uint8Array(32).fill(3));
const said = {
  id: new Uint8Array(16).fill(1),
  ttlMs: 100,
  epochMs: 25,
  wipedBy: 'thread',
  destroyed: 40,
  maxLagMs: 1.5,
  newestEpoch: 41,
  sinceMs: NOW_MS,
  untilMs: NOW_MS + 1000,
} as const;
const subject = {
  id: new Uint8Array(16).fill(2),
  receiver: new Uint8Array(32).fill(4),
  threshold: 2,
  total: 3,
};

const fixture = {
  description:
    'Identity link, directory, rotation state, lease, receipt and broker messages, format version 1',
  nowMs: NOW_MS,
  pinned: { keyId: first.keyId, generation: first.ref.generation },
  links: links.map(toHex),
  directory: toHex(directory),
  keyIds: (await keystore.list()).map(({ keyId }) => keyId),
  life: toHex(life),
  grant,
  lease: toHex(writeGrant(grant, new Uint8Array(16).fill(9))),
  receiptSeed: toHex(new Uint8Array(32).fill(3)),
  receipt: toHex(await makeReceipt(signer, said)),
  receiptSays: { ...said, id: toHex(said.id) },
  broker: {
    deposit: toHex(writeMessage('deposit', subject, utf8('a fragment'))),
    request: toHex(writeMessage('request', subject, new Uint8Array(0))),
    message: toHex(writeMessage('message', subject, utf8('a fragment'))),
  },
};
await rotator.stop();
await keystore.close();
const path = join(root, 'test/fixtures/services-v1.json');
writeFileSync(path, `${JSON.stringify(fixture, undefined, 2)}\n`, { flag: 'wx' });
