/**
 * Asks for a secret on the terminal.
 *
 * @module
 */
import { wipe } from '../../bytes.ts';
import { KeyStoreError } from '../../errors.ts';
import { mark } from './problems.ts';

const KEY = {
  INTERRUPT: 0x03,
  END: 0x04,
  BACKSPACE: 0x08,
  NEWLINE: 0x0a,
  RETURN: 0x0d,
  ERASE: 0x15,
  DELETE: 0x7f,
};
const MAX_BYTES = 1024;

/** What is needed of a terminal. */
export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

function refuse(message: string): KeyStoreError {
  return mark(new KeyStoreError('ERR_KEYSTORE_TOKEN', message), 'pin-missing');
}

/**
 * Reads a line that is not shown. The terminal is as it was afterwards, whatever happened.
 *
 * @param question - Shown.
 * @param terminal - The process's own by default.
 * @returns The bytes that were typed, the caller's to wipe.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_TOKEN` without a terminal, or when it was interrupted.
 */
export async function promptHidden(
  question: string,
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<Uint8Array> {
  if (!input.isTTY) throw refuse('there is no terminal to ask for the PIN on');
  const typed = new Uint8Array(MAX_BYTES);
  let length = 0;
  const wasRaw = input.isRaw;
  // Before the question: whoever reads it may type at once.
  input.setRawMode(true);
  output.write(question);
  input.resume();
  try {
    return await new Promise<Uint8Array>((resolve, reject) => {
      const onData = (chunk: Buffer) => {
        for (const byte of chunk) {
          if (byte === KEY.NEWLINE || byte === KEY.RETURN) {
            input.off('data', onData);
            resolve(typed.slice(0, length));
          } else if (byte === KEY.INTERRUPT || byte === KEY.END) {
            input.off('data', onData);
            reject(refuse('no PIN was given'));
          } else if (byte === KEY.BACKSPACE || byte === KEY.DELETE) {
            // A character may be several bytes of UTF-8: all but the first begin with the bits 10.
            while (length > 0 && ((typed[--length] as number) & 0xc0) === 0x80);
          } else if (byte === KEY.ERASE) {
            length = 0;
          } else if (length < MAX_BYTES) {
            typed[length++] = byte;
          }
        }
        wipe(chunk);
      };
      input.on('data', onData);
    });
  } finally {
    wipe(typed);
    input.setRawMode(wasRaw);
    input.pause();
    output.write('\n');
  }
}
