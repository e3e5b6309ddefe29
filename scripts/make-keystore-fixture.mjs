#!/usr/bin/env node
/**
 * Writes test/fixtures/keystore-v1 and keystore-v1-passphrase: stores as this release writes them, kept so that later ones
 * are shown to read them. Run once for each version of the format; what lies there is never written again.
 *
 *     node scripts/make-keystore-fixture.mjs [FOLDER]
 *
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { encapsulate } from '../src/kem/index.ts';
import { openKeystore } from '../src/keystore/index.ts';
import { root } from './entries.mjs';

const folder = resolve(process.argv[2] ?? join(root, 'test/fixtures'));
const hex = (bytes) => Buffer.from(bytes).toString('hex');
const text = (string) => new TextEncoder().encode(string);

const ROOT_KEY = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
const PASSPHRASE = 'correct horse battery staple';
const MESSAGE = 'message';

/** A clock that goes on by a second at every look. */
function clock() {
  let wallMs = 1_760_000_000_000;
  return { wallMs: () => (wallMs += 1000), monotonicMs: () => 0 };
}

async function make(name, description, unlock, known) {
  const path = join(folder, name, 'store');
  mkdirSync(join(folder, name));
  const highWaterMark = join(folder, name, 'mark');
  const store = await openKeystore({ backend: 'file', path, highWaterMark, clock: clock(), ...unlock });
  const destroyed = [await store.generate({ name: 'mail.kem', algorithm: 'ML-KEM-1024' })];
  await store.generate({ name: 'mail.kem', algorithm: 'ML-KEM-1024' });
  await store.destroy(destroyed[0].ref);
  const signer = await store.generate({ name: 'signer', algorithm: 'ML-DSA-87' });
  await store.update(signer.ref, {
    state: 'active',
    retiredAtMs: 1_770_000_000_000,
    destroyAfterMs: 1_780_000_000_000,
  });
  await store.generate({ name: 'next', algorithm: 'ML-DSA-87', state: 'pending' });
  await store.generate({ name: 'data', algorithm: 'AES-256-GCM', maxUses: 1000 });
  const sealed = await store.sealData('data', text(MESSAGE), { aad: text('aad') });
  const wrapped = await store.wrap('data', text(MESSAGE));
  const { ciphertext, sharedSecret } = encapsulate(await store.publicKey('mail.kem'));
  const signature = await store.sign('signer', text(MESSAGE), { deterministic: true });
  const facts = {
    description,
    ...known,
    keys: await store.list(),
    destroyed,
    decapsulation: { key: 'mail.kem', ciphertext: hex(ciphertext), sharedSecret: hex(sharedSecret.expose()) },
    signature: { key: 'signer', message: MESSAGE, signature: hex(signature) },
    data: { message: MESSAGE, aad: 'aad', sealed: hex(sealed), wrapped: hex(wrapped) },
  };
  await store.close();
  writeFileSync(join(folder, name, 'facts.json'), `${JSON.stringify(facts, null, 2)}\n`);
}

await make(
  'keystore-v1',
  'A file keystore of format version 1. The root key is one for tests.',
  { rootKey: ROOT_KEY },
  {
    rootKey: hex(ROOT_KEY),
  },
);
await make(
  'keystore-v1-passphrase',
  'A file keystore of format version 1 that a passphrase opens, at the lowest cost.',
  { passphrase: text(PASSPHRASE), argon2id: { memoryKib: 19 * 1024, passes: 2 } },
  { passphrase: PASSPHRASE },
);
