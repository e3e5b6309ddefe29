/**
 * What is run: every function of the engine that works on secrets, with inputs drawn at random. A scenario says what of
 * its inputs is secret, and what the standard makes public on the way.
 *
 * @module
 */

const random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));

/** Public by FIPS 203 §5.1 and FIPS 204 §6.1: the seed of the matrix, part of the public key, comes out of a hash of secrets. */
const MATRIX_SEED = 'ρ is part of the public key';
const KEM_EK_OFFSET = 1536;
const KEM_EK_BYTES = 1568;
const KEM_DK_BYTES = 3168;
const DSA_KEY_BYTES = 4896;
const DSA_PUBLIC_KEY_BYTES = 2592;
const SHA3_512_RATE = 72;
const SHA3_SUFFIX = 6;

/**
 * Findings that are no leak: in which function, of what kind, and why. A function that the compiler put into another one
 * goes by the name of that.
 */
export const ALLOWED = [
  {
    where: 'mldsa-sign/dsaSign',
    what: ['if', 'br_if'],
    why: 'whether an attempt fails, and at which norm: FIPS 204 §6.2 has it repeated in the open',
  },
  { where: 'mldsa-sign/respond', what: ['if', 'br_if', 'select'], why: 'as above' },
  {
    where: 'mldsa-keys/dsaGenerate',
    what: ['if', 'br_if', 'load', 'store'],
    why: 'which half-bytes of the stream ExpandS skips: those that stay are uniform whatever was skipped (FIPS 204 algorithm 15)',
  },
  { where: 'mldsa-sample/expandS', what: ['if', 'br_if', 'load', 'store'], why: 'as above' },
  {
    where: 'mldsa-keys/dsaImport',
    what: ['if', 'br_if', 'select'],
    why: 'whether an imported key is one at all: the answer is what the caller asked for',
  },
];

/**
 * @param {Record<string, number>} at - Places in the memory.
 * @returns One scenario an operation; each is `{ name, run(machine) }`.
 */
export function scenarios(at) {
  const keep = {};
  return [
    {
      name: 'hashOnce',
      run({ secret, call, result }) {
        secret(at.WORK, random(200));
        call('hashOnce', SHA3_512_RATE, SHA3_SUFFIX, 200, 64);
        result(at.OUT, 64);
      },
    },
    {
      name: 'hashUpdate, hashFinish, hashSqueeze',
      run({ secret, call, result }) {
        secret(at.STATE, random(200));
        secret(at.WORK, random(100));
        const used = call('hashUpdate', SHA3_512_RATE, 7, 100);
        secret(at.STATE, result(at.OUT, 208));
        call('hashFinish', SHA3_512_RATE, used, SHA3_SUFFIX);
        secret(at.STATE, result(at.OUT, 208));
        call('hashSqueeze', SHA3_512_RATE, 0, 200);
        result(at.OUT, 208 + 200);
      },
    },
    {
      name: 'hmacOnce, hmacStart, hmacFinish',
      run({ secret, call, result }) {
        secret(at.WORK, random(SHA3_512_RATE + 100));
        call('hmacOnce', 32, 100);
        result(at.OUT, 64);
        secret(at.WORK, random(100));
        call('hmacStart', 100);
        const states = result(at.OUT, 2 * 208);
        secret(at.STATE, states.subarray(0, 208));
        secret(at.WORK, states.subarray(208));
        call('hmacFinish', 0);
        result(at.OUT, 64);
      },
    },
    {
      name: 'kemGenerate',
      run({ secret, call, becomesPublic, result }) {
        becomesPublic(at.G_OUT, 32, MATRIX_SEED);
        secret(at.SEED, random(64));
        call('kemGenerate', at.KEM_SLOTS);
        keep.kemKey = result(at.OUT, KEM_DK_BYTES);
      },
    },
    {
      name: 'kemEncapsulate',
      run({ secret, open, call, result }) {
        open(at.DK_EK, keep.kemKey.subarray(KEM_EK_OFFSET, KEM_EK_OFFSET + KEM_EK_BYTES));
        secret(at.MESSAGE, random(32));
        call('kemEncapsulate', at.KEM_SLOTS, 1);
        keep.ciphertext = result(at.OUT + 32, 1568);
        result(at.OUT, 32);
      },
    },
    ...[false, true].map((isForged) => ({
      name: `kemDecapsulate, ${isForged ? 'a forged' : 'a valid'} ciphertext`,
      run({ secret, open, call, result }) {
        const { kemKey, ciphertext } = keep;
        secret(at.DK, kemKey);
        open(at.DK_EK, kemKey.subarray(KEM_EK_OFFSET, KEM_EK_OFFSET + KEM_EK_BYTES));
        const sent = Uint8Array.from(ciphertext);
        if (isForged) sent[random(1)[0]] ^= 1;
        open(at.CT, sent);
        call('kemDecapsulate', at.KEM_SLOTS, 1);
        result(at.OUT, 32);
      },
    })),
    {
      name: 'dsaGenerate',
      run({ secret, call, becomesPublic, result }) {
        becomesPublic(at.HASHED, 32, MATRIX_SEED);
        secret(at.IN_SEED, random(32));
        call('dsaGenerate', at.SIGN_SLOTS);
        keep.publicKey = result(at.OUT_PUBLIC_KEY, DSA_PUBLIC_KEY_BYTES);
        keep.privateKey = result(at.OUT_PRIVATE_KEY, DSA_KEY_BYTES);
      },
    },
    {
      name: 'dsaExpand',
      run({ secret, call, result }) {
        secret(at.IN_PRIVATE_KEY, keep.privateKey);
        call('dsaExpand');
        keep.workingKey = result(at.OUT_PRIVATE_KEY, at.WORKING_KEY_BYTES);
      },
    },
    {
      name: 'dsaImport',
      run({ secret, open, call, result }) {
        secret(at.IN_PRIVATE_KEY, keep.privateKey);
        open(at.IN_PRIVATE_KEY, keep.privateKey.subarray(0, 32));
        call('dsaImport', at.SIGN_SLOTS);
        result(at.OUT_PUBLIC_KEY, DSA_PUBLIC_KEY_BYTES);
        result(at.OUT_PRIVATE_KEY, at.WORKING_KEY_BYTES);
      },
    },
    ...Array.from({ length: 3 }, () => ({
      name: 'dsaSign',
      run({ secret, open, call, becomesPublic, result }) {
        becomesPublic(
          at.DSA_OUT,
          64,
          'c̃ goes with the signature; that of a failed attempt is a hash that nobody can invert',
        );
        becomesPublic(at.HINTS, 256, 'hints go with the signature');
        secret(at.WORKING_KEY, keep.workingKey);
        open(at.WORKING_KEY + at.WORKING_RHO, keep.publicKey.subarray(0, 32));
        secret(at.RND, random(32));
        secret(at.DSA_MESSAGE, random(100));
        call('dsaSign', at.SIGN_SLOTS, 1, -1, 100);
        result(at.DSA_OUT, 4627);
      },
    })),
  ];
}
