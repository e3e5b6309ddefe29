/**
 * Everything that reads bytes of a format, with each byte of the header changed, some of the rest, and every length that
 * is too short: what comes is documented, and nothing that is authenticated opens.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  open,
  openStream,
  openTransform,
  readStreamHeader,
  SEAL_OVERHEAD_BYTES,
  seal,
  sealedKeyId,
  sealStream,
} from '@mwrasp/crypto/aead';
import { createBackup, inspectBackup, restoreBackup, verifyBackup } from '@mwrasp/crypto/backup';
import {
  combineShares,
  createCeremony,
  inspectShare,
  verifyShare,
  verifyTranscript,
} from '@mwrasp/crypto/ceremony';
import { exportPublicKey, importJwks, importPrivateKey, importPublicKey } from '@mwrasp/crypto/encodings';
import * as envelope from '@mwrasp/crypto/envelope';
import { inspectFragment, TemporalVault } from '@mwrasp/crypto/fragment';
import { hmacSha3_512, verifyHmacSha3_512 } from '@mwrasp/crypto/hash';
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import { decapsulate, encapsulate, KemPrivateKey, KemPublicKey } from '@mwrasp/crypto/kem';
import { type FileKeystoreOptions, type Keystore, openKeystore } from '@mwrasp/crypto/keystore';
import {
  createMu,
  SignPrivateKey,
  SignPublicKey,
  sign,
  verify,
  verifyMu,
  verifyStream,
} from '@mwrasp/crypto/sign';
import { afterAll, describe, expect, it } from 'vitest';
import { flipped } from '../../support/keys.ts';
import { collect } from '../../support/streams.ts';
import { type Codes, readSurface } from './documented.ts';
import { type Call, problemOf, row, through } from './row.ts';
import { aeadKey, kemPrivate, kemPublic, SECRETS, sample, signPrivate, signPublic } from './values.ts';

const { documented } = readSurface();
const codesOf = (id: string): Codes => documented.get(id)?.codes ?? new Map();

/** Something that reads bytes. */
interface Reader {
  readonly id: string;
  /** The argument that the bytes are. */
  readonly argument: string;
  readonly bytes: Uint8Array;
  /** Bytes at the start of which each is changed; of the others, some are. */
  readonly every: number;
  readonly read: (bytes: Uint8Array) => unknown;
  /** What has to come of a change: `wrong`, `works`, or `either` where it may be told or not. */
  readonly changed: Call['outcome'];
  /** What has to come of a part; the same as of a change, when absent. */
  readonly cut?: Call['outcome'];
}

const message = sample(300);
const aad = sample(9);
const context = sample(12);

const sealed = seal(aeadKey, message, { aad });
const sealedStream = Buffer.concat(
  await collect(sealStream(aeadKey, [sample(3000)], { aad, chunkSizeBytes: 1024 })),
);
const STREAM_HEADER_BYTES = readStreamHeader(sealedStream).headerBytes;

const signed = await envelope.seal(kemPublic, message, { context, signer: signPrivate });
const unsigned = await envelope.seal(kemPublic, message, { context });
const envelopeStream = Buffer.concat(
  await collect(envelope.sealStream(kemPublic, [sample(3000)], { context, chunkSizeBytes: 1024 })),
);
/** A signature is the last part of a header; `sign.verify` below has its bytes changed too. */
const SIGNATURE_BYTES = 4627;
const headerBytes = (bytes: Uint8Array) => envelope.readHeader(bytes).headerBytes;

const folder = mkdtempSync(join(tmpdir(), 'mwrasp-tampering-'));
const rootKey = SECRETS.aeadKey;

const memoryStore = await openKeystore({ backend: 'memory' });
const fileStore = await openKeystore({
  backend: 'file',
  path: join(folder, 'live'),
  rootKey,
  highWaterMark: false,
});

/** A store that lies still while its files are changed. */
const still: FileKeystoreOptions = {
  backend: 'file',
  path: join(folder, 'still'),
  rootKey,
  highWaterMark: join(folder, 'mark'),
};
const filled = await openKeystore(still);
await filled.generate({ name: 'sign', algorithm: 'ML-DSA-87' });
await filled.close();
const manifestPath = only(still.path, /^manifest-/);
const blobPath = only(join(still.path, 'keys'), /\.mwb$/);

function only(within: string, name: RegExp): string {
  const [found, ...others] = readdirSync(within).filter((file) => name.test(file));
  if (found === undefined || others.length > 0) throw new Error(`not one file ${name} in ${within}`);
  return join(within, found);
}

