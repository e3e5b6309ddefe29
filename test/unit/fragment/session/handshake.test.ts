/** Everything that somebody on the wire can do to a handshake, and what comes of it: nothing. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FragmentReceiver, FragmentSender } from '../../../../src/fragment/session/index.ts';
import { MESSAGE_BYTES } from '../../../../src/fragment/session/wire.ts';
import { sign } from '../../../../src/sign/index.ts';
import { rejectionOf, thrownBy } from '../../../support/errors.ts';
import {
  makePair,
  only,
  openPair,
  pause,
  receiverKey,
  seeded,
  senderKey,
  shakeHands,
  strangerKey,
} from './support.ts';

const data = Uint8Array.from({ length: 100 }, (_, i) => i);

/** Long enough for what a slow machine does between two steps. */
const PATIENT = { ttlMs: 2_000, epochMs: 500 };
const PATIENT_SENDER = { maxTtlMs: 2_000 };
const patientPair = () => makePair(PATIENT, PATIENT_SENDER);

function flip(message: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(message);
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a handshake', () => {
  it('gives both the same session, whose messages come out once', async () => {
    using pair = await openPair();
    const { receiver, sender, offer, accept, confirm, ack } = pair;
    expect([offer, accept, confirm, ack].map(({ length }) => length)).toEqual([
      MESSAGE_BYTES.offer,
      MESSAGE_BYTES.accept,
      MESSAGE_BYTES.confirm,
      MESSAGE_BYTES.ack,
    ]);
    expect(sender.isReady).toBe(true);
    expect(receiver.sessionId).toEqual(sender.sessionId);
    expect(receiver.peer).toEqual({ keyId: senderKey.publicKey.keyId, generation: 1 });
    expect(sender.peer).toEqual({ keyId: receiverKey.publicKey.keyId, generation: 1 });
    expect(sender.policy).toEqual(receiver.policy);
    const fragments = sender.seal(data, { threshold: 2, total: 4, secrecy: 'threshold' });
    const kinds = fragments.map((fragment) => receiver.open(fragment).kind);
    expect(kinds).toEqual(['pending', 'message', 'duplicate', 'duplicate']);
    expect(receiver.openMany(fragments)).toEqual([]);
    expect(receiver.openMany(sender.sealMany([data, data]).flat())).toEqual([data, data]);
  });

  it('opens the messages of a batch, however many, once and in their order', async () => {
    using pair = await openPair({ ...PATIENT, maxMessageBytes: 1000 }, PATIENT_SENDER);
    const { receiver, sender } = pair;
    const messages = Array.from({ length: 50 }, (_, i) => new Uint8Array((i * 37) % 120).fill(i));
    const batches = sender.sealBatch(messages, { threshold: 2, total: 3 });
    expect(batches.length).toBeGreaterThan(2);
    expect(batches.length).toBeLessThan(10);
    expect(batches.map(({ length }) => length)).toEqual(batches.map(() => 3));
    const [first] = batches as [Uint8Array[]];
    expect(receiver.open(first[2] as Uint8Array)).toMatchObject({ kind: 'pending', have: 1, need: 2 });
    const opened = receiver.open(first[0] as Uint8Array);
    expect(opened).toMatchObject({ kind: 'batch', header: { content: 'batch' } });
    const taken = opened.kind === 'batch' ? [...opened.messages] : [];
    taken.push(...receiver.openMany(batches.flat()));
    expect(taken.map((one) => Uint8Array.from(one))).toEqual(messages);
    expect(sender.sealBatch([])).toEqual([]);
    // Four bytes are its length's.
    expect(sender.sealBatch([new Uint8Array(996)])).toHaveLength(1);
    expect(thrownBy(() => sender.sealBatch([data, new Uint8Array(997)]))).toMatchObject({
      code: 'ERR_INPUT_LENGTH',
      argument: 'messages[1]',
    });
  });

  it('opens only with the context that was sealed with', async () => {
    const context = Uint8Array.of(1, 2, 3);
    using pair = await openPair({ context });
    const { receiver, sender } = pair;
    expect(receiver.openMany(sender.seal(data))).toEqual([]);
    expect(receiver.openMany(sender.seal(data, { context }))).toEqual([data]);
  });

  it('has the sender seal nothing before it is confirmed', async () => {
    using pair = await patientPair();
    const { receiver, sender } = pair;
    const refusal = () => thrownBy(() => sender.seal(data));
    expect(refusal()).toMatchObject({ code: 'ERR_INPUT_STATE' });
    const accept = only(await sender.receive(only(await receiver.due())));
    expect(refusal()).toMatchObject({ code: 'ERR_INPUT_STATE' });
    const confirm = only(await receiver.receive(accept));
    expect(refusal()).toMatchObject({ code: 'ERR_INPUT_STATE' });
    const ready = sender.ready();
    await sender.receive(confirm);
    await ready;
    expect(receiver.openMany(sender.seal(data))).toEqual([data]);
  });

  it('takes a key from a directory, and a rotated identity at the next handshake', async () => {
    let generation = 4;
    const asked: unknown[] = [];
    const pair = await makePair(
      {
        peer: async (keyId, theirs) => {
          asked.push([keyId, theirs]);
          return senderKey.publicKey;
        },
        identity: () => ({ signer: receiverKey, generation }),
        ...PATIENT,
      },
      { identity: { signer: senderKey, generation: 9 }, ...PATIENT_SENDER },
    );
    using _ = pair;
    await shakeHands(pair);
    expect(asked).toEqual([[senderKey.publicKey.keyId, 9]]);
    expect([pair.sender.peer?.generation, pair.receiver.peer?.generation]).toEqual([4, 9]);
    generation = 5;
    using next = await makePair({ identity: () => ({ signer: receiverKey, generation }) });
    await shakeHands(next);
    expect(next.sender.peer?.generation).toBe(5);
  });

  it('goes on when its messages are lost and sent again', async () => {
    using pair = await patientPair();
    const { receiver, sender } = pair;
    const offer = only(await receiver.due());
    const accept = only(await sender.receive(offer));
    // The same offer has the same answer; the same answer another confirmation of the same session.
    expect(only(await sender.receive(offer))).toEqual(accept);
    await receiver.receive(accept);
    const confirm = only(await receiver.receive(accept));
    const ack = only(await sender.receive(confirm));
    await receiver.receive(ack);
    expect(receiver.counters).toMatchObject({ established: 1, refused: {} });
    await receiver.receive(accept);
    await receiver.receive(ack);
    expect(await sender.receive(confirm)).toEqual([]);
    expect(receiver.counters.refused).toEqual({ replayed: 2 });
    expect(sender.counters.refused).toEqual({ replayed: 1 });
  });

  it('has the answer sent again while no confirmation comes, and given up after that', async () => {
    using pair = await makePair({ ttlMs: 600 }, { maxTtlMs: 600 });
    const { receiver, sender } = pair;
    const accept = only(await sender.receive(only(await receiver.due())));
    await pause(210);
    expect(await sender.due()).toEqual([accept]);
    await pause(400);
    expect(await sender.due()).toHaveLength(1);
    const confirm = await receiver.receive(accept);
    expect(confirm).toEqual([]);
    expect(receiver.counters.refused).toEqual({ unknown: 1 });
  });
});

