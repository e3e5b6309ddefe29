/**
 * What a receiver makes of whatever arrives.
 */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { ExpiredError } from '../../../src/errors.ts';
import { type Accepted, Assembler, type AssemblerLimits } from '../../../src/fragment/assembler.ts';
import { EpochChain } from '../../../src/fragment/chain.ts';
import { Sealer } from '../../../src/fragment/sealer.ts';
import { expectError } from '../../contract/support/errors.ts';
import { flipped } from '../../support/keys.ts';
import { LONG, makeEnds, pattern, plan, until } from './support.ts';

type Ends = Awaited<ReturnType<typeof makeEnds>>;

const open: Ends[] = [];

async function ends(limits: AssemblerLimits = {}, times?: { epochMs: number; ttlMs: number }) {
  const made = await makeEnds(times);
  open.push(made);
  return {
    ...made,
    sealer: new Sealer(made.sender, made.parties),
    assembler: new Assembler(made.receiver, made.parties, limits),
  };
}

afterEach(() => {
  for (const { end } of open.splice(0)) end();
});

/** The messages among what became of some fragments. */
function messages(assembler: Assembler, fragments: readonly Uint8Array[]): Uint8Array[] {
  return fragments
    .map((fragment) => assembler.accept(fragment))
    .filter((accepted): accepted is Extract<Accepted, { kind: 'message' }> => accepted.kind === 'message')
    .map(({ data }) => data);
}

describe('batches', () => {
  it('come out as their messages, and one that is none never does', async () => {
    const { sealer, assembler } = await ends();
    const batch = { ...plan(), content: 'batch' } as const;
    const [fragment] = sealer.seal(Uint8Array.of(0, 0, 0, 2, 8, 9, 0, 0, 0, 0), batch) as [Uint8Array];
    const { kind, messages: opened } = assembler.accept(fragment) as Extract<Accepted, { kind: 'batch' }>;
    expect([kind, opened]).toEqual(['batch', [Uint8Array.of(8, 9), new Uint8Array(0)]]);
    expect(assembler.accept(fragment)).toEqual({ kind: 'duplicate' });
    const [wrong] = sealer.seal(Uint8Array.of(0, 0, 0, 3, 8, 9), batch) as [Uint8Array];
    expect(assembler.accept(wrong)).toEqual({ kind: 'refused', reason: 'forged' });
    expect(assembler.accept(wrong)).toEqual({ kind: 'duplicate' });
    expect(assembler.counters).toMatchObject({ message: 1, forged: 1, duplicate: 2 });
  });
});

describe('messages', () => {
  it.each(['normal', 'threshold'] as const)(
    'come out once, whatever k, n, order and length (%s)',
    async (secrecy) => {
      const { sealer, assembler } = await ends();
      const anyMessage = fc.record({
        data: fc.uint8Array({ maxLength: 700 }),
        total: fc.integer({ min: 1, max: 9 }),
        seed: fc.nat(),
      });
      fc.assert(
        fc.property(anyMessage, ({ data, total, seed }) => {
          const threshold = 1 + (seed % total);
          const fragments = sealer.seal(data, plan(threshold, total, secrecy));
          const order = fragments.toSorted(
            (a, b) => (((a[84] as number) * seed) % 11) - (((b[84] as number) * seed) % 11),
          );
          expect(messages(assembler, [...order, ...order])).toEqual([data]);
        }),
        { numRuns: 60 },
      );
      expect(assembler.bytesInFlight).toBe(0);
      expect(assembler.messagesInFlight).toBe(0);
    },
  );

  it('of 255 fragments, and of a whole mebibyte', async () => {
    const { sealer, assembler } = await ends();
    const data = pattern(2 ** 20);
    for (const [k, n] of [
      [255, 255],
      [4, 6],
      [200, 255],
    ] as const) {
      const [opened] = messages(assembler, sealer.seal(data, plan(k, n)).slice(n - k));
      expect(Buffer.compare(opened as Uint8Array, data)).toBe(0);
    }
  });

  it('bear any two of six lost or damaged, at any byte', async () => {
    const { sealer, assembler } = await ends();
    const data = pattern(1001);
    for (let a = 0; a < 6; a++) {
      for (let b = a + 1; b < 6; b++) {
        const fragments = sealer.seal(data, plan(4, 6));
        const at = (a * 131 + b * 17) % (fragments[0] as Uint8Array).length;
        fragments[a] = flipped(fragments[a] as Uint8Array, at, 0x10);
        fragments[b] = flipped(fragments[b] as Uint8Array, (at * 7) % (fragments[b] as Uint8Array).length, 1);
        expect(messages(assembler, fragments)).toEqual([data]);
      }
    }
  });

  it('are bound to the context, to the parties and to the id', async () => {
    const { sealer, receiver, parties } = await ends();
    const [fragment] = sealer.seal(pattern(9), { ...plan(), context: pattern(3) }) as [Uint8Array];
    const others = [
      new Assembler(receiver, parties),
      new Assembler(receiver, { ...parties, binding: pattern(32) }, { context: pattern(3) }),
    ];
    for (const other of others) expect(other.accept(fragment)).toEqual({ kind: 'refused', reason: 'forged' });
    const stranger = new Assembler(receiver, { ...parties, id: pattern(16) }, { context: pattern(3) });
    expect(stranger.accept(fragment)).toEqual({ kind: 'refused', reason: 'foreign' });
    expect(new Assembler(receiver, parties, { context: pattern(3) }).accept(fragment).kind).toBe('message');
  });
});

