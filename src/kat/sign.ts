/**
 * ML-DSA-87 cases: ACVP, Wycheproof and the community's digests.
 *
 * @module
 */
import { importPrivateKey, importPublicKey } from '../encodings/index.ts';
import type { PreparedSignPrivateKey, SignEngine } from '../engines/engine.ts';
import { ML_DSA_87 } from '../params.ts';
import type { Fields } from './fields.ts';
import type { KatContext, Kind } from './kind.ts';
import {
  checkHedged,
  checkKeyGeneration,
  checkPublicKey,
  checkSigning,
  checkVerification,
  EMPTY,
  importExpanded,
  importSeed,
  preHashed,
  publicKeyOf,
  pure,
  type Signed,
  signWith,
  WEAK_PRE_HASHES,
} from './sign-checks.ts';
import { allOf, expectAccepted, expectSame, failed, notRun, PASSED, type Verdict } from './verdict.ts';

/** Why a case is not run, when it is about HashML-DSA with a weak hash. */
function weakPreHash(fields: Fields): Verdict | undefined {
  const hash = fields.peek('preHash') === 'preHash' ? fields.peek('hashAlg') : '';
  return WEAK_PRE_HASHES.includes(hash) ? notRun(`HashML-DSA with a weak hash: ${hash}`) : undefined;
}

/** The message of an ACVP case. */
function acvpMessage(fields: Fields, context: KatContext): Signed {
  // Sets from before there were interfaces are about the internal one.
  const internal =
    !fields.has('signatureInterface') ||
    fields.oneOf('signatureInterface', ['external', 'internal']) === 'internal';
  if (internal) {
    if (fields.has('externalMu') && fields.flag('externalMu')) return { form: 'mu', mu: fields.hex('mu') };
    return { form: 'internal', formatted: fields.hex('message') };
  }
  const message = fields.hex('message');
  const ctx = fields.hex('context');
  if (fields.oneOf('preHash', ['pure', 'preHash']) === 'pure') return pure(message, ctx);
  return preHashed(fields.text('hashAlg'), message, ctx, context);
}

function runAcvpSigning(fields: Fields, engine: SignEngine, context: KatContext): Verdict {
  const deterministic = fields.flag('deterministic');
  const rnd = deterministic ? new Uint8Array(ML_DSA_87.rndBytes) : fields.hex('rnd');
  const signature = fields.hex('signature');
  const weak = weakPreHash(fields);
  if (weak !== undefined) return weak;
  const signed = acvpMessage(fields, context);
  const key = fields.has('sk')
    ? importExpanded(engine, fields.hex('sk'))
    : importSeed(engine, fields.hex('seed'));
  return checkSigning(engine, key, signed, rnd, signature);
}

function runAcvpVerification(fields: Fields, engine: SignEngine, context: KatContext): Verdict {
  const [pk, signature, valid] = [fields.hex('pk'), fields.hex('signature'), fields.flag('testPassed')];
  const weak = weakPreHash(fields);
  if (weak !== undefined) return weak;
  const signed = acvpMessage(fields, context);
  return expectAccepted(valid, () => checkVerification(engine, pk, signed, signature));
}

/** Signs in whatever way the engine can. */
function trySigning(
  engine: SignEngine,
  key: PreparedSignPrivateKey,
  pk: Uint8Array,
  signed: Signed,
  rnd: Uint8Array,
): Verdict {
  const signature = signWith(key, signed, rnd);
  if (typeof signature !== 'string') return PASSED;
  return signed.form === 'pure' ? checkHedged(engine, key, pk, signed) : notRun(signature);
}

/** What an import gives, or nothing when it refuses. */
function attempt(imported: () => Uint8Array): Uint8Array | undefined {
  try {
    return imported();
  } catch {
    return undefined;
  }
}

/** An encoded key is taken exactly where the raw one is, and is the same key. */
function checkEncoding(raw: () => Uint8Array, encoded: () => Uint8Array): Verdict {
  const [expected, got] = [attempt(raw), attempt(encoded)];
  if (expected === undefined) {
    return got === undefined ? PASSED : failed('the raw key was refused, the encoded one was not');
  }
  return got === undefined ? failed('the encoded key was refused') : expectSame('encoded key', got, expected);
}

function runWycheproofSigning(fields: Fields, engine: SignEngine): Verdict {
  const valid = fields.valid();
  const seeded = fields.has('privateSeed');
  const privateKey = fields.hex(seeded ? 'privateSeed' : 'privateKey');
  const rnd = fields.optionalHex('rnd') ?? new Uint8Array(ML_DSA_87.rndBytes);
  const signature = fields.hex('sig');
  const pk = valid ? fields.hex('publicKey') : undefined;
  const mu = fields.optionalHex('mu');
  const message = fields.optionalHex('msg');
  const ctx = fields.optionalHex('ctx') ?? EMPTY;
  const forms: Signed[] = [];
  if (message !== undefined) forms.push(pure(message, ctx));
  if (mu !== undefined) forms.push({ form: 'mu', mu });
  if (forms.length === 0) return failed('neither msg nor mu');
  const importKey = () => (seeded ? importSeed : importExpanded)(engine, privateKey);
  const pkcs8 = fields.optionalHex('privateKeyPkcs8');
  if (pkcs8 !== undefined) {
    const verdict = checkEncoding(
      () => publicKeyOf(importKey()),
      () => importPrivateKey(pkcs8, ML_DSA_87.name).publicKey.toBytes(),
    );
    if (verdict.outcome !== 'passed') return verdict;
  }
  return expectAccepted(valid, () => {
    const key = importKey();
    const publicKey = publicKeyOf(key);
    if (pk === undefined) return trySigning(engine, key, publicKey, forms[0] as Signed, rnd);
    return allOf(
      () => expectSame('public key', publicKey, pk),
      ...forms.map((signed) => () => checkSigning(engine, key, signed, rnd, signature)),
    );
  });
}

