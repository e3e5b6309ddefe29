/**
 * ML-KEM-1024 vectors, by the `mlkem` package. OpenSSL checks every answer, and refuses what has to be refused.
 */
import crypto from 'node:crypto';
import { createMlKem1024 } from 'mlkem';
import { derive, ensure, flip, hex, longer, refuses, shorter } from './inputs.mjs';
import { importBoth, importExpanded, importPublic, importSeed, rawPublic } from './openssl.mjs';

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

const pairs = [0, 1, 2].map(kemPair);
const [first, second, third] = pairs;

function keygenCases() {
  return pairs.map(({ seed, ek, dk }) => ({
    type: 'MLKEMKeyGen',
    seed: hex(seed),
    ek: hex(ek),
    dk: hex(dk),
    result: 'valid',
  }));
}

function encapsulationCases() {
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
  return encapsulation;
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

function decapsulationCases() {
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
  return decapsulation;
}

function expandedCases() {
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
  return expanded;
}

function functionCases() {
  const { m, c, secret } = encapsulate(third, 'with dk');
  const parameterSet = 'ML-KEM-1024';
  const forged = flip(c, 800);
  return [
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
}

/** Notes and cases of each file. */
export const kemSets = {
  'ml-kem-1024-keygen': ['seed (d || z) -> ek, dk.', keygenCases()],
  'ml-kem-1024-encapsulation': ['ek, m -> c, K; invalid keys must be refused.', encapsulationCases()],
  'ml-kem-1024-decapsulation': [
    'seed, c -> K, with implicit rejection; wrong lengths.',
    decapsulationCases(),
  ],
  'ml-kem-1024-expanded': ['Expanded dk, c -> K; invalid keys and lengths.', expandedCases()],
  'ml-kem-1024-functions': ['Functions and key checks as ACVP writes them.', functionCases()],
};
