import { AeadKey, seal } from '@mwrasp/crypto/aead';
import { describe, expect, it } from 'vitest';
import { concat, uintBytes, utf8 } from '../../../../src/bytes.ts';
import { KeyStoreError, PqError, UnsupportedError } from '../../../../src/errors.ts';
import {
  continuesFrom,
  type ManifestBody,
  readBody,
  readHead,
  writeManifest,
} from '../../../../src/keystore/file/format.ts';
import { writeUnlockSection } from '../../../../src/keystore/file/unlock-section.ts';
import type { KeyEntry } from '../../../../src/keystore/manifest.ts';
import { type Expected, errorOf, expectError } from '../../../contract/support/errors.ts';
import { ROOT_KEY } from '../../../contract/support/keystores.ts';

const CORRUPT: Expected = [KeyStoreError, 'ERR_KEYSTORE_CORRUPT'];

const rootKey = AeadKey.fromBytes(ROOT_KEY);
const PATH = '/store/manifest-0000000000000009.mwk';
const STORE_ID = new Uint8Array(16).fill(0xaa);
const RAW = Uint8Array.of(1);

const fill = (length: number, byte: number) => new Uint8Array(length).fill(byte);
const HEAD = concat(Uint8Array.of(0x4d, 0x57, 0x4b, 1), STORE_ID, uintBytes(9, 8), RAW);

/** A manifest as the docs write it down. */
const craft = (plaintext: Uint8Array, head = HEAD) => concat(head, seal(rootKey, plaintext, { aad: head }));

const name = (text: string) => concat(Uint8Array.of(utf8(text).length), utf8(text));
const MARK_KEY = fill(32, 1);
const LINE = concat(Uint8Array.of(2), fill(16, 2), fill(16, 3));
const KEM_ENTRY = concat(
  fill(16, 4),
  name('kem'),
  uintBytes(7, 4),
  Uint8Array.of(1, 2, 3),
  uintBytes(1000, 8),
  Uint8Array.of(0b101),
  uintBytes(2000, 8),
  uintBytes(4000, 8),
  fill(32, 5),
  uintBytes(32, 2),
  fill(32, 6),
  uintBytes(8, 8),
  fill(64, 7),
);
const AES_ENTRY = concat(
  fill(16, 8),
  name('data'),
  uintBytes(1, 4),
  Uint8Array.of(3, 1, 2),
  uintBytes(0, 8),
  Uint8Array.of(0),
  fill(16, 9),
  uintBytes(0, 2),
  uintBytes(9, 8),
  fill(64, 10),
  uintBytes(2 ** 32, 8),
  uintBytes(65536, 8),
);
const TOMBSTONE = concat(fill(16, 11), name('kem'), uintBytes(6, 4), Uint8Array.of(1), uintBytes(5000, 8));
const EXTENSION = concat(name('rotation'), uintBytes(3, 4), fill(3, 12));
const PLAINTEXT = concat(
  MARK_KEY,
  LINE,
  uintBytes(2, 4),
  KEM_ENTRY,
  AES_ENTRY,
  uintBytes(1, 4),
  TOMBSTONE,
  uintBytes(1, 2),
  EXTENSION,
);

const KEM: KeyEntry = {
  id: fill(16, 4),
  ref: { name: 'kem', generation: 7 },
  algorithm: 'ML-KEM-1024',
  custody: 'sealed',
  state: 'retired',
  createdAtMs: 1000,
  activatedAtMs: 2000,
  destroyAfterMs: 4000,
  keyId: fill(32, 5),
  protection: fill(32, 6),
  blobDigest: fill(64, 7),
  maxUses: 0,
  reservedUses: 0,
};
const AES: KeyEntry = {
  id: fill(16, 8),
  ref: { name: 'data', generation: 1 },
  algorithm: 'AES-256-GCM',
  custody: 'memory',
  state: 'active',
  createdAtMs: 0,
  keyId: fill(16, 9),
  protection: new Uint8Array(0),
  blobDigest: fill(64, 10),
  maxUses: 2 ** 32,
  reservedUses: 65536,
};
const BODY: ManifestBody = {
  manifest: {
    revision: 9,
    entries: [KEM, AES],
    tombstones: [
      {
        id: fill(16, 11),
        ref: { name: 'kem', generation: 6 },
        algorithm: 'ML-KEM-1024',
        destroyedAtMs: 5000,
      },
    ],
    extensions: new Map([['rotation', fill(3, 12)]]),
  },
  markKey: MARK_KEY,
  line: [fill(16, 2), fill(16, 3)],
  blobRevisions: new Map([
    ['04'.repeat(16), 8],
    ['08'.repeat(16), 9],
  ]),
};

