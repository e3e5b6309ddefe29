/**
 * Inputs that earlier runs kept, in files: `corpus/<target>/<hash>`.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CORPUS = join(import.meta.dirname, 'corpus');
/** Where inputs go that broke a promise; not kept in the tree. */
const FINDINGS = join(import.meta.dirname, 'findings');

/** Larger inputs are not kept, and not more than these: seeds lead there again. */
const MAX_BYTES = 1024;
const MAX_FILES = 48;

function nameOf(input: Uint8Array): string {
  return createHash('sha256').update(input).digest('hex').slice(0, 16);
}

/** The inputs of a target. */
export function readCorpus(target: string): Uint8Array[] {
  const folder = join(CORPUS, target);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).sort();
  return names.map((name) => new Uint8Array(readFileSync(join(folder, name))));
}

/** Puts inputs in the place of those of a target, but for those that are in the code anyway. */
export function writeCorpus(
  target: string,
  inputs: readonly Uint8Array[],
  seeds: readonly Uint8Array[],
): number {
  const folder = join(CORPUS, target);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const known = new Set([nameOf(new Uint8Array(0)), ...seeds.map(nameOf)]);
  const kept = inputs
    .filter((input) => input.length <= MAX_BYTES && !known.has(nameOf(input)))
    .slice(-MAX_FILES);
  for (const input of kept) writeFileSync(join(folder, nameOf(input)), input);
  return kept.length;
}

/** Saves an input that broke a promise; returns its path. */
export function saveFinding(target: string, input: Uint8Array): string {
  mkdirSync(FINDINGS, { recursive: true });
  const path = join(FINDINGS, `${target}-${nameOf(input)}`);
  writeFileSync(path, input);
  return path;
}
