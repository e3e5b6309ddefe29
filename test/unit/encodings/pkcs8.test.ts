/** PKCS#8: seed, expanded key and both are read, what contradicts itself is refused, and only DER is taken. */
import { generateKeyPairSync } from 'node:crypto';
import { importPrivateKey } from '@mwrasp/crypto/encodings';
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import { KemPrivateKey } from '@mwrasp/crypto/kem';
import { SignPrivateKey } from '@mwrasp/crypto/sign';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { expectInput, thrownBy } from '../../support/errors.ts';
import { flipped, testKeys } from '../../support/keys.ts';
import {
  ATTRIBUTES,
  bits,
  bothChoice,
  derLength,
  expandedChoice,
  integer,
  KEM,
  NULL,
  octets,
  oid,
  oneAsymmetricKey,
  pem,
  pkcs8,
  publicKeyField,
  SAMPLES,
  SIGN,
  seedChoice,
  sequence,
  spki,
  tlv,
  VERSION_1,
  VERSION_2,
} from './der-builder.ts';

const { recipientPublic, signerPublic } = testKeys();

function expectFormat(der: Uint8Array, got: string, expected = 'a PKCS#8 private key in DER'): void {
  expect(thrownBy(() => importPrivateKey(der))).toMatchObject({
    name: 'InputError',
    code: 'ERR_INPUT_FORMAT',
    argument: 'data',
    expected,
    got,
  });
}

function expectMisfit(der: Uint8Array, expected: string): void {
  expect(thrownBy(() => importPrivateKey(der))).toMatchObject({
    name: 'InputError',
    code: 'ERR_INPUT_KEY',
    argument: 'data',
    expected,
    got: 'another',
  });
}

const bytes = (...parts: ArrayLike<number>[]) => Uint8Array.from(parts.flatMap((part) => Array.from(part)));

