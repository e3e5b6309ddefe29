/**
 * ML-KEM-1024 cases: ACVP, Wycheproof, CCTV and the community's digests.
 *
 * @module
 */
import { concat, equal } from '../bytes.ts';
import type { KemEngine } from '../engines/engine.ts';
import { checkExpandedKey, checkPublicKey } from '../kem/checks.ts';
import { ML_KEM_1024 } from '../params.ts';
import type { Fields } from './fields.ts';
import {
  checkDecapsulation,
  checkEncapsulation,
  checkKey,
  checkKeyGeneration,
  decapsulate,
  encapsulate,
  importExpanded,
  importSeed,
  NO_SEEDED_ENCAPSULATION,
  publicKeyOf,
} from './kem-checks.ts';
import type { KatContext, Kind } from './kind.ts';
import { allOf, expectAccepted, expectSame, failed, notRun, PASSED, type Verdict } from './verdict.ts';

function runAcvp(fields: Fields, engine: KemEngine): Verdict {
  switch (fields.oneOf('function', FUNCTIONS)) {
    case 'encapsulation':
      return checkEncapsulation(engine, {
        ek: fields.hex('ek'),
        m: fields.hex('m'),
        c: fields.hex('c'),
        sharedSecret: fields.hex('k'),
        dk: fields.optionalHex('dk'),
      });
    case 'decapsulation': {
      const seed = fields.has('dk') ? undefined : concat(fields.hex('d'), fields.hex('z'));
      const key = seed === undefined ? importExpanded(engine, fields.hex('dk')) : importSeed(engine, seed);
      return checkDecapsulation(key, fields.hex('c'), fields.hex('k'));
    }
    case 'encapsulationKeyCheck': {
      const ek = fields.hex('ek');
      return checkKey(
        fields.flag('testPassed'),
        () => checkPublicKey('ek', ek),
        () => engine.preparePublic(ek),
      );
    }
    case 'decapsulationKeyCheck': {
      const dk = fields.hex('dk');
      return checkKey(
        fields.flag('testPassed'),
        () => checkExpandedKey('dk', dk),
        () => engine.prepareExpanded(dk),
      );
    }
  }
}

const FUNCTIONS = [
  'encapsulation',
  'decapsulation',
  'encapsulationKeyCheck',
  'decapsulationKeyCheck',
] as const;

function runWycheproof(fields: Fields, engine: KemEngine): Verdict {
  const valid = fields.valid();
  switch (fields.oneOf('type', WYCHEPROOF_TYPES)) {
    case 'MLKEMKeyGen': {
      const [seed, ek, dk] = [fields.hex('seed'), fields.hex('ek'), fields.hex('dk')];
      return expectAccepted(valid, () => checkKeyGeneration(engine, seed, ek, dk));
    }
    case 'MLKEMEncapsTest': {
      const encapsulation = {
        ek: fields.hex('ek'),
        m: fields.hex('m'),
        c: fields.hex('c'),
        sharedSecret: fields.hex('K'),
      };
      if (valid) return checkEncapsulation(engine, encapsulation);
      return expectAccepted(false, () => {
        encapsulate(engine, encapsulation.ek);
        return PASSED;
      });
    }
    case 'MLKEMTest': {
      const [seed, c, sharedSecret] = [fields.hex('seed'), fields.hex('c'), fields.hex('K')];
      const ek = valid ? fields.hex('ek') : undefined;
      return expectAccepted(valid, () => {
        const key = importSeed(engine, seed);
        const got = decapsulate(key, c);
        if (ek === undefined) return PASSED;
        return allOf(
          () => expectSame('encapsulation key', publicKeyOf(key), ek),
          () => expectSame('shared secret', got, sharedSecret),
        );
      });
    }
    case 'MLKEMDecapsValidationTest': {
      const [dk, c] = [fields.hex('dk'), fields.hex('c')];
      const sharedSecret = valid ? fields.hex('K') : undefined;
      return expectAccepted(valid, () => {
        const got = decapsulate(importExpanded(engine, dk), c);
        return sharedSecret === undefined ? PASSED : expectSame('shared secret', got, sharedSecret);
      });
    }
  }
}

const WYCHEPROOF_TYPES = [
  'MLKEMKeyGen',
  'MLKEMEncapsTest',
  'MLKEMTest',
  'MLKEMDecapsValidationTest',
] as const;

/** A file of keys that have to be refused, or accepted. */
function runKeyList(fields: Fields, engine: KemEngine): Verdict {
  const ek = fields.hex('ek');
  return checkKey(
    fields.valid(),
    () => checkPublicKey('ek', ek),
    () => engine.preparePublic(ek),
  );
}

