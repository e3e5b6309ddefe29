/** Encapsulation and decapsulation: both sides agree, forgeries are rejected implicitly, bad input is an error. */
import { createHash } from 'node:crypto';
import { decapsulate, encapsulate, KemPrivateKey, KemPublicKey } from '@mwrasp/crypto/kem';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportPrivateKey } from '../../../src/insecure.ts';
import { SecretBytes } from '../../../src/secret.ts';
import { expectInput, NO_BYTES, thrownBy } from '../../support/errors.ts';
import { disposed, flipped, newRecipient, SEEDS, testKeys } from '../../support/keys.ts';

const { recipient, recipientPublic, otherRecipient, signer, signerPublic } = testKeys();

/** FIPS 203 algorithm 18, step 7: J(z || c), computed by another library. */
function rejectionSecret(z: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('shake256', { outputLength: 32 }).update(z).update(ciphertext).digest());
}

function secretOf(key: KemPrivateKey, ciphertext: Uint8Array): Uint8Array {
  using secret = decapsulate(key, ciphertext);
  return Uint8Array.from(secret.expose());
}

describe('encapsulate and decapsulate', () => {
  it('agree on 32 bytes, for keys from any seed and in both forms', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (seed) => {
        const key = KemPrivateKey.fromSeed(seed);
        const { ciphertext, sharedSecret } = encapsulate(key.publicKey);
        expect(ciphertext).toHaveLength(1568);
        expect(sharedSecret).toBeInstanceOf(SecretBytes);
        expect(sharedSecret).toHaveLength(32);
        expect(secretOf(key, ciphertext)).toEqual(sharedSecret.expose());
        using expanded = exportPrivateKey(key, 'expanded');
        expect(secretOf(KemPrivateKey.fromExpandedKey(expanded), ciphertext)).toEqual(sharedSecret.expose());
      }),
      { numRuns: 10 },
    );
  });

  it('draw a fresh secret each time', () => {
    const [first, second] = [encapsulate(recipientPublic), encapsulate(recipientPublic)];
    expect(first.ciphertext).not.toEqual(second.ciphertext);
    expect(first.sharedSecret.expose()).not.toEqual(second.sharedSecret.expose());
  });

  it('leave the ciphertext alone, and take a part of a larger buffer', () => {
    const { ciphertext, sharedSecret } = encapsulate(recipientPublic);
    const large = Buffer.concat([Buffer.alloc(7), ciphertext]);
    expect(secretOf(recipient, large.subarray(7))).toEqual(sharedSecret.expose());
    expect(Uint8Array.from(large.subarray(7))).toEqual(ciphertext);
  });

  it('work with an imported public key', () => {
    const { ciphertext, sharedSecret } = encapsulate(KemPublicKey.fromBytes(recipientPublic.toBytes()));
    expect(secretOf(recipient, ciphertext)).toEqual(sharedSecret.expose());
  });
});

describe('a forged ciphertext', () => {
  it('gives the implicit-rejection secret J(z || c), the same each time', () => {
    const { ciphertext, sharedSecret } = encapsulate(recipientPublic);
    const z = SEEDS.recipient.subarray(32);
    for (const offset of [0, 1, 700, 1407, 1408, 1567]) {
      const forged = flipped(ciphertext, offset, 0x80);
      const secret = secretOf(recipient, forged);
      expect(secret).toEqual(rejectionSecret(z, forged));
      expect(secretOf(recipient, forged)).toEqual(secret);
      expect(secret).not.toEqual(sharedSecret.expose());
    }
  });

  it('of random bytes is no error either', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1568, maxLength: 1568 }), (ciphertext) => {
        expect(secretOf(recipient, ciphertext)).toEqual(
          rejectionSecret(SEEDS.recipient.subarray(32), ciphertext),
        );
      }),
      { numRuns: 10 },
    );
  });

  it('for another recipient gives both sides different secrets', () => {
    const { ciphertext, sharedSecret } = encapsulate(recipientPublic);
    const secret = secretOf(otherRecipient, ciphertext);
    expect(secret).not.toEqual(sharedSecret.expose());
    expect(secret).toEqual(rejectionSecret(SEEDS.otherRecipient.subarray(32), ciphertext));
  });

  it('is rejected with the z of an expanded key', () => {
    using exported = exportPrivateKey(recipient, 'expanded');
    const expanded = Uint8Array.from(exported.expose()).fill(7, 3136);
    const ciphertext = new Uint8Array(1568);
    expect(secretOf(KemPrivateKey.fromExpandedKey(expanded), ciphertext)).toEqual(
      rejectionSecret(new Uint8Array(32).fill(7), ciphertext),
    );
  });
});

describe('wrong input', () => {
  const ciphertext = new Uint8Array(1568);

  it.each<readonly [string, unknown]>([
    ...NO_BYTES,
    ['a KemPrivateKey', recipient],
    ['a SignPublicKey', signerPublic],
    ['1568 bytes', ciphertext],
  ])('encapsulate refuses %s as a key', (got, value) => {
    const error = thrownBy(() => encapsulate(value as KemPublicKey));
    expect(error).toMatchObject({
      code: 'ERR_INPUT_TYPE',
      argument: 'publicKey',
      expected: 'a KemPublicKey',
      got,
    });
  });

  it.each<readonly [string, unknown]>([
    ...NO_BYTES,
    ['a KemPublicKey', recipientPublic],
    ['a SignPrivateKey', signer],
    ['64 bytes', SEEDS.recipient],
  ])('decapsulate refuses %s as a key', (got, value) => {
    const error = thrownBy(() => decapsulate(value as KemPrivateKey, ciphertext));
    expect(error).toMatchObject({
      code: 'ERR_INPUT_TYPE',
      argument: 'privateKey',
      expected: 'a KemPrivateKey',
      got,
    });
  });

  it('decapsulate refuses an object that only looks like a key', () => {
    const copy = {
      ...recipient,
      algorithm: 'ML-KEM-1024',
      publicKey: recipientPublic,
    } as unknown as KemPrivateKey;
    expectInput(() => decapsulate(copy, ciphertext), 'ERR_INPUT_TYPE', 'privateKey');
  });

  it.each(NO_BYTES)('decapsulate refuses %s as ciphertext', (got, value) => {
    const error = thrownBy(() => decapsulate(recipient, value as Uint8Array));
    expect(error).toMatchObject({ code: 'ERR_INPUT_TYPE', argument: 'ciphertext', got });
  });

  it.each([0, 1, 32, 768, 1088, 1567, 1569, 3136])(
    'decapsulate refuses a ciphertext of %i bytes',
    (length) => {
      const error = thrownBy(() => decapsulate(recipient, new Uint8Array(length)));
      expect(error).toMatchObject({
        code: 'ERR_INPUT_LENGTH',
        argument: 'ciphertext',
        expected: '1568 bytes',
        got: `${length} bytes`,
      });
    },
  );

  it('decapsulate refuses a disposed key, before it looks at the ciphertext', () => {
    const key = disposed(newRecipient());
    expectInput(() => decapsulate(key, ciphertext), 'ERR_INPUT_DISPOSED', 'privateKey');
    expectInput(() => decapsulate(key, new Uint8Array(1)), 'ERR_INPUT_DISPOSED', 'privateKey');
  });
});
