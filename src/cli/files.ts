/**
 * Files as the commands use them: `-` for standard streams, no overwriting, outputs that are whole or not there.
 *
 * @module
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { link, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { withTemporary } from './cleanup.ts';
import { CliError, EXIT } from './exit.ts';

/** Name of a standard stream. */
export const STANDARD_STREAM = '-';

/** Keys, signatures and the like are far smaller. */
const MAX_SMALL_FILE_BYTES = 16 * 1024 * 1024;

/** A source of bytes and its length, where that is known. */
export interface Input {
  readonly source: AsyncIterable<Uint8Array>;
  readonly sizeBytes: number | undefined;
}

/** Opens an input for reading piece by piece. */
export async function openInput(path: string): Promise<Input> {
  if (path === STANDARD_STREAM) return { source: process.stdin, sizeBytes: undefined };
  const info = await stat(path);
  if (info.isDirectory()) throw new CliError(EXIT.io, `${path} is a folder, not a file`);
  return {
    source: createReadStream(path, { highWaterMark: 1024 * 1024 }),
    sizeBytes: info.isFile() ? info.size : undefined,
  };
}

/** Reads a small file, or standard input, whole. */
export async function readSmall(path: string): Promise<Uint8Array> {
  const { source } = await openInput(path);
  const tooLarge = `${nameOf(path)} is too large to be a key or signature`;
  return await readWhole(source, MAX_SMALL_FILE_BYTES, tooLarge);
}

/**
 * Reads all that comes.
 *
 * @param maxBytes - More than that is refused.
 * @param tooLarge - What is said then.
 */
export async function readWhole(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
  tooLarge: string,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of source) {
    length += part.length;
    if (length > maxBytes) throw new CliError(EXIT.usage, tooLarge);
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/**
 * Reads a secret whole. What was read on the way is wiped.
 *
 * @param path - A file, or `-` for standard input.
 * @param maxBytes - More than that is refused.
 * @param what - What it is, for messages.
 * @returns The bytes, the caller's to wipe.
 */
export async function readSecretFile(path: string, maxBytes: number, what: string): Promise<Uint8Array> {
  const read = new Uint8Array(maxBytes + 1);
  try {
    const length = path === STANDARD_STREAM ? await fillFromStdin(read) : await fillFromFile(path, read);
    if (length > maxBytes) throw new CliError(EXIT.usage, `${nameOf(path)} is too large to be ${what}`);
    return read.slice(0, length);
  } finally {
    read.fill(0);
  }
}

async function fillFromStdin(target: Uint8Array): Promise<number> {
  let length = 0;
  for await (const piece of process.stdin as AsyncIterable<Uint8Array>) {
    const fitting = piece.subarray(0, target.length - length);
    target.set(fitting, length);
    length += fitting.length;
    piece.fill(0);
  }
  return length;
}

/** Read straight into memory that is wiped: a stream makes copies that nobody gets to see. */
async function fillFromFile(path: string, target: Uint8Array): Promise<number> {
  const file = await open(path, 'r');
  try {
    if ((await file.stat()).isDirectory()) throw new CliError(EXIT.io, `${path} is a folder, not a file`);
    let length = 0;
    for (;;) {
      // No position: a pipe has none.
      const { bytesRead } = await file.read(target, length, target.length - length, null);
      length += bytesRead;
      if (bytesRead === 0 || length === target.length) return length;
    }
  } finally {
    await file.close();
  }
}

/** How a message names an input. */
export function nameOf(path: string): string {
  return path === STANDARD_STREAM ? 'standard input' : path;
}

/** Options of {@link writeOutput}. */
export interface OutputOptions {
  /** Replace a file that is there. */
  readonly force?: boolean | undefined;
  /** Only its owner may read the file. */
  readonly secret?: boolean;
}

/**
 * Writes an output: to standard output as it comes, to a file whole or not at all (a temporary file beside it takes its
 * name at the end).
 */
export async function writeOutput(
  path: string,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: OutputOptions,
): Promise<void> {
  await checkOutput(path, options.force);
  if (path === STANDARD_STREAM) {
    await pipeline(source, process.stdout, { end: false });
    return;
  }
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  await withTemporary(temporary, async () => {
    await pipeline(
      source,
      createWriteStream(temporary, { flags: 'wx', mode: options.secret ? 0o600 : 0o666, flush: true }),
    );
    // A link refuses a name that was taken meanwhile; a rename would replace it in silence.
    if (options.force) await rename(temporary, path);
    else {
      await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
        throw error.code === 'EEXIST' ? taken(path) : error;
      });
    }
    await syncFolder(path);
  });
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Refuses, before any work is done for it, an output that cannot be written or must not be. */
export async function checkOutput(path: string, force: boolean | undefined): Promise<void> {
  if (path === STANDARD_STREAM) {
    if (process.stdout.isTTY)
      throw new CliError(EXIT.usage, 'will not write bytes to a terminal: use --output FILE');
    return;
  }
  const there = await stat(path).catch(() => undefined);
  // A device or a pipe would be replaced as well.
  if (there !== undefined && !there.isFile())
    throw new CliError(EXIT.io, `${path} is not a file: choose another name, or - for standard output`);
  if (there !== undefined && !force) throw taken(path);
  const folder = await stat(dirname(path)).catch(() => undefined);
  if (!folder?.isDirectory())
    throw new CliError(EXIT.io, `${path}: there is no folder ${dirname(path)}; make it first`);
}

function taken(path: string): CliError {
  return new CliError(EXIT.usage, `${path} exists: choose another name, or replace it with --force`);
}