const read = (bytes: Uint8Array, key = rootKey) => readBody(PATH, bytes, readHead(PATH, bytes), key);

describe('a manifest', () => {
  it('has the documented bytes', () => {
    const bytes = craft(PLAINTEXT);
    expect(readHead(PATH, bytes)).toEqual({
      version: 1,
      storeId: STORE_ID,
      revision: 9,
      unlock: { kind: 'root-key' },
      unlockBytes: RAW,
      sealedOffset: HEAD.length,
    });
    expect(read(bytes)).toEqual(BODY);
  });

  it('is read as it was written, and written as it was read', () => {
    const bytes = writeManifest(PATH, STORE_ID, RAW, rootKey, BODY);
    expect(bytes.length).toBe(craft(PLAINTEXT).length);
    expect(bytes.subarray(0, HEAD.length)).toEqual(HEAD);
    expect(read(bytes)).toEqual(BODY);
  });

  it('is refused, whichever byte was changed, with an error that names the file', async () => {
    const bytes = craft(PLAINTEXT);
    const codes = new Map<string, number>();
    for (let i = 0; i < bytes.length; i++) {
      for (const bit of [1, 0x80]) {
        const error = (await errorOf(() => read(bytes.with(i, (bytes[i] as number) ^ bit)))) as PqError;
        expect(error).toBeInstanceOf(PqError);
        expect(error.message).toContain(PATH);
        codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
      }
    }
    expect(Object.fromEntries(codes)).toEqual({
      // The manifest's own version.
      ERR_UNSUPPORTED_VERSION: 2,
      ERR_KEYSTORE_CORRUPT: 2 * bytes.length - 2,
    });
  });

  it('is refused wherever it ends, and when something follows it', async () => {
    const bytes = craft(PLAINTEXT);
    for (let length = 0; length < bytes.length; length++) {
      await expectError(() => read(bytes.subarray(0, length)), ...CORRUPT);
    }
    await expectError(() => read(concat(bytes, Uint8Array.of(0))), ...CORRUPT);
  });

  it('is refused wherever its content ends', async () => {
    for (let length = 0; length < PLAINTEXT.length; length++) {
      await expectError(() => read(craft(PLAINTEXT.subarray(0, length))), ...CORRUPT);
    }
    await expectError(() => read(craft(concat(PLAINTEXT, Uint8Array.of(0)))), ...CORRUPT);
  });

  it('tells another root key from damage', async () => {
    const other = AeadKey.fromBytes(new Uint8Array(32));
    const error = await expectError(() => read(craft(PLAINTEXT), other), ...CORRUPT);
    expect(error.message).toContain('another root key');
  });

  it('of another version is refused and says so; a single file of version 0 says what it was', async () => {
    for (const version of [0, 2, 255]) {
      const error = await expectError(
        () => read(craft(PLAINTEXT).with(3, version)),
        UnsupportedError,
        'ERR_UNSUPPORTED_VERSION',
      );
      expect(error.message).toContain(`version ${version}`);
    }
  });

  const parts = (entries: Uint8Array[], tombstones: Uint8Array[] = [], extensions: Uint8Array[] = []) =>
    concat(
      MARK_KEY,
      LINE,
      uintBytes(entries.length, 4),
      ...entries,
      uintBytes(tombstones.length, 4),
      ...tombstones,
      uintBytes(extensions.length, 2),
      ...extensions,
    );
  const at = (bytes: Uint8Array, offset: number, value: number) => bytes.with(offset, value);
  const codes = 16 + 4 + 4;
  const bad: [label: string, plaintext: Uint8Array][] = [
    ['no line', concat(MARK_KEY, Uint8Array.of(0), uintBytes(0, 4), uintBytes(0, 4), uintBytes(0, 2))],
    [
      'a line of 65',
      concat(
        MARK_KEY,
        Uint8Array.of(65),
        fill(65 * 16, 1),
        uintBytes(0, 4),
        uintBytes(0, 4),
        uintBytes(0, 2),
      ),
    ],
    ['algorithm 0', parts([at(KEM_ENTRY, codes, 0)])],
    ['algorithm 4', parts([at(KEM_ENTRY, codes, 4)])],
    ['custody 0', parts([at(KEM_ENTRY, codes + 1, 0)])],
    ['custody 4', parts([at(KEM_ENTRY, codes + 1, 4)])],
    ['state 0', parts([at(KEM_ENTRY, codes + 2, 0)])],
    ['state 7', parts([at(KEM_ENTRY, codes + 2, 7)])],
    ['an unknown flag', parts([at(AES_ENTRY, codes + 1 + 11, 8)])],
    ['generation 0', parts([at(KEM_ENTRY, 23, 0)])],
    ['a name in capitals', parts([at(KEM_ENTRY, 17, 0x4b)])],
    ['a name that is no UTF-8', parts([at(KEM_ENTRY, 17, 0xff)])],
    [
      'a byte order mark before a name',
      parts([concat(KEM_ENTRY.subarray(0, 16), name('\ufeffkem'), KEM_ENTRY.subarray(20))]),
    ],
    ['a time above 2^53', parts([at(KEM_ENTRY, codes + 3, 0xff)])],
    ['an entry twice', parts([AES_ENTRY, AES_ENTRY])],
    [
      'two entries with one id',
      parts([AES_ENTRY, concat(AES_ENTRY.subarray(0, 21), uintBytes(2, 4), AES_ENTRY.subarray(25))]),
    ],
    ['a tombstone of an entry', parts([KEM_ENTRY], [at(TOMBSTONE, 23, 7)])],
    ['an extension twice', parts([], [], [EXTENSION, EXTENSION])],
  ];

  it.each(bad)('with %s is refused', async (_label, plaintext) => {
    await expectError(() => read(craft(plaintext)), ...CORRUPT);
  });

  it('allocates nothing for what is not there', async () => {
    const many = uintBytes(4_000_000_000, 4);
    const used = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    for (const plaintext of [
      concat(MARK_KEY, LINE, many, uintBytes(0, 4), uintBytes(0, 2)),
      concat(MARK_KEY, LINE, uintBytes(0, 4), many, uintBytes(0, 2)),
      concat(MARK_KEY, LINE, uintBytes(0, 4), uintBytes(0, 4), uintBytes(1, 2), name('x'), many),
    ]) {
      const before = used();
      await expectError(() => read(craft(plaintext)), ...CORRUPT);
      expect(used() - before).toBeLessThan(32 * 2 ** 20);
    }
  });
});

