/**
 * Which of the fragments that somebody brings together belong together: the bytes are untrusted, and a damaged fragment is
 * one that is missing.
 *
 * @module
 */
import { checkArray, checkBytes } from '../bytes.ts';
import { InputError, PqError, QuorumError } from '../errors.ts';
import { isSameMessage, parseHeader } from './format.ts';
import type { Candidate, Opener } from './opener.ts';

/** Fragments whose headers say that they are of one message. */
export type Group = readonly Candidate[];

/**
 * Reads fragments and sorts them by message.
 *
 * @param argument - The argument's name, for the error.
 * @param fragments - What the caller passed.
 * @param opener - Knows whose fragments are ours.
 * @returns The groups, the largest first; at least one.
 * @throws {@link InputError} `ERR_INPUT_TYPE`; `ERR_INPUT_FORMAT` when none is a fragment; `ERR_INPUT_KEY` when all that
 * are have another origin.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` when all are of another version.
 * @throws {@link QuorumError} when there are none.
 */
export function gather(argument: string, fragments: readonly Uint8Array[], opener: Opener): Group[] {
  const problems: PqError[] = [];
  const groups: Candidate[][] = [];
  checkArray(argument, fragments, 'an array of Uint8Array', (name, fragment) => {
    checkBytes(name, fragment);
    const candidate = read(name, fragment, opener, problems);
    if (candidate === undefined) return;
    const same = groups.find(([first]) => isOfMessage(first as Candidate, candidate));
    if (same === undefined) groups.push([candidate]);
    else same.push(candidate);
  });
  if (groups.length === 0) throw problems[0] ?? new QuorumError(0, 1);
  return groups.sort((a, b) => b.length - a.length);
}

function read(
  name: string,
  fragment: Uint8Array,
  opener: Opener,
  problems: PqError[],
): Candidate | undefined {
  try {
    const header = parseHeader(name, fragment);
    if (opener.isOurs(header)) return { header, fragment };
    problems.push(new InputError('ERR_INPUT_KEY', name, 'a fragment of this vault', 'one of another'));
  } catch (error) {
    if (!(error instanceof PqError)) throw error;
    problems.push(error);
  }
  return undefined;
}

function isOfMessage(first: Candidate, other: Candidate): boolean {
  const { headerBytes } = first.header;
  return (
    headerBytes === other.header.headerBytes && isSameMessage(first.fragment, other.fragment, headerBytes)
  );
}

/** How many different fragments a group has. */
export function countOf(group: Group): number {
  if (group.length === 1) return 1;
  return new Set(group.map(({ header }) => header.index)).size;
}
