import { chmodSync, mkdirSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { seal } from '@mwrasp/crypto/envelope';
import { encapsulate, KemPrivateKey, type KemPublicKey } from '@mwrasp/crypto/kem';
import { type KeyInfo, type Keystore, openKeystore } from '@mwrasp/crypto/keystore';
import { SignPrivateKey, type SignPublicKey, verify } from '@mwrasp/crypto/sign';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AeadKey, open } from '../../../src/aead/index.ts';
import { concat, toHex, uintBytes, utf8 } from '../../../src/bytes.ts';
import { KeyStoreError, PqError } from '../../../src/errors.ts';
import { readFileContent, writeFileContent, writeRecordHead } from '../../../src/keystore/format.ts';
import { SecretBytes } from '../../../src/secret.ts';
import { type Expected, errorOf, expectError } from '../../contract/support/errors.ts';
import { ROOT_KEY } from '../../contract/support/keystores.ts';
import { flipped, testKeys } from '../../support/keys.ts';
import { craftFile, refsOf, StoreFolder } from './support.ts';

const CORRUPT: Expected = [KeyStoreError, 'ERR_KEYSTORE_CORRUPT'];
const IO: Expected = [KeyStoreError, 'ERR_KEYSTORE_IO'];
const STATE: Expected = [KeyStoreError, 'ERR_KEYSTORE_STATE'];
const NOT_FOUND: Expected = [KeyStoreError, 'ERR_KEYSTORE_NOT_FOUND'];
const MESSAGE = utf8('message');

let place: StoreFolder;

beforeEach(() => {
  place = new StoreFolder();
});

afterEach(() => {
  vi.restoreAllMocks();
  place[Symbol.dispose]();
});

const kem = (store: Keystore, name = 'kem') => store.generate({ name, algorithm: 'ML-KEM-1024' });
const dsa = (store: Keystore, name = 'dsa') => store.generate({ name, algorithm: 'ML-DSA-87' });

describe('reopening', () => {
  it('sees everything, and keys that work', async () => {
    const store = await place.open();
    const infos = [await kem(store), await kem(store), await dsa(store)];
    const { ciphertext, sharedSecret } = encapsulate((await store.publicKey('kem')) as KemPublicKey);
    const envelope = await seal(
      (await store.publicKey({ name: 'kem', generation: 1 })) as KemPublicKey,
      MESSAGE,
    );
    const signature = await store.sign('dsa', MESSAGE, { deterministic: true });
    await store.close();

    const again = await place.open();
    expect(again.backend).toBe('file');
    expect(await again.list()).toEqual([infos[2], infos[0], infos[1]]);
    expect((await again.decapsulate('kem', ciphertext)).expose()).toEqual(sharedSecret.expose());
    expect(await again.openEnvelope(envelope)).toEqual(MESSAGE);
    expect(await again.sign('dsa', MESSAGE, { deterministic: true })).toEqual(signature);
    expect(verify((await again.publicKey('dsa')) as SignPublicKey, MESSAGE, signature)).toBe(true);
  });

  it('sees what was committed, though the store was never closed', async () => {
    const store = await place.open();
    await kem(store);
    expect(await refsOf(await place.open())).toEqual(['kem 1']);
  });

  it('does not change the file', async () => {
    const store = await place.open();
    await kem(store);
    await store.close();
    const before = place.read();
    const again = await place.open();
    await again.list();
    await again.decapsulate('kem', new Uint8Array(1568));
    await again.close();
    expect(place.read()).toEqual(before);
  });

  it('finds a destroyed generation gone for good', async () => {
    const store = await place.open();
    const first = await kem(store);
    await kem(store);
    const before = place.read();
    await store.destroy(first.ref);
    expect(place.read().length).toBeLessThan(before.length - 1568);
    const again = await place.open();
    expect(await refsOf(again)).toEqual(['kem 2']);
    await expectError(() => again.decapsulate(first.ref, new Uint8Array(1568)), ...NOT_FOUND);
    expect(await again.find(first.keyId)).toBeUndefined();
    expect((await kem(again)).ref.generation).toBe(3);
  });

  it('refuses a generation beyond the last number', async () => {
    const entry = concat(Uint8Array.of(3), utf8('kem'), uintBytes(2 ** 32 - 1, 4), Uint8Array.of(1));
    place.write(craftFile(concat(uintBytes(0, 4), uintBytes(0, 4), uintBytes(1, 4), entry)));
    const store = await place.open();
    await expectError(() => kem(store), ...STATE);
    expect(await refsOf(store)).toEqual([]);
    expect((await kem(store, 'other')).ref.generation).toBe(1);
  });
});

