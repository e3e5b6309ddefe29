/**
 * What all assemblers of this process have counted, those that are gone included: for metrics.
 *
 * @module
 */

/** Somebody who counts. */
export interface Tallied {
  /** How many fragments came to what end. */
  readonly counters: Readonly<Record<string, number>>;
  readonly messagesInFlight: number;
  readonly bytesInFlight: number;
}

const live = new Set<Tallied>();
const ended: Record<string, number> = {};

/** Begins to count somebody. */
export function beginTally(one: Tallied): void {
  live.add(one);
}

/** Keeps what somebody counted who is at an end. Further calls do nothing. */
export function endTally(one: Tallied): void {
  if (live.delete(one)) addTo(ended, one.counters);
}

function addTo(sums: Record<string, number>, counters: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counters)) sums[name] = (sums[name] ?? 0) + count;
}

/** @returns The sums of what was counted, and what is in flight now. */
export function tally(): Tallied {
  const counters: Record<string, number> = { ...ended };
  let messagesInFlight = 0;
  let bytesInFlight = 0;
  for (const one of live) {
    addTo(counters, one.counters);
    messagesInFlight += one.messagesInFlight;
    bytesInFlight += one.bytesInFlight;
  }
  return { counters, messagesInFlight, bytesInFlight };
}
