/**
 * What cases of ML-DSA-87 ask of an engine, with the checks that the library makes above it.
 *
 * @module
 */
import { checkBytes, concat, fromHex } from '../bytes.ts';
import type { DigestName, PreparedSignPrivateKey, SignEngine } from '../engines/engine.ts';
import { InputError } from '../errors.ts';
import { ML_DSA_87 } from '../params.ts';
import type { KatContext } from './kind.ts';
import { allOf, expectSame, failed, notRun, PASSED, type Verdict } from './verdict.ts';

const NO_SEEDED_SIGNING = 'the engine cannot sign with given randomness';
const NO_EXTERNAL_MU = 'the engine cannot take a message representative (external mu)';
const NO_INTERNAL = 'the engine has no internal interface (formatted messages, HashML-DSA)';

/** No context, or no message. */
export const EMPTY = new Uint8Array(0);

/** What is signed: a message with its context, a message representative μ, or a formatted message M′. */
export type Signed =
  | { readonly form: 'pure'; readonly message: Uint8Array; readonly context: Uint8Array }
  | { readonly form: 'mu'; readonly mu: Uint8Array }
  | { readonly form: 'internal'; readonly formatted: Uint8Array };

/** A message with its context. */
export function pure(message: Uint8Array, context: Uint8Array): Signed {
  return { form: 'pure', message, context };
}

/** Hashes of HashML-DSA: last byte of the OID in NIST's arc of hashes, and our name. */
const PRE_HASHES: Readonly<Record<string, readonly [oid: number, name: DigestName]>> = {
  'SHA2-256': [0x01, 'SHA-256'],
  'SHA2-512': [0x03, 'SHA-512'],
  'SHA3-256': [0x08, 'SHA3-256'],
  'SHA3-512': [0x0a, 'SHA3-512'],
  'SHAKE-256': [0x0c, 'SHAKE256-512'],
};
/** DER of 2.16.840.1.101.3.4.2 with room for one more byte. */
const HASH_OID_PREFIX = fromHex('06096086480165030402');

/** Hashes of HashML-DSA that are not offered: collisions are easier than ML-DSA-87 is to break. */
export const WEAK_PRE_HASHES: readonly string[] = [
  'SHA2-224',
  'SHA2-384',
  'SHA2-512/224',
  'SHA2-512/256',
  'SHA3-224',
  'SHA3-384',
  'SHAKE-128',
];

/** M′ of FIPS 204 algorithm 4. */
export function preHashed(hash: string, message: Uint8Array, ctx: Uint8Array, context: KatContext): Signed {
  const known = PRE_HASHES[hash];
  if (known === undefined) throw new InputError('ERR_INPUT_FORMAT', 'hashAlg', 'a hash of FIPS 204', hash);
  checkBytes('context', ctx, { max: ML_DSA_87.maxContextBytes });
  const digest = context.engine('hash').digest(known[1], message);
  const head = Uint8Array.of(1, ctx.length);
  const formatted = concat(head, ctx, HASH_OID_PREFIX, Uint8Array.of(known[0]), digest);
  return { form: 'internal', formatted };
}

/** The public key, as the engine computes it. */
export function publicKeyOf(key: PreparedSignPrivateKey): Uint8Array {
  const out = new Uint8Array(ML_DSA_87.publicKeyBytes);
  key.publicKey(out);
  return out;
}

/** Imports ξ. */
export function importSeed(engine: SignEngine, seed: Uint8Array): PreparedSignPrivateKey {
  checkBytes('seed', seed, ML_DSA_87.seedBytes);
  return engine.prepareSeed(seed);
}

/** Imports an expanded key, which the engine checks. */
export function importExpanded(engine: SignEngine, expandedKey: Uint8Array): PreparedSignPrivateKey {
  checkBytes('sk', expandedKey, ML_DSA_87.expandedKeyBytes);
  return engine.prepareExpanded(expandedKey);
}

/** Signs with given randomness; says why when the engine cannot. */
export function signWith(key: PreparedSignPrivateKey, signed: Signed, rnd: Uint8Array): Uint8Array | string {
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

/** A public key of the right length: FIPS 204 refuses no other. */
export function checkPublicKey(pk: Uint8Array): Uint8Array {
  checkBytes('pk', pk, ML_DSA_87.publicKeyBytes);
  return pk;
}

/** Verifies a signature; says why when the engine cannot. */
function verify(engine: SignEngine, pk: Uint8Array, signed: Signed, signature: Uint8Array): boolean | string {
  const key = engine.preparePublic(checkPublicKey(pk));
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

/** The signature must verify. */
export function checkVerification(
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
export function checkHedged(
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
export function checkSigning(
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
export function checkKeyGeneration(
  engine: SignEngine,
  seed: Uint8Array,
  pk: Uint8Array,
  sk: Uint8Array,
): Verdict {
  const key = importSeed(engine, seed);
  return allOf(
    () => expectSame('public key', publicKeyOf(key), pk),
    () => {
      if (key.expanded !== undefined) {
        const expanded = new Uint8Array(ML_DSA_87.expandedKeyBytes);
        key.expanded(expanded);
        return expectSame('private key', expanded, sk);
      }
      // Where the engine cannot write the key out: import it, which checks it, and sign with it. K of FIPS 204, which
      // only steers the randomness of signatures, does not show this way.
      const imported = importExpanded(engine, sk);
      return allOf(
        () => expectSame('public key of sk', publicKeyOf(imported), pk),
        () => checkHedged(engine, imported, pk, pure(EMPTY, EMPTY)),
      );
    },
  );
}
