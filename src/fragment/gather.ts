/**
 * Finding a message among the fragments of one call.
 *
 * @module
 */
import { checkArray, checkBytes, readFrom, wipe } from '../bytes.ts';
import { AuthenticationError, InputError, PqError, QuorumError } from '../errors.ts';
import type { Epochs } from './epochs.ts';
import { type Fragment, MAX_FRAGMENTS, readFragment } from './format.ts';
import { openMessage } from './open.ts';

/** Most fragments of one call: every one of a message, and three more for each that is damaged or forged. */
const MAX_FRAGMENTS_OF_CALL = 4 * MAX_FRAGMENTS;

const EXPECTED = 'an array of Uint8Array';

/** A message that was opened. */
export interface Gathered {
  readonly fragment: Fragment;
  readonly data: Uint8Array;
}

/** Fragments that claim to be of one message. */
class Group {
  readonly fragments: Fragment[] = [];
  readonly #indices = new Set<number>();

  get first(): Fragment {
    return this.fragments[0] as Fragment;
  }

  /** Different fragments. */
  get have(): number {
    return this.#indices.size;
  }

  get isEnough(): boolean {
    return this.have >= this.first.threshold;
  }

  add(fragment: Fragment): void {
    this.fragments.push(fragment);
    this.#indices.add(fragment.index);
  }
}

/** Reads what is readable. When nothing is, the first reason is the error. */
function readAll(epochs: Epochs, fragments: readonly Uint8Array[]): Fragment[] {
  let reason: PqError | undefined;
  const own: Fragment[] = [];
  const all = checkArray('fragments', fragments, EXPECTED, (name, bytes) => {
    checkBytes(name, bytes);
    return bytes;
  });
  if (all.length > MAX_FRAGMENTS_OF_CALL) {
    throw new InputError(
      'ERR_INPUT_LENGTH',
      'fragments',
      `at most ${MAX_FRAGMENTS_OF_CALL} fragments`,
      String(all.length),
    );
  }
  for (const [i, bytes] of all.entries()) {
    try {
      const fragment = readFragment(`fragments[${i}]`, bytes);
      epochs.checkOwn(`fragments[${i}]`, fragment);
      own.push(fragment);
    } catch (error) {
      if (!(error instanceof PqError)) throw error;
      reason ??= error;
    }
  }
  if (own.length === 0 && reason !== undefined) throw reason;
  return own;
}

function group(fragments: readonly Fragment[]): Group[] {
  const groups: Group[] = [];
  for (const fragment of fragments) {
    let group = groups.find(({ first }) => first.isOfSameMessage(fragment));
    if (group === undefined) {
      group = new Group();
      groups.push(group);
    }
    group.add(fragment);
  }
  // Those that could be whole first, then those that are nearest to it.
  return groups.sort(
    (a, b) =>
      Number(b.isEnough) - Number(a.isEnough) || b.have / b.first.threshold - a.have / a.first.threshold,
  );
}

/** Opens fragments of one message. */
function open(epochs: Epochs, fragments: readonly Fragment[], have: number, context: Uint8Array): Uint8Array {
  const first = fragments[0] as Fragment;
  const key = epochs.keyOf(first.epoch);
  if (have < first.threshold) throw new QuorumError(have, first.threshold);
  const opened = openMessage(epochs.channel, key, fragments, context);
  if (opened === undefined) throw epochs.gone();
  if (opened.data === undefined) throw new AuthenticationError();
  return opened.data;
}

/**
 * Opens the one message that the fragments of a call are of. What is damaged or forged among them does no harm, as long as
 * enough good ones are there.
 *
 * @param epochs - The vault's.
 * @param fragments - What the caller passed.
 * @param context - The application's context.
 * @returns The message; the caller checks the deadline again before giving it away.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`; `ERR_INPUT_FORMAT` when none is a fragment;
 * `ERR_INPUT_KEY` when all are another vault's, or there are two whole messages.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` when none is of this version.
 * @throws {@link QuorumError} when there are too few.
 * @throws {@link ExpiredError} `ERR_EXPIRED_DEADLINE`, `ERR_EXPIRED_EPOCH_GONE`, `ERR_EXPIRED_CLOCK_ANOMALY`.
 * @throws {@link AuthenticationError} when too few of them are good.
 */
export function gather(epochs: Epochs, fragments: readonly Uint8Array[], context: Uint8Array): Gathered {
  const only = readFrom('fragments', EXPECTED, () =>
    Array.isArray(fragments) && fragments.length === 1 ? (fragments as unknown[])[0] : undefined,
  );
  if (only !== undefined) {
    // A small message is one fragment: sorting it costs as much as opening it.
    const fragment = readFragment('fragments[0]', only as Uint8Array);
    epochs.checkOwn('fragments[0]', fragment);
    return { fragment, data: open(epochs, [fragment], 1, context) };
  }
  const groups = group(readAll(epochs, fragments));
  let found: Gathered | undefined;
  let reason: unknown;
  try {
    for (const candidate of groups) {
      // The first one says why, unless another can be opened.
      if (candidate !== groups[0] && !candidate.isEnough) break;
      let data: Uint8Array;
      try {
        data = open(epochs, candidate.fragments, candidate.have, context);
      } catch (error) {
        reason ??= error;
        continue;
      }
      if (found !== undefined) {
        wipe(data);
        throw new InputError('ERR_INPUT_KEY', 'fragments', 'fragments of one message', 'of two');
      }
      found = { fragment: candidate.first, data };
    }
  } catch (error) {
    wipe(found?.data);
    throw error;
  }
  if (found !== undefined) return found;
  throw reason ?? new QuorumError(0, 1);
}
