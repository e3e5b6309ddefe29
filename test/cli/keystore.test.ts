import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { importPublicKey } from '../../src/encodings/index.ts';
import { exportPrivateKey } from '../../src/insecure.ts';
import { KemPublicKey } from '../../src/kem/index.ts';
import { type KeyInfo, openKeystore } from '../../src/keystore/index.ts';
import { SignPublicKey, verify } from '../../src/sign/index.ts';
import { SEEDS, testKeys } from '../support/keys.ts';
import {
  expectDone,
  expectFailure,
  it,
  noise,
  type Outcome,
  Place,
  type RunOptions,
  type WrongCase,
  writeKeys,
} from './support.ts';

const KEY_ID = /[\w-]{43}/;

/** Marks of the stores that tests make stay with them. */
const stateOf = (place: Place) => ({ XDG_STATE_HOME: place.path('state') });

async function run(place: Place, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return await place.run(args, { ...options, env: { ...stateOf(place), ...options.env } });
}

const keystore = (place: Place, ...args: string[]) => run(place, ['keystore', ...args]);

/** Options of a store that is unlocked by a key file. */
const OPEN = ['--store', 'keys', '--key-file', 'root.key'];

/** A store `keys`, unlocked by `root.key`. */
async function init(place: Place): Promise<void> {
  expectDone(await keystore(place, 'init', '--store', 'keys', '--new-key-file', 'root.key'));
}

async function generate(place: Place, name: string, algorithm: string, ...args: string[]): Promise<KeyInfo> {
  const outcome = await keystore(place, 'generate', algorithm, '--name', name, ...OPEN, '--json', ...args);
  expectDone(outcome);
  return JSON.parse(outcome.stdout);
}

async function list(place: Place, ...open: string[]): Promise<KeyInfo[]> {
  const outcome = await keystore(place, 'list', '--json', ...(open.length > 0 ? open : OPEN));
  expectDone(outcome);
  return JSON.parse(outcome.stdout).keys;
}

