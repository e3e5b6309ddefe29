/**
 * Sessions: `npm run bench:sessions`, about two minutes; `-- --rounds 5` is quicker.
 *
 * - The handshake, from offer to ack, beside what it cannot do without: two signatures, two verifications and one round of the KEM
 *   (key generation, encapsulation, decapsulation with fresh keys), in turns. Ratios are medians of the rounds.
 * - Memory and processor time of a process with many open sessions, as their receiver; their senders are in another one, with
 *   heartbeats between both.
 *
 * @module
 */
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  connectReceiver,
  connectSender,
  FragmentReceiver,
  FragmentSender,
  type FragmentTransport,
} from '@mwrasp/crypto/fragment/session';
import { decapsulate, encapsulate, generateKemKey, KemPublicKey } from '@mwrasp/crypto/kem';
import { generateSignKey, SignPrivateKey, sign, verify } from '@mwrasp/crypto/sign';

const MIB = 2 ** 20;
const PER_SLICE = 40;
/** For what the opening left to be collected. */
const SETTLE_MS = 3_000;
/** How long many sessions are watched. */
const WATCH_MS = 5_000;
/** For processes of very many sessions: by default V8 lets the young generation grow to 50 MiB when what it finds there lives. */
const SMALL_YOUNG = '--max-semi-space-size=2';
/** Handshakes that run at once while many sessions are opened. */
const AT_ONCE = 4;

/** For keys that two processes know. */
const SEEDS = { receiver: new Uint8Array(32).fill(1), sender: new Uint8Array(32).fill(2) };

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    sessions: { type: 'string' },
    senders: { type: 'boolean', default: false },
    epoch: { type: 'string', default: '25' },
    ttl: { type: 'string', default: '100' },
  },
});

const receiverKey = generateSignKey();
const senderKey = generateSignKey();
const context = new TextEncoder().encode('bench');

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

/** What a handshake cannot do without, on messages of the length that a handshake signs. */
function parts(): void {
  const digest = crypto.getRandomValues(new Uint8Array(64));
  const offered = sign(receiverKey, digest, { context });
  using kemKey = generateKemKey();
  const ok = verify(receiverKey.publicKey, digest, offered, { context });
  const { ciphertext, sharedSecret } = encapsulate(KemPublicKey.fromBytes(kemKey.publicKey.toBytes()));
  const accepted = sign(senderKey, digest, { context });
  if (!ok || !verify(senderKey.publicKey, digest, accepted, { context }))
    throw new Error('a signature is wrong');
  decapsulate(kemKey, ciphertext).dispose();
  sharedSecret.dispose();
}

const first = (out: readonly Uint8Array[]): Uint8Array => {
  if (out[0] === undefined) throw new Error('the handshake stopped');
  return out[0];
};

async function handshake(receiver: FragmentReceiver, sender: FragmentSender): Promise<void> {
  const offer = first(await receiver.due());
  const confirm = first(await receiver.receive(first(await sender.receive(offer))));
  await receiver.receive(first(await sender.receive(confirm)));
}

async function makeEnds(epochMs = 25, ttlMs = 100): Promise<[FragmentReceiver, FragmentSender]> {
  const receiver = await FragmentReceiver.create({
    identity: { signer: receiverKey },
    peer: senderKey.publicKey,
    epochMs,
    ttlMs,
  });
  const sender = await FragmentSender.create({
    identity: { signer: senderKey },
    peer: receiverKey.publicKey,
    maxTtlMs: ttlMs,
  });
  return [receiver, sender];
}

async function benchHandshake(rounds: number): Promise<void> {
  const ratios: number[] = [];
  const [whole, needed]: [number[], number[]] = [[], []];
  for (let round = -2; round < rounds; round++) {
    const ends: [FragmentReceiver, FragmentSender][] = [];
    for (let i = 0; i < PER_SLICE; i++) ends.push(await makeEnds());
    let [handshakes, bare] = [0, 0];
    for (const [receiver, sender] of ends) {
      const a = performance.now();
      parts();
      const b = performance.now();
      await handshake(receiver, sender);
      const c = performance.now();
      bare += b - a;
      handshakes += c - b;
    }
    for (const [receiver, sender] of ends) {
      receiver.close();
      sender.close();
    }
    if (round < 0) continue;
    whole.push((1000 * handshakes) / PER_SLICE);
    needed.push((1000 * bare) / PER_SLICE);
    ratios.push(handshakes / bare);
  }
  console.log(`handshake, offer to ack          ${median(whole).toFixed(0)} µs`);
  console.log(`2 signatures, 2 verifications, 1 KEM round  ${median(needed).toFixed(0)} µs`);
  console.log(`ratio                            ${median(ratios).toFixed(2)} (at most 1.15 is wanted)`);
}

/** What goes between the two processes: number of a session and message, in turn, as many as there are at a time. */
type Parcel = readonly (number | Uint8Array)[];

/** A way to the other process, or to whoever started this one. */
interface Port {
  send(parcel: Parcel): void;
  onParcel(listener: (parcel: Parcel) => void): void;
}

/** Transports of any number of sessions over one port: what is sent in one turn goes together. */
class Transports {
  readonly #port: Port;
  readonly #listeners = new Map<number, (message: Uint8Array) => void>();
  #parcel: (number | Uint8Array)[] = [];

