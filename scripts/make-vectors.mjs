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
import { ensure } from './vectors/inputs.mjs';
import { kemSets } from './vectors/kem.mjs';
import { signKeygen, signVerify } from './vectors/sign.mjs';
import { aeadCases, hashCases, hkdfCases, hmacCases } from './vectors/symmetric.mjs';

const check = process.argv.includes('--check');
const root = new URL('../test/vectors/', import.meta.url);
const signatures = new URL('openssl/ml-dsa-87-verify.json', root);

function mlkemPackageVersion() {
  const path = createRequire(import.meta.url).resolve('mlkem');
  const folder = path.slice(0, path.lastIndexOf('/mlkem/') + '/mlkem/'.length);
  return JSON.parse(readFileSync(`${folder}package.json`, 'utf8')).version;
}

const SOURCES = {
  mlkem: {
    algorithm: 'ML-KEM-1024',
    generator: `mlkem ${mlkemPackageVersion()} (MIT), checked against OpenSSL (node:crypto)`,
  },
  openssl: { generator: 'OpenSSL (node:crypto)' },
};

const sets = {
  ...Object.fromEntries(Object.entries(kemSets).map(([set, content]) => [`mlkem/${set}`, content])),
  'openssl/ml-dsa-87-keygen': ['seed -> pk, sk.', signKeygen()],
  'openssl/ml-dsa-87-verify': [
    'publicKey, msg, ctx, sig -> result. Hedged signatures.',
    signVerify(signatures, check),
  ],
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
