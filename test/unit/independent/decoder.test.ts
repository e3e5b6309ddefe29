/**
 * The golden vectors, as a decoder reads them that shares nothing with the library.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  localBinding,
  open,
  parse,
  publicJwkOfSeed,
  unpack,
  verifyHandshake,
} from '../../independent/decoder.ts';

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));
const bytes = (hex: string) => Buffer.from(hex, 'hex');

it('shares no code with the library', () => {
  const source = readFileSync(new URL('../../independent/decoder.ts', import.meta.url), 'utf8');
  const imports = [...source.matchAll(/from '([^']+)'/g)].map(([, name]) => name);
  expect(imports).toEqual(['node:crypto']);
});

interface Case {
  readonly name: string;
  readonly secrecy: string;
  readonly content: string;
  readonly context: string;
  readonly data: string;
  readonly use: number[];
  readonly fragments: string[];
}

const golden = read('independent/vectors/fragments.json') as {
  chainKey: string;
  id: string;
  batch: string[];
  cases: Case[];
};

describe.each(golden.cases)(
  'fragments.json, $name',
  ({ secrecy, content, context, data, use, fragments }) => {
    const keys = {
      chainKey: bytes(golden.chainKey),
      chainEpoch: 0,
      binding: localBinding(bytes(golden.id)),
      context: bytes(context),
    };
    const chosen = use.map((i) => bytes(fragments[i] as string));

    it('opens', () => {
      expect(open(chosen, keys).toString('hex')).toBe(data);
      for (const [i, fragment] of fragments.entries()) {
        const parsed = parse(bytes(fragment));
        expect(parsed).toMatchObject({
          index: i,
          epoch: 2,
          n: fragments.length,
          k: use.length,
          ttlMs: 30_000,
        });
        expect(parsed.id.toString('hex')).toBe(golden.id);
        expect(parsed.secrecy).toBe(secrecy === 'threshold' ? 1 : 0);
        expect(parsed.stream).toEqual(
          content === 'stream' ? { id: bytes(golden.id).reverse(), number: 7, last: true } : undefined,
        );
      }
    });

    it('opens with no other context, no other parties, and not when a byte was changed', () => {
      expect(() => open(chosen, { ...keys, context: Buffer.from('another') })).toThrow();
      expect(() => open(chosen, { ...keys, binding: Buffer.alloc(32) })).toThrow();
      const changed = Buffer.from(chosen[0] as Buffer);
      changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
      expect(() => open([changed, ...chosen.slice(1)], keys)).toThrow();
    });

    if (content !== 'batch') return;
    it('is a batch', () => {
      expect(unpack(open(chosen, keys)).map((message) => message.toString('hex'))).toEqual(golden.batch);
    });
  },
);

it('session.json: the handshake verifies, and its keys open', () => {
  const { receiver, sender, generations, data, fragments, ...hex } = read('independent/vectors/session.json');
  const handshake = {
    receiver,
    sender,
    offer: bytes(hex.offer),
    accept: bytes(hex.accept),
    confirm: bytes(hex.confirm),
    ack: bytes(hex.ack),
    kemSeed: bytes(hex.kemSeed),
  };
  const session = verifyHandshake(handshake);
  expect(session.generations).toEqual(generations);
  expect(session.policy).toEqual([25, 100, 1000, 60_000, 2 ** 20, 255]);
  const keys = {
    chainKey: session.chainKey,
    chainEpoch: 0,
    binding: session.binding,
    context: Buffer.alloc(0),
  };
  expect(open([bytes(fragments[2]), bytes(fragments[0])], keys).toString('hex')).toBe(data);
  expect(parse(bytes(fragments[0])).id).toEqual(session.id);
  for (const name of ['offer', 'accept', 'confirm', 'ack'] as const) {
    const changed = Buffer.from(handshake[name]);
    changed[40] = (changed[40] as number) ^ 1;
    expect(() => verifyHandshake({ ...handshake, [name]: changed }), name).toThrow();
  }
});

/** What the fixtures of the library say that the decoder needs. */
interface Fixture {
  readonly chainKey: string;
  readonly binding: string;
  readonly cases: readonly {
    readonly name: string;
    readonly context: string;
    readonly data: string;
    readonly fragments: readonly string[];
  }[];
}

const fixture = read('fixtures/fragment-v1.json') as Fixture;

it.each(fixture.cases)('fragment-v1.json, $name: any k fragments open', ({ context, data, fragments }) => {
  const keys = {
    chainKey: bytes(fixture.chainKey),
    chainEpoch: 0,
    binding: bytes(fixture.binding),
    context: bytes(context),
  };
  const all = fragments.map(bytes);
  const { k } = parse(all[0] as Buffer);
  for (const chosen of [all.slice(0, k), all.slice(-k)])
    expect(open(chosen, keys).toString('hex')).toBe(data);
});

it('session-v1.json: every message verifies, with what its random bytes make', () => {
  const golden = read('fixtures/session-v1.json') as Record<string, string>;
  const given = (name: string) => bytes(golden[name] as string);
  const counting = (from: number, length: number) => Buffer.from(Array.from({ length }, (_, i) => from + i));
  const session = verifyHandshake({
    receiver: publicJwkOfSeed(counting(0, 32)),
    sender: publicJwkOfSeed(counting(100, 32)),
    kemSeed: counting(0, 64),
    offer: given('offer'),
    accept: given('accept'),
    confirm: given('confirm'),
    heartbeat: given('heartbeat'),
    ack: given('ack'),
    request: given('request'),
  });
  expect(session.id).toEqual(given('sessionId'));
  expect(session.binding).toEqual(given('binding'));
  expect(session.chainKey).toEqual(given('chainKey'));
  expect(session).toMatchObject({ generations: { receiver: 3, sender: 7 }, ended: true });
});