describe('an offer', () => {
  it('of another identity is refused', async () => {
    using pair = await makePair({ identity: { signer: strangerKey } });
    expect(await pair.sender.receive(only(await pair.receiver.due()))).toEqual([]);
    expect(pair.sender.counters).toMatchObject({ handshakes: 0, refused: { peer: 1 } });
  });

  it('that is signed by another key than it names is refused', async () => {
    const forger = {
      publicKey: receiverKey.publicKey,
      sign: (m: Uint8Array, o: object) => sign(strangerKey, m, o),
    };
    using pair = await makePair({ identity: { signer: forger } });
    expect(await pair.sender.receive(only(await pair.receiver.due()))).toEqual([]);
    expect(pair.sender.counters.refused).toEqual({ signature: 1 });
  });

  it('that is signed for another purpose is refused', async () => {
    const context = new TextEncoder().encode('tf1/accept');
    const confused = {
      publicKey: receiverKey.publicKey,
      sign: (m: Uint8Array) => sign(receiverKey, m, { context }),
    };
    using pair = await makePair({ identity: { signer: confused } });
    expect(await pair.sender.receive(only(await pair.receiver.due()))).toEqual([]);
    expect(pair.sender.counters.refused).toEqual({ signature: 1 });
  });

  it('of another generation than the pinned one is refused', async () => {
    const peer = { publicKey: receiverKey.publicKey, generation: 2 };
    using pair = await makePair({}, { peer });
    expect(await pair.sender.receive(only(await pair.receiver.due()))).toEqual([]);
    expect(pair.sender.counters.refused).toEqual({ peer: 1 });
  });

  it('of a directory that gives another key is refused', async () => {
    using pair = await makePair({ identity: { signer: strangerKey } }, { peer: () => receiverKey.publicKey });
    expect(await pair.sender.receive(only(await pair.receiver.due()))).toEqual([]);
    expect(pair.sender.counters.refused).toEqual({ peer: 1 });
  });

  it('for another sender is refused, before anything is verified', async () => {
    using pair = await makePair({ peer: strangerKey.publicKey });
    expect(await pair.sender.receive(only(await pair.receiver.due()))).toEqual([]);
    expect(pair.sender.counters.refused).toEqual({ unknown: 1 });
  });

  it.each([
    ['a longer time to live', { ttlMs: 101 }, {}],
    ['a shorter epoch', { epochMs: 10 }, { minEpochMs: 11 }],
    ['rarer heartbeats', { heartbeatMs: 1_001 }, {}],
  ])('with %s than the sender agrees to is refused', async (_, offered, agreed) => {
    using pair = await makePair(offered, agreed);
    expect(await pair.sender.receive(only(await pair.receiver.due()))).toEqual([]);
    expect(pair.sender.counters.refused).toEqual({ policy: 1 });
  });

  it('is refused with any bit turned, whatever the bit', async () => {
    using pair = await patientPair();
    const { receiver, sender } = pair;
    const offer = only(await receiver.due());
    const random = seeded(1);
    const bits = [...Array(1711).keys()].map((at) => at * 8 + Math.floor(random() * 8));
    for (let i = 0; i < 300; i++) bits.push(Math.floor((1711 + random() * 4627) * 8));
    for (const bit of bits) expect(await sender.receive(flip(offer, bit)), `bit ${bit}`).toEqual([]);
    const { refused, handshakes } = sender.counters;
    expect(handshakes).toBe(0);
    expect(Object.keys(refused).sort()).toEqual(
      ['malformed', 'peer', 'signature', 'unexpected', 'unknown', 'version'].filter(
        (name) => name in refused,
      ),
    );
    expect(Object.values(refused).reduce((sum, n) => sum + n, 0)).toBe(bits.length);
    expect(refused.version).toBeGreaterThan(0);
  });

  it('is refused when it is cut off anywhere, or longer', async () => {
    using pair = await patientPair();
    const { receiver, sender } = pair;
    const offer = only(await receiver.due());
    for (let length = 0; length < offer.length; length++) {
      expect(await sender.receive(offer.subarray(0, length))).toEqual([]);
    }
    expect(await sender.receive(Uint8Array.of(...offer, 0))).toEqual([]);
    expect(sender.counters.refused).toEqual({ malformed: offer.length + 1 });
  });

  it('of another version or suite is no way down', async () => {
    using pair = await patientPair();
    const { receiver, sender } = pair;
    const offer = only(await receiver.due());
    for (const [at, value] of [
      [3, 0],
      [3, 2],
      [5, 0],
      [5, 2],
    ] as const) {
      const changed = Uint8Array.from(offer);
      changed[at] = value;
      expect(await sender.receive(changed)).toEqual([]);
    }
    expect(sender.counters).toMatchObject({ handshakes: 0, refused: { version: 4 } });
  });

  it('that comes back to its maker is refused', async () => {
    using pair = await patientPair();
    const { receiver } = pair;
    const offer = only(await receiver.due());
    expect(await receiver.receive(offer)).toEqual([]);
    expect(receiver.counters.refused).toEqual({ unexpected: 1 });
    // Not by a sender of the same identity either, whatever its directory says.
    using own = await FragmentSender.create({
      identity: { signer: receiverKey },
      peer: () => receiverKey.publicKey,
      ...PATIENT_SENDER,
    });
    using toAnybody = await FragmentReceiver.create({
      identity: { signer: receiverKey },
      peer: () => senderKey.publicKey,
      ...PATIENT,
    });
    expect(await own.receive(only(await toAnybody.due()))).toEqual([]);
    expect(own.counters.refused).toEqual({ peer: 1 });
  });

  it('serves once: neither a second answer nor a late one is taken', async () => {
    using pair = await patientPair();
    const { receiver, sender } = pair;
    const offer = only(await receiver.due());
    using twin = await FragmentSender.create({
      identity: { signer: senderKey },
      peer: receiverKey.publicKey,
      ...PATIENT_SENDER,
    });
    const [first, second] = [only(await sender.receive(offer)), only(await twin.receive(offer))];
    expect(await receiver.receive(first)).toHaveLength(1);
    expect(await receiver.receive(second)).toEqual([]);
    expect(receiver.counters.refused).toEqual({ unknown: 1 });
  });

  it('dies with its time', async () => {
    using pair = await makePair({ ttlMs: 20 });
    const { receiver, sender } = pair;
    const accept = only(await sender.receive(only(await receiver.due())));
    await pause(25);
    expect(await receiver.receive(accept)).toEqual([]);
    expect(receiver.counters.refused).toEqual({ unknown: 1 });
    expect(receiver.sessionId).toBeUndefined();
  });

  it('that is replayed is not answered again, and harms no session', async () => {
    using pair = await openPair();
    const { receiver, sender, offer } = pair;
    expect(await sender.receive(offer)).toEqual([]);
    expect(sender.counters.refused).toEqual({ replayed: 1 });
    expect(receiver.openMany(sender.seal(data))).toEqual([data]);
  });

  it('that was recorded long ago leads a fresh sender to nothing', async () => {
    using pair = await openPair();
    using fresh = await FragmentSender.create({
      identity: { signer: senderKey },
      peer: receiverKey.publicKey,
    });
    const accept = only(await fresh.receive(pair.offer));
    expect(await pair.receiver.receive(accept)).toEqual([]);
    // Nor does the confirmation of the other session serve.
    expect(await fresh.receive(pair.confirm)).toEqual([]);
    expect(fresh.isReady).toBe(false);
  });
});

