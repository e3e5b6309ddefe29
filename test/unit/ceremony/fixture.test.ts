/**
 * Shares, transcript and backup as the first release of their formats wrote them.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { restoreBackup, verifyBackup } from '../../../src/backup/index.ts';
import { fromHex, toHex, utf8 } from '../../../src/bytes.ts';
import { combineShares, inspectShare, verifyTranscript } from '../../../src/ceremony/index.ts';
import { KemPrivateKey } from '../../../src/kem/index.ts';
import { openKeystore } from '../../../src/keystore/index.ts';
import { SignPrivateKey } from '../../../src/sign/index.ts';

const read = (name: string) =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../../fixtures/ceremony-v1/${name}`, import.meta.url))));
const facts = JSON.parse(new TextDecoder().decode(read('facts.json')));
const custodians: { name: string; recipientSeed: string; signerSeed: string }[] = facts.custodians;

it('the ceremony of version 1 is read', async () => {
  const known = custodians.map(({ name, signerSeed }) => ({
    name,
    signer: SignPrivateKey.fromSeed(fromHex(signerSeed)).publicKey,
  }));
  const info = verifyTranscript(read('transcript.mwp'), { custodians: known });
  expect(info).toMatchObject({ label: 'fixture', threshold: 2, total: 3, committed: true });
  const shares = custodians.map(({ name, recipientSeed }, i) => {
    const share = read(`${name}.mwc`);
    expect(inspectShare(share)).toEqual({
      setId: info.setId,
      index: i + 1,
      threshold: 2,
      total: 3,
      custodian: name,
    });
    return { share, recipient: KemPrivateKey.fromSeed(fromHex(recipientSeed)) };
  });
  using rootKey = await combineShares({ transcript: read('transcript.mwp'), shares });
  expect(toHex(rootKey.expose())).toBe(facts.rootKey);
});

it('the backup of version 1 is read', async () => {
  const rootKey = fromHex(facts.rootKey);
  expect(await verifyBackup(read('keys.mwu'), { rootKey })).toEqual(facts.content);
  // Before the time from which the signer does not come back.
  const clock = { wallMs: () => 1_770_000_000_000, monotonicMs: () => 0 };
  const store = await openKeystore({ backend: 'memory', clock });
  const { restored } = await restoreBackup(read('keys.mwu'), store, { rootKey });
  expect(restored.map(({ ref }) => `${ref.name}@${ref.generation}`)).toEqual([
    'inbox@2',
    'signer@1',
    'data@1',
  ]);
  expect(await store.openEnvelope(fromHex(facts.envelope))).toEqual(utf8(facts.message));
  expect(await store.openData(fromHex(facts.sealed))).toEqual(utf8(facts.message));
  await store.close();
});