describe.each(SAMPLES)('PKCS#8 of $name', (sample) => {
  const { name, identifier, seed, otherSeed, expandedKey, otherExpandedKey, publicKey, otherPublicKey } =
    sample;
  const key = sample === KEM ? recipientPublic : signerPublic;
  const forms = {
    seed: seedChoice(seed),
    expanded: expandedChoice(expandedKey),
    both: bothChoice(seed, expandedKey),
  };
  const choices = Object.entries(forms) as [keyof typeof forms, Uint8Array][];

  it.each(choices)('with the form "%s" is read, in DER and PEM', (form, choice) => {
    const der = pkcs8(sample, choice);
    for (const data of [der, Buffer.from(der), pem('PRIVATE KEY', der)]) {
      const read = importPrivateKey(data);
      expect(read).toBeInstanceOf(sample === KEM ? KemPrivateKey : SignPrivateKey);
      expect(read.publicKey.equals(key)).toBe(true);
      expect(read.hasSeed).toBe(form !== 'expanded');
      expect(exportPrivateKey(read, 'expanded').expose()).toEqual(expandedKey);
      if (form !== 'expanded') expect(exportPrivateKey(read, 'seed').expose()).toEqual(seed);
    }
    expect(importPrivateKey(der, name).publicKey.equals(key)).toBe(true);
  });

  it.each(choices)('with the form "%s" is left alone and not kept', (_, choice) => {
    const der = pkcs8(sample, choice);
    const input = Uint8Array.from(der);
    const read = importPrivateKey(input);
    expect(input).toEqual(der);
    input.fill(0);
    expect(exportPrivateKey(read, 'expanded').expose()).toEqual(expandedKey);
  });

  it.each(choices)('with the form "%s" of the other algorithm is refused when one is named', (_, choice) => {
    const other = sample === KEM ? SIGN.name : KEM.name;
    for (const data of [pkcs8(sample, choice), pem('PRIVATE KEY', pkcs8(sample, choice))]) {
      expect(thrownBy(() => importPrivateKey(data, other))).toMatchObject({
        code: 'ERR_INPUT_ALGORITHM',
        argument: 'data',
        expected: `a key for ${other}`,
        got: `one for ${name}`,
      });
    }
  });

  it.each(choices)('with the form "%s" may have attributes, which mean nothing', (_, choice) => {
    for (const attributes of [ATTRIBUTES, tlv(0xa0)]) {
      expect(importPrivateKey(pkcs8(sample, choice, attributes)).publicKey.equals(key)).toBe(true);
    }
  });

  it.each(choices)(
    'of version 2 with the form "%s" has a public key, which must belong to it',
    (_, choice) => {
      const field = publicKeyField(publicKey);
      expect(importPrivateKey(oneAsymmetricKey(sample, choice, field)).publicKey.equals(key)).toBe(true);
      expect(
        importPrivateKey(oneAsymmetricKey(sample, choice, ATTRIBUTES, field)).publicKey.equals(key),
      ).toBe(true);
      const expected = 'a public key that belongs to the private one';
      expectMisfit(oneAsymmetricKey(sample, choice, publicKeyField(otherPublicKey)), expected);
      for (const offset of [0, 700, publicKey.length - 1]) {
        expectMisfit(oneAsymmetricKey(sample, choice, publicKeyField(flipped(publicKey, offset))), expected);
      }
    },
  );

  it.each([127, 128, 129, 255, 256])(
    'may have attributes of %i bytes, with a length as DER has it',
    (size) => {
      // The octet string in it has a length in one octet up to 127 bytes.
      const attributes = tlv(0xa0, octets(new Uint8Array(size - (size > 129 ? 3 : 2))));
      expect(attributes.length - 1 - derLength(size).length).toBe(size);
      expect(importPrivateKey(pkcs8(sample, forms.seed, attributes)).publicKey.equals(key)).toBe(true);
    },
  );

  it('has a public key in version 2 and only there (RFC 5958 §2)', () => {
    expectFormat(pkcs8(sample, forms.seed, publicKeyField(publicKey)), 'other parts');
    expectFormat(oneAsymmetricKey(sample, forms.seed), 'version 2 without a public key');
    expectFormat(oneAsymmetricKey(sample, forms.seed, ATTRIBUTES), 'version 2 without a public key');
  });

  it('has attributes once, and before the public key', () => {
    const field = publicKeyField(publicKey);
    expectFormat(oneAsymmetricKey(sample, forms.seed, field, ATTRIBUTES), 'other parts');
    expectFormat(pkcs8(sample, forms.seed, ATTRIBUTES, ATTRIBUTES), 'other parts');
    expectFormat(oneAsymmetricKey(sample, forms.seed, field, field), 'other parts');
    for (const part of [NULL, octets(), tlv(0xa2), tlv(0x82), tlv(0x60), tlv(0xe0)]) {
      expectFormat(pkcs8(sample, forms.seed, part), 'other parts');
    }
  });

  it('has a public key that is a bit string of whole bytes and of the right length', () => {
    const wrongBits = 'a public key as BIT STRING of whole bytes';
    expectFormat(
      oneAsymmetricKey(sample, forms.seed, tlv(0x81, [1], publicKey)),
      'something else',
      wrongBits,
    );
    expectFormat(oneAsymmetricKey(sample, forms.seed, tlv(0x81)), 'something else', wrongBits);
    expectFormat(
      oneAsymmetricKey(sample, forms.seed, tlv(0xa1, bits(publicKey))),
      'something else',
      wrongBits,
    );
    for (const wrong of [publicKey.subarray(1), bytes(publicKey, [0]), new Uint8Array(0)]) {
      expect(
        thrownBy(() => importPrivateKey(oneAsymmetricKey(sample, forms.seed, publicKeyField(wrong)))),
      ).toMatchObject({
        code: 'ERR_INPUT_LENGTH',
        argument: 'data',
        expected: `a public key of ${publicKey.length} bytes`,
        got: `${wrong.length} bytes`,
      });
    }
  });

  it('is refused when seed and expanded key contradict each other', () => {
    const expected = 'an expanded key that belongs to the seed';
    expectMisfit(pkcs8(sample, bothChoice(otherSeed, expandedKey)), expected);
    expectMisfit(pkcs8(sample, bothChoice(seed, otherExpandedKey)), expected);
    for (const offset of [0, 31, 32, 63, 64, 127, 128, 2000, expandedKey.length - 1]) {
      expectMisfit(pkcs8(sample, bothChoice(seed, flipped(expandedKey, offset))), expected);
    }
    for (const offset of [0, seed.length - 1]) {
      expectMisfit(pkcs8(sample, bothChoice(flipped(seed, offset), expandedKey)), expected);
    }
  });

  it('is refused when the expanded key does not hold together', () => {
    // A byte of ek for ML-KEM, of t0 for ML-DSA.
    expectInput(
      () => importPrivateKey(pkcs8(sample, expandedChoice(flipped(expandedKey, 3000)))),
      'ERR_INPUT_KEY',
      'data',
    );
  });

  it('is refused with parts of the wrong length', () => {
    const wrongSeed = `a seed of ${seed.length} bytes`;
    const wrongExpanded = `an expanded key of ${expandedKey.length} bytes`;
    const shorter = (part: Uint8Array) => part.subarray(1);
    const longer = (part: Uint8Array) => bytes(part, [0]);
    const cases: [Uint8Array, string][] = [];
    for (const change of [shorter, longer, () => new Uint8Array(0)]) {
      cases.push(
        [seedChoice(change(seed)), wrongSeed],
        [expandedChoice(change(expandedKey)), wrongExpanded],
        [bothChoice(change(seed), expandedKey), wrongSeed],
        [bothChoice(seed, change(expandedKey)), wrongExpanded],
      );
    }
    for (const [choice, expected] of cases) {
      expect(thrownBy(() => importPrivateKey(pkcs8(sample, choice)))).toMatchObject({
        code: 'ERR_INPUT_LENGTH',
        argument: 'data',
        expected,
      });
    }
  });

  it('is refused with something inside that the ASN.1 library throws at', () => {
    // A GeneralizedTime that is none.
    for (const choice of [tlv(0x18, [0]), sequence(tlv(0x18, [0]))]) {
      expectFormat(
        pkcs8(sample, choice),
        'bytes that are no ASN.1',
        `a seed, an expanded key, or both, as ${name} has them`,
      );
    }
  });

  it('is refused with another private key inside', () => {
    const expected = `a seed, an expanded key, or both, as ${name} has them`;
    const seedOctets = octets(seed);
    const expandedOctets = octets(expandedKey);
    for (const choice of [
      // Bare bytes, a seed in the wrong tag, both in the wrong order, one part missing or too many.
      NULL,
      integer(1),
      sequence(),
      sequence(seedOctets),
      sequence(expandedOctets),
      sequence(seedOctets, expandedOctets, NULL),
      sequence(seedOctets, NULL, expandedOctets),
      tlv(0x31, seedOctets, expandedOctets),
      tlv(0x81, seed),
      tlv(0x40, seed),
      tlv(0xa0, seedOctets),
      bytes(forms.seed, [0]),
      bytes(forms.both, [0]),
      bytes(forms.expanded, NULL),
    ]) {
      const error = thrownBy(() => importPrivateKey(pkcs8(sample, Uint8Array.from(choice))));
      expect(error).toMatchObject({ name: 'InputError', argument: 'data' });
      expect((error as InputError).code).toMatch(/^ERR_INPUT_(FORMAT|LENGTH)$/);
      if ((error as InputError).code === 'ERR_INPUT_FORMAT')
        expect(error).toMatchObject({ expected, got: 'something else' });
    }
    // A primitive of another tag is no seed, so that its length does not matter.
    expectFormat(pkcs8(sample, tlv(0x81, [1, 2, 3])), 'something else', expected);
    for (const length of [0, 1, 31, 32, 33, 64, 4000]) {
      const error = thrownBy(() => importPrivateKey(pkcs8(sample, new Uint8Array(length))));
      expect(error).toMatchObject({ name: 'InputError', argument: 'data' });
    }
    // An octet string of a seed's length is taken for an expanded key, and is too short for one.
    expect(thrownBy(() => importPrivateKey(pkcs8(sample, seedOctets)))).toMatchObject({
      code: 'ERR_INPUT_LENGTH',
      expected: `an expanded key of ${expandedKey.length} bytes`,
    });
  });

  it('is refused with nothing, or no octet string, for a private key', () => {
    expectFormat(sequence(VERSION_1, identifier), 'no key in it');
    expectFormat(sequence(VERSION_1, identifier, NULL), 'no key in it');
    expectFormat(sequence(VERSION_1, identifier, bits(forms.seed)), 'no key in it');
    expectFormat(
      pkcs8(sample, new Uint8Array(0)),
      'something else',
      `a seed, an expanded key, or both, as ${name} has them`,
    );
  });

  it('is refused in a version that is not 1 or 2', () => {
    for (const version of [integer(2), integer(0xff), integer(0x7f), integer(1, 0), octets([0]), NULL]) {
      expectFormat(sequence(version, identifier, octets(forms.seed)), 'no version 1 or 2');
    }
    expectFormat(sequence(identifier, octets(forms.seed)), 'no version 1 or 2');
    expectFormat(sequence(integer(), identifier, octets(forms.seed)), 'BER that is not DER');
    expectFormat(sequence(), 'no version 1 or 2');
  });

  it('is refused with algorithm parameters', () => {
    for (const parameters of [NULL, integer(1), sequence()]) {
      expectFormat(
        sequence(VERSION_1, sequence(sample.oid, parameters), octets(forms.seed)),
        'some parameters',
        `${name} without algorithm parameters`,
      );
    }
  });

  it('is refused under the name of another algorithm', () => {
    for (const other of [oid(3, 18), oid(3, 17), oid(4, 2), oid(4, 1), oid(3, 34)]) {
      for (const [, choice] of choices) {
        const der = sequence(VERSION_1, sequence(other), octets(choice));
        expectInput(() => importPrivateKey(der), 'ERR_INPUT_ALGORITHM', 'data');
      }
    }
    const swapped = sequence(VERSION_1, (sample === KEM ? SIGN : KEM).identifier, octets(forms.seed));
    expectInput(() => importPrivateKey(swapped), 'ERR_INPUT_LENGTH', 'data');
  });

  it.each(choices)('with the form "%s" is refused with any bit of its header flipped', (_, choice) => {
    const secretBytes = choice === forms.seed ? seed.length : expandedKey.length;
    const seedStart =
      choice === forms.both ? pkcs8(sample, choice).length - secretBytes - 4 - seed.length : Infinity;
    for (const [der, trailer] of [
      [pkcs8(sample, choice), 0],
      [oneAsymmetricKey(sample, choice, publicKeyField(publicKey)), publicKey.length],
    ] as const) {
      // Everything before the last part of the private key; in version 2, what stands before the public key too.
      const offsets = [...Array(der.length - secretBytes - trailer).keys()];
      if (trailer > 0) offsets.push(...Array.from({ length: 5 }, (_, i) => der.length - trailer - 1 - i));
      const accepted: string[] = [];
      for (const offset of offsets) {
        const isSeed = offset >= seedStart && offset < seedStart + seed.length;
        for (const bit of isSeed ? [offset % 8] : [0, 1, 2, 3, 4, 5, 6, 7]) {
          try {
            importPrivateKey(flipped(der, offset, 1 << bit));
            accepted.push(`${offset}.${bit}`);
          } catch (error) {
            expect(error).toBeInstanceOf(InputError);
            expect(error).toMatchObject({ argument: 'data' });
            expect((error as InputError).code).toMatch(/^ERR_INPUT_(FORMAT|ALGORITHM|LENGTH|KEY)$/);
          }
        }
      }
      expect(accepted).toEqual([]);
    }
  });

  it.each(choices)('with the form "%s" is refused when it is cut off, wherever', (_, choice) => {
    const der = pkcs8(sample, choice);
    const step = Math.max(1, Math.floor(der.length / 60));
    const lengths = [...Array(70).keys(), der.length - 2, der.length - 1];
    for (let length = 70; length < der.length; length += step) lengths.push(length);
    for (const length of lengths.filter((length) => length < der.length)) {
      const error = thrownBy(() => importPrivateKey(der.subarray(0, length)));
      expect(error).toMatchObject({ name: 'InputError', code: 'ERR_INPUT_FORMAT', argument: 'data' });
    }
  });

  it.each(choices)('with the form "%s" is refused with anything behind it', (_, choice) => {
    const der = pkcs8(sample, choice);
    for (const extra of [[0], [0, 0], NULL]) expectFormat(bytes(der, extra), 'trailing bytes');
  });

  describe('in BER that is not DER', () => {
    const inner = octets(forms.seed);
    const content = bytes(VERSION_1, identifier, inner);
    const seedLong = bytes([0x80, 0x81, seed.length], seed);
    const bothContent = forms.both.subarray(4);
    it.each<[string, Uint8Array]>([
      ['a long length', bytes([0x30, 0x82, 0, content.length], content)],
      ['an indefinite length', bytes([0x30, 0x80], content, [0, 0])],
      ['a padded version', sequence([0x02, 0x02, 0, 0], identifier, inner)],
      ['a long length of the version', sequence([0x02, 0x81, 1, 0], identifier, inner)],
      ['a long length of the algorithm', sequence(VERSION_1, [0x30, 0x81, 11], sample.oid, inner)],
      [
        'a long length of the private key',
        sequence(VERSION_1, identifier, [0x04, 0x82, 0, forms.seed.length], forms.seed),
      ],
      [
        'a private key in pieces',
        sequence(
          VERSION_1,
          identifier,
          tlv(0x24, octets(forms.seed.subarray(0, 9)), octets(forms.seed.subarray(9))),
        ),
      ],
      ['a private key of indefinite length', sequence(VERSION_1, identifier, [0x24, 0x80], inner, [0, 0])],
      ['a long length of the seed', pkcs8(sample, seedLong)],
      ['an expanded key in pieces', pkcs8(sample, tlv(0x24, octets(expandedKey)))],
      [
        'a long length of the expanded key',
        pkcs8(sample, bytes([0x04, 0x83, 0], derLength(expandedKey.length).slice(1), expandedKey)),
      ],
      ['an indefinite length of both', pkcs8(sample, bytes([0x30, 0x80], bothContent, [0, 0]))],
      ['a seed in pieces, of both', pkcs8(sample, sequence(tlv(0x24, octets(seed)), octets(expandedKey)))],
      ['attributes of long length', pkcs8(sample, forms.seed, [0xa0, 0x81, 0])],
      ['attributes of indefinite length', pkcs8(sample, forms.seed, [0xa0, 0x80, 0, 0])],
      ['attributes with a long length inside', pkcs8(sample, forms.seed, tlv(0xa0, [0x30, 0x81, 0]))],
      [
        'a long length of the public key',
        oneAsymmetricKey(
          sample,
          forms.seed,
          [0x81, 0x83, 0],
          derLength(publicKey.length + 1).slice(1),
          [0],
          publicKey,
        ),
      ],
    ])('%s is refused', (_, der) => {
      const error = thrownBy(() => importPrivateKey(der));
      expect(error).toMatchObject({ name: 'InputError', code: 'ERR_INPUT_FORMAT', argument: 'data' });
    });
  });
});

