/**
 * Sessions: `npm run bench:sessions`, about two minutes; `-- --rounds 5` is quicker.
 *
 * - The handshake, from offer to ack, beside what it cannot do without: two signatures, two verifications and one round of the KEM
 *   (key generation, encapsulation, decapsulation with fresh keys), in turns. Ratios are medians of the rounds.
 * - Memory and processor time of many open sessions, both ends of each in this process, with heartbeats over a transport of
 *   this process: measured in a process of its own each.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
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
import { generateSignKey, sign, verify } from '@mwrasp/crypto/sign';

const MIB = 2 ** 20;
const PER_SLICE = 40;
/** How long many sessions are watched. */
const WATCH_MS = 5_000;
/** Handshakes that run at once while many sessions are opened. */
const AT_ONCE = 32;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    sessions: { type: 'string' },
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

/** Two ends of a transport in this process. */
function transports(): [FragmentTransport, FragmentTransport] {
  const listeners: (((message: Uint8Array) => void) | undefined)[] = [undefined, undefined];
  const end = (at: number): FragmentTransport => ({
    send: (message) => queueMicrotask(() => listeners[1 - at]?.(message)),
    onMessage(listener) {
      listeners[at] = listener;
      return () => {
        listeners[at] = undefined;
      };
    },
    async close() {
      listeners[at] = undefined;
    },
  });
  return [end(0), end(1)];
}

async function openOne(epochMs: number, ttlMs: number): Promise<() => void> {
  const [receiver, sender] = await makeEnds(epochMs, ttlMs);
  const [here, there] = transports();
  let received = 0;
  connectReceiver(receiver, there, () => received++);
  const link = connectSender(sender, here);
  await link.send(context);
  return () => {
    if (received < 1 || !sender.isReady) throw new Error('a session is gone');
  };
}

async function watchMany(count: number, epochMs: number, ttlMs: number): Promise<void> {
  const checks: (() => void)[] = [];
  // What the thread, the engines and the modules take is not a session's.
  checks.push(await openOne(epochMs, ttlMs));
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const startMs = performance.now();
  while (checks.length < count) {
    const opened = Array.from({ length: Math.min(AT_ONCE, count - checks.length) }, () =>
      openOne(epochMs, ttlMs),
    );
    checks.push(...(await Promise.all(opened)));
  }
  const openedMs = performance.now() - startMs;
  globalThis.gc?.();
  const cpu = process.cpuUsage();
  await pause(WATCH_MS);
  const { user, system } = process.cpuUsage(cpu);
  globalThis.gc?.();
  const { rss } = process.memoryUsage();
  for (const check of checks) check();
  const share = (100 * (user + system)) / 1000 / WATCH_MS;
  console.log(
    `${count} sessions, E ${epochMs} ms, T ${ttlMs} ms: ${(rss / MIB).toFixed(0)} MiB in all, ` +
      `${((rss - before) / MIB).toFixed(0)} MiB for the sessions (both ends), ${share.toFixed(0)} % of a processor; ` +
      `opened in ${(openedMs / 1000).toFixed(1)} s`,
  );
  process.exit();
}

// The timers of sessions keep no process alive.
const alive = setInterval(() => {}, 1_000);
if (options.sessions !== undefined) {
  await watchMany(Number(options.sessions), Number(options.epoch), Number(options.ttl));
} else {
  await benchHandshake(Number(options.rounds));
  for (const [sessions, epoch, ttl] of [
    [1_000, 25, 100],
    [10_000, 250, 1_000],
  ] as const) {
    const self = fileURLToPath(import.meta.url);
    const flags = ['--expose-gc', self, '--sessions', sessions, '--epoch', epoch, '--ttl', ttl].map(String);
    spawnSync(process.execPath, flags, { stdio: 'inherit' });
  }
}
clearInterval(alive);
