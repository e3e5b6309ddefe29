'use strict';
/**
 * The same as program.ts in plain JavaScript, on the package however it was loaded.
 *
 * @param api - The root entry.
 * @param kemEntry - The entry `kem`.
 */
module.exports = function story({ aead, engineInfo, hash, kem, sign }, kemEntry) {
  let checks = 0;
  const check = (name, holds) => {
    if (!holds) throw new Error(`wrong: ${name}`);
    checks++;
  };
  const same = (a, b) => a.length === b.length && a.every((byte, index) => byte === b[index]);
  const message = new TextEncoder().encode('from every runtime');

  const signKey = sign.generateSignKey();
  const context = new TextEncoder().encode('runtimes');
  const signature = sign.sign(signKey, message, { context });
  check('a signature verifies', sign.verify(signKey.publicKey, message, signature, { context }));
  check('not without its context', !sign.verify(signKey.publicKey, message, signature));

  const kemKey = kem.generateKemKey();
  const { ciphertext, sharedSecret } = kem.encapsulate(kemKey.publicKey);
  // Through the other entry: a key is a key for both.
  const received = kemEntry.decapsulate(kemKey, ciphertext);
  check('both sides share a secret', same(sharedSecret.expose(), received.expose()));
  check('which does not show', String(received) === '[secret]');

  const key = aead.AeadKey.generate();
  const sealed = aead.seal(key, message, { aad: context });
  check('what was sealed opens', same(aead.open(key, sealed, { aad: context }), message));
  let code;
  try {
    aead.open(key, sealed);
  } catch (error) {
    code = error.code;
  }
  check('but not in another context', code === 'ERR_AUTHENTICATION');

  check('SHA3-512 has 64 bytes', hash.sha3_512(message).length === 64);

  const info = engineInfo();
  return {
    engines: {
      hash: info.hash.engine,
      aead: info.aead.engine,
      kem: info.kem.engine,
      sign: info.sign.engine,
    },
    checks,
  };
};
