/**
 * A store with keys of every kind that are rotated, two moments at which much is to be done, and what must be true
 * afterwards, whatever was cut off in between.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Keystore, openKeystore } from '../../../src/keystore/index.ts';
import {
  createKeyring,
  createRotator,
  identityLinks,
  inspectLink,
  type Rotator,
} from '../../../src/rotation/index.ts';
import { verify } from '../../../src/sign/index.ts';
import type { SignPublicKey } from '../../../src/sign/keys.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = 1_800_000_000_000;
const MESSAGE = new TextEncoder().encode('message');

/** A new generation of each key is published; or takes over, and the oldest one is destroyed. */
export const MOMENTS = ['publish', 'turn'] as const;
export type Moment = (typeof MOMENTS)[number];

const AT: Readonly<Record<Moment, number>> = { publish: 4 * DAY - 2 * HOUR, turn: 4 * DAY };
const KEYS = {
  kem: { algorithm: 'ML-KEM-1024' },
  sign: { algorithm: 'ML-DSA-87' },
  data: { algorithm: 'AES-256-GCM' },
} as const;

/** Opens the file store of a place. */
export function openPlace(place: string): Promise<Keystore> {
  return openKeystore({
    backend: 'file',
    path: join(place, 'store'),
    highWaterMark: join(place, 'mark'),
    rootKey: new Uint8Array(32).fill(5),
    lockTimeoutMs: 20_000,
  });
}

/** A rotator whose time is told. */
class Driven {
  readonly rotator: Rotator;
  atMs: number;
  #monotonicMs = 0;

  constructor(keystore: Keystore, atMs: number) {
    this.atMs = atMs;
    const clock = { wallMs: () => START + this.atMs, monotonicMs: () => this.#monotonicMs };
    this.rotator = createRotator({ keystore, keys: KEYS, clock, leaseMs: DAY, holder: 'driven' });
  }

  /** Lives up to a time, and does what is to be done then. */
  async until(endMs: number): Promise<void> {
    for (;;) {
      const { nextAtMs = START + endMs } = await this.rotator.tick();
      if (this.atMs >= endMs) return;
      this.pass(Math.max(1000, Math.min(nextAtMs - START, endMs) - this.atMs));
    }
  }

  pass(ms: number): void {
    this.atMs += ms;
    this.#monotonicMs += ms;
  }
}

/** Makes keys, and lives up to an hour before a moment. */
export async function prepare(keystore: Keystore, place: string, moment: Moment): Promise<void> {
  const driven = new Driven(keystore, 0);
  await driven.until(DAY + HOUR);
  const kem = createKeyring({ keystore, name: 'kem' });
  const data = createKeyring({ keystore, name: 'data' });
  writeFileSync(join(place, 'envelope'), await kem.sealEnvelope(MESSAGE));
  writeFileSync(join(place, 'sealed'), await data.seal(MESSAGE));
  await driven.until(AT[moment] - HOUR);
  await driven.rotator.stop();
}

/**
 * Does what is to be done at a moment.
 *
 * @param begin - Called when all that comes before it is done.
 */
export async function reach(keystore: Keystore, moment: Moment, begin: () => void): Promise<void> {
  const driven = new Driven(keystore, AT[moment] - HOUR);
  await driven.rotator.tick();
  driven.pass(HOUR);
  begin();
  await driven.rotator.tick();
  await driven.rotator.stop();
}

const EXPECTED: Readonly<Record<Moment, readonly string[]>> = {
  publish: ['1 retired', '2 retired', '3 retired', '4 active', '5 pending'],
  turn: ['2 retired', '3 retired', '4 retired', '5 active'],
};

/** Goes on after whatever happened, and checks that all is as if nothing had. Returns how many private keys there are. */
export async function finish(keystore: Keystore, place: string, moment: Moment): Promise<number> {
  const driven = new Driven(keystore, AT[moment]);
  await driven.until(AT[moment] + (moment === 'turn' ? 7 * HOUR : HOUR));
  await driven.rotator.stop();
  const infos = await keystore.list();
  for (const name of Object.keys(KEYS)) {
    const states = infos
      .filter(({ ref }) => ref.name === name)
      .map(({ ref, state }) => `${ref.generation} ${state}`);
    assert.deepEqual(states, EXPECTED[moment], name);
  }
  const isSigner = (info: (typeof infos)[number]) => info.ref.name === 'sign' && info.state === 'retired';
  for (const info of infos)
    assert.equal(info.publicOnly === true, isSigner(info), `${info.ref.name} ${info.state}`);
  const kem = createKeyring({ keystore, name: 'kem' });
  const data = createKeyring({ keystore, name: 'data' });
  const read = (name: string) => new Uint8Array(readFileSync(join(place, name)));
  assert.deepEqual(await kem.openEnvelope(read('envelope'), { use: 'stored' }), MESSAGE);
  assert.deepEqual(await data.open(read('sealed'), { use: 'stored' }), MESSAGE);
  assert.deepEqual(await kem.openEnvelope(await kem.sealEnvelope(MESSAGE), { use: 'received' }), MESSAGE);
  assert.deepEqual(await data.open(await data.seal(MESSAGE), { use: 'received' }), MESSAGE);
  const signature = await keystore.sign('sign', MESSAGE);
  assert.ok(verify((await keystore.publicKey('sign')) as SignPublicKey, MESSAGE, signature));
  const links = (await identityLinks(keystore, 'sign')).slice(-3).map(inspectLink);
  assert.deepEqual(
    links.map(({ from, to }) => `${from.generation} ${to.generation}`),
    ['2 3', '3 4', '4 5'],
  );
  return infos.filter((info) => !info.publicOnly).length;
}