describe('root key', () => {
  it("may be a secret, is copied, and stays the caller's", async () => {
    const secret = SecretBytes.from(ROOT_KEY);
    const store = await place.open(secret);
    expect(secret.expose()).toEqual(ROOT_KEY);
    secret.dispose();
    await kem(store);
    const bytes = Uint8Array.from(ROOT_KEY);
    const again = await place.open(bytes);
    bytes.fill(0);
    await kem(again);
    expect(await refsOf(await place.open())).toEqual(['kem 1', 'kem 2']);
  });

  it('that is another one opens nothing, and changes nothing', async () => {
    const store = await place.open();
    await kem(store);
    const before = place.read();
    for (const other of [new Uint8Array(32), flipped(ROOT_KEY, 0), flipped(ROOT_KEY, 31, 0x80)]) {
      await expectError(() => place.open(other), ...CORRUPT);
    }
    expect(place.read()).toEqual(before);
  });
});

describe('a changed file', () => {
  let file: Uint8Array;

  beforeEach(async () => {
    const store = await place.open();
    await kem(store);
    await store.destroy((await kem(store)).ref);
    await store.close();
    file = place.read();
  });

  it('is refused, whichever byte it is', async () => {
    const codes = new Map<string, number>();
    for (let offset = 0; offset < file.length; offset++) {
      place.write(flipped(file, offset, offset % 2 === 0 ? 0x01 : 0x80));
      const error = (await errorOf(() => place.open())) as PqError;
      const known = `${error.name} ${error.code}`;
      codes.set(known, (codes.get(known) ?? 0) + 1);
    }
    // The file's own version, and that of the message that it holds.
    expect(Object.fromEntries(codes)).toEqual({
      'KeyStoreError ERR_KEYSTORE_CORRUPT': file.length - 2,
      'UnsupportedError ERR_UNSUPPORTED_VERSION': 2,
    });
    place.write(file);
    expect(await refsOf(await place.open())).toEqual(['kem 1']);
  });

  it('is refused, wherever it ends', async () => {
    for (let length = 0; length < file.length; length++) {
      place.write(file.subarray(0, length));
      await expectError(() => place.open(), ...CORRUPT);
      expect(statSync(place.path).size).toBe(length);
    }
  });

  it('is refused when something follows it', async () => {
    for (const tail of [Uint8Array.of(0), file]) {
      place.write(concat(file, tail));
      await expectError(() => place.open(), ...CORRUPT);
    }
  });

  it.each([
    ['text', utf8('-----BEGIN PRIVATE KEY-----')],
    ['zeros', new Uint8Array(4096)],
    ['a sealed message', craftFile(new Uint8Array(12)).subarray(4)],
  ])('is refused when it is %s', async (_label, bytes) => {
    place.write(bytes);
    await expectError(() => place.open(), ...CORRUPT);
  });
});

