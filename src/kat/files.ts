/**
 * Reads a folder of vector files: `{ "header": {…}, "cases": [{…}, …] }`, as JSON or gzipped JSON.
 *
 * @module
 */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { InputError } from '../errors.ts';
import { isObject, type JsonObject } from './fields.ts';

/** A file of vectors. */
export interface VectorFile {
  /** Path below the folder. */
  readonly path: string;
  /** The set's name. */
  readonly set: string;
  /** Set name and algorithm of the header, in lower case. */
  readonly hint: string;
  readonly cases: readonly JsonObject[];
}

/** A file that could not be read as vectors. */
export interface BadVectorFile {
  readonly path: string;
  readonly problem: string;
}

const VECTOR_FILE = /\.json(\.gz)?$/i;
const gunzipAsync = promisify(gunzip);

/**
 * Lists the vector files of a folder and of the folders in it.
 *
 * @param folder - Path of the folder.
 * @returns Paths below the folder, sorted; at least one.
 * @throws {@link InputError} `ERR_INPUT_FORMAT` when the folder cannot be read or holds no vector file.
 */
export async function listVectorFiles(folder: string): Promise<string[]> {
  let paths: string[];
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    paths = entries
      .filter((entry) => !entry.isDirectory() && VECTOR_FILE.test(entry.name))
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  } catch (cause) {
    const why = String((cause as NodeJS.ErrnoException).code ?? 'one that cannot be read');
    throw new InputError('ERR_INPUT_FORMAT', 'options.vectors', 'a readable folder of vector files', why, {
      cause,
    });
  }
  if (paths.length === 0) {
    throw new InputError(
      'ERR_INPUT_FORMAT',
      'options.vectors',
      'a folder with .json or .json.gz files',
      'none in it',
    );
  }
  return paths.sort();
}

/**
 * Reads one file.
 *
 * @param folder - The folder it was listed in.
 * @param path - Its path below the folder.
 */
export async function readVectorFile(folder: string, path: string): Promise<VectorFile | BadVectorFile> {
  let content: unknown;
  try {
    const bytes = await readFile(join(folder, path));
    const plain = /\.gz$/i.test(path) ? await gunzipAsync(bytes) : bytes;
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plain));
  } catch (error) {
    return { path, problem: `cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (!isObject(content)) return { path, problem: 'is not an object with header and cases' };
  const { header, cases } = content;
  if (!isObject(header)) return { path, problem: 'has no header' };
  if (!Array.isArray(cases)) return { path, problem: 'has no list of cases' };
  if (cases.length === 0) return { path, problem: 'has no case' };
  if (!cases.every(isObject)) return { path, problem: 'has a case that is not an object' };
  const { set, algorithm } = header;
  const names = [set, algorithm].filter((name): name is string => typeof name === 'string' && name !== '');
  return {
    path,
    set: typeof set === 'string' && set !== '' ? set : path,
    hint: names.join(' ').toLowerCase(),
    cases,
  };
}
