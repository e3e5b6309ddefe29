#!/usr/bin/env node
/**
 * Makes the vectors under test/vectors with implementations that share no code with ours: the `mlkem` package for
 * ML-KEM-1024, OpenSSL (node:crypto of Node 26) for everything else. OpenSSL checks every answer of `mlkem`.
 *
 *   node scripts/make-vectors.mjs           writes the files
 *   node scripts/make-vectors.mjs --check   checks that the files are what it would write
 *
 * All inputs are derived from labels, so the files come out the same each time, but for ML-DSA-87 signatures: OpenSSL
 * signs hedged through node:crypto. Signatures in the file are kept while OpenSSL gives the answers that the file says.
 * node:crypto does not write out expanded ML-DSA-87 keys either; noble computes them, and OpenSSL compares each with its
 * own when it imports seed and expanded key in one PKCS#8.
 */
import crypto from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { createMlKem1024 } from 'mlkem';

const check = process.argv.includes('--check');
const root = new URL('../test/vectors/', import.meta.url);
const mlkemVersion = mlkemPackageVersion();

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const bytes = (text) => Buffer.from(text, 'hex');
/** Bytes that follow from a label. */
const derive = (label, length) =>
  crypto.createHash('shake256', { outputLength: length }).update(label).digest();
const flip = (input, index, bit = 0) => {
  const copy = Buffer.from(input);
  copy[index] ^= 1 << bit;
  return copy;
};
const der = (tag, ...parts) => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
};

function ensure(condition, what) {
  if (!condition) throw new Error(what);
}

function refuses(operation) {
  try {
    return operation() === false;
  } catch {
    return true;
  }
}

function mlkemPackageVersion() {
  const path = createRequire(import.meta.url).resolve('mlkem');
  const folder = path.slice(0, path.lastIndexOf('/mlkem/') + '/mlkem/'.length);
  return JSON.parse(readFileSync(`${folder}package.json`, 'utf8')).version;
}

// OpenSSL through node:crypto

const ARC = { kem: '060960864801650304' + '0403', sign: '060960864801650304' + '0313' };

function importPublic(kind, key) {
  const spki = der(0x30, der(0x30, bytes(ARC[kind])), der(0x03, Buffer.from([0]), key));
  return crypto.createPublicKey({ key: spki, format: 'der', type: 'spki' });
}

/** `content` is the inner form: seed `[0]`, expanded key, or both. */
function importPrivate(kind, content) {
  const info = der(0x30, bytes('020100'), der(0x30, bytes(ARC[kind])), der(0x04, content));
  return crypto.createPrivateKey({ key: info, format: 'der', type: 'pkcs8' });
}

const importSeed = (kind, seed) => importPrivate(kind, der(0x80, seed));
const importExpanded = (kind, key) => importPrivate(kind, der(0x04, key));
const importBoth = (kind, seed, key) => importPrivate(kind, der(0x30, der(0x04, seed), der(0x04, key)));
const rawPublic = (key, length) =>
  crypto.createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-length);

// ML-KEM-1024

const kem = await createMlKem1024();

function kemPair(label) {
  const seed = derive(`ml-kem-1024 seed ${label}`, 64);
  const [ek, dk] = kem.deriveKeyPair(seed).map((part) => Buffer.from(part));
  const own = importBoth('kem', seed, dk);
  ensure(rawPublic(own, 1568).equals(ek), 'OpenSSL makes another encapsulation key');
  ensure(
    refuses(() => importBoth('kem', seed, flip(dk, 0))),
    'OpenSSL takes a key that does not fit the seed',
  );
  return { seed, ek, dk };
}

function encapsulate(pair, label) {
  const m = derive(`ml-kem-1024 m ${label}`, 32);
  const [c, secret] = kem.encap(pair.ek, m).map((part) => Buffer.from(part));
  ensure(decapsulate(pair, c).equals(secret), 'decapsulation gives another secret');
  return { m, c, secret };
}