const bytesOf = (path: string) => new Uint8Array(readFileSync(path));

const vault = await TemporalVault.create({ ttlMs: 60_000 });
const split = () => ({ parts: vault.split(message, { total: 2 }), atMs: performance.now() });
let fragments = split();
/** A fragment that lives for longer than its tests take, however long those before took. */
function freshFragment(): Uint8Array {
  if (performance.now() - fragments.atMs > 10_000) fragments = split();
  return fragments.parts[0] as Uint8Array;
}
const fragmentHeaderBytes = inspectFragment(freshFragment()).headerBytes;
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  vault.dispose();
  await memoryStore.close();
  await fileStore.close();
});

const { ciphertext, sharedSecret } = encapsulate(kemPublic);
const signature = sign(signPrivate, message, { context });
const mu = createMu(signPublic, { context }).update(message).finish();
const tag = hmacSha3_512(SECRETS.bytes, message);

/** Fails when a wrong signature passes for a right one. */
function mustBeFalse(answer: boolean): void {
  if (answer) throw new Error('it was taken for a right one');
}

const publicDer = exportPublicKey(kemPublic, 'der');
const privateDer = exportPrivateKey(signPrivate, 'der').expose();
const ascii = (text: string) => new TextEncoder().encode(text);
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const privateJwk = ascii(JSON.stringify(exportPrivateKey(signPrivate, 'jwk')));
const jwks = ascii(JSON.stringify({ keys: [exportPublicKey(kemPublic, 'jwk')] }));

/** A change may be no JSON any more: that is for JSON.parse to say, and not for the library. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(latin1(bytes));
  } catch {
    return latin1(bytes);
  }
}

const DER_HEADER_BYTES = 22;
/** Preamble, purpose, key id, nonce, commitment and tag of sealed data. */
const DATA_OVERHEAD_BYTES = 4 + 1 + 16 + 12 + 32 + 16;
const PEM_HEADER_BYTES = '-----BEGIN PRIVATE KEY-----\n'.length;

const custodian = { name: 'alice', recipient: kemPublic, signer: signPublic };
const ceremony = await createCeremony({ threshold: 1, custodians: [custodian] });
const dealt = ceremony.transcript;
const share = (ceremony.shares[0] as { bytes: Uint8Array }).bytes;
await ceremony.verify('alice', share, { recipient: kemPrivate, signer: signPrivate });
const { transcript } = ceremony;
const backedUp = await openKeystore({ backend: 'memory' });
await backedUp.generate({ name: 'sign', algorithm: 'ML-DSA-87' });
const { bytes: backup } = await createBackup(backedUp, { rootKey: SECRETS.bytes });
const BACKUP_HEADER_BYTES = 48 + 85;

