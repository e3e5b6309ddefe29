/**
 * Attempts to open around the deadline, under load: none succeeds after it. Ten million in `npm run test:deadline`, some
 * thousand otherwise.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuthenticationError, ExpiredError } from '../../src/errors.ts';
import { EpochChain } from '../../src/fragment/chain.ts';
import { readHeader } from '../../src/fragment/format.ts';
import { TemporalVault } from '../../src/fragment/index.ts';
import { Opener } from '../../src/fragment/opener.ts';
import { contextHash, localParties } from '../../src/fragment/parties.ts';
import { Sealer } from '../../src/fragment/sealer.ts';
import {
  connectReceiver,
  connectSender,
  FragmentReceiver,
  FragmentSender,
  type FragmentTransport,
} from '../../src/fragment/session/index.ts';
import { startWiping } from '../../src/fragment/slab/wiping.ts';
import {
  messagePortTransport,
  redisTransport,
  socketTransport,
  transportPair,
} from '../../src/fragment/transport/index.ts';
import { generateSignKey } from '../../src/sign/index.ts';
import { needsRedis, startRedis } from '../support/redis-server.ts';
import { Attempts, watchChains } from './support/attempts.ts';

const FULL = process.env['MWRASP_FAULT'] === 'full';
const IN_VAULT = FULL ? 8_000_000 : 20_000;
const UNCHECKED = FULL ? 1_500_000 : 10_000;
const PER_ADAPTER = FULL ? 100_000 : 600;
/** Of those with 25 ms left. A thousand attempts on a machine that runs other tests may all meet one pause. */
const SHARE = FULL ? 0.999 : 0.95;
const TIMES = { epochMs: 25, ttlMs: 100 };

/** Processes that compute beside. */
const load: ChildProcess[] = [];
beforeAll(() => {
  if (!FULL) return;
  for (let i = 0; i < 2; i++) load.push(spawn(process.execPath, ['-e', 'for (;;) Math.random();']));
});
afterAll(() => {
  for (const child of load) child.kill('SIGKILL');
});

/** A fragment, and when its key is to die. */
interface Sealed {
  readonly fragment: Uint8Array;
  readonly deadlineMs: number;
  readonly chain: EpochChain;
}

const DATA = new Uint8Array(64).fill(7);

/** Numbers that are the same in every run. */
function seeded(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Seals now and then, and tries fragments of every age, most often those whose deadline is near. */
async function tryAround(
  count: number,
  attempts: Attempts,
  seal: () => Sealed,
  open: (sealed: Sealed) => boolean,
): Promise<void> {
  const random = seeded();
  const ring: Sealed[] = [];
  for (let i = 0; attempts.total < count; i++) {
    if (i % 32 === 0) ring.push(seal());
    if (ring.length > 4096) ring.splice(0, 1024);
    if (i % 512 === 0) await turn();
    const nowMs = performance.now();
    // Those that were sealed T ago; their deadlines are in their order.
    let near = ring.length - 1;
    if (random() < 0.7) {
      let low = 0;
      while (low < near) {
        const middle = (low + near) >> 1;
        if ((ring[middle] as Sealed).deadlineMs < nowMs + 4 * random() - 2) low = middle + 1;
        else near = middle;
      }
    } else near = Math.floor(random() * ring.length);
    const sealed = ring[near] as Sealed;
    const enteredMs = performance.now();
    const opened = open(sealed);
    // Keys that died of lost time fail closed: that is another test.
    if (opened || sealed.chain.death === undefined) attempts.note(enteredMs, sealed.deadlineMs, opened);
  }
}

function opens(work: () => Uint8Array): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof ExpiredError || error instanceof AuthenticationError) return false;
    throw error;
  }
}

it(`a vault opens nothing after the deadline, in ${IN_VAULT} attempts`, async () => {
  const attempts = new Attempts();
  await watchChains(async (chains) => {
    using vault = await TemporalVault.create(TIMES);
    const seal = (): Sealed => {
      const [fragment] = vault.split(DATA) as [Uint8Array];
      const chain = chains.at(-1) as EpochChain;
      return { fragment, deadlineMs: chain.deadlineMs(readHeader('fragment', fragment).epoch), chain };
    };
    await tryAround(IN_VAULT, attempts, seal, ({ fragment }) => opens(() => vault.reassemble([fragment])));
  });
  console.log(`vault: ${attempts}`);
  attempts.check(IN_VAULT, SHARE);
});

it(`without any look at the clock, keys open nothing after T + Δ, in ${UNCHECKED} attempts`, async () => {
  const attempts = new Attempts();
  const wiping = await startWiping();
  const chain = EpochChain.create(wiping, { role: 'local', startMs: performance.now(), ...TIMES });
  const parties = localParties(new Uint8Array(16).fill(1));
  const [sealer, opener] = [new Sealer(chain, parties), new Opener(parties)];
  const context = contextHash(new Uint8Array(0));
  const plan = {
    threshold: 1,
    total: 1,
    secrecy: 'normal',
    content: 'message',
    context: new Uint8Array(0),
  } as const;
  const seal = (): Sealed => {
    const [fragment] = sealer.seal(DATA, plan) as [Uint8Array];
    return { fragment, deadlineMs: chain.deadlineMs(readHeader('fragment', fragment).epoch), chain };
  };
  const open = ({ fragment }: Sealed): boolean => {
    const header = readHeader('fragment', fragment);
    return opens(() => {
      const opened = chain.withKey(header.epoch, (key) => opener.open(key, [{ header, fragment }], context));
      if (!('data' in opened)) throw new AuthenticationError();
      return opened.data;
    });
  };
  await tryAround(UNCHECKED, attempts, seal, open);
  // The last keys have to die before their lag is known.
  await sleep(2 * TIMES.ttlMs);
  const { maxMs } = wiping.lag();
  chain.dispose();
  console.log(`keys alone: ${attempts}; the longest lag was ${maxMs.toFixed(3)} ms`);
  attempts.checkEarly(SHARE);
  expect(attempts.latestMs).toBeLessThanOrEqual(maxMs);
});