/** By the package, by OpenSSL with the seed and by OpenSSL with the expanded key. */
function decapsulate({ seed, dk }, c) {
  const secret = Buffer.from(kem.decap(c, dk));
  ensure(crypto.decapsulate(importSeed('kem', seed), c).equals(secret), 'OpenSSL decapsulates otherwise');
  ensure(crypto.decapsulate(importExpanded('kem', dk), c).equals(secret), 'OpenSSL decapsulates otherwise');
  return secret;
}

/** Sets a 12-bit coefficient of an encoded vector. */
function setCoefficient(vector, index, value) {
  const copy = Buffer.from(vector);
  const at = (index >> 1) * 3;
  if (index % 2 === 0) {
    copy[at] = value & 0xff;
    copy[at + 1] = (copy[at + 1] & 0xf0) | (value >> 8);
  } else {
    copy[at + 1] = (copy[at + 1] & 0x0f) | ((value & 0x0f) << 4);
    copy[at + 2] = value >> 4;
  }
  return copy;
}

const longer = (input) => Buffer.concat([input, Buffer.from([0])]);
const shorter = (input) => input.subarray(0, -1);

const badPublicKeys = (ek) => [
  ['first coefficient is q', setCoefficient(ek, 0, 3329)],
  ['last coefficient is 4095', setCoefficient(ek, 1023, 4095)],
  ['a coefficient in the middle is q', setCoefficient(ek, 511, 3329)],
  ['one byte short', shorter(ek)],
  ['one byte long', longer(ek)],
  ['empty', Buffer.alloc(0)],
];

const badExpandedKeys = (dk) => {
  const unreduced = Buffer.from(dk);
  setCoefficient(dk.subarray(1536, 3104), 7, 3329).copy(unreduced, 1536);
  crypto.createHash('sha3-256').update(unreduced.subarray(1536, 3104)).digest().copy(unreduced, 3104);
  return [
    ['H(ek) changed', flip(dk, 3104)],
    ['last byte of H(ek) changed', flip(dk, 3135, 7)],
    ['ek changed', flip(dk, 3103)],
    ['ek not reduced, with the hash that fits', unreduced],
    ['one byte short', shorter(dk)],
    ['one byte long', longer(dk)],
  ];
};

