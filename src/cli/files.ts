/**
 * Files as the commands use them: `-` for standard streams, no overwriting, outputs that are whole or not there.
 *
 * @module
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { access, link, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
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
  if (path !== STANDARD_STREAM) {
    const { size } = await stat(path);
    if (size > MAX_SMALL_FILE_BYTES)
      throw new CliError(EXIT.usage, `${path} is too large to be a key or signature`);
    return new Uint8Array(await readFile(path));
  }
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_SMALL_FILE_BYTES) throw new CliError(EXIT.usage, 'standard input is too large for this');
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
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
  if (path === STANDARD_STREAM) {
    if (process.stdout.isTTY)
      throw new CliError(EXIT.usage, 'will not write bytes to a terminal: use --output FILE');
    await pipeline(source, process.stdout, { end: false });
    return;
  }
  await checkFree(path, options.force);
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await pipeline(
      source,
      createWriteStream(temporary, { flags: 'wx', mode: options.secret ? 0o600 : 0o666, flush: true }),
    );
    // A link refuses a name that was taken meanwhile; a rename would replace it in silence.
    if (options.force) await rename(temporary, path);
    else await link(temporary, path);
    await syncFolder(path);
  } finally {
    await rm(temporary, { force: true });
  }
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

/** Refuses a name that is taken, before any work is done for it. */
export async function checkFree(path: string, force: boolean | undefined): Promise<void> {
  if (force || path === STANDARD_STREAM) return;
  const taken = await access(path).then(
    () => true,
    () => false,
  );
  if (taken)
    throw new CliError(EXIT.usage, `${path} exists: choose another name, or replace it with --force`);
}