type Ends = readonly [sender: FragmentTransport, receiver: FragmentTransport, close: () => Promise<void>];

async function overSockets(path?: string): Promise<Ends> {
  const server = createServer();
  if (path === undefined) server.listen(0, '127.0.0.1');
  else server.listen(path);
  await once(server, 'listening');
  const socket = path === undefined ? connect((server.address() as AddressInfo).port) : connect(path);
  const [[accepted]] = (await Promise.all([once(server, 'connection'), once(socket, 'connect')])) as [
    [Socket],
    unknown,
  ];
  const close = async () => {
    socket.destroy();
    accepted.destroy();
    server.close();
  };
  return [socketTransport(socket), socketTransport(accepted), close];
}

async function overRedis(): Promise<Ends> {
  const server = await startRedis();
  const end = (send: string, receive: string) => redisTransport({ url: server.url, send, receive });
  const [sender, receiver] = await Promise.all([end('a', 'b'), end('b', 'a')]);
  const close = async () => {
    await Promise.all([sender.close(), receiver.close()]);
    await server.stop();
  };
  return [sender, receiver, close];
}

const nothing = async () => {};

const ADAPTERS: Readonly<Record<string, () => Promise<Ends>>> = {
  pair: async () => [...transportPair(), nothing],
  MessagePort: async () => {
    const { port1, port2 } = new MessageChannel();
    const close = async () => port1.close();
    return [messagePortTransport(port1), messagePortTransport(port2), close];
  },
  TCP: () => overSockets(),
  'Unix socket': () => overSockets(join(tmpdir(), `mwrasp-deadline-${process.pid}.sock`)),
};

/** A session over a transport whose receiving end lets fragments lie until about their deadline. */
async function tryAdapter(name: string, start: () => Promise<Ends>): Promise<void> {
  const attempts = new Attempts();
  const [senderKey, receiverKey] = [generateSignKey(), generateSignKey()];
  const random = seeded();
  const [ours, theirs, close] = await start();
  await watchChains(async (chains) => {
    const receiver = await FragmentReceiver.create({
      identity: { signer: receiverKey },
      peer: senderKey.publicKey,
      ...TIMES,
    });
    const sender = await FragmentSender.create({
      identity: { signer: senderKey },
      peer: receiverKey.publicKey,
    });
    const waiting = new Map<number, Uint8Array[]>();
    let held = 0;
    const hold = (fragment: Uint8Array) => {
      const chain = chains.findLast(({ role, death }) => role === 'receiver' && death === undefined);
      if (chain === undefined) return;
      const { epoch } = readHeader('fragment', fragment);
      // Half of them at once, the others from 10 ms before their deadline to 5 ms after it.
      const deadlineMs = chain.deadlineMs(epoch);
      const atMs = random() < 0.5 ? 0 : Math.floor(deadlineMs - 10 + 15 * random());
      const same = waiting.get(atMs);
      if (same === undefined) waiting.set(atMs, [fragment]);
      else same.push(fragment);
      held += 1;
      deadlines.set(fragment, { deadlineMs, chain });
    };
    const deadlines = new WeakMap<Uint8Array, { deadlineMs: number; chain: EpochChain }>();
    const openDue = () => {
      for (const [atMs, fragments] of waiting) {
        if (atMs > performance.now()) continue;
        waiting.delete(atMs);
        for (const fragment of fragments) {
          held -= 1;
          const known = deadlines.get(fragment) as { deadlineMs: number; chain: EpochChain };
          const enteredMs = performance.now();
          const opened = receiver.open(fragment).kind === 'message';
          if (opened || known.chain.death === undefined) attempts.note(enteredMs, known.deadlineMs, opened);
        }
      }
    };
    const tapped: FragmentTransport = {
      send: (message) => theirs.send(message),
      close: () => theirs.close(),
      onMessage: (listener) =>
        theirs.onMessage((message) => {
          if (message[2] === 'F'.charCodeAt(0)) hold(message);
          else listener(message);
        }),
    };
    const links = [connectReceiver(receiver, tapped, () => {}), connectSender(sender, ours)];
    await sender.ready();
    // To the end of those that wait for their deadline, which a quick machine has not come to.
    while (attempts.total < PER_ADAPTER || held > 0) {
      if (sender.isReady && held < 2000 && attempts.total + held < PER_ADAPTER) {
        for (let i = 0; i < 16; i++) {
          if (!sender.isReady) break;
          for (const fragment of sender.seal(DATA)) await ours.send(fragment);
        }
      }
      await turn();
      openDue();
    }
    for (const link of links) await link.close();
    receiver.close();
    sender.close();
  });
  await close();
  console.log(`${name}: ${attempts}`);
  attempts.check(PER_ADAPTER, SHARE);
}

describe(`each adapter, ${PER_ADAPTER} attempts`, () => {
  it.each(Object.entries(ADAPTERS))('%s', tryAdapter);
});

needsRedis(`Redis, ${PER_ADAPTER} attempts`, () => {
  it('opens nothing after the deadline', () => tryAdapter('Redis', overRedis));
});
