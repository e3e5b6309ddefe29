/**
 * What outlives a process in the life of keys: ceremonies, backups, key directories, what rotation keeps, and the records of
 * brokers. What is authenticated has two readers: one of its form, which is fast, and one that must believe only what was
 * written here.
 *
 * @module
 */
import { AeadKey, openStream, sealStream } from '../../../src/aead/index.ts';
import {
  type BackupBody,
  HEADER_BYTES,
  openBackup,
  readBackupHeader,
  wipeBody,
  writeBackup,
} from '../../../src/backup/format.ts';
import { backupKeyOf, inspectBackup, verifyBackup } from '../../../src/backup/index.ts';
import { concat, equal, fromHex, toHex, uintBytes, utf8 } from '../../../src/bytes.ts';
import { createCeremony, inspectShare, verifyTranscript } from '../../../src/ceremony/index.ts';
import { openShare, readShare as readShareFile } from '../../../src/ceremony/share.ts';
import { readTranscript, startTranscript, transcriptInfo } from '../../../src/ceremony/transcript.ts';
import {
  isMessageOf,
  makeRecords,
  openMessage,
  readShare as readShareRecord,
} from '../../../src/fragment/broker/record.ts';
import { SUBJECT_BYTES } from '../../../src/fragment/broker/wire.ts';
import { sha3_512 } from '../../../src/hash/index.ts';
import { FLOORS, writeFloors } from '../../../src/keystore/floors.ts';
import { EMPTY_MANIFEST } from '../../../src/keystore/manifest.ts';
import { ML_DSA_87 } from '../../../src/params.ts';
import { readBody, writeBody } from '../../../src/rotation/directory/body.ts';
import {
  DIRECTORY_CONTEXT,
  type IdentityKey,
  LINK_CONTEXT,
  type Link,
  readDirectory,
  writeDirectoryContent,
  writeLinkContent,
} from '../../../src/rotation/directory/format.ts';
import { inspectLink, verifyDirectory } from '../../../src/rotation/directory/index.ts';
import { checkKeys } from '../../../src/rotation/directory/key.ts';
import { parseLink } from '../../../src/rotation/directory/link.ts';
import {
  fencesOf,
  grantName,
  RELEASED,
  readGrant,
  writeGrant,
} from '../../../src/rotation/file-lease-format.ts';
import type { KeyLife } from '../../../src/rotation/life.ts';
import { ROTATION_EXTENSION, readLife, writeLife } from '../../../src/rotation/life-format.ts';
import { DEFAULT_ROTATION_POLICY } from '../../../src/rotation/policy.ts';
import { sign } from '../../../src/sign/index.ts';
import { testKeys } from '../../support/keys.ts';
import { must, type Target } from '../target.ts';
import { FORMAT, SEALED } from './codes.ts';
import { latin1 } from './texts.ts';

const { recipient, recipientPublic, otherRecipient, signer, signerPublic, otherSigner } = testKeys();
const NOW_MS = 1_800_000_000_000;
const HOUR_MS = 3_600_000;
const id = (first: number) => Uint8Array.from({ length: 16 }, (_, i) => first + i);
/** What a text may begin with, and a decoder may leave out. */
const MARK = '\ufeff';
const BYTE_ORDER_MARK = utf8(MARK);
const preambles = (letters: string) => Array.from(letters, (letter) => utf8(`MW${letter}\x01`));
const setOf = (written: readonly Uint8Array[]) => new Set(written.map(toHex));

const custodians = [
  { name: 'alice', recipient, signer },
  { name: 'bob', recipient: otherRecipient, signer: otherSigner },
] as const;

/** The files of a ceremony among all of the first custodians: its shares, and its transcript after each step. */
async function hold(total: number): Promise<{ shares: Uint8Array[]; transcripts: Uint8Array[] }> {
  const holders = custodians.slice(0, total);
  using ceremony = await createCeremony({
    threshold: total,
    custodians: holders.map(({ name, ...keys }) => ({
      name,
      recipient: keys.recipient.publicKey,
      signer: keys.signer.publicKey,
    })),
    label: `${total} of ${total}`,
    clock: { wallMs: () => NOW_MS, monotonicMs: () => 0 },
  });
  const shares = ceremony.shares.map(({ bytes }) => bytes);
  const transcripts = [ceremony.transcript];
  for (const [i, { name, ...keys }] of holders.entries()) {
    await ceremony.verify(name, shares[i] as Uint8Array, keys);
    transcripts.push(ceremony.transcript);
  }
  return { shares, transcripts };
}