describe('other keys and other bytes', () => {
  it.each([
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 1024 })],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
    ['ML-DSA-65', () => generateKeyPairSync('ml-dsa-65')],
    ['ML-KEM-768', () => generateKeyPairSync('ml-kem-768')],
  ])('an %s key of node:crypto is refused for its algorithm', (_, generate) => {
    const { privateKey } = generate();
    const der = privateKey.export({ format: 'der', type: 'pkcs8' });
    const error = thrownBy(() => importPrivateKey(der));
    expect((error as InputError).code).toMatch(/^ERR_INPUT_(ALGORITHM|FORMAT)$/);
    expect(error).toMatchObject({ name: 'InputError', argument: 'data' });
    expect(
      thrownBy(() => importPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }))),
    ).toMatchObject({
      name: 'InputError',
      argument: 'data',
    });
  });

  it('a public key is refused', () => {
    for (const sample of SAMPLES) expectFormat(spki(sample), 'no version 1 or 2');
  });

  it('an encrypted key is refused', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const options = { type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'p' } as const;
    const der = privateKey.export({ format: 'der', ...options });
    expectFormat(der, 'no version 1 or 2');
    const text = privateKey.export({ format: 'pem', ...options });
    expect(thrownBy(() => importPrivateKey(text))).toMatchObject({
      code: 'ERR_INPUT_FORMAT',
      argument: 'data',
      got: 'a PEM text "ENCRYPTED PRIVATE KEY"',
    });
  });

  it('more than 64 KiB are refused without parsing', () => {
    expect(thrownBy(() => importPrivateKey(new Uint8Array(65_537)))).toMatchObject({
      code: 'ERR_INPUT_LENGTH',
      argument: 'data',
      expected: '0 to 65536 bytes',
    });
    // As large as it may be, by its attributes.
    const attribute = octets(new Uint8Array(65_000));
    expect(importPrivateKey(pkcs8(SIGN, seedChoice(SIGN.seed), tlv(0xa0, attribute))).hasSeed).toBe(true);
  });

  it('any bytes are refused with an InputError, on the outside and inside', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom(...SAMPLES),
        fc.constantFrom(VERSION_1, VERSION_2),
        (noise, sample, version) => {
          for (const der of [
            noise,
            sequence(noise),
            sequence(version, sample.identifier, octets(noise)),
            sequence(
              version,
              sample.identifier,
              octets(seedChoice(sample.seed)),
              noise.length === 0 ? NULL : noise,
            ),
          ]) {
            let error: unknown;
            try {
              importPrivateKey(der);
              // Noise that happens to be attributes in DER.
              expect(noise[0]).toBe(0xa0);
              continue;
            } catch (caught) {
              error = caught;
            }
            expect(error).toBeInstanceOf(InputError);
            expect((error as InputError).code).toMatch(/^ERR_INPUT_(FORMAT|ALGORITHM|LENGTH|KEY)$/);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['number 7', 7],
    ['boolean true', true],
    ['an array of 1', [1]],
    ['a function', () => {}],
  ])('%s is refused', (got, value) => {
    const error = thrownBy(() => importPrivateKey(value as unknown as Uint8Array));
    expect(error).toMatchObject({ code: 'ERR_INPUT_TYPE', argument: 'data', got });
  });

  it.each(['ML-DSA-65', 'ml-kem-1024', '', null, 87])(
    'algorithm %s is refused, before anything is read',
    (algorithm) => {
      expectInput(
        () => importPrivateKey(new Uint8Array(0), algorithm as 'ML-DSA-87'),
        'ERR_INPUT_OPTION',
        'algorithm',
      );
    },
  );
});
