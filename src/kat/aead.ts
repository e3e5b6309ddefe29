/**
 * AES-256-GCM cases: CAVP and Wycheproof.
 *
 * @module
 */
import { checkBytes, concat } from '../bytes.ts';
import type { AeadEngine, PreparedAeadKey } from '../engines/engine.ts';
import { AES_256_GCM } from '../params.ts';
import type { Fields } from './fields.ts';
import type { Kind } from './kind.ts';
import { allOf, expectAccepted, expectSame, failed, notRun, PASSED, type Verdict } from './verdict.ts';

interface AeadCase {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly aad: Uint8Array;
  /** Absent exactly where the ciphertext has to be refused. */
  readonly plaintext: Uint8Array | undefined;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

/** Opens; a refusal that leaves something behind is `dirty`. */
function open(
  key: PreparedAeadKey,
  { iv, aad }: AeadCase,
  sealed: Uint8Array,
): Uint8Array | 'refused' | 'dirty' {
  // Not zero before, so that bytes left behind by a refusal are seen.
  const out = new Uint8Array(sealed.length - AES_256_GCM.tagBytes).fill(0xa5);
  if (key.open(iv, aad, sealed, out)) return out;
  return out.every((byte) => byte === 0) ? 'refused' : 'dirty';
}

function checkKey(key: PreparedAeadKey, test: AeadCase): Verdict {
  const sealed = concat(test.ciphertext, test.tag);
  const opened = open(key, test, sealed);
  if (opened === 'dirty') return failed('a refusal left plaintext behind');
  const { plaintext } = test;
  if (plaintext === undefined)
    return opened === 'refused' ? PASSED : failed('an invalid case was not refused');
  if (opened === 'refused') return failed('the ciphertext was refused');
  const again = new Uint8Array(plaintext.length + AES_256_GCM.tagBytes);
  key.seal(test.iv, test.aad, plaintext, again);
  return allOf(
    () => expectSame('plaintext', opened, plaintext),
    () => expectSame('ciphertext', again, sealed),
  );
}

/** Both ways of preparing a key, both ways through. */
function runAead(engine: AeadEngine, test: AeadCase): Verdict {
  if (test.key.length === 16 || test.key.length === 24) return notRun('AES with shorter keys is not offered');
  if (test.tag.length !== AES_256_GCM.tagBytes) return notRun('tags other than 128 bits are not offered');
  if (test.iv.length !== AES_256_GCM.nonceBytes) {
    // An empty IV is invalid in itself; the others are valid, and the tag is what such a case is about.
    if (test.iv.length > 0) return notRun('IVs other than 96 bits are not offered');
    return expectAccepted(test.plaintext !== undefined, () => {
      checkBytes('iv', test.iv, AES_256_GCM.nonceBytes);
      return PASSED;
    });
  }
  checkBytes('key', test.key, AES_256_GCM.keyBytes);
  return allOf(
    () => checkKey(engine.prepare(test.key), test),
    () => checkKey(engine.prepareTransient(test.key), test),
  );
}

function runCavp(fields: Fields, engine: AeadEngine): Verdict {
  fields.oneOf('direction', ['encrypt', 'decrypt']);
  const valid = fields.oneOf('result', ['PASS', 'FAIL']) === 'PASS';
  const test = {
    key: fields.hex('Key'),
    iv: fields.hex('IV'),
    aad: fields.hex('AAD'),
    plaintext: valid ? fields.hex('PT') : undefined,
    ciphertext: fields.hex('CT'),
    tag: fields.hex('Tag'),
  };
  return runAead(engine, test);
}

function runWycheproof(fields: Fields, engine: AeadEngine): Verdict {
  const valid = fields.valid();
  const test = {
    key: fields.hex('key'),
    iv: fields.hex('iv'),
    aad: fields.hex('aad'),
    plaintext: valid ? fields.hex('msg') : undefined,
    ciphertext: fields.hex('ct'),
    tag: fields.hex('tag'),
  };
  return runAead(engine, test);
}

const OTHER_AEAD = /chacha|ccm|siv|eax|ocb|aegis|ascon|cbc/;

function aeadKind(
  matches: (fields: Fields) => boolean,
  run: (fields: Fields, engine: AeadEngine) => Verdict,
): Kind {
  return {
    family: 'aead',
    matches: (fields) => matches(fields) && !OTHER_AEAD.test(fields.hint),
    run: (fields, context) => run(fields, context.engine('aead')),
  };
}

/** Kinds of AES-GCM cases. */
export const AEAD_KINDS: readonly Kind[] = [
  aeadKind((fields) => fields.peek('type') === 'AeadTest', runWycheproof),
  aeadKind((fields) => fields.has('Key') && fields.hasAny('IV', 'direction'), runCavp),
];
