import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

/** TypeScript blocks of a page; each is a program of its own. */
function blocksOf(markdown: string): string[] {
  return [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] as string);
}

const pages = [
  'README.md',
  ...(await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
];
const examples = await Promise.all(
  pages.map(async (page) => ({ page, blocks: blocksOf(await readFile(join(root, page), 'utf8')) })),
);

let folder: string;

beforeAll(async () => {
  // Inside the project, so that the package's own name is found.
  folder = await mkdtemp(join(root, 'temp-examples-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('examples in the documents', () => {
  it('are there', () => {
    const total = examples.reduce((sum, { blocks }) => sum + blocks.length, 0);
    expect(total).toBeGreaterThan(10);
  });

  for (const { page, blocks } of examples) {
    for (const [i, block] of blocks.entries()) {
      it(`${page}, example ${i + 1}, runs`, async () => {
        const path = join(folder, `${page.replaceAll('/', '-')}-${i + 1}.ts`);
        await writeFile(path, block);
        const { stderr } = await run(process.execPath, [path], { cwd: folder });
        expect(stderr).toBe('');
      });
    }
  }

  it('examples/quickstart.ts tells the story', async () => {
    const { stdout } = await run(process.execPath, [join(root, 'examples/quickstart.ts')], { cwd: folder });
    expect(stdout).toContain('same bytes: true');
    expect(stdout).toContain('reassembled in time: true');
    expect(stdout).toContain('after 150 ms: ERR_EXPIRED_DEADLINE');
    expect(stdout).toContain('with a clock that lies: ERR_EXPIRED_EPOCH_GONE');
  });
});