/**
 * CCTV: whole runs, from key generation to decapsulation. Those marked `-ipd` were made for the draft of FIPS 203, whose
 * key generation was another; their encapsulation and decapsulation hold.
 */
function runCctv(fields: Fields, engine: KemEngine): Verdict {
  const kind = fields.text('kind');
  const [dk, c, sharedSecret] = [fields.hex('dk'), fields.hex('c'), fields.hex('K')];
  const decapsulation = () => checkDecapsulation(importExpanded(engine, dk), c, sharedSecret);
  if (kind === 'strcmp') return decapsulation();
  const [ek, m] = [fields.hex('ek'), fields.hex('m')];
  const seed = concat(fields.hex('d'), fields.hex('z'));
  return allOf(
    decapsulation,
    () => (kind.endsWith('-ipd') ? PASSED : checkKeyGeneration(engine, seed, ek, dk)),
    () => checkEncapsulation(engine, { ek, m, c, sharedSecret, dk }),
  );
}

/** The community's file: SHA-256 of keys and ciphertext, and the shared secret. */
function runDigests(fields: Fields, engine: KemEngine, context: KatContext): Verdict {
  const sha256 = (bytes: Uint8Array) => context.engine('hash').digest('SHA-256', bytes);
  const [pk, sk, ct] = [fields.hex('pk_sha256'), fields.hex('sk_sha256'), fields.hex('ct_sha256')];
  const [m, sharedSecret] = [fields.hex('msg'), fields.hex('ss')];
  const key = importSeed(engine, concat(fields.hex('d'), fields.hex('z')));
  const ek = publicKeyOf(key);
  if (!equal(sha256(ek), pk)) return failed('encapsulation key differs');
  const publicKey = engine.preparePublic(ek);
  if (key.expanded === undefined || publicKey.encapsulateWith === undefined) {
    const fresh = encapsulate(engine, ek);
    const verdict = checkDecapsulation(key, fresh.ciphertext, fresh.sharedSecret);
    return verdict.outcome === 'passed'
      ? notRun(`${NO_SEEDED_ENCAPSULATION}; key generation was right`)
      : verdict;
  }
  const expanded = new Uint8Array(ML_KEM_1024.expandedKeyBytes);
  key.expanded(expanded);
  const ciphertext = new Uint8Array(ML_KEM_1024.ciphertextBytes);
  const secret = new Uint8Array(ML_KEM_1024.sharedSecretBytes);
  publicKey.encapsulateWith(m, ciphertext, secret);
  return allOf(
    () => expectSame('decapsulation key', sha256(expanded), sk),
    () => expectSame('ciphertext', sha256(ciphertext), ct),
    () => expectSame('shared secret', secret, sharedSecret),
    () => checkDecapsulation(key, ciphertext, sharedSecret),
  );
}

type Runner = (fields: Fields, engine: KemEngine, context: KatContext) => Verdict;

function kemKind(matches: (fields: Fields) => boolean, run: Runner): Kind {
  return {
    family: 'kem',
    matches,
    run(fields, context) {
      const other = /ml-?kem-?(512|768)\b/.exec(
        `${fields.peek('parameterSet').toLowerCase()} ${fields.hint}`,
      );
      if (other !== null) return notRun(`ML-KEM-${other[1]} is not offered`);
      return run(fields, context.engine('kem'), context);
    },
  };
}

function isOneOf(text: string, texts: readonly string[]): boolean {
  return texts.includes(text);
}

/** Kinds of ML-KEM cases. */
export const KEM_KINDS: readonly Kind[] = [
  kemKind((fields) => isOneOf(fields.peek('function'), FUNCTIONS), runAcvp),
  kemKind((fields) => isOneOf(fields.peek('type'), WYCHEPROOF_TYPES), runWycheproof),
  kemKind(
    (fields) => fields.peek('parameterSet').startsWith('ML-KEM') && !fields.hasAny('function', 'type'),
    (fields, engine) =>
      checkKeyGeneration(
        engine,
        concat(fields.hex('d'), fields.hex('z')),
        fields.hex('ek'),
        fields.hex('dk'),
      ),
  ),
  kemKind((fields) => fields.hasAny('ct_sha256', 'sk_sha256') && fields.hasAny('d', 'z'), runDigests),
  kemKind((fields) => fields.has('kind') && fields.hasAny('dk', 'ek'), runCctv),
  kemKind(
    (fields) => fields.has('ek') && !fields.hasAny('type', 'function', 'kind', 'parameterSet'),
    runKeyList,
  ),
];