describe('an answer', () => {
  it('of another identity is refused, and leaves the offer open', async () => {
    using pair = await patientPair();
    const { receiver, sender } = pair;
    const offer = only(await receiver.due());
    // Somebody whom the offer does not name, who answers it all the same.
    const posing = {
      publicKey: senderKey.publicKey,
      sign: (m: Uint8Array, o: object) => sign(strangerKey, m, o),
    };
    using poser = await FragmentSender.create({
      identity: { signer: posing },
      peer: receiverKey.publicKey,
      ...PATIENT_SENDER,
    });
    expect(await receiver.receive(only(await poser.receive(offer)))).toEqual([]);
    expect(receiver.counters.refused).toEqual({ signature: 1 });
    expect(await receiver.receive(only(await sender.receive(offer)))).toHaveLength(1);
  });

  it('is refused with any bit turned, whatever the bit, and leaves the offer open', async () => {
    using pair = await patientPair();
    const { receiver, sender } = pair;
    const accept = only(await sender.receive(only(await receiver.due())));
    const random = seeded(2);
    const bits: number[] = [];
    for (let i = 0; i < 400; i++) bits.push(Math.floor(random() * (accept.length - 32) * 8));
    for (const bit of bits) expect(await receiver.receive(flip(accept, bit)), `bit ${bit}`).toEqual([]);
    expect(receiver.sessionId).toBeUndefined();
    expect(await receiver.receive(accept)).toHaveLength(1);
  });

  it('whose sender has not the same key is refused, and uses the offer up', async () => {
    using pair = await patientPair();
    const { receiver, sender } = pair;
    const accept = only(await sender.receive(only(await receiver.due())));
    // The signature is right, and the MAC is not.
    expect(await receiver.receive(flip(accept, (accept.length - 1) * 8))).toEqual([]);
    expect(receiver.counters.refused).toEqual({ forged: 1 });
    expect(await receiver.receive(accept)).toEqual([]);
    expect(receiver.sessionId).toBeUndefined();
  });

  it('is refused when it is cut off anywhere, or longer', async () => {
    using pair = await patientPair();
    const { receiver, sender } = pair;
    const accept = only(await sender.receive(only(await receiver.due())));
    for (let length = 0; length < accept.length; length++) await receiver.receive(accept.subarray(0, length));
    await receiver.receive(Uint8Array.of(...accept, 0));
    expect(receiver.counters.refused).toEqual({ malformed: accept.length + 1 });
  });

  it('to another offer of the same receiver is refused', async () => {
    using one = await patientPair();
    using other = await patientPair();
    const accept = only(await one.sender.receive(only(await one.receiver.due())));
    await other.receiver.due();
    expect(await other.receiver.receive(accept)).toEqual([]);
    // Also when it is made to name the other's offer.
    const renamed = Uint8Array.from(accept);
    const offer = only(await (await makePair(PATIENT, PATIENT_SENDER)).receiver.due());
    renamed.set(offer.subarray(6, 22), 6);
    expect(await other.receiver.receive(renamed)).toEqual([]);
    expect(other.receiver.counters.refused).toEqual({ unknown: 2 });
  });

  it('that came back to its maker is refused', async () => {
    using pair = await patientPair();
    const accept = only(await pair.sender.receive(only(await pair.receiver.due())));
    expect(await pair.sender.receive(accept)).toEqual([]);
    expect(pair.sender.counters.refused).toEqual({ unexpected: 1 });
  });
});

