/**
 * Questions on the terminal. They go to standard error, so that standard output is the result's alone.
 *
 * The library asks for PINs itself when it is told to (`pin: 'prompt'`); here the same is needed for passphrases, twice
 * over, and with a signal in between.
 *
 * @module
 */
import { createInterface } from 'node:readline';
import { onSignal } from './cleanup.ts';
import { CliError, EXIT } from './exit.ts';

const KEY = {
  INTERRUPT: 0x03,
  END: 0x04,
  BACKSPACE: 0x08,
  NEWLINE: 0x0a,
  RETURN: 0x0d,
  ERASE: 0x15,
  DELETE: 0x7f,
};

/** Keys that end a line. */
const ENDS: readonly number[] = [KEY.INTERRUPT, KEY.END, KEY.NEWLINE, KEY.RETURN];

/** No passphrase and no PIN is longer. */
const MAX_BYTES = 1024;

/** Whether there is somebody to ask. */
export function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** A line as it is typed. */
class HiddenLine {
  readonly #bytes = new Uint8Array(MAX_BYTES);
  #length = 0;

  add(byte: number): void {
    if (byte === KEY.ERASE) this.#length = 0;
    else if (byte === KEY.BACKSPACE || byte === KEY.DELETE) this.#dropCharacter();
    else if (this.#length < MAX_BYTES) this.#bytes[this.#length++] = byte;
  }

  /** A character may be several bytes of UTF-8: all but the first begin with the bits 10. */
  #dropCharacter(): void {
    while (this.#length > 0 && ((this.#bytes[--this.#length] as number) & 0xc0) === 0x80);
  }

  /** A copy, the caller's to wipe. */
  copy(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  wipe(): void {
    this.#bytes.fill(0);
  }
}

/**
 * Asks for a secret, and shows nothing of what is typed. The terminal is as it was afterwards, whatever happened.
 *
 * @returns The bytes that were typed, the caller's to wipe.
 */
export async function askHidden(question: string): Promise<Uint8Array> {
  const { stdin: input, stderr: output } = process;
  const line = new HiddenLine();
  // Before the question: whoever reads it may type at once.
  input.setRawMode(true);
  output.write(question);
  const restore = () => {
    input.setRawMode(false);
    output.write('\n');
  };
  const takeBack = onSignal(restore);
  const ending = new AbortController();
  try {
    return await new Promise<Uint8Array>((resolve, reject) => {
      const giveUp = () => reject(new CliError(EXIT.usage, 'nothing was typed'));
      const onData = (chunk: Buffer) => {
        const end = chunk.findIndex((byte) => ENDS.includes(byte));
        for (const byte of end < 0 ? chunk : chunk.subarray(0, end)) line.add(byte);
        // Reading goes on meanwhile: with nothing left to do the program would end before the signal comes.
        if (chunk[end] === KEY.INTERRUPT) process.kill(process.pid, 'SIGINT');
        else if (chunk[end] === KEY.END) giveUp();
        else if (end >= 0) {
          input.pause();
          // What was typed ahead answers the next question.
          if (end + 1 < chunk.length) input.unshift(Buffer.from(chunk.subarray(end + 1)));
          resolve(line.copy());
        }
        chunk.fill(0);
      };
      ending.signal.addEventListener('abort', () => {
        input.off('data', onData);
        input.off('end', giveUp);
      });
      input.on('data', onData);
      input.once('end', giveUp);
      input.resume();
    });
  } finally {
    ending.abort();
    line.wipe();
    input.pause();
    restore();
    takeBack();
  }
}

/** Asks a question whose answer everybody may see. */
export async function ask(question: string): Promise<string> {
  process.stderr.write(question);
  const lines = createInterface({ input: process.stdin, terminal: false });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
  }
}
