/**
 * ML-DSA-87 vectors, by OpenSSL.
 */
import crypto from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { bytes, derive, ensure, flip, hex, longer, refuses, shorter } from './inputs.mjs';
import { importBoth, importPublic, importSeed, rawPublic } from './openssl.mjs';

/** Seeds and the keys they give. */
export function signKeygen() {
  return [0, 1, 2].map((i) => {
    const seed = derive(`ml-dsa-87 seed ${i}`, 32);
    const sk = Buffer.from(ml_dsa87.keygen(seed).secretKey);
    const pk = rawPublic(importBoth('sign', seed, sk), 2592);
    for (const at of [0, 40, 70, 200, 4000]) {
      ensure(
        refuses(() => importBoth('sign', seed, flip(sk, at))),
        'OpenSSL takes a key that does not fit the seed',
      );
    }
    return { parameterSet: 'ML-DSA-87', seed: hex(seed), pk: hex(pk), sk: hex(sk) };
  });
}

function opensslVerifies({ publicKey, msg, ctx, sig }) {
  return !refuses(() => {
    const key = importPublic('sign', bytes(publicKey));
    return crypto.verify(null, bytes(msg), { key, context: bytes(ctx) }, bytes(sig));
  });
}

function newSignatures() {
  const seed = derive('ml-dsa-87 verification', 32);
  const key = importSeed('sign', seed);
  const publicKey = rawPublic(key, 2592);
  const other = rawPublic(importSeed('sign', derive('ml-dsa-87 another key', 32)), 2592);
  const cases = [];
  const add = (comment, pk, msg, ctx, sig, result) =>
    cases.push({
      type: 'MlDsaVerify',
      comment,
      publicKey: hex(pk),
      msg: hex(msg),
      ctx: hex(ctx),
      sig: hex(sig),
      result,
    });
  const sign = (msg, context) => crypto.sign(null, msg, { key, context });
  const none = Buffer.alloc(0);
  for (const [messageLength, contextLength] of [
    [0, 0],
    [1, 1],
    [33, 255],
    [1000, 0],
    [500, 16],
  ]) {
    const msg = derive(`message ${messageLength}`, messageLength);
    const context = derive(`context ${contextLength}`, contextLength);
    const comment = `message of ${messageLength} bytes, context of ${contextLength}`;
    add(comment, publicKey, msg, context, sign(msg, context), 'valid');
  }
  const msg = derive('message', 50);
  const ctx = derive('context', 20);
  const sig = sign(msg, ctx);
  add('untouched', publicKey, msg, ctx, sig, 'valid');
  add('commitment hash changed', publicKey, msg, ctx, flip(sig, 0), 'invalid');
  add('z changed', publicKey, msg, ctx, flip(sig, 1000, 3), 'invalid');
  add('hint changed', publicKey, msg, ctx, flip(sig, 4620), 'invalid');
  add('last byte of the hint changed', publicKey, msg, ctx, flip(sig, 4626, 7), 'invalid');
  add('signature one byte short', publicKey, msg, ctx, shorter(sig), 'invalid');
  add('signature one byte long', publicKey, msg, ctx, longer(sig), 'invalid');
  add('signature empty', publicKey, msg, ctx, none, 'invalid');
  add('signature of zeros', publicKey, msg, ctx, Buffer.alloc(4627), 'invalid');
  add('message changed', publicKey, flip(msg, 49), ctx, sig, 'invalid');
  add('context changed', publicKey, msg, flip(ctx, 0), sig, 'invalid');
  add('context left out', publicKey, msg, none, sig, 'invalid');
  add('context moved into the message', publicKey, Buffer.concat([ctx, msg]), none, sig, 'invalid');
  add('context of 256 bytes', publicKey, msg, derive('context', 256), sig, 'invalid');
  add('another public key', other, msg, ctx, sig, 'invalid');
  add('public key changed', flip(publicKey, 2591), msg, ctx, sig, 'invalid');
  add('public key one byte short', shorter(publicKey), msg, ctx, sig, 'invalid');
  return cases;
}

/** The signatures of the tree, or new ones where there are none or they are not right any more. */
export function signVerify(url, check) {
  if (existsSync(url)) {
    const { cases } = JSON.parse(readFileSync(url, 'utf8'));
    if (cases.every((entry) => opensslVerifies(entry) === (entry.result === 'valid'))) return cases;
    ensure(!check, 'OpenSSL judges the signatures of ml-dsa-87-verify.json otherwise');
  }
  const cases = newSignatures();
  for (const entry of cases) {
    ensure(opensslVerifies(entry) === (entry.result === 'valid'), `OpenSSL: ${entry.comment}`);
  }
  return cases;
}