describe('what is in the way', () => {
  it.each([
    ['a folder', (path: string) => mkdirSync(path)],
    ['a folder at the end of a link', (path: string) => symlinkSync(dirname(path), path)],
    ['a device', (path: string) => symlinkSync('/dev/zero', path)],
  ])("%s in the file's place", async (_label, put) => {
    put(place.path);
    await expectError(() => place.open(), ...IO);
    expect(place.names()).toEqual(['keys.mwk']);
  });

  it('a folder that is not there, or is a file', async () => {
    writeFileSync(join(place.folder, 'file'), '');
    for (const path of [join(place.folder, 'nowhere', 'keys.mwk'), join(place.folder, 'file', 'keys.mwk')]) {
      await expectError(() => openKeystore({ backend: 'file', path, rootKey: ROOT_KEY }), ...IO);
    }
    expect(place.names()).toEqual(['file']);
  });

  it('a name that is too long', async () => {
    const path = join(place.folder, 'x'.repeat(300));
    await expectError(() => openKeystore({ backend: 'file', path, rootKey: ROOT_KEY }), ...IO);
  });

  it('a file that is too large to be a store', async () => {
    place.write(new Uint8Array(0));
    truncateSync(place.path, 64 * 2 ** 20 + 1);
    const error = await expectError(() => place.open(), ...CORRUPT);
    expect(error.message).toContain('too large');
    truncateSync(place.path, 2 ** 41);
    await expectError(() => place.open(), ...CORRUPT);
  });

  it('a folder that vanished under an open store', async () => {
    const store = await place.open();
    const info = await kem(store);
    rmSync(place.path);
    await expectError(() => kem(store), ...STATE);
    expect(place.names()).toEqual([]);
    rmSync(place.folder, { recursive: true });
    await expectError(() => kem(store), ...STATE);
    expect(await store.list()).toEqual([info]);
    mkdirSync(place.folder);
  });
});

describe('a store that is full', () => {
  it('refuses another key instead of a file that it could not read again', async () => {
    using rootKey = AeadKey.fromBytes(ROOT_KEY);
    const seed = new Uint8Array(32 + 80);
    const { signerPublic: publicKey } = testKeys();
    const recordBytes = 1 + 1 + 4 + 1 + 8 + 2592 + seed.length;
    const records = Array.from({ length: Math.floor((64 * 2 ** 20 - 200) / recordBytes) }, (_, i) => {
      const ref = { name: 'k', generation: i + 1 };
      return { ref, algorithm: 'ML-DSA-87' as const, createdAtMs: 0, publicKey, seed };
    });
    place.write(writeFileContent(rootKey, { revision: 1, state: { records, tombstones: [] } }));
    const { size } = statSync(place.path);
    const store = await place.open();
    const error = await expectError(() => dsa(store, 'one-more'), ...STATE);
    expect(error.message).toContain('full');
    expect(statSync(place.path).size).toBe(size);
  });
});

describe('a store that somebody else changed', () => {
  it('refuses changes, and reads on', async () => {
    const [one, two] = [await place.open(), await place.open()];
    const made = await kem(one);
    await expectError(() => kem(two), ...STATE);
    expect(await two.list()).toEqual([]);
    await expectError(() => kem(two), ...STATE);
    // Who came first is not disturbed.
    const next = await kem(one);
    expect(await (await place.open()).list()).toEqual([made, next]);
    expect(place.names()).toEqual(['keys.mwk']);
  });

  it('destroys nothing that it should not', async () => {
    const one = await place.open();
    const { ref } = await kem(one);
    const two = await place.open();
    await kem(two);
    await expectError(() => one.destroy(ref), ...STATE);
    expect((await one.get(ref)).ref).toEqual(ref);
    expect((await one.decapsulate(ref, new Uint8Array(1568))).length).toBe(32);
    expect(await refsOf(await place.open())).toEqual(['kem 1', 'kem 2']);
  });

  it('says so as well when the file became another kind of thing', async () => {
    const store = await place.open();
    await kem(store);
    place.write(utf8('garbage'));
    await expectError(() => kem(store), ...STATE);
    expect(place.read()).toEqual(utf8('garbage'));
    rmSync(place.path);
    mkdirSync(place.path);
    await expectError(() => kem(store), ...IO);
    expect(await refsOf(store)).toEqual(['kem 1']);
  });
});

