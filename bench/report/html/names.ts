/**
 * What contenders are called and coloured in a page. A colour stands for an engine; raw calls of the same engine have
 * its colour too, and a broken line.
 *
 * @module
 */
import type { BenchResult } from '../report.ts';

/** Engines and peers that have a colour of their own in the style sheet; new engines share those that are left. */
const COLOURS: Readonly<Record<string, string>> = {
  auto: 'var(--auto)',
  node: 'var(--node)',
  'node:crypto': 'var(--node)',
  noble: 'var(--noble)',
  wasm: 'var(--wasm)',
  WebCrypto: 'var(--web)',
};
const OTHER_COLOUR = 'var(--other)';

/** Whether it is the library. */
export function isOurs({ contender }: BenchResult): boolean {
  return contender === 'ours';
}

/** `mwrasp auto`, `noble`. */
export function nameOf({ contender, engine }: BenchResult): string {
  if (contender === 'ours') return engine === null ? 'mwrasp' : `mwrasp ${engine}`;
  return contender;
}

/** The colour of its line. */
export function lineColour({ contender, engine }: BenchResult): string {
  if (contender === 'ours') return COLOURS[engine ?? 'auto'] ?? OTHER_COLOUR;
  return COLOURS[contender] ?? OTHER_COLOUR;
}

/** The colour of its bar: the library's own choice, its engines, others. */
export function barColour(result: BenchResult): string {
  if (!isOurs(result)) return 'var(--peer)';
  return result.engine === 'auto' || result.engine === null ? 'var(--auto)' : 'var(--ours)';
}

/** Results by some text, in the order in which they come. */
export function groupBy(
  results: readonly BenchResult[],
  key: (result: BenchResult) => string,
): Map<string, BenchResult[]> {
  const groups = new Map<string, BenchResult[]>();
  for (const result of results) {
    const group = groups.get(key(result));
    if (group === undefined) groups.set(key(result), [result]);
    else group.push(result);
  }
  return groups;
}

/** One result for each name: the fastest. */
export function fastestOfEach(results: readonly BenchResult[]): BenchResult[] {
  const ordered = [...results].sort((a, b) => b.opsPerSecond.median - a.opsPerSecond.median);
  return [...groupBy(ordered, nameOf).values()].map(([first]) => first as BenchResult);
}

/** With key objects, as far as each has them; whoever knows only bytes enters with those. */
export function withObjects(results: readonly BenchResult[]): BenchResult[] {
  const named = [...groupBy(results, nameOf).values()];
  return fastestOfEach(
    named.flatMap((group) => {
      const objects = group.filter(({ form }) => form !== 'bytes');
      return objects.length > 0 ? objects : group;
    }),
  );
}
