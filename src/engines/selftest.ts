/**
 * Known-answer self-tests, run once for each family of an engine before its first use: every operation of the family, a
 * known answer for each that has one, and a forgery that must be refused.
 *
 * The data come from `scripts/make-selftest.mjs`, which computes them with implementations that share no code with ours.
 *
 * @module
 */
import { decodeBase64, equal, fromHex, utf8, wipe } from '../bytes.ts';
import { AES_256_GCM, ML_DSA_87, ML_KEM_1024, SHA3_512 } from '../params.ts';
import type { AeadEngine, Family, FamilyEngines, HashEngine, KemEngine, SignEngine } from './engine.ts';
import { SELF_TEST } from './selftest-data.ts';

/** Says which answer was wrong. */
class WrongAnswer extends Error {}

function expectBytes(what: string, got: Uint8Array, expected: Uint8Array): void {
  if (!equal(got, expected)) throw new WrongAnswer(what);
}

function expectHex(what: string, got: Uint8Array, expected: string): void {
  expectBytes(what, got, fromHex(expected));
}

function expectTrue(what: string, condition: boolean): void {
  if (!condition) throw new WrongAnswer(what);
}

/** 0, 1, 2, … */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i & 0xff);
}

/** A copy with one bit of one byte changed. */
function flipBit(bytes: Uint8Array, index: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[index] = (copy[index] as number) ^ 1;
  return copy;
}

const MESSAGE = /* @__PURE__ */ utf8('mwrasp-crypto self-test');

function testHash(engine: HashEngine): void {
  const out = new Uint8Array(SHA3_512.digestBytes);
  engine.sha3_512(MESSAGE, out);
  expectHex('SHA3-512', out, SELF_TEST.hash.sha3_512);
  const incremental = engine.createSha3_512();
  incremental.update(MESSAGE.subarray(0, 5));
  incremental.update(MESSAGE.subarray(5));
  // What the call before left there is no answer of this one.
  incremental.digest(out.fill(0));
  expectHex('SHA3-512, incremental', out, SELF_TEST.hash.sha3_512);
  engine.hmacSha3_512(pattern(32), MESSAGE, out.fill(0));
  expectHex('HMAC-SHA3-512', out, SELF_TEST.hash.hmac);
  const mac = engine.createHmacSha3_512(pattern(32));
  mac.update(MESSAGE);
  mac.digest(out.fill(0));
  expectHex('HMAC-SHA3-512, incremental', out, SELF_TEST.hash.hmac);
  expectHex(
    'HKDF-SHA3-512',
    engine.hkdfSha3_512(pattern(32), pattern(16), MESSAGE, 100),
    SELF_TEST.hash.hkdf,
  );
  const shake = engine.createShake256(64);
  shake.update(MESSAGE);
  shake.digest(out.fill(0));
  expectHex('SHAKE256', out, SELF_TEST.hash.shake256);
  expectHex('SHA-256', engine.digest('SHA-256', MESSAGE), SELF_TEST.hash.sha256);
  expectHex('SHA-512', engine.digest('SHA-512', MESSAGE), SELF_TEST.hash.sha512);
  expectHex('SHA3-256', engine.digest('SHA3-256', MESSAGE), SELF_TEST.hash.sha3_256);
  expectHex('SHA3-512, by name', engine.digest('SHA3-512', MESSAGE), SELF_TEST.hash.sha3_512);
  expectHex('SHAKE256, by name', engine.digest('SHAKE256-512', MESSAGE), SELF_TEST.hash.shake256);
}

function testAead(engine: AeadEngine): void {
  const nonce = pattern(AES_256_GCM.nonceBytes);
  const aad = utf8('aad');
  const sealed = new Uint8Array(MESSAGE.length + AES_256_GCM.tagBytes);
  const opened = new Uint8Array(MESSAGE.length);
  const raw = pattern(AES_256_GCM.keyBytes);
  for (const key of [engine.prepare(raw), engine.prepareTransient(raw)]) {
    key.seal(nonce, aad, MESSAGE, sealed.fill(0));
    expectHex('AES-256-GCM seal', sealed, SELF_TEST.aead.sealed);
    if (key.sealNew !== undefined) {
      expectHex('AES-256-GCM seal, new', key.sealNew(nonce, aad, MESSAGE), SELF_TEST.aead.sealed);
    }
    expectTrue('AES-256-GCM open', key.open(nonce, aad, sealed, opened));
    expectBytes('AES-256-GCM plaintext', opened, MESSAGE);
    for (const forged of [flipBit(sealed, 0), flipBit(sealed, sealed.length - 1)]) {
      expectTrue('AES-256-GCM refuses a forgery', !key.open(nonce, aad, forged, opened));
      expectTrue(
        'AES-256-GCM releases nothing',
        opened.every((byte) => byte === 0),
      );
    }
    expectTrue('AES-256-GCM refuses other AAD', !key.open(nonce, MESSAGE, sealed, opened));
    if (key.openNew !== undefined) {
      expectBytes('AES-256-GCM open, new', key.openNew(nonce, aad, sealed, 0) ?? new Uint8Array(0), MESSAGE);
      const forged = flipBit(sealed, 0);
      expectTrue('AES-256-GCM refuses a forgery, new', key.openNew(nonce, aad, forged, 0) === undefined);
    }
    key.dispose();
  }
}