const READERS: readonly Reader[] = [
  {
    id: 'ceremony.verifyTranscript',
    argument: 'transcript',
    bytes: transcript,
    every: 150,
    read: verifyTranscript,
    changed: 'wrong',
    cut: 'either',
  },
  {
    id: 'ceremony.inspectShare',
    argument: 'share',
    bytes: share,
    every: 100,
    read: inspectShare,
    changed: 'wrong',
  },
  {
    id: 'ceremony.verifyShare',
    argument: 'options.share',
    bytes: share,
    every: 100,
    read: (bytes) =>
      verifyShare({
        transcript: dealt,
        share: bytes,
        custodian: 'alice',
        recipient: kemPrivate,
        signer: signPrivate,
      }),
    changed: 'wrong',
  },
  {
    id: 'ceremony.combineShares',
    argument: 'options.transcript',
    bytes: transcript,
    every: 150,
    read: (bytes) => combineShares({ transcript: bytes, shares: [{ share, recipient: kemPrivate }] }),
    changed: 'wrong',
  },
  {
    id: 'backup.inspectBackup',
    argument: 'backup',
    bytes: backup,
    every: BACKUP_HEADER_BYTES,
    read: inspectBackup,
    changed: 'either',
  },
  {
    id: 'backup.verifyBackup',
    argument: 'backup',
    bytes: backup,
    every: BACKUP_HEADER_BYTES,
    read: (bytes) => verifyBackup(bytes, { rootKey: SECRETS.bytes }),
    changed: 'wrong',
  },
  {
    id: 'backup.restoreBackup',
    argument: 'backup',
    bytes: backup,
    every: BACKUP_HEADER_BYTES,
    read: (bytes) => restoreBackup(bytes, backedUp, { rootKey: SECRETS.bytes }),
    changed: 'wrong',
  },
  {
    id: 'aead.open',
    argument: 'sealed',
    bytes: sealed,
    every: SEAL_OVERHEAD_BYTES,
    read: (bytes) => open(aeadKey, bytes, { aad }),
    changed: 'wrong',
  },
  {
    id: 'aead.sealedKeyId',
    argument: 'sealed',
    bytes: sealed,
    every: SEAL_OVERHEAD_BYTES,
    read: sealedKeyId,
    changed: 'either',
  },
  {
    id: 'aead.openStream',
    argument: 'source',
    bytes: sealedStream,
    every: STREAM_HEADER_BYTES,
    read: (bytes) => openStream(aeadKey, [bytes], { aad }),
    changed: 'wrong',
  },
  {
    id: 'aead.openTransform',
    argument: 'source',
    bytes: sealedStream,
    every: STREAM_HEADER_BYTES,
    read: (bytes) => through(openTransform(aeadKey, { aad }), [bytes]),
    changed: 'wrong',
  },
  {
    id: 'aead.readStreamHeader',
    argument: 'head',
    bytes: sealedStream,
    every: STREAM_HEADER_BYTES,
    read: readStreamHeader,
    changed: 'either',
  },
  {
    id: 'envelope.open',
    argument: 'envelope',
    bytes: unsigned,
    every: headerBytes(unsigned),
    read: (bytes) => envelope.open(kemPrivate, bytes, { context }),
    changed: 'wrong',
  },
  {
    id: 'envelope.open',
    argument: 'envelope',
    bytes: signed,
    every: headerBytes(signed) - SIGNATURE_BYTES,
    read: (bytes) => envelope.open(kemPrivate, bytes, { context, sender: signPublic }),
    changed: 'wrong',
  },
  {
    id: 'envelope.openStream',
    argument: 'source',
    bytes: envelopeStream,
    every: 200,
    read: (bytes) => envelope.openStream(kemPrivate, [bytes], { context }),
    changed: 'wrong',
  },
  {
    id: 'envelope.readHeader',
    argument: 'head',
    bytes: signed,
    every: headerBytes(signed),
    read: envelope.readHeader,
    changed: 'either',
  },
  ...(await storeReaders('keystore.Keystore', memoryStore)),
  ...(await storeReaders('keystore.FileKeystore', fileStore)),
  {
    id: 'keystore.openKeystore',
    argument: 'options',
    bytes: bytesOf(manifestPath),
    every: 4 + 16 + 8 + 1 + SEAL_OVERHEAD_BYTES,
    read: withFile(manifestPath, () => {}),
    changed: 'wrong',
  },
  {
    id: 'keystore.openKeystore',
    argument: 'options.highWaterMark',
    bytes: bytesOf(still.highWaterMark as string),
    every: bytesOf(still.highWaterMark as string).length,
    read: withFile(still.highWaterMark as string, () => {}),
    changed: 'wrong',
  },
  {
    id: 'keystore.FileKeystore#publicKey',
    argument: 'key',
    bytes: bytesOf(blobPath),
    every: 100,
    read: withFile(blobPath, (store) => store.publicKey('sign')),
    changed: 'wrong',
  },
  {
    id: 'keystore.FileKeystore#sign',
    argument: 'key',
    bytes: bytesOf(blobPath),
    every: 100,
    read: withFile(blobPath, (store) => store.sign('sign', message)),
    changed: 'wrong',
  },
  {
    id: 'fragment.inspectFragment',
    argument: 'fragment',
    bytes: freshFragment(),
    every: fragmentHeaderBytes,
    read: inspectFragment,
    changed: 'either',
    cut: 'wrong',
  },
  {
    id: 'fragment.TemporalVault#reassemble',
    argument: 'fragments',
    get bytes() {
      return freshFragment();
    },
    every: fragmentHeaderBytes,
    read: (bytes) => vault.reassemble([fragments.parts[1] as Uint8Array, bytes]),
    changed: 'wrong',
  },
  {
    id: 'kem.decapsulate',
    argument: 'ciphertext',
    bytes: ciphertext,
    every: ciphertext.length,
    read: decapsulateOther,
    changed: 'works',
    cut: 'wrong',
  },
  {
    id: 'kem.KemPublicKey.fromBytes',
    argument: 'bytes',
    bytes: kemPublic.toBytes(),
    every: 100,
    read: KemPublicKey.fromBytes,
    changed: 'either',
    cut: 'wrong',
  },
  {
    id: 'kem.KemPrivateKey.fromExpandedKey',
    argument: 'expandedKey',
    bytes: exportPrivateKey(kemPrivate, 'expanded').expose(),
    every: 100,
    read: KemPrivateKey.fromExpandedKey,
    changed: 'either',
    cut: 'wrong',
  },
  {
    id: 'sign.SignPublicKey.fromBytes',
    argument: 'bytes',
    bytes: signPublic.toBytes(),
    every: 100,
    read: SignPublicKey.fromBytes,
    changed: 'works',
    cut: 'wrong',
  },
  {
    id: 'sign.SignPrivateKey.fromExpandedKey',
    argument: 'expandedKey',
    bytes: exportPrivateKey(signPrivate, 'expanded').expose(),
    every: 150,
    read: SignPrivateKey.fromExpandedKey,
    changed: 'either',
    cut: 'wrong',
  },
  {
    id: 'sign.verify',
    argument: 'signature',
    bytes: signature,
    every: 200,
    read: (bytes) => mustBeFalse(verify(signPublic, message, bytes, { context })),
    changed: 'works',
  },
  {
    id: 'sign.verifyMu',
    argument: 'signature',
    bytes: signature,
    every: 200,
    read: (bytes) => mustBeFalse(verifyMu(signPublic, mu, bytes)),
    changed: 'works',
  },
  {
    id: 'sign.verifyStream',
    argument: 'signature',
    bytes: signature,
    every: 200,
    read: async (bytes) => mustBeFalse(await verifyStream(signPublic, [message], bytes, { context })),
    changed: 'works',
  },
  {
    id: 'hash.verifyHmacSha3_512',
    argument: 'tag',
    bytes: tag,
    every: tag.length,
    read: (bytes) => mustBeFalse(verifyHmacSha3_512(SECRETS.bytes, message, bytes)),
    changed: 'works',
  },
  {
    id: 'encodings.importPublicKey',
    argument: 'data',
    bytes: publicDer.slice(0, DER_HEADER_BYTES),
    every: DER_HEADER_BYTES,
    read: (head) => importPublicKey(Buffer.concat([head, publicDer.slice(DER_HEADER_BYTES)])),
    changed: 'wrong',
  },
  {
    id: 'encodings.importPublicKey',
    argument: 'data',
    bytes: publicDer,
    every: 100,
    read: (bytes) => importPublicKey(bytes),
    changed: 'either',
    cut: 'wrong',
  },
  {
    id: 'encodings.importPrivateKey',
    argument: 'data',
    bytes: privateDer.slice(0, DER_HEADER_BYTES),
    every: DER_HEADER_BYTES,
    read: (head) => importPrivateKey(Buffer.concat([head, privateDer.slice(DER_HEADER_BYTES)])),
    changed: 'wrong',
  },
  {
    id: 'encodings.importPrivateKey',
    argument: 'data',
    bytes: privateDer,
    every: privateDer.length,
    read: (bytes) => importPrivateKey(bytes),
    changed: 'either',
    cut: 'wrong',
  },
  {
    id: 'encodings.importPrivateKey',
    argument: 'data',
    bytes: ascii(exportPrivateKey(signPrivate, 'pem')),
    every: PEM_HEADER_BYTES,
    read: (bytes) => importPrivateKey(latin1(bytes)),
    changed: 'either',
  },
  {
    id: 'encodings.importPrivateKey',
    argument: 'data',
    bytes: privateJwk,
    every: 60,
    read: (bytes) => importPrivateKey(parsed(bytes) as string),
    changed: 'either',
    cut: 'wrong',
  },
  {
    id: 'encodings.importJwks',
    argument: 'jwks',
    bytes: jwks,
    every: 80,
    read: (bytes) => importJwks(parsed(bytes)),
    changed: 'either',
    cut: 'wrong',
  },
];

