/**
 * Pages of blocks: the memory that the thread that uses keys and the one that zeroes them share.
 *
 * @module
 */
import { Block, blockBytes } from './block.ts';

/** A page has at least one block, and as many as fit into this. */
const PAGE_BYTES = 65_536;

/** Blocks of a page at most, so that one number is page and place. */
const BLOCKS_BITS = 10;

/** What is needed to look at a page. */
export interface PageShape {
  /** Its number. */
  readonly page: number;
  readonly buffer: ArrayBufferLike;
  /** Slots of each of its blocks. */
  readonly slots: number;
}

/** How many bytes a page has whose blocks have so many slots. */
export function pageBytes(slots: number): number {
  const bytes = blockBytes(slots);
  return bytes * Math.min(Math.max(Math.floor(PAGE_BYTES / bytes), 1), 2 ** BLOCKS_BITS);
}

/** The blocks of a page. */
export function blocksOf({ page, buffer, slots }: PageShape): Block[] {
  const bytes = blockBytes(slots);
  const views = {
    words: new Int32Array(buffer),
    doubles: new Float64Array(buffer, 0, Math.floor(buffer.byteLength / 8)),
    bytes: new Uint8Array(buffer),
  };
  const blocks: Block[] = [];
  for (let at = 0; at + bytes <= buffer.byteLength; at += bytes) {
    blocks.push(new Block(page * 2 ** BLOCKS_BITS + blocks.length, views, at, slots));
  }
  return blocks;
}

/** Page and place of a block. */
export function placeOf(id: number): { page: number; place: number } {
  return { page: id >>> BLOCKS_BITS, place: id & (2 ** BLOCKS_BITS - 1) };
}
