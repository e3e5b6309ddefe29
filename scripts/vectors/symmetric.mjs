/**
 * AES-256-GCM, SHA3-512, HMAC-SHA3-512 and HKDF-SHA3-512 vectors, by OpenSSL.
 */
import crypto from 'node:crypto';
import { bytes, derive, ensure, flip, hex, mapValues, refuses, shorter } from './inputs.mjs';

/** Cases of one file. */
export function aeadCases() {
  const lengths = [
    [0, 0],
    [0, 13],
    [1, 0],
    [15, 1],
    [16, 16],
    [17, 20],
    [64, 100],
    [257, 3],
    [1000, 0],
  ];
  const cases = lengths.map(([messageLength, aadLength], i) => {
    const key = derive(`aes key ${i}`, 32);
    const iv = derive(`aes iv ${i}`, 12);
    const aad = derive(`aes aad ${i}`, aadLength);
    const msg = derive(`aes message ${i}`, messageLength);
    const cipher = crypto.createCipheriv('aes-256-gcm', key, iv);
    cipher.setAAD(aad);
    const ct = Buffer.concat([cipher.update(msg), cipher.final()]);
    const fields = { key, iv, aad, msg, ct, tag: cipher.getAuthTag() };
    return { type: 'AeadTest', ...mapValues(fields, hex), result: 'valid' };
  });
  const whole = cases[6];
  const changed = (comment, field, value) => ({ ...whole, comment, [field]: hex(value), result: 'invalid' });
  const forgeries = [
    changed('first bit of the tag', 'tag', flip(bytes(whole.tag), 0)),
    changed('last bit of the tag', 'tag', flip(bytes(whole.tag), 15, 7)),
    changed('tag of zeros', 'tag', Buffer.alloc(16)),
    changed('ciphertext changed', 'ct', flip(bytes(whole.ct), 30)),
    changed('ciphertext shortened', 'ct', shorter(bytes(whole.ct))),
    changed('additional data changed', 'aad', flip(bytes(whole.aad), 99)),
    changed('additional data left out', 'aad', Buffer.alloc(0)),
    changed('nonce changed', 'iv', flip(bytes(whole.iv), 11)),
    changed('key changed', 'key', flip(bytes(whole.key), 0)),
    changed('empty nonce', 'iv', Buffer.alloc(0)),
  ];
  for (const { comment, key, iv, aad, ct, tag } of forgeries) {
    const refused = refuses(() => {
      const decipher = crypto.createDecipheriv('aes-256-gcm', bytes(key), bytes(iv));
      decipher.setAAD(bytes(aad)).setAuthTag(bytes(tag));
      decipher.update(bytes(ct));
      decipher.final();
    });
    ensure(refused, `OpenSSL: ${comment}`);
  }
  return [...cases, ...forgeries];
}

const sha3 = (data) => crypto.createHash('sha3-512').update(data).digest();

/** Cases of one file. */
export function hashCases() {
  const cases = [0, 1, 8, 71, 72, 73, 143, 144, 145, 1000].map((length) => {
    const message = derive(`sha3 message ${length}`, length);
    return { Len: length * 8, Msg: hex(message), MD: hex(sha3(message)) };
  });
  const seed = derive('sha3 chain', 64);
  const checkpoints = [];
  for (let digest = seed, i = 1; i <= 3000; i++) {
    digest = sha3(digest);
    if (i % 1000 === 0) checkpoints.push(hex(digest));
  }
  cases.push({ Seed: hex(seed), MD: checkpoints });
  const content = derive('sha3 large content', 7);
  const fullLength = 300_001;
  const large = Buffer.alloc(fullLength, content);
  const largeMsg = {
    content: hex(content),
    contentLength: 56,
    fullLength: fullLength * 8,
    expansionTechnique: 'repeating',
  };
  cases.push({ testType: 'LDT', largeMsg, md: hex(sha3(large)) });
  return cases;
}

/** Cases of one file. */
export function hmacCases() {
  const tag = (key, msg, length) =>
    crypto.createHmac('sha3-512', key).update(msg).digest().subarray(0, length);
  const cases = [
    [0, 0, 64],
    [16, 1, 64],
    [71, 50, 64],
    [72, 100, 64],
    [73, 200, 64],
    [200, 72, 32],
    [64, 30, 16],
  ].map(([keyLength, messageLength, tagLength]) => {
    const key = derive(`hmac key ${keyLength}`, keyLength);
    const msg = derive(`hmac message ${messageLength}`, messageLength);
    return {
      type: 'MacTest',
      ...mapValues({ key, msg, tag: tag(key, msg, tagLength) }, hex),
      result: 'valid',
    };
  });
  const [, , third, , , truncated] = cases;
  const forged = (from, comment, field, at) => ({
    ...from,
    comment,
    [field]: hex(flip(bytes(from[field]), at)),
    result: 'invalid',
  });
  return [
    ...cases,
    forged(third, 'first byte of the tag', 'tag', 0),
    forged(third, 'last byte of the tag', 'tag', 63),
    forged(third, 'message changed', 'msg', 0),
    forged(third, 'key changed', 'key', 70),
    forged(truncated, 'last byte of a truncated tag', 'tag', 31),
  ];
}

/** Cases of one file. */
export function hkdfCases() {
  const lengths = [
    [0, 0, 0, 32],
    [32, 0, 0, 64],
    [32, 16, 10, 1],
    [64, 64, 100, 100],
    [200, 100, 50, 65],
    [1, 1, 1, 16320],
  ];
  const cases = lengths.map(([ikmLength, saltLength, infoLength, size], i) => {
    const ikm = derive(`hkdf ikm ${i}`, ikmLength);
    const salt = derive(`hkdf salt ${i}`, saltLength);
    const info = derive(`hkdf info ${i}`, infoLength);
    const okm = Buffer.from(crypto.hkdfSync('sha3-512', ikm, salt, info, size));
    return { type: 'HkdfTest', ...mapValues({ ikm, salt, info }, hex), size, okm: hex(okm), result: 'valid' };
  });
  const tooLong = { ...cases[1], comment: 'more than 255 blocks', size: 16321, okm: '', result: 'invalid' };
  ensure(
    refuses(() => crypto.hkdfSync('sha3-512', bytes(tooLong.ikm), '', '', tooLong.size)),
    'OpenSSL derives more than 255 blocks',
  );
  return [...cases, tooLong];
}
