/**
 * What follows from what was recorded: the fragments of each epoch, which of them are over, and what opens them.
 *
 * @module
 */
import type { Target } from './kernel.ts';
import { PLAINTEXT_BYTES, writePlaintext } from './plaintext.mjs';
import type { Recorded, Times } from './scenario.ts';

// docs/formats.md, "Fragment".
const EPOCH_AT = 13;
const COMMITMENT_AT = 41;
const NONCE_AT = 73;
const HEADER_BYTES = 85;

/** Whether an epoch's time is over, and by how much. */
export type Standing = 'expired' | 'live' | 'between';

/** An epoch of which there are fragments. */
export interface AimedEpoch {
  readonly epoch: number;
  readonly standing: Standing;
  readonly target: Target;
  readonly plaintext: Uint8Array;
}

/**
 * The epochs of what was recorded.
 *
 * An epoch began before its first fragment was recorded, so it is over when that is T + Δ ago. It is not over while its last
 * fragment is younger than T − E.
 *
 * @param recorded - In order.
 * @param stoppedMs - When the processes stood still.
 * @param lagMs - Δ.
 */
export function epochsOf(
  recorded: readonly Recorded[],
  { epochMs, ttlMs }: Times,
  stoppedMs: number,
  lagMs: number,
): AimedEpoch[] {
  const byEpoch = new Map<number, Recorded[]>();
  for (const one of recorded) {
    const epoch = Buffer.from(one.fragment).readUInt32BE(EPOCH_AT);
    const same = byEpoch.get(epoch);
    if (same === undefined) byEpoch.set(epoch, [one]);
    else same.push(one);
  }
  return [...byEpoch]
    .sort(([a], [b]) => a - b)
    .map(([epoch, [first, ...more]]) => {
      const oldest = first as Recorded;
      const newest = more.at(-1) ?? oldest;
      const isOver = stoppedMs - oldest.atMs >= ttlMs + lagMs;
      const isLive = stoppedMs - newest.atMs < ttlMs - epochMs - lagMs;
      const standing = isOver ? 'expired' : isLive ? 'live' : 'between';
      const plaintext = writePlaintext(oldest.number, new Uint8Array(PLAINTEXT_BYTES));
      return { epoch, standing, plaintext, target: targetOf(epoch, oldest.fragment, plaintext) };
    });
}

/** AES-256-GCM adds AES(nonce ‖ 2) to the first 16 bytes of a plaintext (SP 800-38D §7.1). */
function targetOf(epoch: number, fragment: Uint8Array, plaintext: Uint8Array): Target {
  const counterBlock = Uint8Array.of(...fragment.subarray(NONCE_AT, HEADER_BYTES), 0, 0, 0, 2);
  const keystream = fragment.slice(HEADER_BYTES, HEADER_BYTES + 16);
  for (let i = 0; i < keystream.length; i++)
    keystream[i] = (keystream[i] as number) ^ (plaintext[i] as number);
  return {
    epoch,
    commitment: fragment.slice(COMMITMENT_AT, NONCE_AT),
    counterBlock,
    keystream,
  };
}
