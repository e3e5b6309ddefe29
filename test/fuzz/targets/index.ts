/**
 * Every reader of bytes that may come from anywhere.
 *
 * @module
 */
import type { Target } from '../target.ts';
import { FRAGMENTS } from './fragments.ts';
import { KEY_ENCODINGS } from './keys.ts';
import { LIFE_CYCLE } from './life-cycle.ts';
import { SEALED_FORMATS } from './sealed.ts';
import { STORED } from './stores.ts';
import { TEXTS } from './texts.ts';

export const TARGETS: readonly Target[] = [
  ...SEALED_FORMATS,
  ...KEY_ENCODINGS,
  ...STORED,
  ...TEXTS,
  ...FRAGMENTS,
  ...LIFE_CYCLE,
];
