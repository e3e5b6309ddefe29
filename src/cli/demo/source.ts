/**
 * The file that the demo works on.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CliError, EXIT } from '../exit.ts';
import { STANDARD_STREAM } from '../files.ts';
import { Progress } from '../terminal.ts';
import { packageFolder } from '../version.ts';

/** Pieces that go through fragments, the largest that a vault takes. */
const PIECE_BYTES = 1024 * 1024;

/** The package's own tarball: something real to work on when no file is named. */
export async function packOwnTarball(folder: string): Promise<string> {
  const npm = process.env['npm_execpath'];
  const [command, ...first] = npm === undefined ? ['npm'] : [process.execPath, npm];
  using _progress = new Progress("packing this package's tarball");
  try {
    const { stdout } = await promisify(execFile)(
      command as string,
      [...first, 'pack', '--ignore-scripts', '--silent', '--pack-destination', folder],
      { cwd: fileURLToPath(packageFolder) },
    );
    return join(folder, stdout.trim().split('\n').at(-1) ?? '');
  } catch {
    throw new CliError(
      EXIT.unsupported,
      'npm cannot pack this package here; name a file: mwrasp-crypto demo FILE',
    );
  }
}

/** Length of a file that can be read again and again. */
export async function sizeOf(file: string): Promise<number> {
  if (file === STANDARD_STREAM) {
    throw new CliError(EXIT.usage, 'the demo reads its file several times: name one');
  }
  const info = await stat(file);
  if (!info.isFile()) throw new CliError(EXIT.io, `${file} is not a regular file`);
  return info.size;
}

/** Cuts a file into pieces of at most 1 MiB; an empty file is one empty piece. */
export async function* piecesOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    for (let first = true; ; first = false) {
      const piece = new Uint8Array(PIECE_BYTES);
      let filled = 0;
      while (filled < PIECE_BYTES) {
        const { bytesRead } = await file.read(piece, filled, PIECE_BYTES - filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      if (filled > 0 || first) yield piece.subarray(0, filled);
      if (filled < PIECE_BYTES) return;
    }
  } finally {
    await file.close();
  }
}
