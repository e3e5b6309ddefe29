/**
 * Sessions: a message through one of many, sealed by its sender and opened by its receiver, beside AES-256-GCM alone.
 *
 * @module
 */
import { FragmentReceiver, FragmentSender, type SessionPolicy } from '@mwrasp/crypto/fragment/session';
import { generateSignKey, type SignPrivateKey } from '@mwrasp/crypto/sign';
import { type Contest, NOBODY, ours, signsWithNoble, theirs } from './contest.ts';
import { at, random } from './inputs.ts';
import { KIB, MIB } from './sizes.ts';

const SESSION_COUNTS = [1, 10, 100, 1000];
const SIZES = [256, 4 * KIB, 64 * KIB, MIB];
const USUAL_BYTES = 256;

/** The longest there is: no contest waits for a death, and none lasts until a heartbeat is missed. */
const POLICY = {
  ttlMs: 60_000,
  heartbeatMs: 60_000,
  renewMs: 3_600_000,
} as const satisfies Partial<SessionPolicy>;

interface Ends {
  readonly receiver: FragmentReceiver;
  readonly sender: FragmentSender;
}

async function begin(receives: SignPrivateKey, sends: SignPrivateKey): Promise<Ends> {
  const receiver = await FragmentReceiver.create({
    identity: { signer: receives },
    peer: sends.publicKey,
    ...POLICY,
    maxMessagesPerEpoch: 2 ** 24,
  });
  const sender = await FragmentSender.create({
    identity: { signer: sends },
    peer: receives.publicKey,
    maxTtlMs: POLICY.ttlMs,
    maxHeartbeatMs: POLICY.heartbeatMs,
  });
  let [message] = await receiver.due();
  for (let turn = 0; message !== undefined; turn++) {
    [message] = await (turn % 2 === 0 ? sender : receiver).receive(message);
  }
  return { receiver, sender };
}

function sessionContest(sizeBytes: number, sessions: number): Contest {
  return {
    suite: 'fragment',
    operation: 'Session message',
    sizeBytes,
    parameters: { sessions },
    family: 'aead',
    async prepare(world) {
      // A thousand handshakes take a second and a half on other engines, and two minutes on this one.
      if (!world.ours || signsWithNoble()) return NOBODY;
      const [receives, sends] = [generateSignKey(), generateSignKey()];
      const all: Ends[] = [];
      for (let i = 0; i < sessions; i++) all.push(await begin(receives, sends));
      const data = random(sizeBytes);
      const raw = world.raw?.async ? undefined : await world.raw?.aead?.(random(32));
      return {
        runners: [
          ...ours(world, {
            run(i) {
              const { receiver, sender } = at(all, i);
              const [fragment] = sender.seal(data);
              const opened = receiver.open(fragment as Uint8Array);
              if (opened.kind !== 'message') throw new Error(`the message was ${opened.kind}`);
              return opened.data;
            },
          }),
          ...theirs(world, raw && (() => raw.open(raw.seal(data)))),
        ],
        async close() {
          for (const { receiver, sender } of all) {
            receiver.close();
            sender.close();
          }
        },
      };
    },
  };
}

/** The contests of sessions: a curve over the size, one over how many there are. */
export const SESSION_CONTESTS: readonly Contest[] = [
  ...SIZES.map((sizeBytes) => sessionContest(sizeBytes, 1)),
  ...SESSION_COUNTS.slice(1).map((sessions) => sessionContest(USUAL_BYTES, sessions)),
];