const single = await hold(1);
const pair = await hold(2);
const shareFiles = [...single.shares, ...pair.shares];

const CHECKSUM_BYTES = 32;
const CHECKSUM_LABEL = utf8('mwrasp-crypto/ceremony/v1/checksum');
const SHARE: readonly string[] = [...FORMAT, 'ERR_INPUT_LENGTH', 'ERR_CEREMONY_SHARE_DAMAGED'];
const shareWords = [...preambles('CE'), BYTE_ORDER_MARK, utf8('alice')];

/** With its checksum in place, or no input would get past it. */
function withChecksum(share: Uint8Array): Uint8Array {
  const body = share.subarray(0, Math.max(0, share.length - CHECKSUM_BYTES));
  return concat(body, sha3_512(concat(CHECKSUM_LABEL, body)).subarray(0, CHECKSUM_BYTES));
}

/** The checksum is set right for every other last byte. */
const ceremonyShare: Target = {
  name: 'ceremony-share',
  maxBytes: 8256,
  seeds: shareFiles,
  words: shareWords,
  refusals: SHARE,
  run(input) {
    const bytes = (input.at(-1) ?? 1) % 2 === 0 ? withChecksum(input) : input;
    const { setId, index, threshold, total, custodian, digest, headBytes, envelope } = readShareFile(
      'share',
      bytes,
    );
    const name = utf8(custodian);
    const head = concat(
      utf8('MWC\x01'),
      setId,
      Uint8Array.of(index, threshold, total, name.length),
      name,
      digest,
    );
    must(equal(head, headBytes), 'writes the head again');
    const written = concat(head, uintBytes(envelope.length, 2), envelope, new Uint8Array(CHECKSUM_BYTES));
    must(equal(withChecksum(written), bytes), 'writes again what it read');
    const info = inspectShare(bytes);
    must(equal(fromHex(info.setId), setId) && info.custodian === custodian, 'tells what stands there');
  },
};

const dealtShares = setOf(shareFiles);

const openedShare: Target = {
  name: 'ceremony-share-opened',
  maxBytes: 4096,
  seeds: shareFiles,
  words: shareWords,
  refusals: [...SHARE, 'ERR_CEREMONY_SHARE_WRONG'],
  allocates: 2 ** 18,
  async run(input) {
    const bytes = withChecksum(input);
    const file = readShareFile('share', bytes);
    const y = await openShare('share', file, file.custodian === 'bob' ? otherRecipient : recipient);
    must(y.length === 32 && dealtShares.has(toHex(bytes)), 'opens only what was dealt');
    y.fill(0);
  },
};

const TRANSCRIPT: readonly string[] = [...FORMAT, 'ERR_CEREMONY_TRANSCRIPT'];
const transcriptWords = [...preambles('P'), BYTE_ORDER_MARK, Uint8Array.of(2), uintBytes(4700, 4)];

/** Transcripts that nobody has signed, most of them: there is no signature to check. */
const dealtTranscript: Target = {
  name: 'ceremony-dealt',
  maxBytes: 8192,
  seeds: [single.transcripts[0] as Uint8Array, pair.transcripts[0] as Uint8Array],
  words: transcriptWords,
  refusals: TRANSCRIPT,
  allocates: 2 ** 16,
  run(input) {
    const transcript = readTranscript('transcript', input);
    must(transcriptInfo(transcript).custodians.length === transcript.shares.length, 'tells of each share');
    const first = startTranscript(transcript).bytes;
    must(equal(first, input.subarray(0, first.length)), 'writes the first record again');
    const isSigned = transcript.verifiedAtMs.size > 0;
    must(isSigned !== (first.length === input.length), 'leaves nothing out');
  },
};

const knownTranscripts = setOf(pair.transcripts);
const known = custodians.map(({ name, signer: key }) => ({ name, signer: key.publicKey }));