describe('what is refused', () => {
  it('any byte of a fragment that was changed: never another message, never an exception', async () => {
    const { sealer, assembler } = await ends();
    for (const secrecy of ['normal', 'threshold'] as const) {
      const [fragment] = sealer.seal(pattern(20), plan(1, 2, secrecy)) as [Uint8Array];
      for (let at = 0; at < fragment.length; at++) {
        expect(assembler.accept(flipped(fragment, at, 0x04)).kind).toBe('refused');
      }
      expect(assembler.accept(fragment).kind).toBe('message');
    }
  });

  it('any bytes at all', async () => {
    const { assembler } = await ends();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(assembler.accept(bytes)).toEqual({ kind: 'refused', reason: 'malformed' });
      }),
    );
  });

  it('an epoch ahead of the own one', async () => {
    const { sender, sealer, assembler } = await ends();
    sender.moveStart(25_000);
    const [fragment] = sealer.seal(pattern(5), plan()) as [Uint8Array];
    expect(assembler.accept(fragment)).toEqual({ kind: 'refused', reason: 'ahead' });
  });

  it('forged fragments take no memory, and good ones among them come out', async () => {
    const count = process.env['MWRASP_FAULT'] === 'full' ? 1_000_000 : 5000;
    const maxBytesInFlight = 100_000;
    const { sealer, assembler } = await ends({ maxBytesInFlight });
    const real = sealer.seal(pattern(100), plan(4, 6));
    const bogus = real.map((fragment) => flipped(fragment, fragment.length - 1, 0x80));
    for (let i = 0; i < count; i++) {
      const forged = bogus[i % 6] as Uint8Array;
      // Numbers of messages that do not exist, as a forger would make them up.
      forged[82] = i >> 8;
      forged[83] = i;
      expect(assembler.accept(forged)).toEqual({ kind: 'refused', reason: 'forged' });
    }
    expect(assembler.bytesInFlight).toBe(0);
    expect(messages(assembler, real)).toEqual([pattern(100)]);
  });

  it('more than the caps, and what has room goes on', async () => {
    const { sealer, assembler } = await ends({
      maxMessageBytes: 1000,
      maxTotal: 10,
      maxMessagesInFlight: 3,
      maxMessagesPerEpoch: 8,
    });
    const FULL = { kind: 'refused', reason: 'full' };
    expect(assembler.accept(sealer.seal(pattern(1001), plan())[0] as Uint8Array)).toEqual(FULL);
    expect(assembler.accept(sealer.seal(pattern(10), plan(2, 11))[0] as Uint8Array)).toEqual(FULL);
    const waiting = [2, 3, 4].map(() => sealer.seal(pattern(10), plan(2, 2)));
    for (const [first] of waiting) expect(assembler.accept(first as Uint8Array).kind).toBe('pending');
    expect(assembler.accept(sealer.seal(pattern(10), plan(2, 2))[0] as Uint8Array)).toEqual(FULL);
    expect(assembler.accept(sealer.seal(pattern(10), plan())[0] as Uint8Array).kind).toBe('message');
    for (const [, second] of waiting) expect(assembler.accept(second as Uint8Array).kind).toBe('message');
    expect(assembler.accept(sealer.seal(pattern(10), plan())[0] as Uint8Array).kind).toBe('message');
    // The ninth message of the epoch.
    expect(assembler.accept(sealer.seal(pattern(10), plan())[0] as Uint8Array)).toEqual(FULL);
    expect(assembler.bytesInFlight).toBe(0);
  });

  it('fragments of two messages of one number, as a copied process would make them', async () => {
    const { sealer, assembler, parties, wiping, chainKey, startMs } = await ends();
    const copy = EpochChain.create(wiping, { role: 'sender', chainKey, startMs, ...LONG });
    const one = sealer.seal(pattern(10), plan(2, 3));
    const two = new Sealer(copy, parties).seal(pattern(10, 1), plan(2, 3));
    expect(assembler.accept(one[0] as Uint8Array).kind).toBe('pending');
    expect(assembler.accept(two[1] as Uint8Array)).toEqual({ kind: 'refused', reason: 'forged' });
    expect(assembler.accept(one[2] as Uint8Array)).toMatchObject({ kind: 'message', data: pattern(10) });
    expect(assembler.accept(two[0] as Uint8Array)).toEqual({ kind: 'duplicate' });
    copy.dispose();
  });
});

describe('time', () => {
  it('takes what waits with it: nothing of an epoch comes out after its end', async () => {
    const { sealer, assembler, receiver } = await ends({}, { epochMs: 25, ttlMs: 60 });
    const [first, second] = sealer.seal(pattern(10), plan(2, 2)) as [Uint8Array, Uint8Array];
    const accepted = assembler.accept(first);
    expect(['pending', 'refused']).toContain(accepted.kind);
    await until(() => performance.now() > receiver.deadlineMs(3));
    expect(assembler.accept(second)).toEqual({ kind: 'refused', reason: 'expired' });
    expect(assembler.bytesInFlight).toBe(0);
  });

  it('a sender wipes the key of an epoch that has ended', async () => {
    const { sealer, sender } = await ends({}, { epochMs: 20, ttlMs: 100 });
    sealer.seal(pattern(10), plan());
    await until(() => sender.destroyed > 3);
    await expectError(() => sender.withKey(0, () => 0), ExpiredError, 'ERR_EXPIRED_EPOCH_GONE');
    expect(sealer.seal(pattern(10), plan()).length).toBe(1);
  });

  it('a chain that was destroyed opens nothing', async () => {
    const { sealer, assembler, receiver } = await ends();
    const [fragment] = sealer.seal(pattern(10), plan()) as [Uint8Array];
    receiver.destroyAll('clock-step');
    expect(assembler.accept(fragment)).toEqual({ kind: 'refused', reason: 'dead' });
    expect(receiver.death).toBe('clock-step');
    await expectError(() => receiver.withKey(0, () => 0), ExpiredError, 'ERR_EXPIRED_CLOCK_ANOMALY');
  });
});
