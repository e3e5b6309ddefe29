/** SubjectPublicKeyInfo in DER: exactly one encoding of a key is taken. */
import { generateKeyPairSync } from 'node:crypto';
import { exportPublicKey, importPublicKey, type PublicKeyFormat } from '@mwrasp/crypto/encodings';
import { KemPublicKey } from '@mwrasp/crypto/kem';
import { SignPublicKey } from '@mwrasp/crypto/sign';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { expectInput, NO_BYTES, thrownBy } from '../../support/errors.ts';
import { flipped, SEEDS, testKeys } from '../../support/keys.ts';
import {
  bits,
  derLength,
  integer,
  KEM,
  NULL,
  octets,
  oid,
  SAMPLES,
  type Sample,
  SIGN,
  sequence,
  spki,
  tlv,
} from './der-builder.ts';

const { recipient, recipientPublic, signer, signerPublic } = testKeys();
const keyOf = (sample: Sample) => (sample === KEM ? recipientPublic : signerPublic);

function expectFormat(der: Uint8Array, got: string): void {
  expect(thrownBy(() => importPublicKey(der))).toMatchObject({
    name: 'InputError',
    code: 'ERR_INPUT_FORMAT',
    argument: 'data',
    expected: 'a SubjectPublicKeyInfo in DER',
    got,
  });
}

