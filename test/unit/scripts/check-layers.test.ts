import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'check-layers-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function checkLayers(files: Record<string, string>): {
  status: number | null;
  stdout: string;
  stderr: string;
} {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return spawnSync(process.execPath, ['scripts/check-layers.mjs', folder], { encoding: 'utf8' });
}

const leaf = 'export const one = 1;\n';

describe('npm run check:layers', () => {
  it('accepts imports that point down', () => {
    const { status, stdout, stderr } = checkLayers({
      'src/bytes.ts': leaf,
      'src/engines/index.ts': "export * from '../bytes.ts';\n",
      'src/kem/index.ts': "export * from '../engines/index.ts';\n",
      'src/index.ts': "export * as kem from './kem/index.ts';\n",
    });
    expect(stderr).toBe('');
    expect(stdout).toContain('4 modules, 3 imports');
    expect(stdout).toContain('0 broken');
    expect(status).toBe(0);
  });

  it('names each import that breaks a rule', () => {
    const { status, stderr } = checkLayers({
      'src/bytes.ts': "import '../bench/index.ts';\nexport * from './kem/index.ts';\n",
      'src/chunks.ts': "export type * from './clock.ts';\n",
      'src/clock.ts': "import './chunks.ts';\nimport './secret.ts';\n",
      'src/secret.ts': "import './clock.ts';\n",
      'src/stray.ts': leaf,
      'src/engines/index.ts': leaf,
      'src/hash/index.ts': "import '../stray.ts';\nprocess.getBuiltinModule('node:crypto');\n",
      'src/hash/helper.ts':
        "import { builtinModule } from '../bytes.ts';\nbuiltinModule<object>('node:crypto');\n",
      'src/kem/index.ts': "import { sha3_512 } from '@noble/hashes/sha3.js';\nsha3_512(new Uint8Array(0));\n",
      'src/sign/index.ts': "export const kem = await import('../kem/index.ts');\n",
      'src/aead/index.ts': "import 'node:fs';\nimport './nowhere.ts';\n",
      'src/keystore/file.ts': "import 'koffi';\n",
      'src/pool/workers.ts': "import 'piscina';\n",
      'src/fragment/memory.ts': "import 'redis';\n",
      'src/cli/main.ts': "import '../kem/index.ts';\n",
      'src/index.ts': 'export const one = 1;\n',
      'bench/index.ts': "import '../src/sign/index.ts';\n",
    });
    expect(status).toBe(1);
    const broken = (imports: string, rule: string) =>
      expect(stderr).toContain(`${imports}\n    breaks: ${rule}`);
    broken('src/bytes.ts → src/kem/index.ts', 'row 1 (');
    broken('src/sign/index.ts → src/kem/index.ts', 'row 4 (aead, kem, sign)');
    broken('src/hash/index.ts → src/stray.ts', 'every file of src/ has its place in the rows');
    broken('src/bytes.ts → bench/index.ts', 'the library imports nothing of the command line');
    broken('src/cli/main.ts → src/kem/index.ts', 'cli and bench use the package');
    broken('bench/index.ts → src/sign/index.ts', 'cli and bench use the package');
    broken('src/hash/helper.ts → crypto', 'only engines/ imports node:crypto or noble');
    broken('src/hash/index.ts → crypto', 'only engines/ imports node:crypto or noble');
    expect(stderr).toMatch(/^src\/kem\/index\.ts → .*@noble\/hashes.*\n {4}breaks: only engines\//m);
    broken('src/aead/index.ts → fs', 'what runs everywhere imports no built-in module');
    broken('src/keystore/file.ts → koffi', 'only keystore/pkcs11/');
    expect(stderr).toMatch(/^src\/pool\/workers\.ts → .*piscina.*\n {4}breaks: only pool\/peer\.ts/m);
    broken('src/fragment/memory.ts → redis', 'only fragment/redis.ts');
    broken('src/aead/index.ts → ./nowhere.ts', 'no import leads nowhere');
    expect(stderr).toMatch(/src\/(clock|secret)\.ts → src\/(clock|secret)\.ts.*\n {4}breaks: no cycles/);
    broken('src/index.ts:1', 'src/index.ts only re-exports');
    // A cycle of types alone is none at run time.
    expect(stderr).not.toContain('chunks.ts →');
  });

  it('fails when it reads nothing', () => {
    const { status, stderr } = checkLayers({ 'src/bytes.ts': leaf });
    expect(status).toBe(1);
    expect(stderr).toContain('no import was read');
  });
});
