/**
 * Temporal fragmentation: splitting and reassembling, beside sealing the same pieces with AES-256-GCM alone.
 *
 * @module
 */
import { TemporalVault } from '@mwrasp/crypto/fragment';
import type { RawAead } from '../peers/peer.ts';
import { type Contest, ours, theirs, type World } from './contest.ts';
import { random } from './inputs.ts';
import { CURVE_SIZES, KIB } from './sizes.ts';

/** The longest there is: no contest waits for a death. */
const TTL_MS = 60_000;
/** A set of fragments is made anew long before it dies. */
const FRESH_MS = 20_000;

const FRAGMENT_COUNTS = [1, 3, 8, 32];
const USUAL_COUNT = 3;
const USUAL_BYTES = 4 * KIB;

async function rawAead({ raw }: World): Promise<RawAead | undefined> {
  // One that answers later would not be compared with the same work.
  return raw?.async ? undefined : await raw?.aead?.(random(32));
}

/** The pieces that fragments carry. */
function cut(data: Uint8Array, count: number): Uint8Array[] {
  const length = Math.ceil(data.length / count);
  return Array.from({ length: count }, (_, i) => data.subarray(i * length, (i + 1) * length));
}

function splitContest(sizeBytes: number, fragments: number): Contest {
  return {
    suite: 'fragment',
    operation: 'TemporalVault split',
    sizeBytes,
    parameters: { fragments },
    family: 'aead',
    async prepare(world) {
      const vault = await TemporalVault.create({ ttlMs: TTL_MS });
      const data = random(sizeBytes);
      const raw = await rawAead(world);
      const pieces = cut(data, fragments);
      return {
        runners: [
          ...ours(world, { run: () => vault.split(data, { total: fragments }) }),
          ...theirs(world, raw && (() => pieces.map((piece) => raw.seal(piece)))),
        ],
        close: async () => vault.dispose(),
      };
    },
  };
}

function reassembleContest(sizeBytes: number, fragments: number): Contest {
  return {
    suite: 'fragment',
    operation: 'TemporalVault reassemble',
    sizeBytes,
    parameters: { fragments },
    family: 'aead',
    async prepare(world) {
      const vault = await TemporalVault.create({ ttlMs: TTL_MS });
      const data = random(sizeBytes);
      const split = () => ({ madeMs: performance.now(), parts: vault.split(data, { total: fragments }) });
      let current = split();
      const raw = await rawAead(world);
      const sealed = cut(data, fragments).map((piece) => raw?.seal(piece));
      return {
        runners: [
          ...ours(world, {
            run() {
              if (performance.now() - current.madeMs > FRESH_MS) current = split();
              return vault.reassemble(current.parts);
            },
          }),
          ...theirs(
            world,
            raw && (() => Buffer.concat(sealed.map((piece) => raw.open(piece) as Uint8Array))),
          ),
        ],
        close: async () => vault.dispose(),
      };
    },
  };
}

/** One curve over the size, one over the number of fragments. */
function curves(contest: (sizeBytes: number, fragments: number) => Contest): Contest[] {
  const counts = FRAGMENT_COUNTS.filter((count) => count !== USUAL_COUNT);
  return [
    ...CURVE_SIZES.map((sizeBytes) => contest(sizeBytes, USUAL_COUNT)),
    ...counts.map((count) => contest(USUAL_BYTES, count)),
  ];
}

/** Of k of n: n / k times the data is what AES-256-GCM alone seals beside it. */
const CODED = { threshold: 4, total: 6 } as const;
const BATCH = 1000;
const SHORT_BYTES = 256;

function codedContest(secrecy: 'normal' | 'threshold', opens: boolean): Contest {
  const sizeBytes = KIB * KIB;
  return {
    suite: 'fragment',
    operation: `TemporalVault ${opens ? 'reassemble' : 'split'} 4 of 6${secrecy === 'threshold' ? ', threshold' : ''}`,
    sizeBytes,
    family: 'aead',
    async prepare(world) {
      const vault = await TemporalVault.create({ ttlMs: TTL_MS });
      const data = random(sizeBytes);
      const options = { ...CODED, secrecy };
      const raw = await rawAead(world);
      const sent = random((sizeBytes * CODED.total) / CODED.threshold);
      const sealed = raw?.seal(sent);
      const split = () => ({ madeMs: performance.now(), parts: vault.split(data, options) });
      let current = split();
      const reassemble = () => {
        if (performance.now() - current.madeMs > FRESH_MS) current = split();
        return vault.reassemble(current.parts);
      };
      return {
        runners: [
          ...ours(world, { run: opens ? reassemble : () => vault.split(data, options) }),
          ...theirs(world, raw && (opens ? () => raw.open(sealed as Uint8Array) : () => raw.seal(sent))),
        ],
        close: async () => vault.dispose(),
      };
    },
  };
}

/** A thousand short messages at once, beside a loop over them. */
function batchContest(opens: boolean): Contest {
  return {
    suite: 'fragment',
    operation: opens ? 'TemporalVault reassembleMany' : 'TemporalVault splitMany',
    sizeBytes: SHORT_BYTES,
    parameters: { messages: BATCH },
    family: 'aead',
    async prepare(world) {
      const vault = await TemporalVault.create({ ttlMs: TTL_MS });
      const messages = Array.from({ length: BATCH }, () => random(SHORT_BYTES));
      const raw = await rawAead(world);
      const sealed = messages.map((message) => raw?.seal(message) as Uint8Array);
      const split = () => ({ madeMs: performance.now(), sets: vault.splitMany(messages) });
      let current = split();
      const reassemble = () => {
        if (performance.now() - current.madeMs > FRESH_MS) current = split();
        return vault.reassembleMany(current.sets);
      };
      return {
        runners: [
          ...ours(world, { run: opens ? reassemble : () => vault.splitMany(messages) }),
          ...theirs(
            world,
            raw &&
              (opens
                ? () => sealed.map((one) => raw.open(one))
                : () => messages.map((message) => raw.seal(message))),
          ),
        ],
        close: async () => vault.dispose(),
      };
    },
  };
}

/** The contests of fragmentation. */
export const FRAGMENT_CONTESTS: readonly Contest[] = [
  ...curves(splitContest),
  ...curves(reassembleContest),
  splitContest(SHORT_BYTES, 1),
  reassembleContest(SHORT_BYTES, 1),
  batchContest(false),
  batchContest(true),
  codedContest('normal', false),
  codedContest('normal', true),
  codedContest('threshold', false),
  codedContest('threshold', true),
];
