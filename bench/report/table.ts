/**
 * Tables of the bench: columns that line up, no ruling.
 *
 * @module
 */
import Table from 'cli-table3';

const NO_RULES = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
};

/** A column: what stands over it, and on which side its cells line up. */
export type Column = readonly [head: string, align: 'left' | 'right'];

/**
 * Writes a table as a text.
 *
 * @param columns - The columns.
 * @param rows - Cells, row by row.
 * @returns Lines without trailing blanks or a final line feed.
 */
export function plainTable(
  columns: readonly Column[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const table = new Table({
    head: columns.map(([head]) => head),
    colAligns: columns.map(([, align]) => align),
    chars: NO_RULES,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  table.push(...rows.map((row) => [...row]));
  const lines = table.toString().split('\n');
  return lines.map((line) => line.trimEnd()).join('\n');
}
