/** Directories of a store that a rotator looks after, over more days than generations are kept. */
import { expect, it } from 'vitest';
import { openKeystore } from '../../../../src/keystore/index.ts';
import {
  createRotator,
  type IdentityPin,
  identityLinks,
  publishDirectory,
  verifyDirectory,
} from '../../../../src/rotation/index.ts';
import { HandClock } from '../lease/support.ts';
import { HOUR_MS } from './support.ts';

const DAYS = 9;

it('peers follow from the last five generations, also from one that is destroyed, and no further', async () => {
  const keystore = await openKeystore({ backend: 'memory' });
  const clock = new HandClock();
  const keys = { service: { algorithm: 'ML-DSA-87' }, inbox: { algorithm: 'ML-KEM-1024' } } as const;
  const rotator = createRotator({ keystore, keys, clock });
  const pins = new Map<number, Required<IdentityPin>>();
  for (let hour = 0; hour <= DAYS * 24 + 1; hour++) {
    await rotator.tick();
    const { ref, keyId } = await keystore.get('service');
    pins.set(ref.generation, { keyId, generation: ref.generation });
    clock.wall += HOUR_MS;
    clock.monotonic += HOUR_MS;
  }
  const { generation } = (await keystore.get('service')).ref;
  expect(generation).toBe(DAYS + 1);
  const kept = (await keystore.list()).filter(({ ref }) => ref.name === 'service');
  expect(kept.some(({ ref }) => ref.generation === generation - 4)).toBe(false);
  const nowMs = clock.wall;
  const links = await identityLinks(keystore, 'service');
  expect(links.length).toBeLessThanOrEqual(5);
  const bytes = await publishDirectory(keystore, { identity: 'service', sequence: 1, links, nowMs });
  for (const behind of [0, 1, 2, 3, 4]) {
    const pinned = pins.get(generation - behind) as IdentityPin;
    expect(verifyDirectory(bytes, { pinned, nowMs }).followed).toBe(behind);
  }
  const old = pins.get(generation - 5) as IdentityPin;
  expect(() => verifyDirectory(bytes, { pinned: old, nowMs })).toThrow(
    expect.objectContaining({ code: 'ERR_DIRECTORY_REPIN' }),
  );
  await rotator.stop();
  await keystore.close();
}, 120_000);
