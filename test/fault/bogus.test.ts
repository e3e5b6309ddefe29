/**
 * Memory under bogus fragments: a million in `npm run test:fault`, some thousand otherwise. What is forged is kept nowhere; what an
 * authentic sender sends and never completes is kept up to the stated cap.
 */
import { expect, it } from 'vitest';
import { QuorumError } from '../../src/errors.ts';
import { Assembler } from '../../src/fragment/assembler.ts';
import { EpochChain } from '../../src/fragment/chain.ts';
import { TemporalVault } from '../../src/fragment/index.ts';
import { localParties } from '../../src/fragment/parties.ts';
import { Sealer } from '../../src/fragment/sealer.ts';
import { FragmentReceiver, FragmentSender } from '../../src/fragment/session/index.ts';
import { startWiping } from '../../src/fragment/slab/wiping.ts';
import { generateSignKey } from '../../src/sign/index.ts';

const COUNT = process.env['MWRASP_FAULT'] === 'full' ? 1_000_000 : 20_000;
const MAX_BYTES = 4 * 2 ** 20;
/** What the runtime itself grows by while it runs: code, garbage that was not collected yet. */
const SLACK_BYTES = 96 * 2 ** 20;
const TIMES = { epochMs: 30_000, ttlMs: 60_000 };

const DATA = new Uint8Array(400).fill(3);
const PLAN = {
  threshold: 2,
  total: 3,
  secrecy: 'normal',
  content: 'message',
  context: new Uint8Array(0),
} as const;

/** One fragment of a message, made wrong in a way that the number says. */
function bogus(fragment: Uint8Array, number: number): Uint8Array {
  const copy = Uint8Array.from(fragment);
  const change = (offset: number) => {
    copy[offset] = (copy[offset] as number) ^ (1 + (number % 255));
  };
  const kinds = [
    () => crypto.getRandomValues(copy),
    () => change(20), // another session
    () => change(50), // another commitment
    () => change(75), // another nonce
    () => change(copy.length - 1 - (number % 16)), // the tag
    () => change(90 + (number % 100)), // the ciphertext
    () => change(80), // another message
    () => change(12), // another time to live
  ];
  (kinds[number % kinds.length] as () => void)();
  return number % 97 === 0 ? copy.subarray(0, number % copy.length) : copy;
}

function usedBytes(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

it(`an assembler keeps nothing of ${COUNT} forged fragments`, async () => {
  const parties = localParties(new Uint8Array(16).fill(1));
  const times = { startMs: performance.now(), ...TIMES };
  const chain = EpochChain.create(await startWiping(), { role: 'local', ...times });
  const assembler = new Assembler(chain, parties, { maxBytesInFlight: MAX_BYTES });
  const fragments = new Sealer(chain, parties).seal(DATA, PLAN);
  const before = usedBytes();
  for (let i = 0; i < COUNT; i++) assembler.accept(bogus(fragments[i % 3] as Uint8Array, i));
  expect(assembler.bytesInFlight).toBe(0);
  expect(usedBytes() - before).toBeLessThan(SLACK_BYTES);
  const { message, pending, malformed, foreign, forged } = assembler.counters;
  expect([message, pending]).toEqual([0, 0]);
  expect(Math.min(malformed, foreign, forged)).toBeGreaterThan(0);
  // The good ones count as if nothing had been there.
  expect(assembler.accept(fragments[2] as Uint8Array).kind).toBe('pending');
  expect(assembler.accept(fragments[0] as Uint8Array).kind).toBe('message');
  chain.dispose();
});

it(`an assembler keeps at most its cap of ${COUNT} authentic messages that are never whole`, async () => {
  const parties = localParties(new Uint8Array(16).fill(2));
  const times = { startMs: performance.now(), ...TIMES };
  const chain = EpochChain.create(await startWiping(), { role: 'local', ...times });
  const limits = { maxBytesInFlight: MAX_BYTES, maxMessagesInFlight: 2 ** 20, maxMessagesPerEpoch: 2 ** 24 };
  const assembler = new Assembler(chain, parties, limits);
  const sealer = new Sealer(chain, parties);
  const before = usedBytes();
  for (let i = 0; i < COUNT; i++) {
    assembler.accept(sealer.seal(DATA, PLAN)[0] as Uint8Array);
    if (i % 1000 === 0) expect(assembler.bytesInFlight).toBeLessThanOrEqual(MAX_BYTES);
  }
  expect(assembler.counters.full).toBeGreaterThan(0);
  expect(usedBytes() - before).toBeLessThan(MAX_BYTES + SLACK_BYTES);
  assembler.dispose();
  expect(assembler.bytesInFlight).toBe(0);
  chain.dispose();
});

it(`a vault refuses ${COUNT} forged fragments`, async () => {
  using vault = await TemporalVault.create(TIMES);
  const fragments = vault.split(DATA, { threshold: 2, total: 3 });
  const before = usedBytes();
  let opened = 0;
  for (let i = 0; i < COUNT; i += 2) {
    try {
      vault.reassemble([bogus(fragments[0] as Uint8Array, i), bogus(fragments[1] as Uint8Array, i + 1)]);
      opened += 1;
    } catch {
      // Each has its own reason, which other tests look at.
    }
  }
  expect(opened).toBe(0);
  expect(usedBytes() - before).toBeLessThan(SLACK_BYTES);
  expect(vault.reassemble(fragments)).toEqual(DATA);
  expect(() => vault.reassemble(fragments.slice(0, 1))).toThrow(QuorumError);
});

it(`a receiver of sessions refuses ${COUNT} forged fragments and messages`, async () => {
  const [senderKey, receiverKey] = [generateSignKey(), generateSignKey()];
  using receiver = await FragmentReceiver.create({
    identity: { signer: receiverKey },
    peer: senderKey.publicKey,
    maxBytesInFlight: MAX_BYTES,
    ...TIMES,
  });
  const identity = { signer: senderKey };
  using sender = await FragmentSender.create({
    identity,
    peer: receiverKey.publicKey,
    maxTtlMs: TIMES.ttlMs,
  });
  let seen: readonly Uint8Array[] = [];
  // An offer lives for a second, which may be over on a busy machine.
  while (!sender.isReady) {
    for (const offer of await receiver.due()) {
      for (const accept of await sender.receive(offer)) {
        for (const confirm of await receiver.receive(accept)) {
          seen = [offer, accept, confirm, ...(await sender.receive(confirm))];
        }
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await receiver.receive(seen.at(-1) as Uint8Array);
  const fragments = sender.seal(DATA, { threshold: 2, total: 3 });
  const before = usedBytes();
  for (let i = 0; i < COUNT; i++) {
    expect(receiver.open(bogus(fragments[i % 3] as Uint8Array, i)).kind).toBe('refused');
    if (i % 16 === 0) await receiver.receive(bogus(seen[i % seen.length] as Uint8Array, i));
  }
  expect(usedBytes() - before).toBeLessThan(SLACK_BYTES);
  expect(receiver.open(fragments[1] as Uint8Array).kind).toBe('pending');
  expect(receiver.open(fragments[2] as Uint8Array)).toMatchObject({ kind: 'message', data: DATA });
});