describe('an unknown key share', () => {
  it('is none: what was answered to one is nothing to another', async () => {
    // The stranger is a peer of both, and passes the receiver's offer off as his own.
    using receiver = await FragmentReceiver.create({
      identity: { signer: receiverKey },
      peer: () => senderKey.publicKey,
      ...PATIENT,
    });
    using sender = await FragmentSender.create({
      identity: { signer: senderKey },
      peer: (keyId) =>
        [receiverKey, strangerKey].map((key) => key.publicKey).find((key) => key.keyId === keyId),
      ...PATIENT_SENDER,
    });
    const offer = only(await receiver.due());
    const stolen = Uint8Array.from(offer);
    stolen.set(strangerKey.publicKey.thumbprint(), 54);
    const { offerHash } = await import('../../../../src/fragment/session/schedule.ts');
    const context = new TextEncoder().encode('tf1/offer');
    stolen.set(sign(strangerKey, offerHash(stolen.subarray(0, 1711)), { context }), 1711);
    // The sender believes that it talks to the stranger, and says so in what it signs.
    const accept = only(await sender.receive(stolen));
    expect(await receiver.receive(accept)).toEqual([]);
    expect(receiver.counters.refused).toEqual({ signature: 1 });
    expect(receiver.sessionId).toBeUndefined();
  });
});

