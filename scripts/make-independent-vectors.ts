/**
 * Writes the vectors of the independent decoder, once a format version; it also opens those of `test/fixtures`:
 *
 *     node scripts/make-independent-vectors.ts
 *
 * Random bytes are drawn from a counter, so that the vectors name the seed of the handshake's key.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportPublicKey } from '../src/encodings/index.ts';
import { pack } from '../src/fragment/batch.ts';
import { EpochChain } from '../src/fragment/chain.ts';
import { localParties } from '../src/fragment/parties.ts';
import { Sealer, type SealPlan } from '../src/fragment/sealer.ts';
import { FragmentReceiver, FragmentSender } from '../src/fragment/session/index.ts';
import { startWiping } from '../src/fragment/slab/wiping.ts';
import { SignPrivateKey } from '../src/sign/index.ts';

const FOLDER = join(import.meta.dirname, '../test/independent/vectors');
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** What was drawn, by its length: the seed of an ML-KEM key is the only draw of 64 bytes. */
const draws: Uint8Array[] = [];
let counter = 0;
crypto.getRandomValues = ((out: Uint8Array) => {
  for (let at = 0; at < out.length; at += 64) {
    const block = createHash('sha512').update(`golden ${counter++}`).digest();
    out.set(block.subarray(0, Math.min(64, out.length - at)), at);
  }
  draws.push(Uint8Array.from(out));
  return out;
}) as typeof crypto.getRandomValues;

function write(name: string, content: object): void {
  const path = join(FOLDER, name);
  if (existsSync(path)) throw new Error(`${path} is there already: golden vectors are made once`);
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
}

async function fragments(): Promise<void> {
  const wiping = await startWiping();
  const chainKey = Uint8Array.from({ length: 32 }, (_, i) => i);
  const startMs = performance.now() - 2 * 10_000;
  const times = { startMs, epochMs: 10_000, ttlMs: 30_000 };
  const chain = EpochChain.create(wiping, { role: 'receiver', chainKey, ...times });
  const id = Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i);
  const sealer = new Sealer(chain, localParties(id));
  const text = (length: number) => Uint8Array.from({ length }, (_, i) => 97 + (i % 26));
  const context = new TextEncoder().encode('golden context');
  const plain = { secrecy: 'normal', content: 'message', context: new Uint8Array(0) } as const;
  const messages = [text(5), text(0), text(300)];
  const cases: { name: string; plan: SealPlan; data: Uint8Array; use: number[] }[] = [
    { name: 'one fragment', plan: { ...plain, threshold: 1, total: 1 }, data: text(43), use: [0] },
    { name: 'an empty message', plan: { ...plain, threshold: 1, total: 1 }, data: text(0), use: [0] },
    {
      name: '4 of 6',
      plan: { ...plain, threshold: 4, total: 6, context },
      data: text(1001),
      use: [1, 5, 3, 4],
    },
    {
      name: 'threshold, 3 of 5',
      plan: { ...plain, secrecy: 'threshold', threshold: 3, total: 5, context },
      data: text(500),
      use: [4, 0, 2],
    },
    {
      name: 'a batch, 2 of 3',
      plan: { ...plain, content: 'batch', threshold: 2, total: 3 },
      data: pack('messages', messages)[0] as Uint8Array,
      use: [2, 1],
    },
    {
      name: 'a piece of a stream',
      plan: {
        ...plain,
        content: 'stream',
        threshold: 1,
        total: 2,
        stream: { streamId: id.toReversed(), sequence: 7, last: true },
      },
      data: text(64),
      use: [1],
    },
  ];
  write('fragments.json', {
    description:
      'Fragments as the first release of version 1 writes them, with the chain key of epoch 0; docs/formats.md has the format. Bytes are hexadecimal.',
    chainKey: hex(chainKey),
    id: hex(id),
    batch: messages.map(hex),
    cases: cases.map(({ name, plan, data, use }) => ({
      name,
      secrecy: plan.secrecy,
      content: plan.content,
      context: hex(plan.context),
      data: hex(data),
      use,
      fragments: sealer.seal(data, plan, 2).map(hex),
    })),
  });
  chain.dispose();
}

async function session(): Promise<void> {
  const receiverKey = SignPrivateKey.fromSeed(new Uint8Array(32).fill(1));
  const senderKey = SignPrivateKey.fromSeed(new Uint8Array(32).fill(2));
  const receiver = await FragmentReceiver.create({
    identity: { signer: receiverKey, generation: 5 },
    peer: senderKey.publicKey,
  });
  const sender = await FragmentSender.create({
    identity: { signer: senderKey, generation: 6 },
    peer: receiverKey.publicKey,
  });
  draws.length = 0;
  const [offer] = await receiver.due();
  const kemSeed = draws.find(({ length }) => length === 64) as Uint8Array;
  const [accept] = await sender.receive(offer as Uint8Array);
  const [confirm] = await receiver.receive(accept as Uint8Array);
  const [ack] = await sender.receive(confirm as Uint8Array);
  const data = new TextEncoder().encode('sealed in a session');
  const sealed = sender.seal(data, { threshold: 2, total: 3 });
  write('session.json', {
    description:
      "A handshake as the first release of version 1 makes it, with the seed of the offer's key and the JWKs of both sides, and a message of the session. Bytes are hexadecimal.",
    receiver: exportPublicKey(receiverKey.publicKey, 'jwk'),
    sender: exportPublicKey(senderKey.publicKey, 'jwk'),
    generations: { receiver: 5, sender: 6 },
    kemSeed: hex(kemSeed),
    offer: hex(offer as Uint8Array),
    accept: hex(accept as Uint8Array),
    confirm: hex(confirm as Uint8Array),
    ack: hex(ack as Uint8Array),
    data: hex(data),
    fragments: sealed.map(hex),
  });
  receiver.close();
  sender.close();
}

await fragments();
await session();
process.exit(0);
