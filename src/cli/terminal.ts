/**
 * What people see: tables that line up, a progress bar when something takes long, colours on terminals only.
 *
 * @module
 */
import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import pc from 'picocolors';
import { onSignal } from './cleanup.ts';

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

/** A word as a shell takes it. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command that takes less is not worth a bar. */
const BAR_AFTER_MS = 1000;

/** Shows a bar on standard error when the command takes long, in one step or many, and a person looks. */
export class Progress {
  readonly #label: string;
  readonly #total: number | undefined;
  /** For work that tells nothing for long. */
  readonly #timer = setTimeout(
    () => this.update(this.#done, this.#note),
    Math.max(0, BAR_AFTER_MS - performance.now()),
  ).unref();
  #bar: SingleBar | undefined;
  #takeBack: (() => void) | undefined;
  #done = 0;
  #note = '';

  /**
   * @param label - What is being done.
   * @param total - How much there is to do, where that is known.
   */
  constructor(label: string, total?: number) {
    this.#label = label;
    this.#total = total;
  }

  /**
   * Tells how far the work is.
   *
   * @param done - How much is done.
   * @param note - What is being done now, or how much was done where the total is not known.
   */
  update(done: number, note = ''): void {
    this.#done = done;
    this.#note = note;
    if (!process.stderr.isTTY || performance.now() < BAR_AFTER_MS) return;
    if (this.#bar !== undefined) {
      this.#bar.update(done, { note });
      return;
    }
    const format =
      this.#total === undefined ? '{label} {note}' : '{label} {bar} {percentage}% eta {eta}s {note}';
    // The usual buffer holds a tenth of a second of small pieces: the time left would jump about.
    const options = { hideCursor: true, clearOnComplete: true, etaBuffer: 500 };
    this.#bar = new SingleBar({ format, stream: process.stderr, ...options });
    // Before the cursor is hidden: a signal may come at any time.
    this.#takeBack = onSignal(() => this.#bar?.stop());
    this.#bar.start(this.#total ?? 0, done, { label: this.#label, note });
  }

  /** Passes bytes on and counts them. */
  async *count(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of source) {
        const done = this.#done + piece.length;
        this.update(done, formatBytes(done));
        yield piece;
      }
    } finally {
      this[Symbol.dispose]();
    }
  }

  /** Takes the bar away. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#bar?.stop();
    this.#takeBack?.();
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
