/**
 * ML-DSA-87 cases: ACVP, Wycheproof and the community's digests.
 *
 * @module
 */
import { checkBytes, concat, fromHex } from '../bytes.ts';
import type { DigestName, PreparedSignPrivateKey, SignEngine } from '../engines/engine.ts';
import { ML_DSA_87 } from '../params.ts';
import type { Fields } from './fields.ts';
import type { KatContext, Kind } from './kind.ts';
import { allOf, expectAccepted, expectSame, failed, notRun, PASSED, type Verdict } from './verdict.ts';

const NO_SEEDED_SIGNING = 'the engine cannot sign with given randomness';
const NO_EXTERNAL_MU = 'the engine cannot take a message representative (external mu)';
const NO_INTERNAL = 'the engine has no internal interface (formatted messages, HashML-DSA)';
const WEAK_HASH = 'HashML-DSA with a hash that is not offered';

const EMPTY = new Uint8Array(0);

/** What is signed: a message with its context, a message representative μ, or a formatted message M′. */
type Signed =
  | { readonly form: 'pure'; readonly message: Uint8Array; readonly context: Uint8Array }
  | { readonly form: 'mu'; readonly mu: Uint8Array }
  | { readonly form: 'internal'; readonly formatted: Uint8Array };

function pure(message: Uint8Array, context: Uint8Array): Signed {
  return { form: 'pure', message, context };
}

/** Hashes of HashML-DSA that are offered: last byte of the OID in NIST's arc of hashes, and our name. */
const PRE_HASHES: Readonly<Record<string, readonly [oid: number, name: DigestName]>> = {
  'SHA2-256': [0x01, 'SHA-256'],
  'SHA2-512': [0x03, 'SHA-512'],
  'SHA3-256': [0x08, 'SHA3-256'],
  'SHA3-512': [0x0a, 'SHA3-512'],
  'SHAKE-256': [0x0c, 'SHAKE256-512'],
};
/** DER of 2.16.840.1.101.3.4.2 with room for one more byte. */
const HASH_OID_PREFIX = fromHex('06096086480165030402');

/** M′ of FIPS 204 algorithm 4; nothing when the hash is not offered. */
function preHashed(
  hash: string,
  message: Uint8Array,
  ctx: Uint8Array,
  context: KatContext,
): Signed | undefined {
  const known = PRE_HASHES[hash];
  if (known === undefined) return undefined;
  checkBytes('context', ctx, { max: ML_DSA_87.maxContextBytes });
  const digest = context.engine('hash').digest(known[1], message);
  const head = Uint8Array.of(1, ctx.length);
  const formatted = concat(head, ctx, HASH_OID_PREFIX, Uint8Array.of(known[0]), digest);
  return { form: 'internal', formatted };
}

function publicKeyOf(key: PreparedSignPrivateKey): Uint8Array {
  const out = new Uint8Array(ML_DSA_87.publicKeyBytes);
  key.publicKey(out);
  return out;
}

function importSeed(engine: SignEngine, seed: Uint8Array): PreparedSignPrivateKey {
  checkBytes('seed', seed, ML_DSA_87.seedBytes);
  return engine.prepareSeed(seed);
}

function importExpanded(engine: SignEngine, expandedKey: Uint8Array): PreparedSignPrivateKey {
  checkBytes('sk', expandedKey, ML_DSA_87.expandedKeyBytes);
  return engine.prepareExpanded(expandedKey);
}

/** Signs with given randomness; says why when the engine cannot. */
function signWith(key: PreparedSignPrivateKey, signed: Signed, rnd: Uint8Array): Uint8Array | string {
  checkBytes('rnd', rnd, ML_DSA_87.rndBytes);
  const out = new Uint8Array(ML_DSA_87.signatureBytes);
  if (signed.form === 'pure') {
    checkBytes('context', signed.context, { max: ML_DSA_87.maxContextBytes });
    if (key.signWith === undefined) return NO_SEEDED_SIGNING;
    key.signWith(signed.message, signed.context, rnd, out);
  } else if (signed.form === 'mu') {
    checkBytes('mu', signed.mu, ML_DSA_87.muBytes);
    if (key.signMu === undefined) return NO_EXTERNAL_MU;
    key.signMu(signed.mu, rnd, out);
  } else {
    if (key.signInternal === undefined) return NO_INTERNAL;
    key.signInternal(signed.formatted, rnd, out);
  }
  return out;
}

