/**
 * One case of each kind that the vectors of the tree do not have, with answers of the engine that runs everywhere. These
 * tests are about the runner: that it recognises a kind, and sees when an answer is wrong.
 *
 * @module
 */
import { concat, fromHex, toHex, utf8 } from '../../../src/bytes.ts';
import { registry } from '../../../src/engines/index.ts';
import { ML_DSA_87, ML_KEM_1024 } from '../../../src/params.ts';
import type { Case } from './support.ts';

const hash = registry.named('noble', 'hash');
const kem = registry.named('noble', 'kem');
const sign = registry.named('noble', 'sign');

const pattern = (length: number, start: number) => Uint8Array.from({ length }, (_, i) => start + i);
const sha256 = (bytes: Uint8Array) => toHex(hash.digest('SHA-256', bytes));
const filled = (length: number, fill: (out: Uint8Array) => void) => {
  const out = new Uint8Array(length);
  fill(out);
  return out;
};

const d = pattern(32, 1);
const z = pattern(32, 2);
const m = pattern(32, 3);
const kemKey = kem.prepareSeed(concat(d, z));
const ek = filled(ML_KEM_1024.publicKeyBytes, (out) => kemKey.publicKey(out));
const dk = filled(ML_KEM_1024.expandedKeyBytes, (out) => kemKey.expanded?.(out));
const sharedSecret = new Uint8Array(ML_KEM_1024.sharedSecretBytes);
const c = filled(ML_KEM_1024.ciphertextBytes, (out) => {
  kem.preparePublic(ek).encapsulateWith?.(m, out, sharedSecret);
});

const xi = pattern(32, 4);
const rnd = pattern(32, 5);
const zero = new Uint8Array(32);
const message = utf8('a message');
const context = utf8('a context');
const mu = pattern(64, 6);
const signKey = sign.prepareSeed(xi);
const pk = filled(ML_DSA_87.publicKeyBytes, (out) => signKey.publicKey(out));
const sk = filled(ML_DSA_87.expandedKeyBytes, (out) => signKey.expanded?.(out));
/** 2.16.840.1.101.3.4.2.3, SHA-512. */
const SHA512_OID = fromHex('0609608648016503040203');
const preHashed = concat(
  Uint8Array.of(1, context.length),
  context,
  SHA512_OID,
  hash.digest('SHA-512', message),
);

type Form = 'pure' | 'hashed' | 'internal' | 'mu';

function signature(form: Form, randomness: Uint8Array): Uint8Array {
  return filled(ML_DSA_87.signatureBytes, (out) => {
    if (form === 'pure') signKey.signWith?.(message, context, randomness, out);
    else if (form === 'mu') signKey.signMu?.(mu, randomness, out);
    else signKey.signInternal?.(form === 'hashed' ? preHashed : message, randomness, out);
  });
}

const ACVP_FORMS: Readonly<Record<Form, Case>> = {
  pure: { signatureInterface: 'external', preHash: 'pure', message: toHex(message), context: toHex(context) },
  hashed: {
    signatureInterface: 'external',
    preHash: 'preHash',
    hashAlg: 'SHA2-512',
    message: toHex(message),
    context: toHex(context),
  },
  internal: { signatureInterface: 'internal', externalMu: false, message: toHex(message) },
  mu: { signatureInterface: 'internal', externalMu: true, mu: toHex(mu) },
};
const FORMS = Object.keys(ACVP_FORMS) as Form[];

/** A case, and the fields that hold its answer. */
export interface Sample {
  readonly name: string;
  readonly values: Case;
  readonly answers: readonly string[];
}

const kemSamples: Sample[] = [
  {
    name: 'ACVP ML-KEM keyGen',
    values: { parameterSet: 'ML-KEM-1024', d: toHex(d), z: toHex(z), ek: toHex(ek), dk: toHex(dk) },
    answers: ['ek', 'dk'],
  },
  {
    name: 'ML-KEM digests',
    values: {
      d: toHex(d),
      z: toHex(z),
      msg: toHex(m),
      pk_sha256: sha256(ek),
      sk_sha256: sha256(dk),
      ct_sha256: sha256(c),
      ss: toHex(sharedSecret),
    },
    answers: ['pk_sha256', 'sk_sha256', 'ct_sha256', 'ss'],
  },
  {
    name: 'CCTV, whole run',
    values: {
      kind: 'unlucky-final',
      d: toHex(d),
      z: toHex(z),
      m: toHex(m),
      ek: toHex(ek),
      dk: toHex(dk),
      c: toHex(c),
      K: toHex(sharedSecret),
    },
    answers: ['ek', 'dk', 'c', 'K'],
  },
  {
    name: 'CCTV, decapsulation',
    values: { kind: 'strcmp', dk: toHex(dk), c: toHex(c), K: toHex(sharedSecret) },
    answers: ['K'],
  },
];

