/**
 * What people see: tables that line up, a progress bar when something takes long, colours on terminals only.
 *
 * @module
 */
import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import pc from 'picocolors';

/** Colours, off when standard output is no terminal or `NO_COLOR` is set. */
export const colors = pc.createColors(pc.isColorSupported && process.stdout.isTTY === true);

/** Alignment of one column. */
export type Align = 'left' | 'right';

/** A table without ruling: columns that line up, two spaces apart. */
export function table(
  rows: readonly (readonly string[])[],
  align: readonly Align[],
  head?: readonly string[],
): string {
  const out = new Table({
    ...(head ? { head: head.map((title) => colors.bold(title)) } : {}),
    colAligns: [...align],
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: '  ',
    },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  out.push(...rows.map((row) => [...row]));
  return out
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Prints a result: an object for machines, or a text for people. */
export function print(json: boolean | undefined, value: unknown, text: () => string): void {
  process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${text()}\n`);
}

/** Work that takes less is not worth a bar. */
const BAR_AFTER_MS = 1000;

/** Counts work that is done, and shows a bar on standard error when it takes long and a person looks. */
export class Progress {
  readonly #label: string;
  readonly #total: number | undefined;
  readonly #startMs = performance.now();
  #bar: SingleBar | undefined;
  #done = 0;

  /**
   * @param label - What is being done.
   * @param total - How much there is to do, where that is known.
   */
  constructor(label: string, total: number | undefined) {
    this.#label = label;
    this.#total = total;
  }

  /** Sets how much is done. */
  update(done: number): void {
    this.#done = done;
    if (!process.stderr.isTTY || performance.now() - this.#startMs < BAR_AFTER_MS) return;
    if (this.#bar === undefined) {
      const format = this.#total === undefined ? '{label} {value}' : '{label} {bar} {percentage}% eta {eta}s';
      this.#bar = new SingleBar({ format, stream: process.stderr, hideCursor: true, clearOnComplete: true });
      this.#bar.start(this.#total ?? 0, this.#done, { label: this.#label });
    }
    this.#bar.update(this.#done);
  }

  /** Passes bytes on and counts them. */
  async *count(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of source) {
        this.update(this.#done + piece.length);
        yield piece;
      }
    } finally {
      this.stop();
    }
  }

  /** Takes the bar away. */
  stop(): void {
    this.#bar?.stop();
  }
}

/** 1234567 as `1.2 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Milliseconds as `12.3 ms` or `4.56 s`. */
export function formatMs(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`;
}
