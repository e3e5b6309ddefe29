/**
 * What keystores keep on disk, and how they are named.
 *
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AeadKey, open, seal } from '../../../src/aead/index.ts';
import { concat, equal, toHex, uintBytes, utf8 } from '../../../src/bytes.ts';
import { hmacSha3_512 } from '../../../src/hash/index.ts';
import { readBlob, writeBlob } from '../../../src/keystore/blob.ts';
import type { Disk } from '../../../src/keystore/file/disk.ts';
import { type ManifestBody, readBody, readHead, writeManifest } from '../../../src/keystore/file/format.ts';
import { readKeyFile } from '../../../src/keystore/file/key-file.ts';
import { MarkFile } from '../../../src/keystore/file/mark.ts';
import { blobName, manifestName, revisionsOf } from '../../../src/keystore/file/names.ts';
import { Reader } from '../../../src/keystore/file/reader.ts';
import { readUnlockSection, writeUnlockSection } from '../../../src/keystore/file/unlock-section.ts';
import { readFileUrl } from '../../../src/keystore/file/url.ts';
import { FLOORS, readFloors, writeFloors } from '../../../src/keystore/floors.ts';
import { parsePkcs11Uri, wipeUriPin } from '../../../src/keystore/pkcs11/uri.ts';
import { SHA3_512 } from '../../../src/params.ts';
import { writePreamble } from '../../../src/preamble.ts';
import { combine, split } from '../../../src/shamir.ts';
import { testKeys } from '../../support/keys.ts';
import { must, type Target } from '../target.ts';
import { KEY } from './codes.ts';
import { latin1 } from './texts.ts';

const PATH = '/store/manifest-0000000000000007.mwk';
const rootKey = AeadKey.fromBytes(new Uint8Array(32).fill(7));
const id = (first: number) => Uint8Array.from({ length: 16 }, (_, i) => first + i);
const digest = new Uint8Array(SHA3_512.digestBytes).fill(3);

const entryParts = {
  createdAtMs: 1_700_000_000_000,
  protection: new Uint8Array(32).fill(9),
  blobDigest: digest,
  custody: 'sealed',
} as const;

const body: ManifestBody = {
  markKey: new Uint8Array(32).fill(1),
  line: [id(100), id(120)],
  blobRevisions: new Map([
    [toHex(id(0)), 5],
    [toHex(id(20)), 6],
  ]),
  manifest: {
    revision: 7,
    entries: [
      {
        ...entryParts,
        id: id(0),
        ref: { name: 'kem', generation: 1 },
        algorithm: 'ML-KEM-1024',
        state: 'active',
        activatedAtMs: 1_700_000_000_001,
        keyId: new Uint8Array(32).fill(4),
        maxUses: 0,
        reservedUses: 0,
      },
      {
        ...entryParts,
        id: id(20),
        ref: { name: 'data', generation: 3 },
        algorithm: 'AES-256-GCM',
        state: 'retired',
        activatedAtMs: 1_700_000_000_001,
        retiredAtMs: 1_700_000_000_002,
        destroyAfterMs: 1_700_000_000_003,
        keyId: id(60),
        maxUses: 2 ** 32,
        reservedUses: 1024,
      },
    ],
    tombstones: [
      {
        id: id(40),
        ref: { name: 'data', generation: 1 },
        algorithm: 'AES-256-GCM',
        destroyedAtMs: 1_700_000_000_000,
      },
    ],
    extensions: new Map([['rotation', Uint8Array.of(1, 2, 3)]]),
  },
};

const UNLOCKS = [
  { kind: 'root-key' },
  { kind: 'passphrase', cost: { memoryKib: 65_536, passes: 3, lanes: 1 }, salt: id(0) },
  { kind: 'key-file' },
  { kind: 'keystore', wrapped: new Uint8Array(100).fill(5) },
] as const;
const unlocks = UNLOCKS.map((section) => writeUnlockSection(section));
const manifests = unlocks.map((unlock) => writeManifest(PATH, id(200), unlock, rootKey, body));

/** The clear head of a manifest that says revision 7. */
const head = (() => {
  const preamble = new Uint8Array(4);
  writePreamble(preamble, 'K');
  return concat(preamble, id(200), uintBytes(7, 8), unlocks[0] as Uint8Array);
})();

const manifestHead: Target = {
  name: 'manifest-head',
  maxBytes: 1024,
  seeds: manifests,
  words: [
    utf8('MWK\x01'),
    utf8('MWK\x00'),
    Uint8Array.of(0x13),
    uintBytes(19_456, 4),
    uintBytes(1_048_576, 4),
  ],
  refusals: ['ERR_KEYSTORE_CORRUPT', 'ERR_UNSUPPORTED_VERSION'],
  run(input) {
    const { storeId, revision, unlock, sealedOffset } = readHead(PATH, input);
    const preamble = new Uint8Array(4);
    writePreamble(preamble, 'K');
    const written = concat(preamble, storeId, uintBytes(revision, 8), writeUnlockSection(unlock));
    must(equal(written, input.subarray(0, sealedOffset)), 'writes again what it read');
  },
};