describe('the unlock section', () => {
  const cost = { memoryKib: 65536, passes: 3, lanes: 1 };
  const salt = fill(16, 13);
  const head = (unlock: Uint8Array) => concat(HEAD.subarray(0, -1), unlock);
  const passphrase = (memory: number, passes: number, lanes: number, version = 0x13) =>
    concat(Uint8Array.of(2, version), uintBytes(memory, 4), uintBytes(passes, 4), Uint8Array.of(lanes), salt);

  it('has the documented bytes', () => {
    const sections = [
      [{ kind: 'root-key' }, Uint8Array.of(1)],
      [{ kind: 'passphrase', cost, salt }, passphrase(65536, 3, 1)],
      [{ kind: 'key-file' }, Uint8Array.of(3)],
      [{ kind: 'keystore', wrapped: fill(5, 14) }, concat(Uint8Array.of(4, 0, 5), fill(5, 14))],
    ] as const;
    for (const [section, bytes] of sections) {
      expect(writeUnlockSection(section)).toEqual(bytes);
      expect(readHead(PATH, craft(PLAINTEXT, head(bytes)))).toMatchObject({
        unlock: section,
        unlockBytes: bytes,
      });
    }
  });

  it.each([
    ['19 MiB, 2 passes', passphrase(19 * 1024, 2, 1), true],
    ['1 GiB, 16 passes, 16 lanes', passphrase(2 ** 20, 16, 16), true],
    ['too little memory', passphrase(19 * 1024 - 1, 2, 1), false],
    ['too much memory', passphrase(2 ** 20 + 1, 2, 1), false],
    ['4 TiB', passphrase(2 ** 32 - 1, 2, 1), false],
    ['one pass', passphrase(65536, 1, 1), false],
    ['17 passes', passphrase(65536, 17, 1), false],
    ['no lane', passphrase(65536, 3, 0), false],
    ['17 lanes', passphrase(65536, 3, 17), false],
    ['version 0x10', passphrase(65536, 3, 1, 0x10), false],
    ['kind 0', Uint8Array.of(0), false],
    ['kind 5', Uint8Array.of(5), false],
  ])('%s', async (_label, bytes, allowed) => {
    const manifest = craft(PLAINTEXT, head(bytes));
    if (allowed) expect(readHead(PATH, manifest).unlock.kind).toBe('passphrase');
    else await expectError(() => readHead(PATH, manifest), ...CORRUPT);
  });
});

describe('the line of commits', () => {
  it('says whether a manifest goes on from a commit', () => {
    expect(continuesFrom(BODY, 9, fill(16, 3))).toBe(true);
    expect(continuesFrom(BODY, 8, fill(16, 2))).toBe(true);
    expect(continuesFrom(BODY, 8, fill(16, 3))).toBe(false);
    expect(continuesFrom(BODY, 7, fill(16, 3))).toBeUndefined();
    expect(continuesFrom(BODY, 10, fill(16, 3))).toBeUndefined();
  });
});