describe.each(SAMPLES)('SPKI of $name', (sample) => {
  const der = spki(sample);
  const headerBytes = der.length - sample.publicKey.length;
  const key = keyOf(sample);

  it('is written byte for byte as RFC 9881 and RFC 9935 have it', () => {
    expect(exportPublicKey(key, 'der')).toEqual(der);
    expect(headerBytes).toBe(22);
  });

  it('is read, by either overload, from any buffer', () => {
    const read = importPublicKey(der);
    expect(read).toBeInstanceOf(sample === KEM ? KemPublicKey : SignPublicKey);
    expect(read.equals(key)).toBe(true);
    expect(importPublicKey(der, sample.name).equals(key)).toBe(true);
    const large = Buffer.concat([Buffer.alloc(3), der, Buffer.alloc(4)]);
    expect(importPublicKey(large.subarray(3, 3 + der.length)).equals(key)).toBe(true);
  });

  it('is not kept: the caller may do with the bytes what he wants', () => {
    const bytes = Uint8Array.from(der);
    const read = importPublicKey(bytes);
    bytes.fill(0);
    expect(read.toBytes()).toEqual(sample.publicKey);
  });

  it('of the other algorithm is refused when one is named', () => {
    const other = sample === KEM ? SIGN : KEM;
    const error = thrownBy(() => importPublicKey(der, other.name));
    expect(error).toMatchObject({
      code: 'ERR_INPUT_ALGORITHM',
      argument: 'data',
      expected: `a key for ${other.name}`,
      got: `one for ${sample.name}`,
    });
  });

  it('is refused with any bit of its header flipped', () => {
    const accepted: string[] = [];
    for (let offset = 0; offset < headerBytes; offset++) {
      for (let bit = 0; bit < 8; bit++) {
        try {
          importPublicKey(flipped(der, offset, 1 << bit));
          accepted.push(`${offset}.${bit}`);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect(error).toMatchObject({ argument: 'data' });
          expect((error as InputError).code).toMatch(/^ERR_INPUT_(FORMAT|ALGORITHM|LENGTH)$/);
        }
      }
    }
    expect(accepted).toEqual([]);
  });

  it('is refused when it is cut off, wherever', () => {
    const lengths = [
      ...Array(64).keys(),
      ...Array.from({ length: 40 }, (_, i) => 64 + i * 37),
      der.length - 1,
    ];
    for (const length of lengths) {
      const error = thrownBy(() => importPublicKey(der.subarray(0, length)));
      expect(error).toMatchObject({ name: 'InputError', code: 'ERR_INPUT_FORMAT', argument: 'data' });
    }
  });

  it('is refused with anything behind it', () => {
    for (const extra of [[0], [0, 0], [0x05, 0x00], [...der]]) {
      expectFormat(Uint8Array.of(...der, ...extra), 'trailing bytes');
    }
  });

  it('is refused with algorithm parameters, NULL or other', () => {
    for (const parameters of [NULL, integer(1), octets(), sequence()]) {
      const error = thrownBy(() =>
        importPublicKey(sequence(sequence(sample.oid, parameters), bits(sample.publicKey))),
      );
      expect(error).toMatchObject({
        code: 'ERR_INPUT_FORMAT',
        argument: 'data',
        expected: `${sample.name} without algorithm parameters`,
        got: 'some parameters',
      });
    }
  });

  it('is refused with a third part', () => {
    expectFormat(
      sequence(sample.identifier, bits(sample.publicKey), NULL),
      'other parts, or BER that is not DER',
    );
  });

  it.each([0, 1, -1, -32, 32])('is refused with a key that is %i bytes too long', (extra) => {
    const publicKey = new Uint8Array(
      sample.publicKey.length + (extra === 0 ? -sample.publicKey.length : extra),
    );
    const error = thrownBy(() => importPublicKey(sequence(sample.identifier, bits(publicKey))));
    expect(error).toMatchObject({
      code: 'ERR_INPUT_LENGTH',
      argument: 'data',
      expected: `a public key of ${sample.publicKey.length} bytes`,
      got: `${publicKey.length} bytes`,
    });
  });

  it('is refused with a key that is no bit string of whole bytes', () => {
    for (const unused of [1, 7, 8, 255]) {
      const der = sequence(sample.identifier, tlv(0x03, [unused], sample.publicKey));
      const error = thrownBy(() => importPublicKey(der));
      expect(error).toMatchObject({ name: 'InputError', argument: 'data' });
    }
    expectFormat(sequence(sample.identifier, octets(sample.publicKey)), 'no key in it');
    expectFormat(sequence(sample.identifier), 'no key in it');
  });

  describe('in BER that is not DER', () => {
    const body = [...sample.identifier, ...bits(sample.publicKey)];
    const bitContent = [0, ...sample.publicKey];
    const oidContent = [...sample.oid.subarray(2)];
    const half = sample.publicKey.length / 2;
    it.each<[string, number[]]>([
      ['a length of three octets', [0x30, 0x83, 0, ...derLength(body.length).slice(1), ...body]],
      ['a length of four octets', [0x30, 0x84, 0, 0, ...derLength(body.length).slice(1), ...body]],
      ['an indefinite length', [0x30, 0x80, ...body, 0, 0]],
      [
        'a long length inside',
        [...sequence(Uint8Array.of(0x30, 0x81, 11, ...sample.oid), bits(sample.publicKey))],
      ],
      [
        'a long length of the OID',
        [...sequence(sequence([0x06, 0x81, 9, ...oidContent]), bits(sample.publicKey))],
      ],
      [
        'an indefinite length inside',
        [...sequence(Uint8Array.of(0x30, 0x80, ...sample.oid, 0, 0), bits(sample.publicKey))],
      ],
      [
        'a long length of the bit string',
        [
          ...sequence(sample.identifier, [
            0x03,
            0x83,
            0,
            ...derLength(bitContent.length).slice(1),
            ...bitContent,
          ]),
        ],
      ],
      [
        'a bit string of two',
        [
          ...sequence(
            sample.identifier,
            tlv(0x23, bits(sample.publicKey.subarray(0, half)), bits(sample.publicKey.subarray(half))),
          ),
        ],
      ],
      [
        'an OID padded with 0x80',
        [...sequence(sequence(tlv(0x06, [0x80, ...oidContent])), bits(sample.publicKey))],
      ],
    ])('%s is refused', (_, bytes) => {
      const error = thrownBy(() => importPublicKey(Uint8Array.from(bytes)));
      expect(error).toMatchObject({ name: 'InputError', argument: 'data' });
      expect((error as InputError).code).toMatch(/^ERR_INPUT_(FORMAT|ALGORITHM)$/);
    });
  });
});