/** What a store of either kind opens. */
async function storeReaders(id: string, store: Keystore): Promise<readonly Reader[]> {
  await store.generate({ name: 'kem', algorithm: 'ML-KEM-1024' });
  await store.generate({ name: 'data', algorithm: 'AES-256-GCM' });
  const toStore = await envelope.seal((await store.publicKey('kem')) as KemPublicKey, message, { context });
  const data = await store.sealData('data', message, { aad });
  const wrapped = await store.wrap('data', SECRETS.bytes, { aad });
  return [
    {
      id: `${id}#openEnvelope`,
      argument: 'envelope',
      bytes: toStore,
      every: headerBytes(toStore),
      read: (bytes) => store.openEnvelope(bytes, { context }),
      changed: 'wrong',
    },
    {
      id: `${id}#openData`,
      argument: 'sealed',
      bytes: data,
      every: DATA_OVERHEAD_BYTES,
      read: (bytes) => store.openData(bytes, { aad }),
      changed: 'wrong',
    },
    {
      id: `${id}#unwrap`,
      argument: 'wrapped',
      bytes: wrapped,
      every: wrapped.length,
      read: (bytes) => store.unwrap(bytes, { aad }),
      changed: 'wrong',
    },
  ];
}

/** Uses the store that lies still, with one of its files changed. */
function withFile(path: string, use: (store: Keystore) => unknown): (bytes: Uint8Array) => Promise<void> {
  const before = bytesOf(path);
  return async (bytes) => {
    writeFileSync(path, bytes);
    try {
      const opened = await openKeystore(still);
      try {
        await use(opened);
      } finally {
        await opened.close();
      }
    } finally {
      writeFileSync(path, before);
    }
  };
}

