/**
 * Fragments, messages of sessions and of brokers, receipts, and the frames that carry them.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { concat, equal, fromHex, utf8 } from '../../../src/bytes.ts';
import { Assembler } from '../../../src/fragment/assembler.ts';
import { pack, unpack } from '../../../src/fragment/batch.ts';
import {
  isBrokerMessage,
  readMessage,
  SUBJECT_BYTES,
  writeMessage,
} from '../../../src/fragment/broker/wire.ts';
import { EpochChain } from '../../../src/fragment/chain.ts';
import { fragmentBytesOf, readHeader, writeHeader } from '../../../src/fragment/format.ts';
import { explainFragment, inspectFragment } from '../../../src/fragment/inspect.ts';
import { localParties } from '../../../src/fragment/parties.ts';
import { makeReceipt, verifyReceipt } from '../../../src/fragment/receipt.ts';
import { Sealer, type SealPlan } from '../../../src/fragment/sealer.ts';
import { readAck, readBeat, readRequest, writeRequest } from '../../../src/fragment/session/beat.ts';
import { FragmentReceiver, FragmentSender } from '../../../src/fragment/session/index.ts';
import { readOffer } from '../../../src/fragment/session/offer.ts';
import { isPolicy } from '../../../src/fragment/session/policy.ts';
import { BODY_OFFSET, KIND, readKind } from '../../../src/fragment/session/wire.ts';
import { startWiping } from '../../../src/fragment/slab/wiping.ts';
import { FrameReader, writeFrame } from '../../../src/fragment/transport/frames.ts';
import { SignPrivateKey } from '../../../src/sign/index.ts';
import { testKeys } from '../../support/keys.ts';
import { must, type Target } from '../target.ts';
import { FORMAT, SEALED } from './codes.ts';

/** Longer than anybody fuzzes. */
const HOUR_MS = 3_600_000;
const chain = EpochChain.create(await startWiping(), {
  role: 'receiver',
  chainKey: new Uint8Array(32).fill(5),
  startMs: performance.now() - 2 * HOUR_MS,
  epochMs: HOUR_MS,
  ttlMs: 24 * HOUR_MS,
});
const parties = localParties(new Uint8Array(16).fill(6));
const sealer = new Sealer(chain, parties);
const plain = { secrecy: 'normal', content: 'message', context: new Uint8Array(0) } as const;
const plans: readonly SealPlan[] = [
  { ...plain, threshold: 1, total: 1 },
  { ...plain, threshold: 2, total: 3 },
  { ...plain, secrecy: 'threshold', threshold: 2, total: 3 },
  { ...plain, content: 'batch', threshold: 1, total: 2 },
  {
    ...plain,
    content: 'stream',
    threshold: 1,
    total: 1,
    stream: { streamId: new Uint8Array(16).fill(9), sequence: 3, last: true },
  },
];
const MESSAGE = utf8('a message in fragments');
const fragments = plans.flatMap((plan) => sealer.seal(MESSAGE, plan, 2));

const fragmentHeader: Target = {
  name: 'fragment',
  maxBytes: 512,
  seeds: fragments,
  words: [utf8('MWF\x01'), utf8('MWF\x00')],
  refusals: FORMAT,
  run(input) {
    explainFragment(input);
    inspectFragment(input);
    const header = readHeader('input', input);
    const { secrecy, content, pieceBytes, headerBytes, index } = header;
    must(fragmentBytesOf(secrecy, content, pieceBytes) === input.length, 'a whole fragment');
    const written = new Uint8Array(headerBytes);
    const { id, commitment, secretCommitment, stream, nonce } = header;
    writeHeader(written, { ...header, id, commitment, secretCommitment, stream }, nonce);
    written[84] = index;
    must(equal(written, input.subarray(0, headerBytes)), 'writes again what it read');
  },
};

const authentic = new Set(fragments.map((fragment) => Buffer.from(fragment).toString('hex')));
const assembler = new Assembler(chain, parties);

const fragmentAssembler: Target = {
  name: 'fragment-assembler',
  maxBytes: 512,
  seeds: fragments,
  words: [utf8('MWF\x01')],
  refusals: [],
  run(input) {
    const accepted = assembler.accept(input);
    if (accepted.kind === 'refused' || accepted.kind === 'duplicate') return;
    must(authentic.has(Buffer.from(input).toString('hex')), 'takes only what was sealed');
    if (accepted.kind === 'message') must(equal(accepted.data, MESSAGE), 'opens what was sealed');
  },
};

const batch: Target = {
  name: 'fragment-batch',
  maxBytes: 512,
  seeds: [pack('messages', [MESSAGE, new Uint8Array(0), MESSAGE])[0] as Uint8Array],
  refusals: [],
  run(input) {
    const messages: Uint8Array[] = [];
    if (!unpack(input, messages)) return;
    must(equal(concat(...pack('messages', messages)), input), 'writes again what it read');
  },
};

const { signer, signerPublic } = testKeys();

