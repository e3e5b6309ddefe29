/**
 * Makes results of what was measured: medians, and ratios between entrants of one contest, round by round.
 *
 * @module
 */
import type { Contest, Entrant } from './contests/contest.ts';
import type { Details } from './measure.ts';
import type { BenchResult } from './report/report.ts';
import { median, spread } from './statistics.ts';

/** One entrant and what was measured of it. */
export interface Measured extends Entrant {
  /** Its thread: what shares one was measured at the same moments. */
  readonly world: number;
  readonly engine: string | null;
  /** Calls a second, round by round. */
  readonly rates: readonly number[];
  /** Null where only rates were taken. */
  readonly details: Details | null;
}

/** What of a contest stands in its results. */
export interface ContestHead extends Pick<Contest, 'suite' | 'operation' | 'sizeBytes' | 'parameters'> {
  readonly family: Contest['family'] | null;
}

/** Median of the ratios, round by round: what drifts from round to round does not count. */
function ratio(over: Measured, under: Measured | undefined): number | null {
  if (under === undefined) return null;
  return median(over.rates.map((rate, i) => rate / (under.rates[i] as number)));
}

function isPeer({ contender }: Measured): boolean {
  return contender !== 'ours' && contender !== 'baseline';
}

function isFaster(a: Measured, b: Measured): boolean {
  return median(a.rates) > median(b.rates);
}

function fastest(entrants: readonly Measured[]): Measured | undefined {
  return entrants.reduce<Measured | undefined>(
    (best, one) => (best === undefined || isFaster(one, best) ? one : best),
    undefined,
  );
}

/** The one in the same form, or in the only form that it knows. */
function inForm(entrants: readonly Measured[], { form }: Entrant): Measured | undefined {
  return entrants.find((entrant) => entrant.form === form) ?? entrants[0];
}

/**
 * Peers that somebody could use instead: with bytes in hand only calls that take bytes, with key objects also those,
 * since a peer without key objects keeps bytes.
 */
function rivals(entrants: readonly Measured[], { form }: Entrant): Measured[] {
  return entrants.filter((entrant) => isPeer(entrant) && (form !== 'bytes' || entrant.form === 'bytes'));
}

/** What the library adds its own work to: the same thread's raw call, or baseline. */
function bareOf(entrants: readonly Measured[], one: Measured): Measured | undefined {
  if (one.contender !== 'ours') return undefined;
  const others = entrants.filter(({ world, contender }) => world === one.world && contender !== 'ours');
  return inForm(others, one);
}

/**
 * Makes one result an entrant.
 *
 * @param contest - What was done.
 * @param entrants - Everybody who did it, each with the same number of rounds.
 */
export function summarise(contest: ContestHead, entrants: readonly Measured[]): BenchResult[] {
  const { suite, family, operation, sizeBytes, parameters = {} } = contest;
  const noble = entrants.filter(({ contender }) => contender === 'noble');
  return entrants.map((one) => {
    const opsPerSecond = spread(one.rates);
    const rival = fastest(rivals(entrants, one));
    return {
      suite,
      family,
      operation,
      sizeBytes,
      parameters,
      contender: one.contender,
      engine: one.contender === 'ours' || one.contender === 'baseline' ? one.engine : null,
      form: one.form,
      keyFormat: one.keyFormat ?? null,
      opsPerSecond,
      mbPerSecond: sizeBytes === 0 ? null : (opsPerSecond.median * sizeBytes) / 1e6,
      ratioToNoble: ratio(one, inForm(noble, one)),
      ratioToFastestPeer: ratio(one, rival),
      fastestPeer: rival?.contender ?? null,
      ratioToBare: ratio(one, bareOf(entrants, one)),
      latency: one.details?.latency ?? null,
      memory: one.details?.memory ?? null,
      warmUp: one.details?.warmUp ?? null,
    };
  });
}