describe('other keys and other bytes', () => {
  it.each([
    ['ML-DSA-44', oid(3, 17), '2.16.840.1.101.3.4.3.17'],
    ['ML-DSA-65', oid(3, 18), '2.16.840.1.101.3.4.3.18'],
    ['HashML-DSA-87', oid(3, 34), '2.16.840.1.101.3.4.3.34'],
    ['ML-KEM-512', oid(4, 1), '2.16.840.1.101.3.4.4.1'],
    ['ML-KEM-768', oid(4, 2), '2.16.840.1.101.3.4.4.2'],
    ['P-256', tlv(0x06, [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]), '1.2.840.10045.2.1'],
  ])('the OID of %s is refused by name', (_, other, dotted) => {
    for (const { publicKey } of SAMPLES) {
      const error = thrownBy(() => importPublicKey(sequence(sequence(other), bits(publicKey))));
      expect(error).toMatchObject({
        code: 'ERR_INPUT_ALGORITHM',
        argument: 'data',
        expected: 'an ML-KEM-1024 or ML-DSA-87 key',
        got: `algorithm ${dotted}`,
      });
    }
  });

  it.each([
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 1024 })],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
    ['ML-DSA-65', () => generateKeyPairSync('ml-dsa-65')],
    ['ML-KEM-768', () => generateKeyPairSync('ml-kem-768')],
  ])('an %s key of node:crypto is refused for its algorithm', (_, generate) => {
    const { publicKey } = generate();
    const der = publicKey.export({ format: 'der', type: 'spki' });
    expectInput(() => importPublicKey(der), 'ERR_INPUT_ALGORITHM', 'data');
    const pem = publicKey.export({ format: 'pem', type: 'spki' });
    expectInput(() => importPublicKey(pem), 'ERR_INPUT_ALGORITHM', 'data');
  });

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'other ASN.1, or none'],
    ['one byte', Uint8Array.of(0x30), 'other ASN.1, or none'],
    ['an octet string', octets([1, 2, 3]), 'other ASN.1, or none'],
    ['a set', tlv(0x31, KEM.identifier, bits(KEM.publicKey)), 'other ASN.1, or none'],
    ['an integer', integer(5), 'other ASN.1, or none'],
    ['an empty sequence', sequence(), 'no algorithm'],
    ['a sequence without an algorithm', sequence(bits(KEM.publicKey)), 'no algorithm'],
    ['an algorithm that is no sequence', sequence(KEM.oid, bits(KEM.publicKey)), 'no algorithm'],
    ['an algorithm that is empty', sequence(sequence(), bits(KEM.publicKey)), 'no algorithm'],
    ['an algorithm that is a number', sequence(sequence(integer(1)), bits(KEM.publicKey)), 'no algorithm'],
  ])('%s is refused', (_, der, got) => expectFormat(der, got));

  it('refuses a private key', () => {
    const der = sequence(integer(0), SIGN.identifier, octets(tlv(0x80, SEEDS.signer)));
    expectFormat(der, 'no algorithm');
  });

  it.each([30, 31, 32, 33, 65_000])(
    'refuses an OID of %i bytes, and repeats it only when it is short',
    (length) => {
      const der = sequence(
        sequence(tlv(0x06, new Uint8Array(length - 2).fill(1))),
        bits(KEM.publicKey.subarray(0, 9)),
      );
      const error = thrownBy(() => importPublicKey(der));
      expect(error).toMatchObject(
        length <= 32
          ? { code: 'ERR_INPUT_ALGORITHM', argument: 'data' }
          : { code: 'ERR_INPUT_FORMAT', argument: 'data', got: 'a very long algorithm' },
      );
      expect((error as InputError).message.length).toBeLessThan(200);
    },
  );

  it.each<[string, number[], string]>([
    ['a sequence that ends too early', [0x30, 0x02], 'other ASN.1, or none'],
    ['a part that ends too early', [0x30, 0x02, 0x30, 0x05], 'other ASN.1, or none'],
    ['a length that is reserved', [0x30, 0x02, 0x04, 0xff], 'other ASN.1, or none'],
    ['something behind it', [0x30, 0x02, 0x05, 0x00, 0x00], 'trailing bytes'],
  ])('refuses %s by name', (_, der, got) => {
    expect(thrownBy(() => importPublicKey(Uint8Array.from(der)))).toMatchObject({
      code: 'ERR_INPUT_FORMAT',
      argument: 'data',
      expected: 'a SubjectPublicKeyInfo in DER',
      got,
    });
  });

  it('refuses deep and wide nesting', () => {
    let deep = sequence();
    for (let i = 0; i < 300; i++) deep = sequence(deep);
    const wide = sequence(...Array.from({ length: 20_000 }, () => NULL));
    const open = new Uint8Array(60_000).fill(0x30).map((byte, i) => (i % 2 === 0 ? byte : 0x80));
    for (const der of [deep, wide, open]) {
      expectInput(() => importPublicKey(der), 'ERR_INPUT_FORMAT', 'data');
    }
  });

  it('refuses more than 64 KiB without parsing', () => {
    const error = thrownBy(() => importPublicKey(new Uint8Array(65_537)));
    expect(error).toMatchObject({
      code: 'ERR_INPUT_LENGTH',
      argument: 'data',
      expected: '0 to 65536 bytes',
      got: '65537 bytes',
    });
    expectInput(() => importPublicKey(new Uint8Array(65_536)), 'ERR_INPUT_FORMAT', 'data');
  });

  it('refuses any bytes with an InputError', () => {
    const headers = SAMPLES.map((sample) => spki(sample).subarray(0, 22));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc
            .tuple(fc.constantFrom(...headers), fc.uint8Array({ maxLength: 100 }))
            .map(([a, b]) => Uint8Array.of(...a, ...b)),
        ),
        (bytes) => {
          const error = thrownBy(() => importPublicKey(bytes));
          expect(error).toBeInstanceOf(InputError);
          expect((error as InputError).code).toMatch(/^ERR_INPUT_(FORMAT|ALGORITHM|LENGTH)$/);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('refuses a KEM key that fails the modulus check, and names the argument', () => {
    const der = sequence(KEM.identifier, bits(Uint8Array.from(KEM.publicKey).fill(0xff, 300, 303)));
    expectInput(() => importPublicKey(der), 'ERR_INPUT_KEY', 'data');
  });
});

