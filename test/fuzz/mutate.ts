/**
 * Changes inputs: bits, bytes, numbers, lengths, pieces of other inputs and words that mean something.
 *
 * @module
 */
import type { Random } from './random.ts';

/** What a mutator works on: as many bytes of a buffer as are the input now. */
export interface Draft {
  readonly bytes: Uint8Array;
  length: number;
}

/** What mutators take pieces from. */
export interface Material {
  readonly inputs: readonly Uint8Array[];
  readonly words: readonly Uint8Array[];
}

type Mutator = (draft: Draft, random: Random, material: Material) => void;

/** Numbers at which parsers change their mind. */
const EDGES = [0, 1, 2, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 1023, 1024, 65_535, 65_536];
const HIGH_EDGES = [2 ** 20, 2 ** 20 + 1, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

const WIDTHS = [1, 2, 4, 8] as const;

function readNumber({ bytes }: Draft, offset: number, width: number): number {
  let value = 0;
  for (let i = 0; i < width; i++) value = value * 256 + (bytes[offset + i] as number);
  return value;
}

function writeNumber({ bytes }: Draft, offset: number, width: number, number: number): void {
  let value = Math.max(0, number);
  for (let i = width - 1; i >= 0; i--) {
    bytes[offset + i] = value % 256;
    value = Math.floor(value / 256);
  }
}

/** Replaces bytes at an offset by others, as far as there are that many and there is room. */
function replace(draft: Draft, offset: number, wanted: number, put: Uint8Array): void {
  const { bytes, length } = draft;
  const gone = Math.min(wanted, length - offset);
  const room = bytes.length - (length - gone);
  const piece = put.length > room ? put.subarray(0, room) : put;
  bytes.copyWithin(offset + piece.length, offset + gone, length);
  bytes.set(piece, offset);
  draft.length = length - gone + piece.length;
}

const mutators: readonly Mutator[] = [
  function flipBit({ bytes, length }, random) {
    if (length === 0) return;
    const at = random.below(length);
    bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
  },
  function anyByte({ bytes, length }, random) {
    if (length > 0) bytes[random.below(length)] = random.below(256);
  },
  function nearByte({ bytes, length }, random) {
    if (length === 0) return;
    const at = random.below(length);
    bytes[at] = (bytes[at] as number) + random.below(9) - 4;
  },
  function edgeNumber(draft, random) {
    const width = random.of(WIDTHS);
    if (draft.length < width) return;
    const offset = random.below(draft.length - width + 1);
    const left = draft.length - offset - width;
    const near = readNumber(draft, offset, width) + random.below(9) - 4;
    const edge = random.of([...EDGES, ...HIGH_EDGES, left, left - 1, left + 1, near, near, near]);
    writeNumber(draft, offset, width, edge);
  },
  /** A field whose length stands before it gets longer or shorter, and its length with it. */
  function lengthField(draft, random) {
    for (let tries = 0; tries < 8; tries++) {
      const width = random.of(WIDTHS);
      if (draft.length < width) return;
      const offset = random.below(draft.length - width + 1);
      const length = readNumber(draft, offset, width);
      const start = offset + width;
      if (length === 0 || length > draft.length - start) continue;
      const gone = random.below(2) === 0 ? random.size(length) : 0;
      const put = new Uint8Array(random.below(2) === 0 ? random.size(64) : 0).fill(random.below(256));
      const before = draft.length;
      replace(draft, start + random.below(length - gone + 1), gone, put);
      writeNumber(draft, offset, width, length + draft.length - before);
      return;
    }
  },
  function truncate(draft, random) {
    draft.length -= Math.min(draft.length, random.size(draft.length + 1));
  },
  function extend(draft, random) {
    const put = new Uint8Array(random.size(64));
    for (let i = 0; i < put.length; i++) put[i] = random.below(256);
    replace(draft, draft.length, 0, put);
  },
  function remove(draft, random) {
    if (draft.length === 0) return;
    const gone = random.size(draft.length);
    replace(draft, random.below(draft.length - gone + 1), gone, new Uint8Array(0));
  },
  function duplicate(draft, random) {
    if (draft.length === 0) return;
    const size = random.size(draft.length);
    const from = random.below(draft.length - size + 1);
    const piece = draft.bytes.slice(from, from + size);
    replace(draft, random.below(draft.length + 1), random.below(2) === 0 ? 0 : Math.min(size, 1), piece);
  },
  function move(draft, random) {
    if (draft.length < 2) return;
    const size = random.size(draft.length);
    const from = random.below(draft.length - size + 1);
    draft.bytes.copyWithin(random.below(draft.length - size + 1), from, from + size);
  },
  function fill({ bytes, length }, random) {
    if (length === 0) return;
    const size = random.size(length);
    const from = random.below(length - size + 1);
    bytes.fill(random.of([0, 255, random.below(256)]), from, from + size);
  },
  function splice(draft, random, { inputs }) {
    if (inputs.length === 0) return;
    const other = random.of(inputs);
    if (other.length === 0) return;
    const size = random.size(other.length);
    const from = random.below(other.length - size + 1);
    const piece = other.subarray(from, from + size);
    const at = random.below(draft.length + 1);
    replace(draft, at, random.below(2) === 0 ? 0 : Math.min(size, draft.length - at), piece);
  },
  /** The head of this input and the tail of another, cut at the same place. */
  function cross(draft, random, { inputs }) {
    if (inputs.length === 0) return;
    const other = random.of(inputs);
    const at = random.below(Math.min(draft.length, other.length) + 1);
    replace(draft, at, draft.length - at, other.subarray(at));
  },
  function word(draft, random, { words }) {
    if (words.length === 0) return;
    const piece = random.of(words);
    const at = random.below(draft.length + 1);
    replace(draft, at, random.below(2) === 0 ? 0 : Math.min(piece.length, draft.length - at), piece);
  },
];

/** Changes a draft in one to eight ways. */
export function mutate(draft: Draft, random: Random, material: Material): void {
  const rounds = 2 ** random.below(4);
  for (let i = 0; i < rounds; i++) random.of(mutators)(draft, random, material);
}