function kemSets() {
  const pairs = [0, 1, 2].map(kemPair);
  const [first, second, third] = pairs;
  const keygen = pairs.map(({ seed, ek, dk }) => ({
    type: 'MLKEMKeyGen',
    seed: hex(seed),
    ek: hex(ek),
    dk: hex(dk),
    result: 'valid',
  }));

  const encapsulation = pairs.map((pair, i) => {
    const { m, c, secret } = encapsulate(pair, i);
    return {
      type: 'MLKEMEncapsTest',
      ek: hex(pair.ek),
      m: hex(m),
      c: hex(c),
      K: hex(secret),
      result: 'valid',
    };
  });
  for (const [comment, ek] of badPublicKeys(first.ek)) {
    const m = derive('ml-kem-1024 m for a bad key', 32);
    ensure(
      refuses(() => kem.encap(ek, m)),
      `mlkem takes a bad key: ${comment}`,
    );
    ensure(
      refuses(() => crypto.encapsulate(importPublic('kem', ek))),
      `OpenSSL takes a bad key: ${comment}`,
    );
    const refused = { comment, ek: hex(ek), m: hex(m), c: '', K: '', result: 'invalid' };
    encapsulation.push({ type: 'MLKEMEncapsTest', ...refused });
  }

  const sent = encapsulate(second, 'decapsulation').c;
  const ciphertexts = [
    ['as encapsulated', sent],
    ['first bit flipped: implicit rejection', flip(sent, 0)],
    ['last bit flipped: implicit rejection', flip(sent, 1567, 7)],
    ['random: implicit rejection', derive('ml-kem-1024 random ciphertext', 1568)],
    ['zero: implicit rejection', Buffer.alloc(1568)],
  ];
  const badCiphertexts = [
    ['ciphertext one byte short', shorter(sent)],
    ['ciphertext one byte long', longer(sent)],
    ['ciphertext empty', Buffer.alloc(0)],
  ];
  for (const [comment, c] of badCiphertexts) {
    ensure(
      refuses(() => crypto.decapsulate(importSeed('kem', second.seed), c)),
      `OpenSSL: ${comment}`,
    );
  }
  const decapsulation = ciphertexts.map(([comment, c]) => ({
    type: 'MLKEMTest',
    comment,
    seed: hex(second.seed),
    ek: hex(second.ek),
    c: hex(c),
    K: hex(decapsulate(second, c)),
    result: 'valid',
  }));
  const refusedSeeds = [
    ['seed one byte short', shorter(second.seed)],
    ['seed one byte long', longer(second.seed)],
  ];
  for (const [comment, seed] of refusedSeeds) {
    ensure(
      refuses(() => importSeed('kem', seed)),
      `OpenSSL: ${comment}`,
    );
    decapsulation.push({
      type: 'MLKEMTest',
      comment,
      seed: hex(seed),
      c: hex(sent),
      K: '',
      result: 'invalid',
    });
  }
  for (const [comment, c] of badCiphertexts) {
    const seed = hex(second.seed);
    decapsulation.push({ type: 'MLKEMTest', comment, seed, c: hex(c), K: '', result: 'invalid' });
  }

  const expanded = ciphertexts.slice(0, 3).map(([comment, c]) => ({
    type: 'MLKEMDecapsValidationTest',
    comment,
    dk: hex(second.dk),
    c: hex(c),
    K: hex(decapsulate(second, c)),
    result: 'valid',
  }));
  for (const [comment, dk] of badExpandedKeys(second.dk)) {
    ensure(
      refuses(() => importExpanded('kem', dk)),
      `OpenSSL takes a bad key: ${comment}`,
    );
    expanded.push({
      type: 'MLKEMDecapsValidationTest',
      comment,
      dk: hex(dk),
      c: hex(sent),
      result: 'invalid',
    });
  }
  for (const [comment, c] of badCiphertexts) {
    const dk = hex(second.dk);
    expanded.push({ type: 'MLKEMDecapsValidationTest', comment, dk, c: hex(c), result: 'invalid' });
  }

  const { m, c, secret } = encapsulate(third, 'with dk');
  const parameterSet = 'ML-KEM-1024';
  const forged = flip(c, 800);
  const functions = [
    {
      function: 'encapsulation',
      ek: hex(third.ek),
      m: hex(m),
      c: hex(c),
      k: hex(secret),
      dk: hex(third.dk),
    },
    { function: 'decapsulation', dk: hex(third.dk), c: hex(c), k: hex(secret) },
    {
      function: 'decapsulation',
      d: hex(third.seed.subarray(0, 32)),
      z: hex(third.seed.subarray(32)),
      c: hex(forged),
      k: hex(decapsulate(third, forged)),
    },
    { function: 'encapsulationKeyCheck', ek: hex(third.ek), testPassed: true },
    { function: 'encapsulationKeyCheck', ek: hex(setCoefficient(third.ek, 100, 3330)), testPassed: false },
    { function: 'decapsulationKeyCheck', dk: hex(third.dk), testPassed: true },
    { function: 'decapsulationKeyCheck', dk: hex(flip(third.dk, 3110)), testPassed: false },
  ].map((fields) => ({ parameterSet, ...fields }));

  return {
    'mlkem/ml-kem-1024-keygen': ['seed (d || z) -> ek, dk.', keygen],
    'mlkem/ml-kem-1024-encapsulation': ['ek, m -> c, K; invalid keys must be refused.', encapsulation],
    'mlkem/ml-kem-1024-decapsulation': [
      'seed, c -> K, with implicit rejection; wrong lengths.',
      decapsulation,
    ],
    'mlkem/ml-kem-1024-expanded': ['Expanded dk, c -> K; invalid keys and lengths.', expanded],
    'mlkem/ml-kem-1024-functions': ['Functions and key checks as ACVP writes them.', functions],
  };
}

// ML-DSA-87

function signKeygen() {
  return [0, 1, 2].map((i) => {
    const seed = derive(`ml-dsa-87 seed ${i}`, 32);
    const sk = Buffer.from(ml_dsa87.keygen(seed).secretKey);
    const pk = rawPublic(importBoth('sign', seed, sk), 2592);
    for (const at of [0, 40, 70, 200, 4000]) {
      ensure(
        refuses(() => importBoth('sign', seed, flip(sk, at))),
        'OpenSSL takes a key that does not fit the seed',
      );
    }
    return { parameterSet: 'ML-DSA-87', seed: hex(seed), pk: hex(pk), sk: hex(sk) };
  });
}