const acvpSignSamples: Sample[] = FORMS.flatMap((form) => [
  {
    name: `ACVP sigGen, ${form}, hedged, seed`,
    values: {
      parameterSet: 'ML-DSA-87',
      deterministic: false,
      rnd: toHex(rnd),
      seed: toHex(xi),
      ...ACVP_FORMS[form],
      signature: toHex(signature(form, rnd)),
    },
    answers: ['signature'],
  },
  {
    name: `ACVP sigGen, ${form}, deterministic, expanded key`,
    values: {
      parameterSet: 'ML-DSA-87',
      deterministic: true,
      sk: toHex(sk),
      ...ACVP_FORMS[form],
      signature: toHex(signature(form, zero)),
    },
    answers: ['signature'],
  },
  {
    name: `ACVP sigVer, ${form}`,
    values: {
      parameterSet: 'ML-DSA-87',
      pk: toHex(pk),
      ...ACVP_FORMS[form],
      signature: toHex(signature(form, rnd)),
      testPassed: true,
    },
    answers: ['signature'],
  },
]);

const digestSamples: Sample[] = (['pure', 'hashed', 'raw'] as const).flatMap((variant) => {
  const form = variant === 'raw' ? 'internal' : variant;
  const common = {
    xi: toHex(xi),
    msg: toHex(message),
    ctx: toHex(context),
    pk_sha256: sha256(pk),
    sk_sha256: sha256(sk),
  };
  return [
    {
      name: `ML-DSA digests, ${variant}, deterministic`,
      values: { variant: `det_${variant}`, ...common, sig_sha256: sha256(signature(form, zero)) },
      answers: ['pk_sha256', 'sk_sha256', 'sig_sha256'],
    },
    {
      name: `ML-DSA digests, ${variant}, hedged`,
      values: {
        variant: `hedged_${variant}`,
        ...common,
        rng: toHex(rnd),
        sig_sha256: sha256(signature(form, rnd)),
      },
      answers: ['pk_sha256', 'sk_sha256', 'sig_sha256'],
    },
  ];
});

const wycheproofSignSamples: Sample[] = [
  {
    name: 'Wycheproof signing, seed',
    values: {
      type: 'MlDsaSign',
      privateSeed: toHex(xi),
      publicKey: toHex(pk),
      msg: toHex(message),
      ctx: toHex(context),
      sig: toHex(signature('pure', zero)),
      result: 'valid',
    },
    answers: ['publicKey', 'sig'],
  },
  {
    name: 'Wycheproof signing, expanded key, hedged',
    values: {
      type: 'MlDsaSign',
      privateKey: toHex(sk),
      publicKey: toHex(pk),
      msg: toHex(message),
      ctx: toHex(context),
      rnd: toHex(rnd),
      sig: toHex(signature('pure', rnd)),
      result: 'valid',
    },
    answers: ['publicKey', 'sig'],
  },
  {
    name: 'Wycheproof signing, mu alone',
    values: {
      type: 'MlDsaSign',
      privateSeed: toHex(xi),
      publicKey: toHex(pk),
      mu: toHex(mu),
      sig: toHex(signature('mu', zero)),
      result: 'valid',
    },
    answers: ['publicKey', 'sig'],
  },
];

const key = pattern(32, 7);
const iv = pattern(12, 8);
const sealed = filled(message.length + 16, (out) => {
  registry.named('noble', 'aead').prepare(key).seal(iv, context, message, out);
});
const aes = {
  Key: toHex(key),
  IV: toHex(iv),
  AAD: toHex(context),
  CT: toHex(sealed.subarray(0, message.length)),
  Tag: toHex(sealed.subarray(message.length)),
};
const tag = filled(64, (out) => hash.hmacSha3_512(key, message, out));
const chain = [1, 2].map((checkpoint) => {
  const digest = new Uint8Array(64);
  for (let i = 0; i < 1000 * checkpoint; i++) hash.sha3_512(digest, digest);
  return { md: toHex(digest) };
});

const symmetricSamples: Sample[] = [
  {
    name: 'CAVP GCM, encrypt',
    values: { direction: 'encrypt', ...aes, PT: toHex(message), result: 'PASS' },
    answers: ['CT', 'Tag', 'PT'],
  },
  {
    name: 'CAVP GCM, decrypt',
    values: { direction: 'decrypt', ...aes, PT: toHex(message), result: 'PASS' },
    answers: ['CT', 'Tag', 'PT'],
  },
  {
    name: 'ACVP HMAC',
    values: { key: toHex(key), msg: toHex(message), macLen: 160, mac: toHex(tag.subarray(0, 20)) },
    answers: ['mac'],
  },
  {
    name: 'ACVP SHA3-512',
    values: {
      testType: 'AFT',
      msg: toHex(message),
      len: message.length * 8,
      md: toHex(hash.digest('SHA3-512', message)),
    },
    answers: ['md'],
  },
  {
    name: 'ACVP Monte Carlo',
    values: { testType: 'MCT', msg: '00'.repeat(64), len: 512, resultsArray: chain },
    answers: ['resultsArray'],
  },
];

/** All samples. */
export const SAMPLES: readonly Sample[] = [
  ...kemSamples,
  ...acvpSignSamples,
  ...digestSamples,
  ...wycheproofSignSamples,
  ...symmetricSamples,
];

/** A key that must be accepted, as a list of keys has it. */
export const ACCEPTED_KEY: Case = { line: 1, ek: toHex(ek), result: 'valid' };

/** The same with its first coefficient not reduced. */
export const REFUSED_KEY: Case = { line: 2, ek: `ffff${toHex(ek).slice(4)}`, result: 'invalid' };