function runWycheproofVerification(fields: Fields, engine: SignEngine): Verdict {
  const [pk, signature] = [fields.hex('publicKey'), fields.hex('sig')];
  const ctx = fields.optionalHex('ctx') ?? EMPTY;
  const signed: Signed = fields.has('msg')
    ? pure(fields.hex('msg'), ctx)
    : { form: 'mu', mu: fields.hex('mu') };
  const spki = fields.optionalHex('publicKeyDer');
  if (spki !== undefined) {
    const verdict = checkEncoding(
      () => checkPublicKey(pk),
      () => importPublicKey(spki, ML_DSA_87.name).toBytes(),
    );
    if (verdict.outcome !== 'passed') return verdict;
  }
  return expectAccepted(fields.valid(), () => checkVerification(engine, pk, signed, signature));
}

const VARIANTS = ['det_pure', 'det_hashed', 'det_raw', 'hedged_pure', 'hedged_hashed', 'hedged_raw'] as const;

function digestMessage(fields: Fields, variant: string, context: KatContext): Signed {
  const message = fields.hex('msg');
  if (variant.endsWith('_raw')) return { form: 'internal', formatted: message };
  const ctx = fields.hex('ctx');
  return variant.endsWith('_pure') ? pure(message, ctx) : preHashed('SHA2-512', message, ctx, context);
}

/** The community's file: SHA-256 of keys and signature. */
function runDigests(fields: Fields, engine: SignEngine, context: KatContext): Verdict {
  const sha256 = (bytes: Uint8Array) => context.engine('hash').digest('SHA-256', bytes);
  const variant = fields.oneOf('variant', VARIANTS);
  const rnd = variant.startsWith('det_') ? new Uint8Array(ML_DSA_87.rndBytes) : fields.hex('rng');
  const [pk, sk, sig] = [fields.hex('pk_sha256'), fields.hex('sk_sha256'), fields.hex('sig_sha256')];
  const signed = digestMessage(fields, variant, context);
  const key = importSeed(engine, fields.hex('xi'));
  const publicKey = publicKeyOf(key);
  const generated = expectSame('public key', sha256(publicKey), pk);
  if (generated.outcome !== 'passed') return generated;
  const signature = signWith(key, signed, rnd);
  if (typeof signature === 'string' || key.expanded === undefined) {
    const verdict = checkHedged(engine, key, publicKey, signed);
    const reason = typeof signature === 'string' ? signature : 'the engine cannot write out private keys';
    return verdict.outcome === 'failed' ? verdict : notRun(`${reason}; key generation was right`);
  }
  const expanded = new Uint8Array(ML_DSA_87.expandedKeyBytes);
  key.expanded(expanded);
  return allOf(
    () => expectSame('private key', sha256(expanded), sk),
    () => expectSame('signature', sha256(signature), sig),
    () => checkVerification(engine, publicKey, signed, signature),
  );
}

type Runner = (fields: Fields, engine: SignEngine, context: KatContext) => Verdict;

function signKind(matches: (fields: Fields) => boolean, run: Runner): Kind {
  return {
    family: 'sign',
    matches,
    run(fields, context) {
      const other = /ml-?dsa-?(44|65)\b/.exec(`${fields.peek('parameterSet').toLowerCase()} ${fields.hint}`);
      if (other !== null) return notRun(`ML-DSA-${other[1]} is not offered`);
      return run(fields, context.engine('sign'), context);
    },
  };
}

function isAcvp(fields: Fields): boolean {
  return fields.peek('parameterSet').startsWith('ML-DSA') && !fields.has('type');
}

/** Signing and verifying have a message, generating keys has none. */
function isAcvpWithMessage(fields: Fields): boolean {
  return isAcvp(fields) && fields.hasAny('signatureInterface', 'message', 'mu', 'signature');
}

function hasPrivateKey(fields: Fields): boolean {
  return fields.hasAny('sk', 'seed', 'deterministic', 'rnd');
}

/** Kinds of ML-DSA cases. */
export const SIGN_KINDS: readonly Kind[] = [
  signKind((fields) => fields.peek('type') === 'MlDsaSign', runWycheproofSigning),
  signKind((fields) => fields.peek('type') === 'MlDsaVerify', runWycheproofVerification),
  signKind((fields) => isAcvpWithMessage(fields) && hasPrivateKey(fields), runAcvpSigning),
  signKind((fields) => isAcvpWithMessage(fields) && !hasPrivateKey(fields), runAcvpVerification),
  signKind(
    (fields) => isAcvp(fields) && !isAcvpWithMessage(fields),
    (fields, engine) => checkKeyGeneration(engine, fields.hex('seed'), fields.hex('pk'), fields.hex('sk')),
  ),
  signKind((fields) => fields.has('xi'), runDigests),
];