const signedTranscript: Target = {
  name: 'ceremony-transcript',
  maxBytes: 20_000,
  seeds: [...pair.transcripts, ...single.transcripts],
  words: transcriptWords,
  refusals: TRANSCRIPT,
  allocates: 2 ** 18,
  run(input) {
    const read = verifyTranscript(input, { custodians: known });
    const signed = read.custodians.filter(({ verifiedAtMs }) => verifiedAtMs !== undefined).length;
    must(read.committed === (signed === custodians.length), 'is committed when all have signed');
    must(signed === 0 || knownTranscripts.has(toHex(input)), 'believes only what was signed');
  },
};

const rootKey = new Uint8Array(32).fill(7);
using backupKey = backupKeyOf(rootKey);
const backupAead = AeadKey.fromBytes(backupKey);
const about = { id: id(0), createdAtMs: NOW_MS, revision: 7 };

const emptyBody: BackupBody = { keys: [], leftOut: [], tombstones: [], extensions: new Map() };
const saved = { custody: 'sealed', createdAtMs: NOW_MS, destroyAfterMs: undefined } as const;
const dataKey: BackupBody['keys'][number] = {
  ...saved,
  ref: { name: 'data', generation: 3 },
  algorithm: 'AES-256-GCM',
  state: 'retired',
  activatedAtMs: NOW_MS + 1,
  retiredAtMs: NOW_MS + 2,
  destroyAfterMs: NOW_MS + 3,
  keyId: id(60),
  publicKey: new Uint8Array(0),
  secret: new Uint8Array(32).fill(2),
  maxUses: 2 ** 32,
  reservedUses: 1024,
};
const publicOnly: BackupBody['keys'][number] = {
  ...saved,
  ref: { name: 'inbox', generation: 1 },
  algorithm: 'ML-KEM-1024',
  state: 'active',
  keyId: recipientPublic.thumbprint(),
  publicKey: recipientPublic.toBytes(),
  secret: undefined,
  maxUses: 0,
  reservedUses: 0,
};
const smallBody: BackupBody = {
  keys: [dataKey],
  leftOut: [{ ref: { name: 'token', generation: 1 }, algorithm: 'AES-256-GCM', keyId: id(80) }],
  tombstones: [
    { id: id(40), ref: { name: 'data', generation: 1 }, algorithm: 'AES-256-GCM', destroyedAtMs: NOW_MS },
  ],
  extensions: new Map([
    ['rotation', Uint8Array.of(1, 2, 3)],
    [FLOORS, writeFloors(new Map([['data', { algorithm: 'AES-256-GCM', generation: 1 }]]))],
  ]),
};
const backupBodies = [emptyBody, smallBody, { ...smallBody, keys: [dataKey, publicOnly] }];
const backups: Uint8Array[] = [];
for (const body of backupBodies) backups.push(await writeBackup(backupAead, about, body));

const backupHeader: Target = {
  name: 'backup-header',
  maxBytes: 512,
  seeds: backups.slice(0, 2),
  words: [...preambles('US'), uintBytes(2 ** 32 - 1, 4)],
  refusals: [...FORMAT, 'ERR_INPUT_LENGTH'],
  run(input) {
    const header = readBackupHeader('backup', input);
    const { createdAtMs, revision, generations, leftOut, tombstones } = header;
    const written = concat(
      utf8('MWU\x01'),
      header.id,
      ...[createdAtMs, revision].map((value) => uintBytes(value, 8)),
      ...[generations, leftOut, tombstones].map((count) => uintBytes(count, 4)),
    );
    must(equal(written, input.subarray(0, HEADER_BYTES)), 'writes again what it read');
    must(inspectBackup(input).id === toHex(header.id), 'tells what stands there');
  },
};

const COUNTS_BYTES = 12;
/** What a header has before its counts. */
const headerStart = (backups[0] as Uint8Array).subarray(0, HEADER_BYTES - COUNTS_BYTES);

/** Counts of a backup and what is sealed in it. */
async function insideOf(backup: Uint8Array): Promise<Uint8Array> {
  const aad = backup.subarray(0, HEADER_BYTES);
  const parts = [aad.subarray(-COUNTS_BYTES)];
  for await (const part of openStream(backupAead, [backup.subarray(HEADER_BYTES)], { aad })) parts.push(part);
  return concat(...parts);
}