/** The golden handshake, and the keys of its two sides: a fresh one would have to be fast enough on a busy machine. */
const golden = JSON.parse(
  readFileSync(new URL('../../independent/vectors/session.json', import.meta.url), 'utf8'),
) as Record<'offer' | 'accept' | 'confirm' | 'ack', string>;
const [offer, accept, confirm, ack] = (['offer', 'accept', 'confirm', 'ack'] as const).map((name) =>
  fromHex(golden[name]),
) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
const receiverKey = SignPrivateKey.fromSeed(new Uint8Array(32).fill(1));
const senderKey = SignPrivateKey.fromSeed(new Uint8Array(32).fill(2));
const receiver = await FragmentReceiver.create({
  identity: { signer: receiverKey },
  peer: senderKey.publicKey,
});
const sender = await FragmentSender.create({
  identity: { signer: senderKey },
  peer: receiverKey.publicKey,
});
const request = writeRequest(new Uint8Array(32).fill(1), undefined);
const sessionMessages = [offer, accept, confirm, ack, request];
const sessionWords = [
  utf8('MWT\x01'),
  ...Object.values(KIND).map((kind) => Uint8Array.of(...utf8('MWT\x01'), kind)),
];

const sessionMessage: Target = {
  name: 'session-message',
  maxBytes: 8192,
  seeds: sessionMessages,
  words: sessionWords,
  refusals: FORMAT,
  run(input) {
    const kind = readKind('input', input);
    if (kind === 'offer') {
      const { policy, kemKey, body, signature } = readOffer(input);
      must(body.length + signature.length === input.length && kemKey.length === 1568, 'all of an offer');
      if (isPolicy(policy)) must(2 * policy.epochMs <= policy.ttlMs, 'a policy that holds');
    } else if (kind === 'confirm' || kind === 'heartbeat') must(readBeat(input).ageMs >= 0, 'an age');
    else if (kind === 'ack') must(readAck(input).counter >= 0, 'a counter');
    else if (kind === 'request') {
      const { senderId, receiverId } = readRequest(input);
      must(equal(writeRequest(senderId, receiverId), input), 'writes again what it read');
    }
    must(input[BODY_OFFSET - 1] === KIND[kind], 'the kind that it says');
  },
};

const MOST_SENT = 2;

/** An end of a session, which must leave everything that is not for it. */
function endTarget(name: string, end: FragmentReceiver | FragmentSender): Target {
  return {
    name,
    maxBytes: 8192,
    seeds: sessionMessages,
    words: sessionWords,
    refusals: [],
    allocates: 2 ** 18,
    async run(input) {
      const out = await end.receive(input);
      must(out.length <= MOST_SENT, 'answers with a message or two');
    },
  };
}

const receipts = [
  await makeReceipt(signer, {
    id: new Uint8Array(16).fill(1),
    ttlMs: 100,
    epochMs: 25,
    wipedBy: 'thread',
    destroyed: 40,
    maxLagMs: 1.5,
    newestEpoch: 41,
    sinceMs: 1_700_000_000_000,
    untilMs: 1_700_000_001_000,
  }),
];

const receipt: Target = {
  name: 'destruction-receipt',
  maxBytes: 5000,
  seeds: receipts,
  words: [utf8('MWZ\x01')],
  refusals: [...SEALED, 'ERR_INPUT_LENGTH'],
  allocates: 2 ** 16,
  run(input) {
    must(verifyReceipt(signerPublic, input).destroyed === 40, 'reads only what was signed');
  },
};

const subject = {
  id: new Uint8Array(16).fill(1),
  receiver: new Uint8Array(32).fill(2),
  threshold: 2,
  total: 3,
};

const brokerMessage: Target = {
  name: 'broker-message',
  maxBytes: 512,
  seeds: [
    writeMessage('deposit', subject, fragments[0] as Uint8Array),
    writeMessage('request', subject, new Uint8Array(0)),
    writeMessage('message', subject, MESSAGE),
  ],
  words: [utf8('MWQ\x01')],
  refusals: [],
  run(input) {
    const message = readMessage(input);
    if (message === undefined) return;
    must(isBrokerMessage(input) && input.length >= SUBJECT_BYTES, 'a message of brokers');
    must(equal(writeMessage(message.kind, message, message.fragment), input), 'writes again what it read');
  },
};

const MAX_FRAME_BYTES = 256;

/** What is read is cut in pieces of the size that the first byte says. */
const frames: Target = {
  name: 'socket-frames',
  maxBytes: 2048,
  seeds: [
    concat(
      Uint8Array.of(7),
      writeFrame(MESSAGE),
      writeFrame(new Uint8Array(0)),
      writeFrame(new Uint8Array(200)),
    ),
    concat(Uint8Array.of(255), writeFrame(MESSAGE).subarray(0, 9)),
  ],
  refusals: ['ERR_TRANSPORT_FRAME'],
  allocates: 2 ** 16,
  run(input) {
    const reader = new FrameReader(MAX_FRAME_BYTES);
    const stream = input.subarray(1);
    const size = Math.max(1, input[0] ?? 1);
    const written: Uint8Array[] = [];
    const isStart = () => {
      const bytes = concat(...written);
      return equal(bytes, stream.subarray(0, bytes.length));
    };
    for (let at = 0; at < stream.length; at += size) {
      reader.read(stream.subarray(at, at + size), (message) => {
        must(message.length <= MAX_FRAME_BYTES, 'a message of the length that is allowed');
        written.push(writeFrame(message));
        return true;
      });
    }
    must(isStart(), 'writes again what it read');
    must(reader.isInside || concat(...written).length === stream.length, 'leaves nothing out');
  },
};

export const FRAGMENTS: readonly Target[] = [
  fragmentHeader,
  fragmentAssembler,
  batch,
  sessionMessage,
  endTarget('session-receiver', receiver),
  endTarget('session-sender', sender),
  receipt,
  brokerMessage,
  frames,
];