/** Verifies a signature; says why when the engine cannot. */
function verify(engine: SignEngine, pk: Uint8Array, signed: Signed, signature: Uint8Array): boolean | string {
  checkBytes('pk', pk, ML_DSA_87.publicKeyBytes);
  const key = engine.preparePublic(pk);
  if (signed.form === 'pure') {
    checkBytes('context', signed.context, { max: ML_DSA_87.maxContextBytes });
    return key.verify(signed.message, signed.context, signature);
  }
  if (signed.form === 'mu') {
    checkBytes('mu', signed.mu, ML_DSA_87.muBytes);
    return key.verifyMu?.(signed.mu, signature) ?? NO_EXTERNAL_MU;
  }
  return key.verifyInternal?.(signed.formatted, signature) ?? NO_INTERNAL;
}

function checkVerification(
  engine: SignEngine,
  pk: Uint8Array,
  signed: Signed,
  signature: Uint8Array,
): Verdict {
  const answer = verify(engine, pk, signed, signature);
  if (typeof answer === 'string') return notRun(answer);
  return answer ? PASSED : failed('the signature does not verify');
}

/** A fresh hedged signature must verify. */
function checkHedged(
  engine: SignEngine,
  key: PreparedSignPrivateKey,
  pk: Uint8Array,
  signed: Signed,
): Verdict {
  if (signed.form !== 'pure') return PASSED;
  checkBytes('context', signed.context, { max: ML_DSA_87.maxContextBytes });
  const signature = new Uint8Array(ML_DSA_87.signatureBytes);
  key.sign(signed.message, signed.context, signature);
  return checkVerification(engine, pk, signed, signature);
}

/**
 * The signature must come out again, and verify. An engine that draws `rnd` itself verifies the given signature and one
 * of its own; that is less than the case asks for, so it counts as not run unless it goes wrong.
 */
function checkSigning(
  engine: SignEngine,
  key: PreparedSignPrivateKey,
  signed: Signed,
  rnd: Uint8Array,
  signature: Uint8Array,
): Verdict {
  const pk = publicKeyOf(key);
  const again = signWith(key, signed, rnd);
  if (typeof again !== 'string') {
    return allOf(
      () => expectSame('signature', again, signature),
      () => checkVerification(engine, pk, signed, signature),
    );
  }
  const verdict = allOf(
    () => checkVerification(engine, pk, signed, signature),
    () => checkHedged(engine, key, pk, signed),
  );
  if (verdict.outcome === 'failed') return verdict;
  return notRun(signed.form === 'pure' ? `${again}; the given signature was verified` : again);
}

/** Algorithm 6: ξ gives pk and sk. */
function checkKeyGeneration(engine: SignEngine, seed: Uint8Array, pk: Uint8Array, sk: Uint8Array): Verdict {
  const key = importSeed(engine, seed);
  return allOf(
    () => expectSame('public key', publicKeyOf(key), pk),
    () => {
      if (key.expanded !== undefined) {
        const expanded = new Uint8Array(ML_DSA_87.expandedKeyBytes);
        key.expanded(expanded);
        return expectSame('private key', expanded, sk);
      }
      // Where the engine cannot write the key out: import it, which checks it whole, and sign with it.
      const imported = importExpanded(engine, sk);
      return allOf(
        () => expectSame('public key of sk', publicKeyOf(imported), pk),
        () => checkHedged(engine, imported, pk, pure(EMPTY, EMPTY)),
      );
    },
  );
}

/** The message of an ACVP case; nothing when its hash is not offered. */
function acvpMessage(fields: Fields, context: KatContext): Signed | undefined {
  // Sets from before there were interfaces are about the internal one.
  const external = fields.has('signatureInterface')
    ? fields.oneOf('signatureInterface', ['external', 'internal']) === 'external'
    : false;
  if (!external) {
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
  const signed = acvpMessage(fields, context);
  if (signed === undefined) return notRun(`${WEAK_HASH}: ${fields.text('hashAlg')}`);
  const key = fields.has('sk')
    ? importExpanded(engine, fields.hex('sk'))
    : importSeed(engine, fields.hex('seed'));
  return checkSigning(engine, key, signed, rnd, signature);
}

function runAcvpVerification(fields: Fields, engine: SignEngine, context: KatContext): Verdict {
  const [pk, signature, valid] = [fields.hex('pk'), fields.hex('signature'), fields.flag('testPassed')];
  const signed = acvpMessage(fields, context);
  if (signed === undefined) return notRun(`${WEAK_HASH}: ${fields.text('hashAlg')}`);
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
  return expectAccepted(valid, () => {
    const key = (seeded ? importSeed : importExpanded)(engine, privateKey);
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
  return expectAccepted(fields.valid(), () => checkVerification(engine, pk, signed, signature));
}

const VARIANTS = ['det_pure', 'det_hashed', 'det_raw', 'hedged_pure', 'hedged_hashed', 'hedged_raw'] as const;

function digestMessage(fields: Fields, variant: string, context: KatContext): Signed | undefined {
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
  const signed = digestMessage(fields, variant, context) as Signed;
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
