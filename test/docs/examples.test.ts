import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeToken, needsToken } from '../hsm/support/tokens.ts';
import { needsRedis, startRedis } from '../support/redis-server.ts';

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

/** Where examples have the module, the PIN and the folder beside the token. */
const SOFTHSM = '/usr/lib/softhsm/libsofthsm2.so';
const PIN_FILE = '/run/secrets/hsm-pin';
const STORE = '/var/lib/app/keys';
/** Where they have a server of Redis. */
const REDIS = 'redis://127.0.0.1:6379';

async function expectRuns(page: string, index: number, program: string, env = {}): Promise<void> {
  const path = join(folder, `${page.replaceAll('/', '-')}-${index + 1}.ts`);
  await writeFile(path, program);
  const { stderr } = await run(process.execPath, [path], { cwd: folder, env: { ...process.env, ...env } });
  expect(stderr).toBe('');
}

needsToken('SoftHSM')('examples with a token', () => {
  for (const { page, blocks } of examples) {
    for (const [i, block] of blocks.entries()) {
      if (!block.includes(SOFTHSM)) continue;
      it(`${page}, example ${i + 1}, runs`, async () => {
        const token = makeToken('SoftHSM', { label: 'mwrasp' });
        try {
          const pinFile = join(token.folder, 'pin');
          await writeFile(pinFile, token.pin, { mode: 0o600 });
          const program = block
            .replaceAll(SOFTHSM, token.options.module as string)
            .replaceAll(PIN_FILE, pinFile)
            .replaceAll(STORE, join(token.folder, 'store'));
          await expectRuns(page, i, program, { ...token.env, HSM_PIN: token.pin });
        } finally {
          token.remove();
        }
      });
    }
  }
});

needsRedis('examples with Redis', () => {
  for (const { page, blocks } of examples) {
    for (const [i, block] of blocks.entries()) {
      if (!block.includes(REDIS)) continue;
      it(`${page}, example ${i + 1}, runs`, async () => {
        const server = await startRedis();
        try {
          await expectRuns(page, i, block.replaceAll(REDIS, server.url));
        } finally {
          await server.stop();
        }
      });
    }
  }
});

describe('examples in the documents', () => {
  it('are there', () => {
    const total = examples.reduce((sum, { blocks }) => sum + blocks.length, 0);
    expect(total).toBeGreaterThan(10);
  });

  for (const { page, blocks } of examples) {
    for (const [i, block] of blocks.entries()) {
      if (block.includes(SOFTHSM) || block.includes(REDIS)) continue;
      it(`${page}, example ${i + 1}, runs`, () => expectRuns(page, i, block));
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
