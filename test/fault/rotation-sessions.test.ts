/**
 * Two services in sessions while their identities and recipient keys rotate: no message is lost, and no session refused. `npm run
 * test:fault` rotates more often.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { seal } from '../../src/envelope/index.ts';
import {
  connectReceiver,
  connectSender,
  FragmentReceiver,
  FragmentSender,
  type FragmentTransport,
  type SessionIdentity,
} from '../../src/fragment/session/index.ts';
import type { KemPublicKey } from '../../src/kem/index.ts';
import { type Keystore, openKeystore } from '../../src/keystore/index.ts';
import {
  createKeyring,
  createRotator,
  DirectoryFollower,
  directoryResolver,
  identityLinks,
  publishDirectory,
  type Rotator,
} from '../../src/rotation/index.ts';

const ROTATIONS = process.env['MWRASP_FAULT'] === 'full' ? 12 : 4;
const HOUR_MS = 3_600_000;
/** Sessions are renewed so often, and each rotation is given time for a renewal under the new identities. */
const RENEW_MS = 1000;
/** Long enough for a machine that is busy: what is tested is who may talk to whom. */
const TIMES = { ttlMs: 20_000, epochMs: 1000, heartbeatMs: 2000, renewMs: RENEW_MS };

/** Time that is ahead of the system's, for all that rotates. */
const clock = {
  aheadMs: 0,
  wallMs: () => Date.now() + clock.aheadMs,
  monotonicMs: () => performance.now() + clock.aheadMs,
};

/** A service: its keys, who rotates them, and the directory that it serves. */
class Service {
  readonly keystore: Keystore;
  readonly #rotator: Rotator;
  #sequence = 0;
  #directory: Uint8Array = new Uint8Array(0);
  /** Generations of the identity that signed handshakes. */
  readonly used = new Set<number>();

  private constructor(keystore: Keystore) {
    this.keystore = keystore;
    const keys = { identity: { algorithm: 'ML-DSA-87' }, inbox: { algorithm: 'ML-KEM-1024' } } as const;
    this.#rotator = createRotator({ keystore, keys, clock });
  }

  static async start(): Promise<Service> {
    const service = new Service(await openKeystore({ backend: 'memory' }));
    await service.turn();
    return service;
  }

  /** Rotates what is due, and publishes. */
  async turn(): Promise<void> {
    await this.#rotator.tick();
    this.#sequence++;
    this.#directory = await publishDirectory(this.keystore, {
      identity: 'identity',
      sequence: this.#sequence,
      links: await identityLinks(this.keystore, 'identity'),
      nowMs: clock.wallMs(),
    });
  }

  /** The identity of the next handshake. */
  async identity(): Promise<SessionIdentity> {
    const { ref } = await this.keystore.get('identity');
    this.used.add(ref.generation);
    return { signer: await this.keystore.signer(ref), generation: ref.generation };
  }

  /** What another service knows of this one: one key id, and where the directory is. */
  async follower(): Promise<DirectoryFollower> {
    const { keyId } = await this.keystore.get('identity');
    const follower = new DirectoryFollower({
      fetch: async () => this.#directory,
      pinned: { keyId, generation: 1 },
      clock,
    });
    await follower.refresh();
    return follower;
  }

  async stop(): Promise<void> {
    await this.#rotator.stop();
    await this.keystore.close();
  }
}

/** Two ends in one process. */
function transportPair(): [FragmentTransport, FragmentTransport] {
  const listeners: [Set<(message: Uint8Array) => void>, Set<(message: Uint8Array) => void>] = [
    new Set(),
    new Set(),
  ];
  const end = (own: 0 | 1): FragmentTransport =>
    ({
      send: async (message: Uint8Array) => {
        const copy = message.slice();
        setImmediate(() => {
          for (const listener of listeners[own === 0 ? 1 : 0]) listener(copy);
        });
      },
      onMessage: (listener: (message: Uint8Array) => void) => {
        listeners[own].add(listener);
        return () => void listeners[own].delete(listener);
      },
    }) as FragmentTransport;
  return [end(0), end(1)];
}

it(`two services talk over ${ROTATIONS} rotations of identities and recipient keys`, async () => {
  const [probe, analysis] = [await Service.start(), await Service.start()];
  const [ofProbe, ofAnalysis] = [await probe.follower(), await analysis.follower()];
  const receiver = await FragmentReceiver.create({
    identity: () => analysis.identity(),
    peer: directoryResolver(ofProbe, { clock }),
    ...TIMES,
  });
  const sender = await FragmentSender.create({
    identity: () => probe.identity(),
    peer: directoryResolver(ofAnalysis, { clock }),
    maxTtlMs: TIMES.ttlMs,
    minEpochMs: 5,
    maxHeartbeatMs: TIMES.heartbeatMs,
  });
  const [senderEnd, receiverEnd] = transportPair();
  const inbox = createKeyring({ keystore: analysis.keystore, name: 'inbox', clock });
  const opened: Promise<Uint8Array>[] = [];
  const receiving = connectReceiver(receiver, receiverEnd, ({ data }) => {
    opened.push(inbox.openEnvelope(data.slice(), { use: 'received' }));
  });
  const sending = connectSender(sender, senderEnd);

  let sent = 0;
  let isOver = false;
  const recipients = new Set<number>();
  const talk = async () => {
    while (!isOver) {
      // The recipient's key is the one of the directory that the sender has, which may be the one before.
      const recipient = ofAnalysis.current?.active('inbox');
      recipients.add(recipient?.ref.generation ?? 0);
      const message = new TextEncoder().encode(String(sent));
      await sending.send(await seal(recipient?.publicKey as KemPublicKey, message));
      sent++;
      await sleep(5);
    }
  };
  const talking = talk();
  while (opened.length < 3) await sleep(5);
  try {
    for (let i = 0; i < ROTATIONS; i++) {
      for (const hours of [22, 2]) {
        clock.aheadMs += hours * HOUR_MS;
        await Promise.all([probe.turn(), analysis.turn()]);
        // Peers look now and then; not always in time for what is new.
        if (hours === 22) await ofAnalysis.refresh();
      }
      // Handshakes under the new identities.
      const { established } = receiver.counters;
      while (receiver.counters.established < established + 2) await sleep(20);
      await ofAnalysis.refresh();
      // Nothing is under way for the 22 hours that pass next.
      const newest = sent + 2;
      while (opened.length < newest) await sleep(5);
      await Promise.all(opened);
    }
  } finally {
    isOver = true;
    await talking;
  }
  while (opened.length < sent) await sleep(5);
  const texts = (await Promise.all(opened)).map((bytes) => new TextDecoder().decode(bytes));
  expect(texts).toEqual(Array.from({ length: sent }, (_, i) => String(i)));
  for (const end of [receiver, sender]) {
    // Busy is whoever is asked again for an offer that is on its way; no session is refused by that.
    const { busy: _, ...refused } = end.counters.refused;
    expect(refused).toEqual({});
  }
  const all = Array.from({ length: ROTATIONS + 1 }, (_, i) => i + 1);
  expect([...analysis.used]).toEqual(all);
  expect([...probe.used]).toEqual(all);
  expect([...recipients]).toEqual(all);
  expect(ofProbe.current?.identity.generation).toBeGreaterThan(1);
  console.log(
    `${sent} messages over ${ROTATIONS} rotations and ${receiver.counters.established} sessions: none lost, none refused`,
  );
  await Promise.all([sending.close(), receiving.close()]);
  await Promise.all([probe.stop(), analysis.stop()]);
}, 600_000);