/** A changed ciphertext is no error, but its secret is another one. */
function decapsulateOther(bytes: Uint8Array): void {
  using secret = decapsulate(kemPrivate, bytes);
  mustBeFalse(Buffer.from(secret.expose()).equals(sharedSecret.expose()));
}

/** Every offset of a header, and about 60 of the rest with both of its ends. */
function offsetsOf({ bytes, every }: Reader): number[] {
  const step = Math.max(1, Math.floor((bytes.length - every) / 60));
  return Array.from(bytes.keys()).filter(
    (offset) => offset < every || (offset - every) % step === 0 || offset >= bytes.length - 20,
  );
}

function callsOf(reader: Reader): Call[] {
  const { argument, bytes, changed, cut = changed } = reader;
  const of = (label: string, changedBytes: Uint8Array, outcome: Call['outcome']): Call => ({
    label,
    values: [() => changedBytes],
    outcome,
    blamed: argument,
    isShown: false,
  });
  const offsets = offsetsOf(reader);
  // The lengths around every end of a field are among the first ones; the others are like each other.
  const lengths = offsets.filter((offset, i) => offset < 130 || i % 20 === 0 || offset === bytes.length - 1);
  return [
    ...offsets.map((offset) =>
      of(`bit ${offset % 8} of byte ${offset}`, flipped(bytes, offset, 1 << (offset % 8)), changed),
    ),
    ...lengths.map((length) => of(`${length} bytes of it`, bytes.slice(0, length), cut)),
  ];
}

/** What has tests of its own that change what is read, by their files. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'fragment.verifyReceipt': 'unit/fragment/vault.test.ts',
  'fragment.TemporalVault#reassembleMany': 'unit/fragment/vault.test.ts',
  'fragment.TemporalVault#reassembleStream': 'unit/fragment/vault.test.ts',
  'rotation.Keyring#openEnvelope': 'unit/rotation/keyring.test.ts',
  'rotation.Keyring#open': 'unit/rotation/keyring.test.ts',
  'rotation.verifyDirectory': 'fault/directory-bytes.test.ts',
};

describe('tampering', () => {
  it.each(READERS.map((reader) => [`${reader.id}, ${reader.bytes.length} bytes`, reader] as const))(
    '%s',
    async (_, reader) => {
      const reading = row(reader.read, []);
      const problems: string[] = [];
      for (const one of callsOf(reader)) {
        const problem = await problemOf(reading, one, codesOf(reader.id));
        if (problem !== undefined) problems.push(problem);
      }
      expect(problems).toEqual([]);
    },
  );

  it('reads the same bytes when nothing is changed', async () => {
    for (const { id, bytes, read } of READERS) {
      if (id.includes('verify') || id === 'kem.decapsulate') continue;
      const problem = await problemOf(
        row(read, []),
        { label: id, values: [() => bytes], outcome: 'works', blamed: undefined, isShown: false },
        codesOf(id),
      );
      expect(problem).toBeUndefined();
    }
  });

  it('knows every function that authenticates', () => {
    const authenticating = [...documented.values()].filter(({ codes }) => codes.has('AuthenticationError'));
    expect(authenticating.length).toBeGreaterThan(6);
    const tested = new Set(READERS.map(({ id }) => id));
    for (const [id, file] of Object.entries(ELSEWHERE)) {
      const name = (id.split(/[.#]/).at(-1) ?? '').trim();
      expect(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')).toContain(name);
      tested.add(id);
    }
    expect(authenticating.map(({ id }) => id).filter((id) => !tested.has(id))).toEqual([]);
  });
});