  /** @param begin - Called for a session that nobody listens for, before its message is taken. */
  constructor(port: Port, begin?: (session: number) => void) {
    this.#port = port;
    port.onParcel((parcel) => {
      for (let i = 0; i < parcel.length; i += 2) {
        const session = parcel[i] as number;
        if (!this.#listeners.has(session)) begin?.(session);
        this.#listeners.get(session)?.(parcel[i + 1] as Uint8Array);
      }
    });
  }

  of(session: number): FragmentTransport {
    return {
      send: (message) => {
        if (this.#parcel.length === 0) setImmediate(() => this.#port.send(this.#parcel.splice(0)));
        this.#parcel.push(session, message);
      },
      onMessage: (listener) => {
        this.#listeners.set(session, listener);
        return () => void this.#listeners.delete(session);
      },
      close: async () => void this.#listeners.delete(session),
    };
  }
}

/** The other ends: senders that seal one message each, made when an offer comes. They end with the process that started them. */
async function serveSenders(maxTtlMs: number): Promise<void> {
  const identity = { signer: SignPrivateKey.fromSeed(SEEDS.sender) };
  const peer = SignPrivateKey.fromSeed(SEEDS.receiver).publicKey;
  const spare: FragmentSender[] = [];
  const makeSpare = async () => {
    while (spare.length < 4 * AT_ONCE) spare.push(await FragmentSender.create({ identity, peer, maxTtlMs }));
  };
  await makeSpare();
  const port: Port = {
    send: (parcel) => void process.send?.(parcel),
    onParcel: (listener) => process.on('message', (message) => void listener(message as Parcel)),
  };
  const transports: Transports = new Transports(port, (session) => {
    const sender = spare.pop();
    if (sender === undefined) return;
    void connectSender(sender, transports.of(session)).send(context);
    void makeSpare();
  });
  process.send?.([]);
}

/** Receivers in this process, their senders in another. */
async function watchMany(count: number, epochMs: number, ttlMs: number): Promise<void> {
  const self = fileURLToPath(import.meta.url);
  const child = fork(self, ['--senders', '--ttl', String(ttlMs)], {
    serialization: 'advanced',
  });
  const transports = new Transports({
    send: (parcel) => void child.send(parcel),
    onParcel: (listener) => child.on('message', (message) => void listener(message as Parcel)),
  });
  await once(child, 'message');
  const identity = { signer: SignPrivateKey.fromSeed(SEEDS.receiver) };
  const peer = SignPrivateKey.fromSeed(SEEDS.sender).publicKey;
  const receivers: FragmentReceiver[] = [];
  let begun = 0;
  let delivered = 0;
  const openNext = async (): Promise<void> => {
    const i = begun++;
    if (i >= count) return;
    const receiver = await FragmentReceiver.create({ identity, peer, epochMs, ttlMs });
    receivers.push(receiver);
    await new Promise<void>((resolve) => {
      connectReceiver(receiver, transports.of(i), () => {
        delivered++;
        resolve();
      });
    });
    await openNext();
  };
  const before = process.memoryUsage().rss;
  const startMs = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, openNext));
  const openedMs = performance.now() - startMs;
  await pause(SETTLE_MS);
  const cpu = process.cpuUsage();
  await pause(WATCH_MS);
  const { user, system } = process.cpuUsage(cpu);
  const { rss } = process.memoryUsage();
  const open = receivers.filter(({ sessionId }) => sessionId !== undefined).length;
  const silent = receivers.reduce((sum, { counters }) => sum + counters.silences + counters.anomalies, 0);
  const share = (100 * (user + system)) / 1000 / WATCH_MS;
  console.log(
    `${count} sessions, E ${epochMs} ms, T ${ttlMs} ms: ${(rss / MIB).toFixed(0)} MiB in all (200 wanted), ` +
      `${(before / MIB).toFixed(0)} before the first; ${share.toFixed(0)} % of a processor; ` +
      `opened in ${(openedMs / 1000).toFixed(1)} s, ${delivered} messages opened, ${open} open at the end, ${silent} ended early`,
  );
  child.kill();
  process.exit();
}

// The timers of sessions keep no process alive.
const alive = setInterval(() => {}, 1_000);
if (options.senders) {
  await serveSenders(Number(options.ttl));
} else if (options.sessions !== undefined) {
  await watchMany(Number(options.sessions), Number(options.epoch), Number(options.ttl));
} else {
  await benchHandshake(Number(options.rounds));
  for (const [sessions, epoch, ttl] of [
    [1_000, 25, 100],
    [10_000, 250, 1_000],
  ] as const) {
    const self = fileURLToPath(import.meta.url);
    const flags = [self, '--sessions', sessions, '--epoch', epoch, '--ttl', ttl].map(String);
    for (const v8 of [[], [SMALL_YOUNG]]) {
      console.log(v8.length === 0 ? 'as Node starts by itself' : `with ${SMALL_YOUNG}`);
      spawnSync(process.execPath, [...v8, ...flags], { stdio: 'inherit' });
    }
  }
}
if (!options.senders) clearInterval(alive);