describe('wrong input', () => {
  it.each(NO_BYTES.filter(([, value]) => typeof value !== 'string' && !Object.is(value, undefined)))(
    'importPublicKey refuses %s',
    (_, value) => {
      const error = thrownBy(() => importPublicKey(value as Uint8Array));
      expect(error).toMatchObject({
        name: 'InputError',
        code: /^ERR_INPUT_(TYPE|FORMAT)$/.exec((error as InputError).code)?.[0],
      });
      expect((error as InputError).argument).toMatch(/^data(\.kty)?$/);
    },
  );

  it('importPublicKey refuses undefined', () => {
    expectInput(() => importPublicKey(undefined as unknown as string), 'ERR_INPUT_TYPE', 'data');
  });

  it.each([
    ['a string of 9 characters', 'ML-DSA-65'],
    ['a string of 9 characters', 'ml-dsa-87'],
    ['a string of 0 characters', ''],
    ['null', null],
    ['number 87', 87],
    ['an object', {}],
  ])('importPublicKey refuses %s as an algorithm, before it reads', (got, algorithm) => {
    const error = thrownBy(() => importPublicKey(new Uint8Array(0), algorithm as 'ML-DSA-87'));
    expect(error).toMatchObject({
      code: 'ERR_INPUT_OPTION',
      argument: 'algorithm',
      expected: '"ML-KEM-1024" or "ML-DSA-87"',
      got,
    });
  });

  it.each<readonly [string, unknown]>([
    ...NO_BYTES,
    ['a KemPrivateKey', recipient],
    ['a SignPrivateKey', signer],
    ['64 bytes', SEEDS.recipient],
  ])('exportPublicKey refuses %s as a key', (got, value) => {
    const error = thrownBy(() => exportPublicKey(value as KemPublicKey, 'der'));
    expect(error).toMatchObject({ code: 'ERR_INPUT_TYPE', argument: 'key', expected: 'a public key', got });
  });

  it.each([
    ['a string of 3 characters', 'xyz'],
    ['a string of 4 characters', 'seed'],
    ['a string of 3 characters', 'raw'],
    ['a string of 3 characters', 'PEM'],
    ['undefined', undefined],
    ['null', null],
    ['an array of 1', ['der']],
  ])('exportPublicKey refuses %s as a format', (got, format) => {
    const error = thrownBy(() => exportPublicKey(signerPublic, format as PublicKeyFormat as 'der'));
    expect(error).toMatchObject({
      code: 'ERR_INPUT_OPTION',
      argument: 'format',
      expected: 'one of der, pem, jwk',
      got,
    });
  });
});
