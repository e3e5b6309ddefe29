/**
 * Folders of vectors made for one test.
 *
 * @module
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type EngineName, type KatSetReport, runKat } from '../../../src/kat/index.ts';

/** A case as JSON has it. */
export type Case = Record<string, unknown>;

/** A temporary folder with some files, gone after the test. */
export async function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kat-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

/** Text of a vector file. */
export function vectorFile(cases: readonly unknown[], header: Case = { set: 'a set' }): string {
  return JSON.stringify({ header, cases });
}

/** Runs cases as a file of their own on one engine. */
export async function runCases(
  cases: readonly Case[],
  engine: EngineName = 'noble',
  header: Case = { set: 'a set' },
): Promise<KatSetReport> {
  const vectors = await folderWith({ 'some.json': vectorFile(cases, header) });
  const { sets } = await runKat({ vectors, engines: [engine] });
  return sets[0] as KatSetReport;
}

/** Changes the last digit of a hexadecimal text, or of the last text in a list. */
export function changed(value: unknown): unknown {
  if (Array.isArray(value)) return [...value.slice(0, -1), changed(value.at(-1))];
  if (typeof value === 'object' && value !== null) return { ...value, md: changed((value as Case)['md']) };
  const text = value as string;
  return text.slice(0, -1) + (Number.parseInt(text.slice(-1), 16) ^ 1).toString(16);
}
