/**
 * The collector of garbage, which a runtime shows only when told to.
 *
 * @module
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Collects: the young generation, or everything. */
export type Collect = (type: 'minor' | 'major') => void;

let collect: Collect | undefined;

/** The collector; undefined where it is not V8's. */
export function collector(): Collect | undefined {
  try {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as (options: { readonly type: string }) => void;
    collect ??= (type) => gc({ type });
  } catch {
    // Not V8.
  }
  return collect;
}
