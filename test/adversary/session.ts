/**
 * A sender, a receiver and Redis, each a process of its own. Everything that goes through Redis is recorded by a subscriber to
 * all channels, and what Redis keeps is looked at in the end.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { createClient } from 'redis';
import { startRedis } from '../support/redis-server.ts';
import type { Handshake } from './kernel.ts';
import { endProcess, Recorder, type Scenario, startActor } from './scenario.ts';

// docs/formats.md, "Messages of a session".
const SUFFIX = { offer: 4627, accept: 4627 + 32 };
const KEY_AT = 143;
const KEY_BYTES = 1568;

const sha3 = (...parts: readonly (Uint8Array | string)[]) => {
  const hash = createHash('sha3-512');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** The handshake of the session that a fragment belongs to: its id is the start of the transcript. */
function handshakeOf(
  offers: readonly Uint8Array[],
  accepts: readonly Uint8Array[],
  sessionId: Uint8Array,
): Handshake | undefined {
  for (const offer of offers) {
    const offerHash = sha3('mwrasp-crypto/tf1/offer', offer.subarray(0, -SUFFIX.offer));
    for (const accept of accepts) {
      const transcript = sha3('mwrasp-crypto/tf1/transcript', offerHash, accept.subarray(0, -SUFFIX.accept));
      if (!transcript.subarray(0, 16).equals(sessionId)) continue;
      const encapsulationKey = offer.slice(KEY_AT, KEY_AT + KEY_BYTES);
      const keyHash = createHash('sha3-256').update(encapsulationKey).digest();
      return { transcript, encapsulationKey, keyHash };
    }
  }
  return undefined;
}

/** Two services and Redis between them. */
export const sessionScenario: Scenario = async (node, { epochMs, ttlMs }, folder) => {
  const redis = await startRedis();
  const tap = createClient({ url: redis.url });
  await tap.connect();
  const recorder = new Recorder();
  const offers: Uint8Array[] = [];
  const accepts: Uint8Array[] = [];
  /** Numbers and fragments come on two ways, and either may be first. */
  const numbers = new Map<string, number>();
  const early = new Map<string, Uint8Array>();
  const pair = (nonce: string) => {
    const [number, fragment] = [numbers.get(nonce), early.get(nonce)];
    if (number === undefined || fragment === undefined) return;
    early.delete(nonce);
    recorder.add(number, fragment);
  };
  await tap.pSubscribe(
    '*',
    (bytes: Buffer) => {
      const message = Uint8Array.from(bytes);
      const kind = String.fromCharCode(message[2] as number);
      if (kind === 'F') {
        const nonce = bytes.subarray(73, 85).toString('hex');
        early.set(nonce, message);
        pair(nonce);
      } else if (kind === 'T' && message[4] === 1) offers.push(message);
      else if (kind === 'T' && message[4] === 2) accepts.push(message);
    },
    true,
  );
  const received = { count: 0 };
  const args = [epochMs, ttlMs, redis.url];
  const receiver = startActor(node, folder, 'receiver', args, ({ isRight }) => {
    if (isRight !== true) throw new Error('a message came out wrong');
    received.count += 1;
  });
  const sender = startActor(node, folder, 'sender', args, ({ number, nonce }) => {
    numbers.set(nonce as string, number as number);
    pair(nonce as string);
  });
  return {
    watched: [
      { name: 'receiver', pid: receiver.pid },
      { name: 'sender', pid: sender.pid },
    ],
    recorded: recorder.recorded,
    handshake: () => {
      const [first] = recorder.recorded;
      if (first === undefined || received.count === 0) throw new Error('the receiver opened nothing');
      return handshakeOf(offers, accepts, first.fragment.subarray(17, 33));
    },
    next: () => recorder.next(),
    async end() {
      await Promise.all([endProcess(receiver), endProcess(sender)]);
      const keeper = await tap.duplicate().connect();
      const keys = await keeper.keys('*');
      keeper.destroy();
      tap.destroy();
      await redis.stop();
      if (keys.length > 0) throw new Error(`Redis keeps ${keys.join(', ')}`);
    },
  };
};
