/**
 * What the bench reports.
 *
 * @module
 */
import type { Family } from '@mwrasp/crypto/engines';
import type { Contender, Form, SuiteName } from '../contests/contest.ts';
import type { Latency } from '../latency.ts';
import type { WarmUp } from '../measure.ts';
import type { Memory } from '../memory.ts';
import type { PeerStatus } from '../peers/index.ts';
import type { Spread } from '../statistics.ts';

/** Where and how it was measured. */
export interface BenchMachine {
  readonly cpu: string;
  readonly cores: number;
  /** For example `linux x64`. */
  readonly platform: string;
  /** `node`, `bun` or `deno`. */
  readonly runtime: string;
  readonly runtimeVersion: string;
  /** JavaScript engine and OpenSSL, as far as the runtime tells. */
  readonly v8: string | null;
  readonly openssl: string | null;
  /** Versions of this package and of noble's. */
  readonly packages: Readonly<Record<string, string>>;
  /** When it began, ISO 8601. */
  readonly date: string;
  /** Processes that wanted a core over the minute before; near 0 on a machine that does nothing else. */
  readonly loadAverage: number;
  /** Rounds a measurement, and the usual length of one slice in processor time. */
  readonly rounds: number;
  readonly sliceMs: number;
}

/** One operation at one size, done by one contender in one way. */
export interface BenchResult {
  readonly suite: SuiteName;
  /** The part of an engine that does most of it; null where none is. */
  readonly family: Family | null;
  readonly operation: string;
  /** Bytes of the message, or of the output of HKDF; 0 where there is neither. */
  readonly sizeBytes: number;
  /** What else it depends on, for example `{ fragments: 3 }`. */
  readonly parameters: Readonly<Record<string, number>>;
  /** `ours`; a peer's name; or `baseline`, which is the library with less to do. */
  readonly contender: Contender;
  /** The engine that the library ran on, `auto` for its own choice; null where it did not run. */
  readonly engine: string | null;
  /** `objects` are made once, `bytes` come with every call; null where there is no such choice. */
  readonly form: Form | null;
  /** What a private key was imported from on each call, where that makes a difference. */
  readonly keyFormat: 'seed' | 'expanded' | null;
  /** Calls in a second of processor time, over the rounds. */
  readonly opsPerSecond: Spread;
  /** Millions of bytes a second, by the median; null where there is no size. */
  readonly mbPerSecond: number | null;
  /** Over noble doing the same, median of the rounds' ratios; null when noble does not do it. */
  readonly ratioToNoble: number | null;
  /** Over the fastest of the peers that were measured, and its name. */
  readonly ratioToFastestPeer: number | null;
  readonly fastestPeer: string | null;
  /** For the library: over the raw call of the same engine, or over the baseline, measured in the same thread. */
  readonly ratioToBare: number | null;
  readonly latency: Latency | null;
  readonly memory: Memory | null;
  readonly warmUp: WarmUp | null;
}

/** What {@link runBench} returns. */
export interface BenchReport {
  readonly machine: BenchMachine;
  /** Those that were asked for, absent ones included. */
  readonly peers: readonly PeerStatus[];
  readonly results: readonly BenchResult[];
}