function opensslVerifies({ publicKey, msg, ctx, sig }) {
  return !refuses(() => {
    const key = importPublic('sign', bytes(publicKey));
    return crypto.verify(null, bytes(msg), { key, context: bytes(ctx) }, bytes(sig));
  });
}

function newSignatures() {
  const seed = derive('ml-dsa-87 verification', 32);
  const key = importSeed('sign', seed);
  const publicKey = rawPublic(key, 2592);
  const other = rawPublic(importSeed('sign', derive('ml-dsa-87 another key', 32)), 2592);
  const cases = [];
  const add = (comment, pk, msg, ctx, sig, result) =>
    cases.push({
      type: 'MlDsaVerify',
      comment,
      publicKey: hex(pk),
      msg: hex(msg),
      ctx: hex(ctx),
      sig: hex(sig),
      result,
    });
  const sign = (msg, context) => crypto.sign(null, msg, { key, context });
  const none = Buffer.alloc(0);
  for (const [messageLength, contextLength] of [
    [0, 0],
    [1, 1],
    [33, 255],
    [1000, 0],
    [500, 16],
  ]) {
    const msg = derive(`message ${messageLength}`, messageLength);
    const context = derive(`context ${contextLength}`, contextLength);
    const comment = `message of ${messageLength} bytes, context of ${contextLength}`;
    add(comment, publicKey, msg, context, sign(msg, context), 'valid');
  }
  const msg = derive('message', 50);
  const ctx = derive('context', 20);
  const sig = sign(msg, ctx);
  add('untouched', publicKey, msg, ctx, sig, 'valid');
  add('commitment hash changed', publicKey, msg, ctx, flip(sig, 0), 'invalid');
  add('z changed', publicKey, msg, ctx, flip(sig, 1000, 3), 'invalid');
  add('hint changed', publicKey, msg, ctx, flip(sig, 4620), 'invalid');
  add('last byte of the hint changed', publicKey, msg, ctx, flip(sig, 4626, 7), 'invalid');
  add('signature one byte short', publicKey, msg, ctx, shorter(sig), 'invalid');
  add('signature one byte long', publicKey, msg, ctx, longer(sig), 'invalid');
  add('signature empty', publicKey, msg, ctx, none, 'invalid');
  add('signature of zeros', publicKey, msg, ctx, Buffer.alloc(4627), 'invalid');
  add('message changed', publicKey, flip(msg, 49), ctx, sig, 'invalid');
  add('context changed', publicKey, msg, flip(ctx, 0), sig, 'invalid');
  add('context left out', publicKey, msg, none, sig, 'invalid');
  add('context moved into the message', publicKey, Buffer.concat([ctx, msg]), none, sig, 'invalid');
  add('context of 256 bytes', publicKey, msg, derive('context', 256), sig, 'invalid');
  add('another public key', other, msg, ctx, sig, 'invalid');
  add('public key changed', flip(publicKey, 2591), msg, ctx, sig, 'invalid');
  add('public key one byte short', shorter(publicKey), msg, ctx, sig, 'invalid');
  return cases;
}

/** The signatures of the tree, or new ones where there are none or they are not right any more. */
function signVerify() {
  const url = new URL('openssl/ml-dsa-87-verify.json', root);
  if (existsSync(url)) {
    const { cases } = JSON.parse(readFileSync(url, 'utf8'));
    if (cases.every((entry) => opensslVerifies(entry) === (entry.result === 'valid'))) return cases;
    ensure(!check, 'OpenSSL judges the signatures of ml-dsa-87-verify.json otherwise');
  }
  const cases = newSignatures();
  for (const entry of cases) {
    ensure(opensslVerifies(entry) === (entry.result === 'valid'), `OpenSSL: ${entry.comment}`);
  }
  return cases;
}

// AES-256-GCM and hashes