describe('a confirmation', () => {
  it('is refused with any bit turned, cut off, or of another session', async () => {
    using pair = await patientPair();
    using other = await patientPair();
    const confirmOf = async ({ receiver, sender }: typeof pair) =>
      only(await receiver.receive(only(await sender.receive(only(await receiver.due())))));
    const [confirm, foreign] = [await confirmOf(pair), await confirmOf(other)];
    const { sender } = pair;
    for (let bit = 0; bit < confirm.length * 8; bit++)
      expect(await sender.receive(flip(confirm, bit))).toEqual([]);
    for (let length = 0; length < confirm.length; length++) {
      expect(await sender.receive(confirm.subarray(0, length))).toEqual([]);
    }
    expect(await sender.receive(foreign)).toEqual([]);
    expect(sender.isReady).toBe(false);
    expect(await sender.receive(confirm)).toHaveLength(1);
    expect(sender.isReady).toBe(true);
  });

  it('does not come in the place of a heartbeat, nor the other way round', async () => {
    using pair = await openPair({ heartbeatMs: 50 });
    const { receiver, sender } = pair;
    await pause(60);
    const [heartbeat] = await receiver.due();
    const asConfirm = Uint8Array.from(heartbeat as Uint8Array);
    asConfirm[4] = 3;
    expect(await sender.receive(asConfirm)).toEqual([]);
    expect(sender.counters.refused).toEqual({ replayed: 1 });
    const asHeartbeat = Uint8Array.from(pair.confirm);
    asHeartbeat[4] = 4;
    expect(await sender.receive(asHeartbeat)).toEqual([]);
    expect(sender.counters.refused).toEqual({ replayed: 1, forged: 1 });
  });

  it('that comes too late finds nothing', async () => {
    using pair = await makePair({ ttlMs: 300 }, { maxTtlMs: 300 });
    const { receiver, sender } = pair;
    const confirm = only(await receiver.receive(only(await sender.receive(only(await receiver.due())))));
    await pause(310);
    expect(await sender.receive(confirm)).toEqual([]);
    expect(sender.isReady).toBe(false);
  });
});