function testKem(engine: KemEngine, hash: HashEngine): void {
  const publicKeyBytes = new Uint8Array(ML_KEM_1024.publicKeyBytes);
  const ciphertext = decodeBase64(SELF_TEST.kem.ciphertext);
  const sharedSecret = new Uint8Array(ML_KEM_1024.sharedSecretBytes);
  const privateKey = engine.prepareSeed(pattern(ML_KEM_1024.seedBytes));
  privateKey.publicKey(publicKeyBytes);
  expectHex(
    'ML-KEM-1024 key generation',
    hash.digest('SHA3-256', publicKeyBytes),
    SELF_TEST.kem.publicKeyHash,
  );
  privateKey.decapsulate(ciphertext, sharedSecret);
  expectHex('ML-KEM-1024 decapsulation', sharedSecret, SELF_TEST.kem.sharedSecret);
  privateKey.decapsulate(flipBit(ciphertext, 700), sharedSecret);
  expectHex('ML-KEM-1024 implicit rejection', sharedSecret, SELF_TEST.kem.rejectedSecret);
  const publicKey = engine.preparePublic(publicKeyBytes);
  const fresh = new Uint8Array(ML_KEM_1024.ciphertextBytes);
  const decapsulated = new Uint8Array(ML_KEM_1024.sharedSecretBytes);
  if (publicKey.encapsulateWith === undefined) {
    publicKey.encapsulate(fresh, sharedSecret);
    privateKey.decapsulate(fresh, decapsulated);
    expectBytes('ML-KEM-1024 encapsulation', decapsulated, sharedSecret);
  } else {
    // encapsulate() is encapsulateWith() with random bytes, and drawing the first ones takes Node longer than all the rest.
    publicKey.encapsulateWith(pattern(ML_KEM_1024.messageBytes), fresh, sharedSecret);
    expectBytes('ML-KEM-1024 seeded encapsulation', fresh, ciphertext);
    expectHex('ML-KEM-1024 shared secret', sharedSecret, SELF_TEST.kem.sharedSecret);
  }
  publicKey.dispose();
  privateKey.dispose();
  wipe(sharedSecret, decapsulated);
  if (engine.generate !== undefined) testKemGeneration(engine, engine.generate);
}

/** A generated key must be the one that its seed gives. */
function testKemGeneration(engine: KemEngine, generate: NonNullable<KemEngine['generate']>): void {
  const seed = new Uint8Array(ML_KEM_1024.seedBytes);
  const generated = new Uint8Array(ML_KEM_1024.publicKeyBytes);
  const derived = new Uint8Array(ML_KEM_1024.publicKeyBytes);
  generate(seed).publicKey(generated);
  engine.prepareSeed(seed).publicKey(derived);
  wipe(seed);
  expectBytes('ML-KEM-1024 generation gives its seed', derived, generated);
}

function testSign(engine: SignEngine, hash: HashEngine): void {
  const context = utf8('context');
  const known = decodeBase64(SELF_TEST.sign.signature);
  const signature = new Uint8Array(ML_DSA_87.signatureBytes);
  const publicKeyBytes = new Uint8Array(ML_DSA_87.publicKeyBytes);
  const privateKey = engine.prepareSeed(pattern(ML_DSA_87.seedBytes));
  privateKey.publicKey(publicKeyBytes);
  expectHex(
    'ML-DSA-87 key generation',
    hash.digest('SHA3-256', publicKeyBytes),
    SELF_TEST.sign.publicKeyHash,
  );
  const publicKey = engine.preparePublic(publicKeyBytes);
  expectTrue('ML-DSA-87 verification', publicKey.verify(MESSAGE, context, known));
  expectTrue(
    'ML-DSA-87 refuses a forged signature',
    !publicKey.verify(MESSAGE, context, flipBit(known, 100)),
  );
  expectTrue('ML-DSA-87 refuses another message', !publicKey.verify(context, context, known));
  expectTrue('ML-DSA-87 refuses another context', !publicKey.verify(MESSAGE, MESSAGE, known));
  if (privateKey.signWith === undefined) {
    privateKey.sign(MESSAGE, context, signature);
    expectTrue('ML-DSA-87 signing', publicKey.verify(MESSAGE, context, signature));
  } else {
    // One signing pass only: it is the slowest operation there is, and sign() is signWith() with random bytes.
    privateKey.signWith(MESSAGE, context, new Uint8Array(ML_DSA_87.rndBytes), signature);
    expectBytes('ML-DSA-87 deterministic signing', signature, known);
  }
  publicKey.dispose();
  privateKey.dispose();
}

/**
 * Tests one family of an engine.
 *
 * @param family - Which.
 * @param engine - The engine's part of that family.
 * @param hash - A hash engine that passed its own test.
 * @returns What was wrong, or undefined when every answer was right.
 */
export function selfTest<F extends Family>(
  family: F,
  engine: FamilyEngines[F],
  hash: HashEngine,
): string | undefined {
  try {
    if (family === 'hash') testHash(engine as HashEngine);
    else if (family === 'aead') testAead(engine as AeadEngine);
    else if (family === 'kem') testKem(engine as KemEngine, hash);
    else testSign(engine as SignEngine, hash);
    return undefined;
  } catch (error) {
    return error instanceof WrongAnswer ? error.message : `it threw ${toText(error)}`;
  }
}

function toText(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