/** The plaintext of a manifest's sealed part, sealed in each run: what somebody with the root key could write. */
const manifestBody: Target = {
  name: 'manifest-body',
  maxBytes: 2048,
  seeds: [
    plaintextOf(body),
    plaintextOf({
      ...body,
      manifest: { ...body.manifest, entries: [], tombstones: [], extensions: new Map() },
    }),
  ],
  words: [
    utf8('kem'),
    utf8('rotation'),
    uintBytes(2 ** 32 - 1, 4),
    Uint8Array.of(0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
  ],
  refusals: ['ERR_KEYSTORE_CORRUPT'],
  allocates: 2 ** 16,
  run(input) {
    const key = AeadKey.fromBytes(new Uint8Array(32).fill(7));
    const bytes = concat(head, seal(key, input, { aad: head }));
    const read = readBody(PATH, bytes, readHead(PATH, bytes), key);
    must(equal(plaintextOf(read), input), 'writes again what it read');
    key.dispose();
  },
};

/** What is sealed of a body. */
function plaintextOf(content: ManifestBody): Uint8Array {
  const manifest = writeManifest(PATH, id(200), writeUnlockSection({ kind: 'root-key' }), rootKey, content);
  const { sealedOffset } = readHead(PATH, manifest);
  return open(rootKey, manifest.subarray(sealedOffset), { aad: manifest.subarray(0, sealedOffset) });
}

const unlockSection: Target = {
  name: 'unlock-section',
  maxBytes: 512,
  seeds: unlocks,
  words: [uintBytes(19_456, 4), uintBytes(1_048_576, 4), Uint8Array.of(0x13)],
  refusals: [],
  internalErrors: ['RangeError'],
  run(input) {
    const reader = new Reader(input);
    const section = readUnlockSection(reader);
    must(equal(writeUnlockSection(section), reader.since(0)), 'writes again what it read');
  },
};

const floors: Target = {
  name: 'keystore-floors',
  maxBytes: 256,
  seeds: [
    writeFloors(new Map()),
    writeFloors(
      new Map([
        ['data', { algorithm: 'AES-256-GCM', generation: 4 }],
        ['sign', { algorithm: 'ML-DSA-87', generation: 2 ** 32 - 1 }],
      ]),
    ),
  ],
  words: [uintBytes(2, 4), uintBytes(2 ** 32 - 1, 4)],
  refusals: [],
  internalErrors: ['RangeError', 'TypeError'],
  run(input) {
    const read = readFloors(new Map([[FLOORS, Uint8Array.from(input)]]));
    must(equal(writeFloors(read), input), 'writes again what it read');
  },
};

const { recipientPublic, signerPublic } = testKeys();
const secret = new Uint8Array(80).fill(2);
const blobs = [
  ['ML-KEM-1024', writeBlob(id(0), 'ML-KEM-1024', { publicKey: recipientPublic, secret })],
  ['ML-DSA-87', writeBlob(id(0), 'ML-DSA-87', { publicKey: signerPublic, secret })],
  ['AES-256-GCM', writeBlob(id(0), 'AES-256-GCM', { publicKey: undefined, secret })],
] as const;

const blob: Target = {
  name: 'keystore-blob',
  maxBytes: 3072,
  seeds: blobs.map(([, bytes]) => bytes),
  words: [utf8('MWB\x01')],
  refusals: [...KEY, 'ERR_UNSUPPORTED_VERSION'],
  internalErrors: ['RangeError'],
  allocates: 2 ** 16,
  run(input) {
    const algorithm =
      (['ML-KEM-1024', 'ML-DSA-87', 'AES-256-GCM'] as const)[((input[20] ?? 1) - 1) % 3] ?? 'AES-256-GCM';
    const content = readBlob(id(0), algorithm, input);
    must(equal(writeBlob(id(0), algorithm, content), input), 'writes again what it read');
  },
};

let diskBytes: Uint8Array = new Uint8Array(0);
const disk = {
  resolve: (path: string) => path,
  read: async (_path: string, maxBytes: number) => {
    if (diskBytes.length <= maxBytes) return diskBytes;
    return diskBytes.subarray(0, maxBytes + 1);
  },
} as unknown as Disk;
const markKey = new Uint8Array(32).fill(8);
const mark = new MarkFile(disk, '/mark', id(200), markKey);
const marked = concat(utf8('MWH\x01'), id(200), uintBytes(7, 8), id(100));

/** The MAC is set right when it stood there for other bytes, or no input would get past it. */
const highWaterMark: Target = {
  name: 'high-water-mark',
  maxBytes: 256,
  seeds: [concat(marked, hmacSha3_512(markKey, marked))],
  words: [utf8('MWH\x01'), uintBytes(2 ** 32, 8)],
  refusals: ['ERR_KEYSTORE_CORRUPT', 'ERR_UNSUPPORTED_VERSION'],
  internalErrors: ['RangeError'],
  async run(input) {
    diskBytes = input;
    if (input.length === 108 && (input[107] as number) % 2 === 0) {
      const content = input.subarray(0, 44);
      diskBytes = concat(content, hmacSha3_512(markKey, content));
    }
    const read = await mark.read();
    must(read !== undefined && Number.isSafeInteger(read.revision) && read.commit.length === 16, 'a mark');
  },
};

const names: Target = {
  name: 'file-names',
  maxBytes: 256,
  seeds: [utf8(`${manifestName(0)}\n${manifestName(123_456)}\nlock`), utf8(blobName('00'.repeat(16), 3))],
  words: ['manifest-', '.mwk', '.mwb', '0000000000000001', '9999999999999999', '\n'].map(utf8),
  refusals: [],
  run(input) {
    const given = latin1(input).split('\n');
    for (const revision of revisionsOf(given))
      must(given.includes(manifestName(revision)), 'names what it read');
  },
};

const folder = mkdtempSync(join(tmpdir(), 'mwrasp-fuzz-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const keyFilePath = join(folder, 'key');

const keyFile: Target = {
  name: 'key-file',
  maxBytes: 64,
  seeds: [new Uint8Array(32).fill(1), new Uint8Array(31)],
  refusals: ['ERR_KEYSTORE_IO'],
  async run(input) {
    writeFileSync(keyFilePath, input, { mode: 0o600 });
    must(equal(await readKeyFile(keyFilePath), input), 'reads what stands there');
  },
};

const fileUrl: Target = {
  name: 'file-url',
  maxBytes: 512,
  seeds: [
    'file:///var/lib/app/keys',
    'file:///k?create=true&high-water-mark=/m&lock-timeout-ms=5&require-custody=sealed&key-file=/f',
  ].map(utf8),
  words: [
    'file:',
    '///',
    '?',
    '&',
    'create=',
    'high-water-mark=',
    'lock-timeout-ms=',
    'require-custody=',
    'key-file=',
    '%2f',
    '%00',
    'true',
    'false',
  ].map(utf8),
  refusals: ['ERR_INPUT_FORMAT', 'ERR_INPUT_OPTION'],
  run(input) {
    const { path } = readFileUrl(latin1(input), {});
    must(typeof path === 'string' && path.length > 0, 'a path');
  },
};

const pkcs11Uri: Target = {
  name: 'pkcs11-uri',
  maxBytes: 5000,
  seeds: [
    'pkcs11:token=hsm;serial=0123;object=k?module-path=/usr/lib/x.so&pin-source=file:/run/pin&x-store=/s&x-init=a',
    'pkcs11:manufacturer=A%20B;model=M;slot-id=12?pin-value=1234',
    'pkcs11:',
  ].map(utf8),
  words: [
    'pkcs11:',
    'token=',
    'serial=',
    'manufacturer=',
    'model=',
    'slot-id=',
    'object=',
    'module-path=',
    'module-name=',
    'pin-source=',
    'pin-value=',
    'x-store=',
    'x-init=',
    '%00',
    '%ff',
    '%25',
    'file:',
    '|',
    ';',
    '&',
    '?',
    '#',
  ].map(utf8),
  refusals: ['ERR_INPUT_FORMAT', 'ERR_INPUT_OPTION', 'ERR_KEYSTORE_TOKEN'],
  run(input) {
    const text = latin1(input);
    wipeUriPin(parsePkcs11Uri(text));
    must(text.length <= 4096 && /^pkcs11:/i.test(text), 'a URI of the scheme');
  },
};

const shares = split(new Uint8Array(32).fill(6), 3, 5);

/** Shares one after the other: point, length, bytes. The first byte is the threshold. */
const shamir: Target = {
  name: 'shamir-shares',
  maxBytes: 1024,
  seeds: [
    concat(Uint8Array.of(3), ...shares.slice(1).map(({ x, y }) => concat(Uint8Array.of(x, y.length), y))),
  ],
  refusals: ['ERR_INPUT_LENGTH', 'ERR_INPUT_RANGE', 'ERR_INPUT_FORMAT', 'ERR_QUORUM'],
  allocates: 2 ** 18,
  run(input) {
    const given: { x: number; y: Uint8Array }[] = [];
    for (let at = 1; at + 1 < input.length; ) {
      const length = input[at + 1] as number;
      given.push({ x: input[at] as number, y: input.subarray(at + 2, at + 2 + length) });
      at += 2 + length;
    }
    const threshold = input[0] ?? 0;
    const combined = combine(given, threshold);
    must(combined.length === given[0]?.y.length, 'as many bytes as each share has');
  },
};

export const STORED: readonly Target[] = [
  manifestHead,
  manifestBody,
  floors,
  unlockSection,
  blob,
  highWaterMark,
  names,
  keyFile,
  fileUrl,
  pkcs11Uri,
  shamir,
];