/** The other way round. */
async function sealInside(inside: Uint8Array): Promise<Uint8Array> {
  const aad = concat(headerStart, inside.subarray(0, COUNTS_BYTES));
  const parts = [aad];
  for await (const part of sealStream(backupAead, [inside.subarray(COUNTS_BYTES)], { aad })) {
    parts.push(Uint8Array.from(part));
  }
  return concat(...parts);
}

/** A name that is none. */
const markedBackup = await writeBackup(backupAead, about, {
  ...emptyBody,
  keys: [{ ...dataKey, ref: { name: `${MARK}data`, generation: 3 } }],
});

/** The counts and the plaintext of a backup, sealed in each run: what somebody with the key could write. */
const backupBody: Target = {
  name: 'backup-body',
  maxBytes: 2560,
  seeds: await Promise.all([...backups, markedBackup].map(insideOf)),
  words: [utf8('inbox'), utf8('rotation'), utf8(FLOORS), BYTE_ORDER_MARK, uintBytes(2 ** 32 - 1, 4)],
  refusals: SEALED,
  allocates: 2 ** 19,
  async run(input) {
    const inside = concat(input, new Uint8Array(Math.max(0, COUNTS_BYTES - input.length)));
    const { body } = await openBackup('backup', await sealInside(inside), backupAead);
    must(
      equal(await insideOf(await writeBackup(backupAead, about, body)), inside),
      'writes again what it read',
    );
    wipeBody(body);
  },
};

/** Of one that another run sealed the corpus may hold nearly all, and its last byte is guessed soon: what is in it counts. */
const takenBodies = setOf(await Promise.all(backups.map(insideOf)));

const wholeBackup: Target = {
  name: 'backup',
  maxBytes: 2560,
  seeds: backups,
  words: preambles('US'),
  refusals: [...SEALED, 'ERR_INPUT_LENGTH'],
  allocates: 2 ** 18,
  async run(input) {
    const { keys } = await verifyBackup(input, { rootKey });
    must(takenBodies.has(toHex(await insideOf(input))) && keys.length <= 2, 'opens only what was sealed');
  },
};

const first: IdentityKey = { generation: 1, publicKey: signerPublic };
const second: IdentityKey = { generation: 2, publicKey: otherSigner.publicKey };
const linkContent = writeLinkContent({ name: 'service', from: first, to: second, createdAtMs: NOW_MS });
const link = concat(linkContent, sign(signer, linkContent, { context: LINK_CONTEXT }));
const wholeLink = ({ signed, signature }: Link) => concat(signed, signature);

/** A name that is none. */
const markedLink = concat(
  writeLinkContent({ name: `${MARK}service`, from: first, to: second, createdAtMs: NOW_MS }),
  link.subarray(-ML_DSA_87.signatureBytes),
);

const identityLink: Target = {
  name: 'identity-link',
  maxBytes: 10_000,
  seeds: [link, markedLink],
  words: [...preambles('I'), BYTE_ORDER_MARK, uintBytes(8.64e15, 8)],
  refusals: [...FORMAT, 'ERR_INPUT_LENGTH'],
  run(input) {
    const read = parseLink('link', input);
    must(equal(writeLinkContent(read), read.signed), 'writes again what is signed');
    must(equal(wholeLink(read), input), 'leaves nothing out');
    const { from, to } = inspectLink(input);
    must(from.generation < to.generation && to.keyId === read.to.publicKey.keyId, 'tells what stands there');
  },
};

/** The keys of a service whose identity is one generation. */
function keysOf({ generation, publicKey }: IdentityKey): Uint8Array {
  const identity = {
    ref: { name: 'service', generation },
    state: 'active',
    publicKey,
    activatedAtMs: NOW_MS,
  };
  const inbox = { ref: { name: 'inbox', generation: 1 }, state: 'retired', publicKey: recipientPublic };
  const times = { activatedAtMs: 0, retiredAtMs: NOW_MS, destroyAfterMs: NOW_MS + HOUR_MS };
  return writeBody(checkKeys('keys', [identity, { ...inbox, ...times }]));
}

const directoryHead = { name: 'service', sequence: 7, issuedAtMs: NOW_MS, expiresAtMs: NOW_MS + HOUR_MS };

