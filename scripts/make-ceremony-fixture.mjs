#!/usr/bin/env node
/**
 * Writes test/fixtures/ceremony-v1: shares, transcript and backup as this release writes them, kept so that later ones are
 * shown to read them. Run once for each version of the formats; what lies there is never written again.
 *
 *     node scripts/make-ceremony-fixture.mjs [FOLDER]
 *
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createBackup } from '../src/backup/index.ts';
import { createCeremony } from '../src/ceremony/index.ts';
import { seal } from '../src/envelope/index.ts';
import { KemPrivateKey } from '../src/kem/index.ts';
import { openKeystore } from '../src/keystore/index.ts';
import { SignPrivateKey } from '../src/sign/index.ts';
import { root } from './entries.mjs';

const folder = join(resolve(process.argv[2] ?? join(root, 'test/fixtures')), 'ceremony-v1');
const hex = (bytes) => Buffer.from(bytes).toString('hex');
const text = (string) => new TextEncoder().encode(string);
const clock = { wallMs: () => 1_760_000_000_000, monotonicMs: () => 0 };
const MESSAGE = 'message';

mkdirSync(folder);
const custodians = ['alice', 'bob', 'carol'].map((name, i) => {
  const seeds = { recipient: new Uint8Array(64).fill(i + 1), signer: new Uint8Array(32).fill(i + 1) };
  const recipient = KemPrivateKey.fromSeed(seeds.recipient);
  const signer = SignPrivateKey.fromSeed(seeds.signer);
  return { name, seeds, recipient, signer };
});
const ceremony = await createCeremony({
  threshold: 2,
  label: 'fixture',
  clock,
  custodians: custodians.map(({ name, recipient, signer }) => ({
    name,
    recipient: recipient.publicKey,
    signer: signer.publicKey,
  })),
});
for (const [i, { custodian, bytes }] of ceremony.shares.entries()) {
  const { recipient, signer } = custodians[i];
  await ceremony.verify(custodian, bytes, { recipient, signer });
  writeFileSync(join(folder, `${custodian}.mwc`), bytes);
}
const { rootKey, transcript } = ceremony.commit();
writeFileSync(join(folder, 'transcript.mwp'), transcript);

const store = await openKeystore({ backend: 'memory', clock });
const destroyed = await store.generate({ name: 'inbox', algorithm: 'ML-KEM-1024' });
await store.destroy(destroyed.ref);
await store.generate({ name: 'inbox', algorithm: 'ML-KEM-1024' });
const signer = await store.generate({ name: 'signer', algorithm: 'ML-DSA-87' });
await store.update(signer.ref, { destroyAfterMs: 1_780_000_000_000 });
await store.generate({ name: 'data', algorithm: 'AES-256-GCM', maxUses: 1600 });
const envelope = await seal(await store.publicKey('inbox'), text(MESSAGE));
const sealed = await store.sealData('data', text(MESSAGE));
const { bytes, content } = await createBackup(store, { rootKey });
writeFileSync(join(folder, 'keys.mwu'), bytes);
const facts = {
  description: 'A ceremony, 2 of 3, and a backup under its root key; the keys are for tests.',
  rootKey: hex(rootKey.expose()),
  custodians: custodians.map(({ name, seeds }) => ({
    name,
    recipientSeed: hex(seeds.recipient),
    signerSeed: hex(seeds.signer),
  })),
  message: MESSAGE,
  envelope: hex(envelope),
  sealed: hex(sealed),
  content,
};
writeFileSync(join(folder, 'facts.json'), `${JSON.stringify(facts, null, 2)}\n`);
rootKey.dispose();