describe('trouble with an identity or a directory', () => {
  it.each([
    [
      'a signer that fails',
      { signer: { publicKey: receiverKey.publicKey, sign: () => Promise.reject(new Error('no token')) } },
    ],
    [
      'a signer that gives something else',
      { signer: { publicKey: receiverKey.publicKey, sign: () => new Uint8Array(10) } },
    ],
  ])('%s is told and tried again', async (_, identity) => {
    using pair = await makePair({ identity });
    expect(await pair.receiver.due()).toEqual([]);
    expect(pair.receiver.counters.refused).toEqual({ failed: 1 });
    expect(pair.receiver.nextDueMs).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  it('a directory that fails is told', async () => {
    using pair = await makePair({}, { peer: () => Promise.reject(new Error('no directory')) });
    expect(await pair.sender.receive(only(await pair.receiver.due()))).toEqual([]);
    expect(pair.sender.counters.refused).toEqual({ failed: 1 });
  });

  it('a closed end does and takes nothing', async () => {
    const pair = await openPair();
    pair.sender.close();
    expect(thrownBy(() => pair.sender.seal(data))).toMatchObject({ code: 'ERR_INPUT_DISPOSED' });
    expect(await rejectionOf(() => pair.sender.ready())).toMatchObject({ code: 'ERR_INPUT_DISPOSED' });
    expect(await pair.sender.due()).toEqual([]);
    pair.receiver.close();
    expect(await pair.receiver.receive(pair.accept)).toEqual([]);
    expect(pair.receiver.nextDueMs).toBe(Number.POSITIVE_INFINITY);
  });
});