function aeadCases() {
  const lengths = [
    [0, 0],
    [0, 13],
    [1, 0],
    [15, 1],
    [16, 16],
    [17, 20],
    [64, 100],
    [257, 3],
    [1000, 0],
  ];
  const cases = lengths.map(([messageLength, aadLength], i) => {
    const key = derive(`aes key ${i}`, 32);
    const iv = derive(`aes iv ${i}`, 12);
    const aad = derive(`aes aad ${i}`, aadLength);
    const msg = derive(`aes message ${i}`, messageLength);
    const cipher = crypto.createCipheriv('aes-256-gcm', key, iv);
    cipher.setAAD(aad);
    const ct = Buffer.concat([cipher.update(msg), cipher.final()]);
    const fields = { key, iv, aad, msg, ct, tag: cipher.getAuthTag() };
    return { type: 'AeadTest', ...mapValues(fields, hex), result: 'valid' };
  });
  const whole = cases[6];
  const changed = (comment, field, value) => ({ ...whole, comment, [field]: hex(value), result: 'invalid' });
  const forgeries = [
    changed('first bit of the tag', 'tag', flip(bytes(whole.tag), 0)),
    changed('last bit of the tag', 'tag', flip(bytes(whole.tag), 15, 7)),
    changed('tag of zeros', 'tag', Buffer.alloc(16)),
    changed('ciphertext changed', 'ct', flip(bytes(whole.ct), 30)),
    changed('ciphertext shortened', 'ct', shorter(bytes(whole.ct))),
    changed('additional data changed', 'aad', flip(bytes(whole.aad), 99)),
    changed('additional data left out', 'aad', Buffer.alloc(0)),
    changed('nonce changed', 'iv', flip(bytes(whole.iv), 11)),
    changed('key changed', 'key', flip(bytes(whole.key), 0)),
    changed('empty nonce', 'iv', Buffer.alloc(0)),
  ];
  for (const { comment, key, iv, aad, ct, tag } of forgeries) {
    const refused = refuses(() => {
      const decipher = crypto.createDecipheriv('aes-256-gcm', bytes(key), bytes(iv));
      decipher.setAAD(bytes(aad)).setAuthTag(bytes(tag));
      decipher.update(bytes(ct));
      decipher.final();
    });
    ensure(refused, `OpenSSL: ${comment}`);
  }
  return [...cases, ...forgeries];
}

function mapValues(fields, map) {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, map(value)]));
}

const sha3 = (data) => crypto.createHash('sha3-512').update(data).digest();

function hashCases() {
  const cases = [0, 1, 8, 71, 72, 73, 143, 144, 145, 1000].map((length) => {
    const message = derive(`sha3 message ${length}`, length);
    return { Len: length * 8, Msg: hex(message), MD: hex(sha3(message)) };
  });
  const seed = derive('sha3 chain', 64);
  const checkpoints = [];
  for (let digest = seed, i = 1; i <= 3000; i++) {
    digest = sha3(digest);
    if (i % 1000 === 0) checkpoints.push(hex(digest));
  }
  cases.push({ Seed: hex(seed), MD: checkpoints });
  const content = derive('sha3 large content', 7);
  const fullLength = 300_001;
  const large = Buffer.alloc(fullLength, content);
  const largeMsg = {
    content: hex(content),
    contentLength: 56,
    fullLength: fullLength * 8,
    expansionTechnique: 'repeating',
  };
  cases.push({ testType: 'LDT', largeMsg, md: hex(sha3(large)) });
  return cases;
}

function hmacCases() {
  const tag = (key, msg, length) =>
    crypto.createHmac('sha3-512', key).update(msg).digest().subarray(0, length);
  const cases = [
    [0, 0, 64],
    [16, 1, 64],
    [71, 50, 64],
    [72, 100, 64],
    [73, 200, 64],
    [200, 72, 32],
    [64, 30, 16],
  ].map(([keyLength, messageLength, tagLength]) => {
    const key = derive(`hmac key ${keyLength}`, keyLength);
    const msg = derive(`hmac message ${messageLength}`, messageLength);
    return {
      type: 'MacTest',
      ...mapValues({ key, msg, tag: tag(key, msg, tagLength) }, hex),
      result: 'valid',
    };
  });
  const [, , third, , , truncated] = cases;
  const forged = (from, comment, field, at) => ({
    ...from,
    comment,
    [field]: hex(flip(bytes(from[field]), at)),
    result: 'invalid',
  });
  return [
    ...cases,
    forged(third, 'first byte of the tag', 'tag', 0),
    forged(third, 'last byte of the tag', 'tag', 63),
    forged(third, 'message changed', 'msg', 0),
    forged(third, 'key changed', 'key', 70),
    forged(truncated, 'last byte of a truncated tag', 'tag', 31),
  ];
}

