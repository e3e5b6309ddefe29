/**
 * What unlocks a file keystore.
 */
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Keystore, openKeystore } from '@mwrasp/crypto/keystore';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/bytes.ts';
import { InputError, KeyStoreError } from '../../../../src/errors.ts';
import { keyFileObjection } from '../../../../src/keystore/file/key-file.ts';
import { SecretBytes } from '../../../../src/secret.ts';
import { type Expected, errorOf, expectError } from '../../../contract/support/errors.ts';
import { ROOT_KEY } from '../../../contract/support/keystores.ts';
import { refsOf, StorePlace } from './support.ts';

const CORRUPT: Expected = [KeyStoreError, 'ERR_KEYSTORE_CORRUPT'];
const IO: Expected = [KeyStoreError, 'ERR_KEYSTORE_IO'];
const PASSPHRASE = utf8('correct horse battery staple');
/** The least that is allowed: tests have little time. */
const argon2id = { memoryKib: 19 * 1024, passes: 2 };

let place: StorePlace;

beforeEach(() => {
  place = new StorePlace();
});

afterEach(async () => {
  await place.close();
  place[Symbol.dispose]();
});

const aes = (store: Keystore) => store.generate({ name: 'data', algorithm: 'AES-256-GCM' });

describe('a root key', () => {
  it("may be a secret, is copied, and stays the caller's", async () => {
    const secret = SecretBytes.from(ROOT_KEY);
    const store = await place.open({ rootKey: secret });
    expect(secret.expose()).toEqual(ROOT_KEY);
    secret.dispose();
    await aes(store);
    const bytes = Uint8Array.from(ROOT_KEY);
    const opening = place.open({ rootKey: bytes });
    bytes.fill(0);
    expect(await refsOf(await opening)).toEqual(['data 1']);
  });

  it('that is another one opens nothing, and changes nothing', async () => {
    await aes(await place.open());
    const before = place.read(place.manifest);
    for (const other of [new Uint8Array(32), ROOT_KEY.with(0, 0), ROOT_KEY.with(31, 0xff)]) {
      const error = await expectError(() => place.open({ rootKey: other }), ...CORRUPT);
      expect(error.message).toContain('another root key');
    }
    expect(place.read(place.manifest)).toEqual(before);
  });
});

describe('a passphrase', () => {
  it('opens what it made, given as bytes, as a secret, or by a function', async () => {
    await aes(await place.open({ passphrase: PASSPHRASE, argon2id }));
    for (const passphrase of [
      SecretBytes.from(PASSPHRASE),
      () => PASSPHRASE,
      async () => SecretBytes.from(PASSPHRASE),
    ]) {
      expect(await refsOf(await place.open({ passphrase }))).toEqual(['data 1']);
    }
    const error = await expectError(() => place.open({ passphrase: utf8('wrong') }), ...CORRUPT);
    expect(error.message).toContain('another root key');
    expect(PASSPHRASE).toEqual(utf8('correct horse battery staple'));
  });

  it('has its own errors come through, and is asked for once', async () => {
    let asked = 0;
    const passphrase = () => {
      asked++;
      throw new RangeError('nobody answered');
    };
    await expect(place.open({ passphrase })).rejects.toThrow('nobody answered');
    expect(asked).toBe(1);
    for (const wrong of ['text', 5, new Uint8Array(0), new Uint8Array(1025)]) {
      expect((await errorOf(() => place.open({ passphrase: () => wrong }))).constructor.name).toBe(
        'InputError',
      );
    }
  });

  it('has a cost within bounds', async () => {
    for (const wrong of [
      { memoryKib: 1024 },
      { memoryKib: 2 ** 21 },
      { passes: 1 },
      { passes: 17 },
      { lanes: 0 },
      { lanes: 17 },
      { memory: 65536 },
      5,
    ]) {
      const error = await errorOf(() => place.open({ passphrase: PASSPHRASE, argon2id: wrong }));
      expect(error.constructor.name).toBe('InputError');
    }
  });

  it('is changed by rekey, as is the kind', async () => {
    const store = await place.open();
    await aes(store);
    await store.rekey({ passphrase: PASSPHRASE, argon2id });
    await store.rekey({ passphrase: utf8('another'), argon2id });
    await store.close();
    await expectError(() => place.open({ passphrase: PASSPHRASE }), ...CORRUPT);
    expect(await refsOf(await place.open({ passphrase: utf8('another') }))).toEqual(['data 1']);
  });
});