describe('the file', () => {
  it('is readable by its owner alone, whatever stood there before', async () => {
    const store = await place.open();
    expect(statSync(place.path).mode & 0o777).toBe(0o600);
    chmodSync(place.path, 0o644);
    await kem(store);
    expect(statSync(place.path).mode & 0o777).toBe(0o600);
  });

  it('has no other files beside it', async () => {
    const store = await place.open();
    expect(place.names()).toEqual(['keys.mwk']);
    await Promise.all(Array.from({ length: 5 }, () => kem(store)));
    await store.destroy({ name: 'kem', generation: 1 });
    await expectError(() => store.destroy({ name: 'kem', generation: 1 }), ...NOT_FOUND);
    expect(place.names()).toEqual(['keys.mwk']);
  });

  it('is not confused by what a crash may have left beside it', async () => {
    const left = `${place.path}.0011223344556677.tmp`;
    writeFileSync(left, 'half of a');
    const store = await place.open();
    await kem(store);
    expect(await refsOf(await place.open())).toEqual(['kem 1']);
    expect(place.names()).toContain(basename(left));
  });

  it('stays the same one when the process goes to another folder', async () => {
    const before = process.cwd();
    const cwd = vi.spyOn(process, 'cwd').mockReturnValue(place.folder);
    const store = await openKeystore({ backend: 'file', path: './keys.mwk', rootKey: ROOT_KEY });
    cwd.mockReturnValue(before);
    await kem(store);
    await store.close();
    expect(await refsOf(await place.open())).toEqual(['kem 1']);
  });

  it('is never the same twice, though nothing in it changed', async () => {
    const other = new StoreFolder();
    await place.open();
    await other.open();
    expect(toHex(place.read())).not.toBe(toHex(other.read()));
    other[Symbol.dispose]();
  });
});

/** Every seed in a file, opened with the root key. */
function seedsOf(file: Uint8Array): Uint8Array[] {
  using rootKey = AeadKey.fromBytes(ROOT_KEY);
  const { records } = readFileContent('keys.mwk', rootKey, file).state;
  return records.map((record) => open(rootKey, record.seed, { aad: writeRecordHead(record) }));
}

describe('secrets', () => {
  it('are in the file as seeds that are sealed with the rest of their record', async () => {
    const store = await place.open();
    await kem(store);
    await dsa(store);
    const [kemSeed, signSeed] = seedsOf(place.read()) as [Uint8Array, Uint8Array];
    using kemKey = KemPrivateKey.fromSeed(kemSeed);
    using signKey = SignPrivateKey.fromSeed(signSeed);
    expect(kemKey.publicKey.keyId).toBe((await store.get('kem')).keyId);
    expect(signKey.publicKey.keyId).toBe((await store.get('dsa')).keyId);
  });

  it('appear neither in the file, nor in errors, nor in what is printed', async () => {
    const store = await place.open();
    const infos: KeyInfo[] = [await kem(store), await dsa(store)];
    await store.sign('dsa', MESSAGE);
    await store.decapsulate('kem', new Uint8Array(1568));
    const seeds = seedsOf(place.read());
    expect(seeds.map(({ length }) => length)).toEqual([64, 32]);
    const secrets = [ROOT_KEY, ...seeds];

    const file = place.read();
    const two = await place.open();
    await kem(two);
    const failures = [
      () => place.open(new Uint8Array(32)),
      () => place.open(secrets[1]?.subarray(0, 31) as Uint8Array),
      () => kem(store),
      () => store.sign('kem', MESSAGE),
      () => store.decapsulate('dsa', new Uint8Array(1568)),
      () => store.get('nobody'),
      () => store.generate({ name: 'kem', algorithm: 'ML-DSA-87' }),
      async () => {
        place.write(flipped(file, 100));
        await place.open();
      },
    ];
    const told = [
      inspect(store, { showHidden: true, depth: 9 }),
      inspect(infos),
      JSON.stringify([store, infos]),
    ];
    for (const failure of failures) {
      const error = await errorOf(failure);
      expect(error).toBeInstanceOf(PqError);
      told.push(inspect(error, { showHidden: true, depth: 9 }), JSON.stringify(error), String(error.stack));
    }
    const shown = told.join();
    for (const secret of secrets) {
      for (let at = 0; at + 16 <= secret.length; at += 16) {
        const part = Buffer.from(secret.subarray(at, at + 16));
        expect(Buffer.from(file).includes(part)).toBe(false);
        for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const) {
          expect(shown).not.toContain(part.toString(encoding).replaceAll('=', '').slice(0, 16));
        }
        expect(shown).not.toContain(part.join(', '));
      }
    }
  });
});