function hkdfCases() {
  const lengths = [
    [0, 0, 0, 32],
    [32, 0, 0, 64],
    [32, 16, 10, 1],
    [64, 64, 100, 100],
    [200, 100, 50, 65],
    [1, 1, 1, 16320],
  ];
  const cases = lengths.map(([ikmLength, saltLength, infoLength, size], i) => {
    const ikm = derive(`hkdf ikm ${i}`, ikmLength);
    const salt = derive(`hkdf salt ${i}`, saltLength);
    const info = derive(`hkdf info ${i}`, infoLength);
    const okm = Buffer.from(crypto.hkdfSync('sha3-512', ikm, salt, info, size));
    return { type: 'HkdfTest', ...mapValues({ ikm, salt, info }, hex), size, okm: hex(okm), result: 'valid' };
  });
  const tooLong = { ...cases[1], comment: 'more than 255 blocks', size: 16321, okm: '', result: 'invalid' };
  ensure(
    refuses(() => crypto.hkdfSync('sha3-512', bytes(tooLong.ikm), '', '', tooLong.size)),
    'OpenSSL derives more than 255 blocks',
  );
  return [...cases, tooLong];
}

// Files

const SOURCES = {
  mlkem: {
    algorithm: 'ML-KEM-1024',
    generator: `mlkem ${mlkemVersion} (MIT), checked against OpenSSL (node:crypto)`,
  },
  openssl: { generator: 'OpenSSL (node:crypto)' },
};

const sets = {
  ...kemSets(),
  'openssl/ml-dsa-87-keygen': ['seed -> pk, sk.', signKeygen()],
  'openssl/ml-dsa-87-verify': ['publicKey, msg, ctx, sig -> result. Hedged signatures.', signVerify()],
  'openssl/aes-256-gcm': ['96-bit nonces, 128-bit tags; invalid cases must be refused.', aeadCases()],
  'openssl/sha3-512': ['Len in bits; a chain of 3 times 1000 hashes; one long message.', hashCases()],
  'openssl/hmac-sha3-512': ['Tags whole and truncated.', hmacCases()],
  'openssl/hkdf-sha3-512': ['Extract and expand to size bytes.', hkdfCases()],
};

/** One case a line. */
function render(path, [note, cases]) {
  const [folder, set] = path.split('/');
  const header = {
    set,
    ...SOURCES[folder],
    script: 'scripts/make-vectors.mjs',
    licence: 'Apache-2.0',
    note,
    caseCount: cases.length,
  };
  return `{"header": ${JSON.stringify(header)},\n"cases": [\n${cases.map((entry) => JSON.stringify(entry)).join(',\n')}\n]}\n`;
}

const files = new Map();
for (const [path, set] of Object.entries(sets)) files.set(`${path}.json`, render(path, set));
for (const folder of Object.keys(SOURCES)) {
  const sums = [...files]
    .filter(([path]) => path.startsWith(`${folder}/`))
    .map(
      ([path, text]) =>
        `${crypto.createHash('sha256').update(text).digest('hex')}  ${path.slice(folder.length + 1)}\n`,
    );
  files.set(`${folder}/SHA256SUMS`, sums.sort().join(''));
}

for (const [path, text] of files) {
  const url = new URL(path, root);
  if (check) {
    ensure(
      existsSync(url) && readFileSync(url, 'utf8') === text,
      `test/vectors/${path} is not what the script makes`,
    );
  } else {
    mkdirSync(new URL('.', url), { recursive: true });
    writeFileSync(url, text);
  }
}
console.log(`${check ? 'checked' : 'wrote'} ${files.size} files`);