function signDirectory(head: typeof directoryHead, isSecond = false, body?: Uint8Array): Uint8Array {
  const identity = isSecond ? second : first;
  const content = writeDirectoryContent(head, identity, isSecond ? [link] : [], body ?? keysOf(identity));
  const signature = sign(isSecond ? otherSigner : signer, content, { context: DIRECTORY_CONTEXT });
  return concat(content, signature);
}

const directoryWords = [...preambles('YI'), BYTE_ORDER_MARK, uintBytes(8.64e15, 8)];

/** The form alone: any bytes are a body. */
const directoryForm: Target = {
  name: 'directory',
  maxBytes: 32_768,
  seeds: [false, true].map((isSecond) => signDirectory(directoryHead, isSecond, utf8('{"keys":[]}'))),
  words: directoryWords,
  refusals: ['ERR_INPUT_FORMAT'],
  internalErrors: ['RangeError', 'TypeError'],
  run(input) {
    const read = readDirectory(input);
    const { identity, links, body, signed, signature } = read;
    // Whoever calls it has checked the preamble.
    const written = writeDirectoryContent(read, identity, links.map(wholeLink), body);
    must(equal(written.subarray(4), signed.subarray(4)), 'writes again what is signed');
    must(signed.length + signature.length === input.length, 'leaves nothing out');
  },
};

const directoryBody: Target = {
  name: 'directory-body',
  maxBytes: 8192,
  seeds: [keysOf(first), writeBody([]), keysOf(first).subarray(0, 2200)],
  words: [
    '{"keys":[',
    ']}',
    '},{',
    '"name":"',
    '"generation":',
    '"state":"',
    '"pending"',
    '"suspended"',
    '"activatedAtMs":',
    '"retiredAtMs":',
    '"destroyAfterMs":',
    '"__proto__":',
    '1e3',
    '\\u0061',
    ',',
  ].map(utf8),
  refusals: [],
  allocates: 2 ** 16,
  run(input) {
    const keys = readBody(input);
    if (keys !== undefined)
      must(equal(writeBody(checkKeys('keys', keys)), input), 'writes again what it read');
  },
};

const published = [
  signDirectory(directoryHead),
  signDirectory(directoryHead, true),
  signDirectory({ ...directoryHead, sequence: 6 }),
  signDirectory({ ...directoryHead, issuedAtMs: NOW_MS + HOUR_MS }),
  signDirectory({ ...directoryHead, expiresAtMs: NOW_MS }),
  signDirectory(directoryHead, false, utf8('{"keys":[]}')),
];
const current = setOf(published.slice(0, 2));

const verifiedDirectory: Target = {
  name: 'directory-verified',
  maxBytes: 32_768,
  seeds: published,
  words: directoryWords,
  refusals: [
    ...SEALED,
    'ERR_DIRECTORY_REPIN',
    'ERR_DIRECTORY_REPLAYED',
    'ERR_DIRECTORY_EARLY',
    'ERR_EXPIRED_DIRECTORY',
  ],
  allocates: 2 ** 19,
  run(input) {
    const pinned = { keyId: signerPublic.keyId, generation: 1 };
    const { keys, followed } = verifyDirectory(input, { pinned, minSequence: 7, nowMs: NOW_MS });
    must(current.has(toHex(input)), 'believes only what was signed');
    must(keys.length === 2 && followed <= 1, 'has the keys that were published');
  },
};

const policy = DEFAULT_ROTATION_POLICY;
const serviceLife: KeyLife = {
  name: 'service',
  algorithm: 'ML-DSA-87',
  policy,
  notes: new Map([
    [1, { createdRunningMs: 1, activatedRunningMs: 2, retiredHighMs: 3, noticeRunningMs: 4 }],
    [2, { createdRunningMs: 5, lastNoticeRunningMs: 6, heldUntilMs: 7, suspendedFrom: 'active' }],
  ]),
  links: new Map([[1, id(7)]]),
};
const dataLife: KeyLife = {
  name: 'data',
  algorithm: 'AES-256-GCM',
  policy,
  notes: new Map(),
  links: new Map(),
};
const lives = [
  [],
  [serviceLife, dataLife],
  // One name twice, and a text that is not quite the same.
  [dataLife, dataLife],
  [dataLife, { ...dataLife, name: `${MARK}data` }],
].map((keys) => {
  const byPlace = new Map(keys.map((key, i) => [`${i}`, key]));
  return writeLife({ fence: 9, wallHighMs: NOW_MS, runningMs: HOUR_MS, keys: byPlace });
});