describe.concurrent('a keystore from init to destroy', () => {
  it('is unlocked by a new key file, and every next command is right as it is printed', async ({ place }) => {
    const made = await keystore(place, 'init', '--store', 'keys', '--new-key-file', 'root.key');
    expectDone(made);
    expect(made.stdout).toContain(`made keystore  ${place.path('keys')}\nmade key file  root.key\n`);
    expect(await place.mode('root.key')).toBe('600');
    expect(await place.mode('keys')).toBe('700');
    expect(await place.read('root.key')).toHaveLength(32);

    const empty = await keystore(place, 'list', ...OPEN);
    expectDone(empty);
    const next = /mwrasp-crypto keystore generate .*/.exec(made.stdout)?.[0] ?? '';
    expect(empty.stdout).toBe(`no keys; make one: ${next}\n`);
    const generated = await place.shell(next, { env: stateOf(place) });
    expectDone(generated);
    expect(generated.stdout).toMatch(/^made signer@1 \(ML-DSA-87, sealed, key id [\w-]{43}\)\n$/);

    const [key] = await list(place);
    expect(key).toEqual({
      ref: { name: 'signer', generation: 1 },
      algorithm: 'ML-DSA-87',
      custody: 'sealed',
      state: 'active',
      keyId: expect.stringMatching(KEY_ID),
      createdAtMs: expect.any(Number),
      activatedAtMs: expect.any(Number),
    });

    const destroyed = await keystore(place, 'destroy', 'signer@1', ...OPEN, '--yes', '--json');
    expectDone(destroyed);
    expect(JSON.parse(destroyed.stdout)).toEqual({
      destroyed: true,
      ref: { name: 'signer', generation: 1 },
      algorithm: 'ML-DSA-87',
      keyId: key?.keyId,
    });
    expect(await list(place)).toEqual([]);
    // Numbers are never used again.
    expect((await generate(place, 'signer', 'ML-DSA-87')).ref.generation).toBe(2);
  });

  it('is unlocked by a passphrase, from a file, standard input or the environment', async ({ place }) => {
    await place.write('passphrase', 'correct horse\n');
    await place.write('other', 'wrong horse\n');
    const from = ['--store', 'keys', '--passphrase-file'];
    const made = await keystore(place, 'init', ...from, 'passphrase', '--json');
    expectDone(made);
    expect(JSON.parse(made.stdout)).toEqual({
      backend: 'file',
      folder: place.path('keys'),
      unlock: 'passphrase',
      next: expect.stringMatching(/^mwrasp-crypto .* --store keys --passphrase-file passphrase$/),
    });
    expectDone(await keystore(place, 'generate', 'ML-KEM-1024', '--name', 'inbox', ...from, 'passphrase'));
    // Without the end of the line, and with that of other systems.
    for (const input of ['correct horse', 'correct horse\r\n']) {
      expectDone(await run(place, ['keystore', 'list', ...from, '-'], { input }));
    }
    const env = { MWRASP_CRYPTO_KEYSTORE: 'keys', MWRASP_CRYPTO_PASSPHRASE_FILE: 'passphrase' };
    expectDone(await run(place, ['keystore', 'list'], { env }));
    const wrong = await keystore(place, 'list', ...from, 'other');
    expectFailure(wrong, 3, /was it the right passphrase, or key file\? \[ERR_KEYSTORE_CORRUPT\]/);
    expectFailure(await run(place, ['keystore', 'list', ...from, '-'], { input: '\n' }), 2, 'no passphrase');
    expect(wrong.stderr).not.toContain('horse');
  });

  it('is named by URL as well, and opened by the library', async ({ place }) => {
    await init(place);
    const { keyId } = await generate(place, 'signer', 'ML-DSA-87');
    const url = pathToFileURL(place.path('keys'));
    url.searchParams.set('key-file', place.path('root.key'));
    expect(await list(place, '--store', url.href)).toMatchObject([{ keyId }]);
    const store = await openKeystore({
      ...{ backend: 'file', path: place.path('keys'), keyFile: place.path('root.key'), create: false },
      highWaterMark: false,
    });
    expect((await store.get('signer')).keyId).toBe(keyId);
    await store.close();
  });

  it('shows keys in columns that line up', async ({ place }) => {
    await init(place);
    await generate(place, 'a', 'ML-KEM-1024');
    await generate(place, 'a-much-longer-name', 'AES-256-GCM', '--max-uses', '100');
    await generate(place, 'a', 'ML-KEM-1024');
    const { stdout } = await keystore(place, 'list', ...OPEN);
    const [head = '', ...rows] = stdout.trimEnd().split('\n');
    expect(head.split(/ {2,}/)).toEqual([
      ...['name', 'generation', 'algorithm', 'state', 'custody', 'key id', 'made'],
    ]);
    expect(rows.map((row) => row.split(/ {2,}/).slice(0, 5))).toEqual([
      ['a', '1', 'ML-KEM-1024', 'active', 'sealed'],
      ['a', '2', 'ML-KEM-1024', 'active', 'sealed'],
      ['a-much-longer-name', '1', 'AES-256-GCM', 'active', 'sealed'],
    ]);
    for (const title of ['algorithm', 'state', 'custody', 'key id', 'made']) {
      const column = head.indexOf(title);
      for (const row of rows) expect(row.slice(column - 2, column + 1), row).toMatch(/^ {2}\S/);
    }
    const end = head.indexOf('generation') + 'generation'.length;
    for (const row of rows) expect(row.slice(end - 1, end), row).toMatch(/\d/);
    for (const row of rows) expect(row).toMatch(/ \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(stdout).not.toContain('\u001b');
  });

  it('keeps what is there with --if-absent, and a budget of uses', async ({ place }) => {
    await init(place);
    const first = await generate(place, 'data', 'aes-256-gcm', '--max-uses', '7', '--if-absent');
    expect(first).toMatchObject({ algorithm: 'AES-256-GCM', maxUses: 7, reservedUses: 0 });
    expect(await generate(place, 'data', 'AES-256-GCM', '--if-absent')).toEqual(first);
    expect(await list(place)).toHaveLength(1);
  });
});

describe.concurrent('keystore init', () => {
  it('makes no second store, and touches nothing', async ({ place }) => {
    await init(place);
    const before = await place.list();
    const again = await keystore(place, 'init', '--store', 'keys', '--new-key-file', 'other.key');
    expectFailure(again, 3, /there is a keystore at .*keys; see what is in it: .* \[ERR_KEYSTORE_EXISTS\]/);
    expect(await place.list()).toEqual(before);
    expect(await list(place)).toEqual([]);
  });

  it('replaces no key file, and makes no store then', async ({ place }) => {
    await place.write('root.key', 'precious');
    const outcome = await keystore(place, 'init', '--store', 'keys', '--new-key-file', 'root.key');
    expectFailure(outcome, 2, 'root.key exists, and a key file is never replaced');
    expect(await place.list()).toEqual(['root.key']);
    expect(await place.text('root.key')).toBe('precious');
  });

  it('leaves no key file behind when the store cannot be made', async ({ place }) => {
    await mkdir(place.path('keys'));
    await place.write('keys/report.pdf', '');
    const outcome = await keystore(place, 'init', '--store', 'keys', '--new-key-file', 'root.key');
    expectFailure(outcome, 3, /no keystore, and not empty.* \[ERR_KEYSTORE_IO\]/);
    expect(await place.list()).toEqual(['keys']);
  });

  it('takes an empty folder, and a key file that is there', async ({ place }) => {
    await mkdir(place.path('keys'));
    await writeFile(place.path('root.key'), noise(32), { mode: 0o600 });
    const outcome = await keystore(place, 'init', ...OPEN);
    expectDone(outcome);
    expect(outcome.stdout).toContain('unlocked by    key file\n');
    expect(await list(place)).toEqual([]);
  });

  it('quotes for a shell what it says to type', async ({ place }) => {
    await place.write('pass phrase', 'correct horse');
    const store = "Bob's keys; rm -rf";
    const outcome = await keystore(
      place,
      'init',
      '--store',
      store,
      '--passphrase-file',
      'pass phrase',
      '--json',
    );
    expectDone(outcome);
    expectDone(await place.shell(JSON.parse(outcome.stdout).next, { env: stateOf(place) }));
  });

  it('does not say again what the environment says', async ({ place }) => {
    const env = { MWRASP_CRYPTO_KEYSTORE: 'keys' };
    const outcome = await run(place, ['keystore', 'init', '--new-key-file', 'root.key', '--json'], { env });
    expectDone(outcome);
    const { next } = JSON.parse(outcome.stdout);
    expect(next).toBe('mwrasp-crypto keystore generate ML-DSA-87 --name signer --key-file root.key');
  });
});

describe.concurrent('keystore public', () => {
  it('writes keys that verify and seal, in every form', async ({ place }) => {
    await init(place);
    const { keyId } = await generate(place, 'signer', 'ML-DSA-87');
    await place.write('report.pdf', noise(1000));
    const formats = ['pem', 'der', 'jwk', 'raw'] as const;
    for (const format of formats) {
      const output = ['-o', `signer.${format}`, '--format', format, '--json'];
      const outcome = await keystore(place, 'public', 'signer', ...OPEN, ...output);
      expectDone(outcome);
      expect(JSON.parse(outcome.stdout)).toEqual({
        ...{ ref: { name: 'signer', generation: 1 }, algorithm: 'ML-DSA-87', keyId },
        ...{ format, publicKey: `signer.${format}` },
      });
    }
    const keys = [
      importPublicKey(await place.text('signer.pem')),
      importPublicKey(await place.read('signer.der')),
      importPublicKey(JSON.parse(await place.text('signer.jwk'))),
      SignPublicKey.fromBytes(await place.read('signer.raw')),
    ];
    for (const key of keys) expect(key.keyId).toBe(keyId);

    const signed = await run(place, ['sign', 'report.pdf', '-k', 'signer', ...OPEN, '-o', 'report.sig']);
    expectDone(signed);
    expect(signed.stdout).toBe(`signed report.pdf with key ${keyId}\n`);
    const signature = await place.read('report.sig');
    expect(verify(keys[3] as SignPublicKey, noise(1000), signature)).toBe(true);
    for (const format of ['pem', 'der', 'jwk']) {
      expectDone(await run(place, ['verify', 'report.pdf', '-k', `signer.${format}`, '-s', 'report.sig']));
    }
  });

  it('writes to standard output the newest generation, or the one that is named', async ({ place }) => {
    await init(place);
    const first = await generate(place, 'inbox', 'ML-KEM-1024');
    const second = await generate(place, 'inbox', 'ML-KEM-1024');
    const shown = async (name: string, ...args: string[]) => {
      const outcome = await keystore(place, 'public', name, ...OPEN, ...args);
      expectDone(outcome);
      return outcome;
    };
    expect(importPublicKey((await shown('inbox')).stdout).keyId).toBe(second.keyId);
    expect(importPublicKey((await shown('inbox@1')).stdout).keyId).toBe(first.keyId);
    const { bytes } = await shown('inbox@2', '--format', 'raw');
    expect(KemPublicKey.fromBytes(bytes).keyId).toBe(second.keyId);
  });

  it('overwrites nothing unless it is forced', async ({ place }) => {
    await init(place);
    await generate(place, 'signer', 'ML-DSA-87');
    await place.write('signer.pub', 'precious');
    const args = ['public', 'signer', ...OPEN, '-o', 'signer.pub'];
    expectFailure(await keystore(place, ...args), 2, 'signer.pub exists');
    expect(await place.text('signer.pub')).toBe('precious');
    expectDone(await keystore(place, ...args, '--force'));
    expect(await place.text('signer.pub')).toContain('BEGIN PUBLIC KEY');
  });
});

describe.concurrent('keystore import', () => {
  it('takes every form of a key that has its seed, and says nothing of it', async ({ place }) => {
    await init(place);
    await writeKeys(place);
    const { signer, recipient } = testKeys();
    using der = exportPrivateKey(recipient, 'der');
    await place.write('recipient.der', der.expose());
    await place.write('signer.jwk', JSON.stringify(exportPrivateKey(signer, 'jwk')));
    await place.write('signer.raw', SEEDS.signer);
    await place.write('recipient.raw', SEEDS.recipient);
    await place.write('data.raw', noise(32));
    const cases: [file: string, algorithm: string, keyId: string | undefined, args: string[]][] = [
      ['signer.key', 'ML-DSA-87', signer.publicKey.keyId, []],
      ['recipient.der', 'ML-KEM-1024', recipient.publicKey.keyId, []],
      ['signer.jwk', 'ML-DSA-87', signer.publicKey.keyId, ['--algorithm', 'ML-DSA-87']],
      ['signer.raw', 'ML-DSA-87', signer.publicKey.keyId, ['--algorithm', 'ml-dsa-87']],
      ['recipient.raw', 'ML-KEM-1024', recipient.publicKey.keyId, ['--algorithm', 'ML-KEM-1024']],
      ['data.raw', 'AES-256-GCM', undefined, ['--algorithm', 'AES-256-GCM', '--max-uses', '9']],
    ];
    for (const [file, algorithm, keyId, args] of cases) {
      const name = file.replace('.', '-');
      const outcome = await keystore(place, 'import', file, '--name', name, ...OPEN, ...args, '--json');
      expectDone(outcome);
      expect(JSON.parse(outcome.stdout)).toMatchObject({
        ...{ ref: { name, generation: 1 }, algorithm, custody: 'sealed' },
        ...(keyId === undefined ? { maxUses: 9 } : { keyId }),
      });
    }
    const input = await place.read('recipient.raw');
    const args = ['keystore', 'import', '-', '--name', 'typed', '--algorithm', 'ML-KEM-1024', ...OPEN];
    const typed = await run(place, args, { input });
    expectDone(typed);
    expect(typed.stdout).toBe(
      `imported typed@1 (ML-KEM-1024, sealed, key id ${recipient.publicKey.keyId})\n`,
    );
  });

  it('takes no key in hexadecimal for a raw one, nor guesses what raw bytes are', async ({ place }) => {
    await init(place);
    await place.write('hex', Buffer.from(SEEDS.signer).toString('hex'));
    await place.write('raw', SEEDS.signer);
    // A seed may begin as PEM does.
    await place.write('dash', Uint8Array.of(0x2d, ...SEEDS.signer.subarray(1)));
    await place.write('expanded.der', expandedDer());
    const cases: WrongCase[] = [
      ['hexadecimal', ['hex', '--algorithm', 'ML-KEM-1024'], 2, 'in hexadecimal; import its raw bytes'],
      ['raw bytes', ['raw'], 2, 'raw bytes do not say which key they are: --algorithm'],
      ['a raw seed of another length', ['raw', '--algorithm', 'ML-KEM-1024'], 2, /^error: /],
      ['an AES key of another length', ['hex', '--algorithm', 'AES-256-GCM'], 2, /^error: /],
    ];
    for (const [, args, code, message] of cases) {
      expectFailure(await keystore(place, 'import', ...args, '--name', 'a', ...OPEN), code, message);
    }
    const dash = await keystore(place, 'import', 'dash', '--name', 'a', '--algorithm', 'ML-DSA-87', ...OPEN);
    expectDone(dash);
    const expanded = await keystore(place, 'import', 'expanded.der', '--name', 'b', ...OPEN);
    expectFailure(expanded, 2, 'expanded.der: this key is expanded, and a keystore keeps seeds');
  });

  it('refuses a key for another algorithm, and a file that is none', async ({ place }) => {
    await init(place);
    await writeKeys(place);
    await place.write('text', 'not a key at all, whatever one may think of it, and too long for a raw one');
    const into = ['--name', 'a', ...OPEN];
    const other = await keystore(place, 'import', 'signer.key', '--algorithm', 'ML-KEM-1024', ...into);
    expectFailure(other, 2, 'signer.key: this is a key for ML-DSA-87, not ML-KEM-1024');
    expectFailure(await keystore(place, 'import', 'text', ...into), 2, /^error: text: expected /);
    expectFailure(await keystore(place, 'import', 'signer.pub', ...into), 2, /^error: signer.pub: expected /);
    expectFailure(await keystore(place, 'import', 'none', ...into), 3, 'none: no such file or directory');
    expectFailure(await keystore(place, 'import', 'keys', ...into), 3, 'keys is a folder, not a file');
    expect(await list(place)).toEqual([]);
  });
});

/** PKCS#8 of an expanded key without its seed (RFC 9881 §6): an OCTET STRING in place of the seed. */
function expandedDer(): Uint8Array {
  using expanded = exportPrivateKey(testKeys().signer, 'expanded');
  const octets = (tag: number, content: Uint8Array) =>
    Buffer.concat([Uint8Array.of(tag, 0x82, content.length >> 8, content.length & 0xff), content]);
  const version = Uint8Array.of(2, 1, 0);
  // id-ml-dsa-87, 2.16.840.1.101.3.4.3.19
  const algorithm = Uint8Array.of(0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 19);
  const key = octets(4, octets(4, expanded.expose()));
  return new Uint8Array(octets(0x30, Buffer.concat([version, algorithm, key])));
}

describe.concurrent('keystore destroy', () => {
  it('destroys nothing without --yes away from a terminal', async ({ place }) => {
    await init(place);
    await generate(place, 'signer', 'ML-DSA-87');
    const outcome = await keystore(place, 'destroy', 'signer@1', ...OPEN);
    expectFailure(outcome, 2, 'nothing brings a key back: to destroy signer@1, say --yes');
    expect(await list(place)).toHaveLength(1);
    const absent = await keystore(place, 'destroy', 'signer@2', ...OPEN, '--yes');
    expectFailure(absent, 3, /there is no key "signer", generation 2.* \[ERR_KEYSTORE_NOT_FOUND\]/);
  });

  it.for(['signer', 'signer@', 'signer@0', 'signer@x', '@1', 'a@b@1', 'signer@99999999999'])(
    'wants one generation, not %s',
    async (name, { place }) => {
      const outcome = await keystore(place, 'destroy', name, '--store', 'keys', '--yes');
      expectFailure(outcome, 2, `expected NAME@GENERATION, such as signer@1, got "${name}"`);
    },
  );
});

describe.concurrent('keys of a keystore in other commands', () => {
  it('sign, seal and open', async ({ place }) => {
    await init(place);
    const signer = await generate(place, 'signer', 'ML-DSA-87');
    await generate(place, 'inbox', 'ML-KEM-1024');
    await place.write('report.pdf', noise(200_000));
    expectDone(await keystore(place, 'public', 'inbox', ...OPEN, '-o', 'inbox.pub'));
    expectDone(await keystore(place, 'public', 'signer', ...OPEN, '-o', 'signer.pub'));
    const sealed = [
      'seal',
      'report.pdf',
      '-t',
      'inbox.pub',
      '--signer',
      'signer',
      ...OPEN,
      '-o',
      'report.mwe',
    ];
    expectDone(await run(place, sealed));
    // A later generation of the name does not open it; the one that it was sealed to does.
    await generate(place, 'inbox', 'ML-KEM-1024');
    const open = ['--sender', 'signer.pub', ...OPEN, '-o', 'out.pdf', '--json'];
    const wrong = await run(place, ['open', 'report.mwe', '-k', 'inbox', ...open]);
    expect(wrong.code).toBe(1);
    expect(place.has('out.pdf')).toBe(false);
    const opened = await run(place, ['open', 'report.mwe', '-k', 'inbox@1', ...open]);
    expectDone(opened);
    expect(JSON.parse(opened.stdout).sender).toBe(signer.keyId);
    expect(await place.read('out.pdf')).toEqual(noise(200_000));

    const context = ['--context', 'reports', '--deterministic', ...OPEN];
    for (const output of ['a.sig', 'b.sig']) {
      expectDone(await run(place, ['sign', 'report.pdf', '-k', 'signer@1', ...context, '-o', output]));
    }
    expect(await place.read('a.sig')).toEqual(await place.read('b.sig'));
    const verified = ['verify', 'report.pdf', '-k', 'signer.pub', '-s', 'a.sig', '--context', 'reports'];
    expectDone(await run(place, verified));
  });

  it('are not mixed up, and nothing is taken for a store that was not named', async ({ place }) => {
    await init(place);
    await writeKeys(place);
    await generate(place, 'inbox', 'ML-KEM-1024');
    await place.write('file', 'text');
    const cases: [args: string[], code: number, message: RegExp | string][] = [
      [['sign', 'file', '-k', 'inbox', ...OPEN], 2, /inbox.* is for another \[ERR_INPUT_ALGORITHM\]/],
      [['sign', 'file', '-k', 'none', ...OPEN], 3, 'ERR_KEYSTORE_NOT_FOUND'],
      [
        ['sign', 'file', '-k', 'signer.key', '--key-file', 'root.key'],
        2,
        '--key-file unlocks a keystore: name',
      ],
      [['open', 'file', '-k', 'recipient.key', '--pin-file', 'a'], 2, '--pin-file unlocks a keystore: name'],
      [['seal', 'file', '-t', 'recipient.pub', ...OPEN], 2, 'the key of --store that signs is missing'],
      [
        ['sign', '-', '-k', 'a', '--store', 'keys', '--passphrase-file', '-'],
        2,
        'standard input can be only one',
      ],
    ];
    for (const [args, code, message] of cases) {
      expectFailure(await run(place, [...args, '-o', 'out']), code, message);
    }
    // The environment names the store of `keystore` commands; keys of others stay files.
    const env = { MWRASP_CRYPTO_KEYSTORE: 'keys' };
    expectDone(await run(place, ['sign', 'file', '-k', 'signer.key', '-o', 'a.sig'], { env }));
  });
});

describe.concurrent('keystore refuses', () => {
  /** One for all: what is refused changes nothing in it. */
  let shared: Place;

  beforeAll(async () => {
    shared = new Place(await mkdtemp(join(tmpdir(), 'mwrasp-cli-test-')));
    await init(shared);
    await shared.write('text', noise(32));
    await chmod(shared.path('text'), 0o644);
    await writeFile(shared.path('other.key'), noise(32), { mode: 0o600 });
  });

  afterAll(async () => await rm(shared.folder, { recursive: true, force: true }));

  it.for<WrongCase>([
    ['no store', ['list'], 2, 'which keystore? give --store URL-OR-FOLDER, or set MWRASP_CRYPTO_KEYSTORE'],
    ['another kind of URL', ['list', '--store', 'https://a/b'], 2, '--store: expected a folder, or a URL'],
    [
      'a relative URL',
      ['list', '--store', 'file:keys'],
      2,
      'expected a URL such as file:///var/lib/app/keys',
    ],
    ['a store that is not there', ['list', '--store', 'none', '--key-file', 'root.key'], 3, 'NOT_FOUND'],
    ['a file for a store', ['list', '--store', 'root.key', '--key-file', 'root.key'], 3, 'is not a folder'],
    [
      'nothing that unlocks',
      ['list', '--store', 'keys'],
      2,
      'what unlocks the keystore? give --passphrase-file',
    ],
    [
      'two that unlock',
      ['list', ...OPEN, '--passphrase-file', 'root.key'],
      2,
      'one thing unlocks a keystore',
    ],
    [
      'a passphrase for a key file',
      ['list', '--store', 'keys', '--passphrase-file', 'text'],
      2,
      'by a key file',
    ],
    ['another key file', ['list', '--store', 'keys', '--key-file', 'other.key'], 3, 'or key file?'],
    ['a key file that all may read', ['list', '--store', 'keys', '--key-file', 'text'], 3, 'ERR_KEYSTORE_IO'],
    ['a PIN for a folder', ['list', ...OPEN, '--pin-file', 'text'], 2, 'a PIN is for keystores in tokens'],
    [
      'a token without a folder',
      ['list', '--store', 'pkcs11:token=a'],
      2,
      'add x-store=/ITS/PATH to the URI',
    ],
    [
      'a passphrase for a token',
      ['list', '--store', 'pkcs11:?x-store=/a', '--passphrase-file', 'text'],
      2,
      'is unlocked by its PIN: --pin-file FILE',
    ],
    [
      'two PINs',
      ['list', '--store', 'pkcs11:?x-store=/a', '--pin-file', 'text', '--pin-env', 'PIN'],
      2,
      'either in --pin-file or in --pin-env',
    ],
    [
      'a token without a module',
      ['list', '--store', 'pkcs11:?x-store=/a'],
      2,
      'module-path in the pkcs11: URI',
    ],
    [
      'another algorithm',
      ['generate', 'RSA', '--name', 'a', ...OPEN],
      2,
      'algorithm: expected one of ML-KEM-1024',
    ],
    [
      'a name that is none',
      ['generate', 'ML-DSA-87', '--name', 'No Name', ...OPEN],
      2,
      '--name: expected 1 to 64',
    ],
    [
      'more custody than there is',
      ['generate', 'ML-DSA-87', '--name', 'a', '--require-custody', 'in-token', ...OPEN],
      3,
      'ERR_KEYSTORE_CUSTODY',
    ],
    [
      'another custody',
      ['generate', 'ML-DSA-87', '--name', 'a', '--require-custody', 'vault', ...OPEN],
      2,
      /./,
    ],
    [
      'a budget of a key pair',
      ['generate', 'ML-DSA-87', '--name', 'a', '--max-uses', '5', ...OPEN],
      2,
      '--max-uses',
    ],
    [
      'a budget that is no number',
      ['generate', 'AES-256-GCM', '--name', 'a', '--max-uses', 'many', ...OPEN],
      2,
      '--max-uses: expected a whole number, got "many"',
    ],
    ['another format', ['public', 'a', '--format', 'ssh', ...OPEN], 2, /./],
    ['the public half of none', ['public', 'none', ...OPEN], 3, 'ERR_KEYSTORE_NOT_FOUND'],
    ['JSON and a key at once', ['public', 'a', '--json', ...OPEN], 2, 'with --json, send the data to a file'],
    [
      'a key file for a token',
      ['init', '--store', 'pkcs11:?x-store=/a', '--new-key-file', 'k'],
      2,
      'in a folder',
    ],
    [
      'a second way to unlock',
      ['init', '--store', 'new', '--new-key-file', 'k', '--passphrase-file', 'text'],
      2,
      'nothing else unlocks it then',
    ],
  ])('%s', async ([_, args, code, message]) => {
    const before = await shared.list();
    const outcome = await keystore(shared, ...args);
    expect({ code: outcome.code, stdout: outcome.stdout }).toEqual({ code, stdout: '' });
    expect(outcome.stderr).toMatch(message);
    expect(await shared.list()).toEqual(before);
  });

  it('for machines too', async ({ place }) => {
    const outcome = await keystore(place, 'list', '--store', 'none', '--key-file', 'root.key', '--json');
    expect({ code: outcome.code, stdout: outcome.stdout }).toEqual({ code: 3, stdout: '' });
    expect(JSON.parse(outcome.stderr)).toEqual({
      error: { code: 'ERR_KEYSTORE_NOT_FOUND', message: expect.stringMatching(/^there is no keystore at /) },
    });
  });
});
