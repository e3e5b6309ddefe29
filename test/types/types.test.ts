/**
 * Misuse does not compile: every other file of this folder is compiled with the project's options, and each of its
 * `@ts-expect-error` lines must stand over a mistake that the compiler finds.
 */
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { publicEntries } from '../../scripts/entries.mjs';

const here = import.meta.dirname;
const config = join(here, '../../tsconfig.json');
const files = globSync('**/*.ts', { cwd: here, exclude: (name) => name.endsWith('.test.ts') }).sort();
const format = { getCurrentDirectory: () => here, getNewLine: () => '\n', getCanonicalFileName: String };

describe('misuse does not compile', () => {
  const { options, errors } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, ts.sys.readFile).config,
    ts.sys,
    dirname(config),
  );
  const program = ts.createProgram(
    files.map((file) => join(here, file)),
    options,
  );

  it('reads the options of the project and at least one file', () => {
    expect(errors).toEqual([]);
    expect(options.strict).toBe(true);
    expect(files).not.toEqual([]);
  });

  it.each(publicEntries.map(({ id }) => id))('with what %s exports', (id) => {
    const source = files.map((file) => program.getSourceFile(join(here, file))?.text).join('\n');
    expect(source).toContain(` from '${id}';`);
  });

  it.each(files)('%s', (file) => {
    const source = program.getSourceFile(join(here, file));
    const problems = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    expect(ts.formatDiagnostics(problems, format)).toBe('');
    expect(source?.text).toContain('@ts-expect-error');
  });
});