const rotationLife: Target = {
  name: 'rotation-life',
  maxBytes: 1024,
  seeds: lives,
  words: [...preambles('G'), BYTE_ORDER_MARK, utf8('service'), uintBytes(2 ** 32 - 1, 4), uintBytes(2, 4)],
  refusals: ['ERR_KEYSTORE_CORRUPT', 'ERR_UNSUPPORTED_VERSION'],
  run(input) {
    // What was read is remembered by the array it stands in.
    const extensions = new Map([[ROTATION_EXTENSION, input.slice()]]);
    const read = readLife({ ...EMPTY_MANIFEST, extensions });
    must(equal(writeLife(read), input), 'writes again what it read');
  },
};

const grant = { fence: 3, ttlMs: 30_000, pid: 4711, started: NOW_MS, place: 'host 1', holder: 'rotator-a' };
const released = writeGrant({ ...grant, fence: 4, place: '' }, id(2));
released.set(uintBytes(RELEASED, 8), released.length - 8);
const NONCE_AT = 28;

const fileLease: Target = {
  name: 'file-lease',
  maxBytes: 1024,
  seeds: [writeGrant(grant, id(1)), released],
  words: [...preambles('L'), BYTE_ORDER_MARK, uintBytes(RELEASED, 8), uintBytes(0, 4)],
  refusals: [],
  allocates: 2 ** 16,
  run(input) {
    const read = readGrant(input);
    if (read === undefined) return;
    const written = writeGrant(read, input.subarray(NONCE_AT, NONCE_AT + 16));
    written.set(uintBytes(read.beat, 8), written.length - 8);
    must(equal(written, input), 'writes again what it read');
  },
};

const leaseNames: Target = {
  name: 'file-lease-names',
  maxBytes: 256,
  seeds: [utf8(`${grantName(1)}\n${grantName(123_456)}\nplace`)],
  words: ['lease-', '0000000000000001', '9007199254740992', '\n'].map(utf8),
  refusals: [],
  run(input) {
    const given = latin1(input).split('\n');
    const fences = fencesOf(given);
    must(
      fences.every((fence, i) => given.includes(grantName(fence)) && fence <= (fences[i - 1] ?? fence)),
      'names what it read, the newest first',
    );
  },
};

const subject = {
  id: id(1),
  receiver: new Uint8Array(32).fill(2),
  threshold: 2,
  total: 3,
};
const MESSAGE = utf8('a message with brokers');
const records = makeRecords(MESSAGE, subject);
const madeShares = setOf(records.shares);

const brokerShare: Target = {
  name: 'broker-share',
  maxBytes: 256,
  seeds: records.shares,
  refusals: [],
  run(input) {
    const share = readShareRecord(input, records.message, subject);
    if (share === undefined) return;
    must(madeShares.has(toHex(input)), 'takes only what was made');
    must(equal(share.y, input.subarray(SUBJECT_BYTES + 1)), 'is what stands there');
  },
};

/** The record of a message, with those of the shares that it commits to. */
const brokerRecord: Target = {
  name: 'broker-record',
  maxBytes: 512,
  seeds: [records.message, makeRecords(MESSAGE, { ...subject, threshold: 1, total: 2 }).message],
  refusals: [],
  allocates: 2 ** 16,
  run(input) {
    if (!isMessageOf(input, subject)) return;
    const shares = records.shares.flatMap((record) => readShareRecord(record, input, subject) ?? []);
    if (shares.length < subject.threshold) return;
    const data = openMessage(input, shares, subject);
    if (data === undefined) return;
    must(equal(input, records.message) && equal(data, MESSAGE), 'opens only what was sealed');
  },
};

export const LIFE_CYCLE: readonly Target[] = [
  ceremonyShare,
  openedShare,
  dealtTranscript,
  signedTranscript,
  backupHeader,
  backupBody,
  wholeBackup,
  identityLink,
  directoryForm,
  directoryBody,
  verifiedDirectory,
  rotationLife,
  fileLease,
  leaseNames,
  brokerShare,
  brokerRecord,
];
