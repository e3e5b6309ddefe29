/** Sessions whose identities are kept in a file keystore, and in a token. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { type Keystore, openKeystore } from '../../../../src/keystore/index.ts';
import '../../../../src/keystore/pkcs11/index.ts';
import type { SignPublicKey } from '../../../../src/sign/index.ts';
import { makeToken, needsToken } from '../../../hsm/support/tokens.ts';
import { SCRATCH } from '../../../support/scratch.ts';
import { makePair, shakeHands } from './support.ts';

const folder = mkdtempSync(join(SCRATCH, 'mwrasp-session-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const data = Uint8Array.of(1, 2, 3);

/** A session between two keys of a store: handshake, a message, the identities that each side sees. */
async function talk(store: Keystore): Promise<void> {
  await store.generate({ name: 'receiver', algorithm: 'ML-DSA-87' });
  await store.generate({ name: 'sender', algorithm: 'ML-DSA-87' });
  const publicKey = async (name: string) => (await store.publicKey(name)) as SignPublicKey;
  // A token takes its time to sign: the answer is under way while the offer lives.
  const pair = await makePair(
    {
      identity: async () => ({ signer: await store.signer('receiver'), generation: 1 }),
      peer: await publicKey('sender'),
      ttlMs: 2_000,
    },
    {
      identity: async () => ({ signer: await store.signer('sender'), generation: 1 }),
      peer: { publicKey: await publicKey('receiver'), generation: 1 },
      maxTtlMs: 2_000,
    },
  );
  using _ = pair;
  await shakeHands(pair);
  expect(pair.receiver.openMany(pair.sender.seal(data, { threshold: 2, total: 3 }))).toEqual([data]);
  expect(pair.receiver.peer?.keyId).toBe((await publicKey('sender')).keyId);
}

it('a file keystore signs handshakes', async () => {
  const rootKey = crypto.getRandomValues(new Uint8Array(32));
  const store = await openKeystore({ backend: 'file', path: join(folder, 'file'), rootKey });
  try {
    await talk(store);
  } finally {
    await store.close();
  }
});

needsToken('SoftHSM')('a token', () => {
  it('signs handshakes', async () => {
    const token = makeToken('SoftHSM', { parent: folder });
    Object.assign(process.env, token.env);
    const pin = Buffer.from(token.pin);
    const store = await openKeystore({
      backend: 'pkcs11',
      path: join(folder, 'beside'),
      ...token.options,
      pin,
    });
    try {
      await talk(store);
    } finally {
      await store.close();
      token.remove();
    }
  });
});