describe('a key file', () => {
  const write = (name: string, mode = 0o600, bytes = ROOT_KEY) => {
    const path = join(place.folder, name);
    writeFileSync(path, bytes, { mode });
    chmodSync(path, mode);
    return path;
  };

  it('opens what it made, and what its bytes made', async () => {
    const keyFile = write('key');
    await aes(await place.open({ keyFile }));
    expect(await refsOf(await place.open({ keyFile }))).toEqual(['data 1']);
    expect(await refsOf(await place.open())).toEqual(['data 1']);
  });

  it('may be at the end of links, as Kubernetes mounts a secret', async () => {
    mkdirSync(join(place.folder, '..data_1'));
    write('..data_1/root', 0o400);
    symlinkSync('..data_1', join(place.folder, '..data'));
    symlinkSync('..data/root', join(place.folder, 'root'));
    await place.open({ keyFile: join(place.folder, 'root') });
  });

  it.each([
    ['is not there', () => '/nonexistent/key'],
    ['is a folder', () => place.folder],
    ['is a device', () => '/dev/zero'],
    ['has 31 bytes', () => write('short', 0o600, new Uint8Array(31))],
    ['has 33 bytes', () => write('long', 0o600, new Uint8Array(33))],
    ['is empty', () => write('empty', 0o600, new Uint8Array(0))],
    ['may be read by all', () => write('open', 0o644)],
    ['may be written by its group', () => write('group', 0o660)],
  ])('that %s is refused, and named', async (_label, make) => {
    const keyFile = make();
    const error = await expectError(() => place.open({ keyFile }), ...IO);
    expect(error.message).toContain(keyFile);
  });

  it.runIf(process.getuid?.() === 0)('of somebody else is refused', async () => {
    const keyFile = write('other');
    chownSync(keyFile, 12345, 12345);
    const error = await expectError(() => place.open({ keyFile }), ...IO);
    expect(error.message).toContain('12345');
  });

  it.each([
    [0o400, 1000, 1000, true],
    [0o600, 1000, 1000, true],
    [0o400, 0, 1000, true],
    // A secret volume with fsGroup.
    [0o440, 0, 1000, true],
    [0o100440, 0, 0, true],
    [0o440, 1000, 1000, false],
    [0o460, 0, 1000, false],
    [0o444, 0, 1000, false],
    [0o401, 0, 1000, false],
    [0o644, 1000, 1000, false],
    [0o600, 1001, 1000, false],
    [0o600, 1001, 0, false],
    [0o666, 1001, undefined, true],
  ])('with mode %o of user %d, read by user %s: %s', (mode, uid, own, allowed) => {
    expect(keyFileObjection({ mode, uid }, own) === undefined).toBe(allowed);
  });
});

describe('another keystore', () => {
  let root: Keystore;

  beforeEach(async () => {
    root = await openKeystore({ backend: 'memory' });
    await root.generate({ name: 'root', algorithm: 'AES-256-GCM' });
  });

  it('wraps a root key that nobody else has', async () => {
    const rootKeystore = { keystore: root, key: 'root' };
    await aes(await place.open({ rootKeystore }));
    // The newest generation wraps; whichever wrapped, unwraps.
    await root.generate({ name: 'root', algorithm: 'AES-256-GCM' });
    const store = await place.open({ rootKeystore });
    await store.rekey({ rootKeystore });
    await store.close();
    await root.destroy({ name: 'root', generation: 1 });
    expect(await refsOf(await place.open({ rootKeystore }))).toEqual(['data 1']);
  });

  it('that has no such key, or another one, says so', async () => {
    const other = await openKeystore({ backend: 'memory' });
    await expectError(
      () => place.open({ rootKeystore: { keystore: other, key: 'root' } }),
      KeyStoreError,
      'ERR_KEYSTORE_NOT_FOUND',
    );
    await place.open({ rootKeystore: { keystore: root, key: { name: 'root', generation: 1 } } });
    await other.generate({ name: 'root', algorithm: 'AES-256-GCM' });
    await expectError(
      () => place.open({ rootKeystore: { keystore: other, key: 'root' } }),
      KeyStoreError,
      'ERR_KEYSTORE_NOT_FOUND',
    );
  });

  it('is not the one that is re-keyed', async () => {
    const store = await place.open();
    await aes(store);
    const before = place.revision;
    const rekeying = () => store.rekey({ rootKeystore: { keystore: store, key: 'data' } });
    const error = await expectError(rekeying, InputError, 'ERR_INPUT_OPTION');
    expect(error.message).toContain('unlock.rootKeystore.keystore');
    expect(place.revision).toBe(before);
  });

  it('is named when it cannot wrap, or what it unwraps is no secret', async () => {
    const { ref } = await root.generate({ name: 'kem', algorithm: 'ML-KEM-1024' });
    const wrongKey = () => place.open({ rootKeystore: { keystore: root, key: ref } });
    const error = await expectError(wrongKey, InputError, 'ERR_INPUT_ALGORITHM');
    expect(error.message).toContain('options.rootKeystore.key');
    const wrap: Keystore['wrap'] = (...args) => root.wrap(...args);
    const unwrapTo = (value: unknown) => ({ wrap, unwrap: async () => value as never });
    await place.open({ rootKeystore: { keystore: root, key: 'root' } });
    for (const value of [undefined, null, ROOT_KEY, 'secret', { expose: () => ROOT_KEY }]) {
      const keystore = unwrapTo(value);
      const opening = () => place.open({ rootKeystore: { keystore, key: 'root' } });
      const refused = await expectError(opening, InputError, 'ERR_INPUT_TYPE');
      expect(refused.message).toContain('options.rootKeystore.keystore');
    }
    for (const value of [SecretBytes.from(ROOT_KEY.subarray(1)), SecretBytes.from(ROOT_KEY)]) {
      const keystore = unwrapTo(value);
      await expectError(() => place.open({ rootKeystore: { keystore, key: 'root' } }), ...CORRUPT);
    }
  });

  it('does not unlock a store that it was not wrapped for', async () => {
    const rootKeystore = { keystore: root, key: 'root' };
    await place.open({ rootKeystore });
    await place.close();
    using other = new StorePlace();
    await other.open({ rootKeystore });
    await other.close();
    const bytes = place.read(place.manifest);
    // The wrapped root key of one store in the head of the other.
    const wrapped = other.read(other.manifest).subarray(28, 200);
    const forged = Uint8Array.from(bytes);
    forged.set(wrapped, 28);
    place.write(place.manifest, forged);
    await expectError(() => place.open({ rootKeystore }), ...CORRUPT);
  });
});

it('of another kind than the store has is an option that is wrong', async () => {
  const keystore = await openKeystore({ backend: 'memory' });
  await place.open();
  for (const unlock of [{ passphrase: PASSPHRASE }, { rootKeystore: { keystore, key: 'root' } }]) {
    const error = await errorOf(() => place.open(unlock));
    expect(error).toMatchObject({ name: 'InputError', code: 'ERR_INPUT_OPTION' });
    expect(error.message).toContain('rootKey');
  }
});
