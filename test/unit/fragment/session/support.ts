/**
 * Two ends of a session, and a network between them that does what a test wants.
 *
 * @module
 */
import {
  FragmentReceiver,
  type FragmentReceiverOptions,
  FragmentSender,
  type FragmentSenderOptions,
  type FragmentTransport,
  type Outgoing,
} from '../../../../src/fragment/session/index.ts';
import { generateSignKey, type SignPrivateKey } from '../../../../src/sign/index.ts';

/** Keys are made once: every test has the same services. */
export const receiverKey: SignPrivateKey = generateSignKey();
export const senderKey: SignPrivateKey = generateSignKey();
export const strangerKey: SignPrivateKey = generateSignKey();

export interface Pair extends Disposable {
  readonly receiver: FragmentReceiver;
  readonly sender: FragmentSender;
}

/** A receiver and a sender that know each other. */
export async function makePair(
  receiverOptions: Partial<FragmentReceiverOptions> = {},
  senderOptions: Partial<FragmentSenderOptions> = {},
): Promise<Pair> {
  const receiver = await FragmentReceiver.create({
    identity: { signer: receiverKey },
    peer: senderKey.publicKey,
    ...receiverOptions,
  });
  const sender = await FragmentSender.create({
    identity: { signer: senderKey },
    peer: receiverKey.publicKey,
    ...senderOptions,
  });
  return {
    receiver,
    sender,
    [Symbol.dispose]() {
      receiver.close();
      sender.close();
    },
  };
}

/** The one message that there must be. */
export function only(out: Outgoing): Uint8Array {
  const [message, ...more] = out;
  if (message === undefined || more.length > 0) throw new Error(`expected one message, got ${out.length}`);
  return message;
}

/** The messages of a handshake. */
export interface Transcript {
  readonly offer: Uint8Array;
  readonly accept: Uint8Array;
  readonly confirm: Uint8Array;
  readonly ack: Uint8Array;
}

/** A handshake from end to end. */
export async function shakeHands({
  receiver,
  sender,
}: Pick<Pair, 'receiver' | 'sender'>): Promise<Transcript> {
  const offer = only(await receiver.due());
  const accept = only(await sender.receive(offer));
  const confirm = only(await receiver.receive(accept));
  const ack = only(await sender.receive(confirm));
  await receiver.receive(ack);
  return { offer, accept, confirm, ack };
}

/** A session that is confirmed. */
export async function openPair(
  receiverOptions: Partial<FragmentReceiverOptions> = {},
  senderOptions: Partial<FragmentSenderOptions> = {},
): Promise<Pair & Transcript> {
  const pair = await makePair(receiverOptions, senderOptions);
  return { ...(await shakeHands(pair)), ...pair, [Symbol.dispose]: () => pair[Symbol.dispose]() };
}

/** Carries messages to and fro until both have nothing to say. */
export async function converse({ receiver, sender }: Pick<Pair, 'receiver' | 'sender'>): Promise<void> {
  let toSender: Outgoing = await receiver.due();
  let toReceiver: Outgoing = await sender.due();
  while (toSender.length + toReceiver.length > 0) {
    const [forSender, forReceiver] = [toSender, toReceiver];
    toSender = [];
    toReceiver = [];
    for (const message of forSender) toReceiver = [...toReceiver, ...(await sender.receive(message))];
    for (const message of forReceiver) toSender = [...toSender, ...(await receiver.receive(message))];
  }
}

/** Waits until something holds; a test that waits in vain ends by its time limit. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Waits. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Numbers from 0 to 1 that are the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What a network does to each message. */
export interface Faults {
  readonly loss?: number;
  readonly duplication?: number;
  readonly corruption?: number;
  /** Longest delay, milliseconds; messages overtake each other. */
  readonly delayMs?: number;
}

/** Two ends of a network with faults. */
export function network(faults: Faults, random: () => number): [FragmentTransport, FragmentTransport] {
  const listeners: [Set<(m: Uint8Array) => void>, Set<(m: Uint8Array) => void>] = [new Set(), new Set()];
  const end = (from: 0 | 1): FragmentTransport => ({
    send(message) {
      if (random() < (faults.loss ?? 0)) return;
      const times = random() < (faults.duplication ?? 0) ? 2 : 1;
      for (let i = 0; i < times; i++) {
        const copy = Uint8Array.from(message);
        if (random() < (faults.corruption ?? 0)) {
          const at = Math.floor(random() * copy.length);
          copy[at] = (copy[at] as number) ^ (1 + Math.floor(random() * 255));
        }
        const deliver = () => {
          for (const listener of listeners[1 - from] as Set<(m: Uint8Array) => void>) listener(copy);
        };
        if (faults.delayMs === undefined) queueMicrotask(deliver);
        else setTimeout(deliver, random() * faults.delayMs);
      }
    },
    onMessage(listener) {
      listeners[from].add(listener);
      return () => void listeners[from].delete(listener);
    },
    async close() {
      listeners[from].clear();
    },
  });
  return [end(0), end(1)];
}
