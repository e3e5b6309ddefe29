/** JWK and JWKS: own members only, canonical base64url, private and public kept apart. */
import {
  exportJwks,
  exportPublicKey,
  importJwks,
  importPrivateKey,
  importPublicKey,
  type PrivateJwk,
  type PublicJwk,
} from '@mwrasp/crypto/encodings';
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import { KemPrivateKey, KemPublicKey } from '@mwrasp/crypto/kem';
import { SignPrivateKey, SignPublicKey } from '@mwrasp/crypto/sign';
import fc from 'fast-check';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { expectInput, thrownBy } from '../../support/errors.ts';
import { testKeys } from '../../support/keys.ts';
import { KEM, SAMPLES, type Sample, SIGN } from './der-builder.ts';

const { recipient, recipientPublic, otherRecipient, signer, signerPublic, otherSigner } = testKeys();
const b64u = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

const keyOf = (sample: Sample) => (sample === KEM ? recipient : signer);

function publicJwk(sample: Sample): PublicJwk {
  return { kty: 'AKP', alg: sample.name, pub: b64u(sample.publicKey) };
}

function privateJwk(sample: Sample): PrivateJwk {
  return { ...publicJwk(sample), priv: b64u(sample.seed) };
}

describe.each(SAMPLES)('a JWK of $name', (sample) => {
  const { publicKey } = keyOf(sample);
  const importBoth = (jwk: unknown): [() => unknown, () => unknown] => [
    () => importPublicKey(jwk as PublicJwk),
    () => importPrivateKey({ priv: b64u(sample.seed), ...(jwk as object) } as PrivateJwk),
  ];

  it('is written with exactly these members', async () => {
    const jwk = exportPublicKey(publicKey, 'jwk');
    expect(jwk).toEqual({
      ...publicJwk(sample),
      kid: await calculateJwkThumbprint(publicJwk(sample)),
      use: sample === KEM ? 'enc' : 'sig',
    });
  });

  it('is read, public and private', () => {
    const read = importPublicKey(publicJwk(sample));
    expect(read).toBeInstanceOf(sample === KEM ? KemPublicKey : SignPublicKey);
    expect(read.equals(publicKey)).toBe(true);
    const key = importPrivateKey(privateJwk(sample));
    expect(key).toBeInstanceOf(sample === KEM ? KemPrivateKey : SignPrivateKey);
    expect(key.publicKey.equals(publicKey)).toBe(true);
    expect(exportPrivateKey(key, 'seed').expose()).toEqual(sample.seed);
  });

  it('is read whatever else is in it, and without a prototype', () => {
    const extra = { kid: 'mine', use: 'enc', key_ops: ['verify'], x5c: [1], other: null };
    expect(importPublicKey({ ...publicJwk(sample), ...extra } as PublicJwk).keyId).toBe(publicKey.keyId);
    const bare = Object.assign(Object.create(null), publicJwk(sample)) as PublicJwk;
    expect(importPublicKey(bare).equals(publicKey)).toBe(true);
  });

  it('is refused under the name of the other algorithm', () => {
    const other = sample === KEM ? SIGN.name : KEM.name;
    const problem = {
      code: 'ERR_INPUT_ALGORITHM',
      argument: 'data',
      expected: `a key for ${other}`,
      got: `one for ${sample.name}`,
    };
    expect(thrownBy(() => importPublicKey(publicJwk(sample), other))).toMatchObject(problem);
    expect(thrownBy(() => importPrivateKey(privateJwk(sample), other))).toMatchObject(problem);
    for (const work of importBoth({ ...publicJwk(sample), alg: other }))
      expectInput(work, 'ERR_INPUT_LENGTH', 'data.pub');
  });

  it.each([
    ['OKP', '"OKP"'],
    ['akp', '"akp"'],
    ['', '""'],
    ['x'.repeat(50), `"${'x'.repeat(32)}"`],
  ])('is refused with kty "%s"', (kty, got) => {
    for (const work of importBoth({ ...publicJwk(sample), kty })) {
      expect(thrownBy(work)).toMatchObject({
        code: 'ERR_INPUT_ALGORITHM',
        argument: 'data.kty',
        expected: '"AKP" (RFC 9964)',
        got,
      });
    }
  });

  it.each([
    ['ML-DSA-65', '"ML-DSA-65"'],
    ['ML-KEM-768', '"ML-KEM-768"'],
    ['ml-dsa-87', '"ml-dsa-87"'],
    ['y'.repeat(50), `"${'y'.repeat(32)}"`],
  ])('is refused with alg "%s"', (alg, got) => {
    for (const work of importBoth({ ...publicJwk(sample), alg })) {
      expect(thrownBy(work)).toMatchObject({
        code: 'ERR_INPUT_ALGORITHM',
        argument: 'data.alg',
        expected: '"ML-KEM-1024" or "ML-DSA-87"',
        got,
      });
    }
  });

  it.each(['kty', 'alg', 'pub'])('is refused when %s is missing or no string', (name) => {
    const { [name]: _, ...without } = publicJwk(sample) as unknown as Record<string, unknown>;
    for (const work of importBoth(without)) {
      expect(thrownBy(work)).toMatchObject({
        code: 'ERR_INPUT_FORMAT',
        argument: `data.${name}`,
        expected: 'a string',
        got: 'undefined',
      });
    }
    for (const value of [null, 7, true, {}, ['AKP'], new String('AKP')]) {
      for (const work of importBoth({ ...without, [name]: value }))
        expectInput(work, 'ERR_INPUT_FORMAT', `data.${name}`);
    }
  });

  it('is refused when a prototype answers for its members', () => {
    const inherited = Object.create(publicJwk(sample)) as PublicJwk;
    expectInput(() => importPublicKey(inherited), 'ERR_INPUT_FORMAT', 'data.kty');
    for (const name of ['kty', 'alg', 'pub', 'priv'] as const) {
      const jwk = privateJwk(sample) as unknown as Record<string, unknown>;
      const { [name]: value, ...own } = jwk;
      const mixed = Object.assign(Object.create({ [name]: value }), own) as PrivateJwk;
      expectInput(() => importPrivateKey(mixed), 'ERR_INPUT_FORMAT', `data.${name}`);
    }
    // An inherited "priv" is no member: the key is a public one.
    const publicOnly = Object.assign(Object.create({ priv: 'x' }), publicJwk(sample)) as PublicJwk;
    expect(importPublicKey(publicOnly).equals(publicKey)).toBe(true);
  });

  it('is refused as a public key when it is a private one, whatever "priv" holds', () => {
    for (const priv of [b64u(sample.seed), '', null, undefined]) {
      expect(thrownBy(() => importPublicKey({ ...publicJwk(sample), priv } as PublicJwk))).toMatchObject({
        code: 'ERR_INPUT_FORMAT',
        argument: 'data',
        expected: 'a public JWK',
        got: 'a private one (it has "priv")',
      });
    }
  });

  it('is refused as a private key when it is a public one', () => {
    expectInput(() => importPrivateKey(publicJwk(sample) as PrivateJwk), 'ERR_INPUT_FORMAT', 'data.priv');
  });

  it.each(['pub', 'priv'] as const)('is refused when %s is not canonical base64url', (name) => {
    const jwk = privateJwk(sample);
    const good = jwk[name];
    // Lengths that are no multiple of 3 leave bits in the last character that must be zero.
    const stray = good.length % 4 === 0 ? `${good}A` : good.slice(0, -1) + (good.endsWith('w') ? 'x' : '9');
    for (const value of [
      `${good}=`,
      `${good}==`,
      ` ${good}`,
      `${good}\n`,
      `${good.slice(1)}+`,
      `${good.slice(1)}/`,
      `${good.slice(1)}é`,
      stray,
    ]) {
      const error = thrownBy(() => importPrivateKey({ ...jwk, [name]: value }));
      expect(error).toMatchObject({ name: 'InputError', code: 'ERR_INPUT_FORMAT', argument: `data.${name}` });
    }
  });

  it('is refused when pub or priv has another length', () => {
    const { publicKey: pub, seed } = sample;
    for (const [name, good] of [
      ['pub', pub],
      ['priv', seed],
    ] as const) {
      for (const wrong of [new Uint8Array(0), good.subarray(1), Uint8Array.of(...good, 0)]) {
        expect(
          thrownBy(() => importPrivateKey({ ...privateJwk(sample), [name]: b64u(wrong) })),
        ).toMatchObject({
          code: 'ERR_INPUT_LENGTH',
          argument: `data.${name}`,
          expected: `${good.length} bytes`,
          got: `${wrong.length} bytes`,
        });
      }
    }
    expectInput(
      () => importPrivateKey({ ...privateJwk(sample), priv: b64u(sample.expandedKey) }),
      'ERR_INPUT_LENGTH',
      'data.priv',
    );
  });

  it('is refused when pub does not belong to priv', () => {
    for (const jwk of [
      { ...privateJwk(sample), pub: b64u(sample.otherPublicKey) },
      { ...privateJwk(sample), priv: b64u(sample.otherSeed) },
    ]) {
      expect(thrownBy(() => importPrivateKey(jwk))).toMatchObject({
        code: 'ERR_INPUT_KEY',
        argument: 'data.pub',
        expected: 'the public key of priv',
        got: 'another',
      });
    }
  });
});

it('a JWK of a KEM key that fails the modulus check is refused by its member', () => {
  const pub = b64u(Uint8Array.from(KEM.publicKey).fill(0xff, 30, 33));
  expectInput(() => importPublicKey({ ...publicJwk(KEM), pub }), 'ERR_INPUT_KEY', 'data.pub');
  expectInput(() => importPrivateKey({ ...privateJwk(KEM), pub }), 'ERR_INPUT_KEY', 'data.pub');
  expectInput(
    () => importJwks({ keys: [publicJwk(SIGN), { ...publicJwk(KEM), pub }] }),
    'ERR_INPUT_KEY',
    'jwks.keys[1].pub',
  );
});

it('any JSON is refused with an InputError', () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom('kty', 'alg', 'pub', 'priv'), fc.jsonValue()),
      (value, part) => {
        for (const jwk of [value, { ...publicJwk(SIGN), ...part }, { ...privateJwk(KEM), ...part }]) {
          for (const read of [importPublicKey, importPrivateKey] as ((jwk: unknown) => unknown)[]) {
            if (typeof jwk === 'string') continue;
            try {
              read(jwk);
              expect(Object.keys(part)).toEqual([]);
            } catch (error) {
              expect(error).toBeInstanceOf(InputError);
              expect((error as InputError).code).toMatch(/^ERR_INPUT_(TYPE|FORMAT|ALGORITHM|LENGTH)$/);
            }
          }
        }
        try {
          expect(importJwks({ keys: value }).size).toBe(0);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      },
    ),
    { numRuns: 200 },
  );
});

describe('exportJwks', () => {
  it('writes keys of both algorithms, in order', () => {
    const keys = [signerPublic, recipientPublic, otherSigner.publicKey];
    expect(exportJwks(keys)).toEqual({ keys: keys.map((key) => exportPublicKey(key, 'jwk')) });
    expect(exportJwks([])).toEqual({ keys: [] });
  });

  it('refuses a key twice', () => {
    const again = SignPublicKey.fromBytes(signerPublic.toBytes());
    expect(thrownBy(() => exportJwks([signerPublic, recipientPublic, again]))).toMatchObject({
      code: 'ERR_INPUT_KEY',
      argument: 'keys[2]',
      expected: 'each key once',
      got: `key ${signerPublic.keyId} again`,
    });
  });

  it.each<readonly [string, unknown]>([
    ['a KemPrivateKey', recipient],
    ['a SignPrivateKey', signer],
    ['an object', exportPublicKey(signerPublic, 'jwk')],
    ['2592 bytes', signerPublic.toBytes()],
    ['undefined', undefined],
    ['null', null],
  ])('refuses %s among the keys', (got, value) => {
    expect(thrownBy(() => exportJwks([signerPublic, value as SignPublicKey]))).toMatchObject({
      code: 'ERR_INPUT_TYPE',
      argument: 'keys[1]',
      expected: 'a public key',
      got,
    });
  });

  it.each<readonly [string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a SignPublicKey', signerPublic],
    ['a Set', new Set([signerPublic])],
    ['an object', { keys: [] }],
  ])('refuses %s for an array', (got, value) => {
    expect(thrownBy(() => exportJwks(value as SignPublicKey[]))).toMatchObject({
      code: 'ERR_INPUT_TYPE',
      argument: 'keys',
      expected: 'an array of public keys',
      got,
    });
  });
});

describe('importJwks', () => {
  const ours = [signerPublic, recipientPublic, otherRecipient.publicKey];
  const foreign = [
    { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' },
    { kty: 'AKP', alg: 'ML-DSA-65', pub: 'AA' },
    { kty: 'AKP', alg: 'ML-KEM-768', pub: 'AA', priv: 'AA' },
    { kty: 'AKP' },
    { kty: 'oct', k: 'AA', alg: 'ML-DSA-87' },
    {},
  ];

  it('reads what exportJwks wrote, after JSON', () => {
    const keys = importJwks(JSON.parse(JSON.stringify(exportJwks(ours))));
    expect([...keys.keys()]).toEqual(ours.map((key) => key.keyId));
    for (const key of ours) expect(keys.get(key.keyId)?.equals(key)).toBe(true);
  });

  it('passes over foreign keys, and knows ours by thumbprint whatever their kid', () => {
    const jwks = {
      keys: [foreign[0], { ...publicJwk(SIGN), kid: 'x' }, ...foreign.slice(1), publicJwk(KEM)],
      more: 1,
    };
    const keys = importJwks(jwks);
    expect([...keys.keys()]).toEqual([signerPublic.keyId, recipientPublic.keyId]);
    expect(importJwks({ keys: foreign }).size).toBe(0);
    expect(importJwks({ keys: [] }).size).toBe(0);
  });

  it('refuses a key of ours twice, also under two names', () => {
    const jwks = { keys: [{ ...publicJwk(SIGN), kid: 'a' }, ...foreign, { ...publicJwk(SIGN), kid: 'b' }] };
    expect(thrownBy(() => importJwks(jwks))).toMatchObject({
      code: 'ERR_INPUT_KEY',
      argument: 'jwks.keys[7]',
      expected: 'each key once',
      got: `key ${signerPublic.keyId} again`,
    });
  });

  it.each<[string, unknown, string, string]>([
    ['a private key', privateJwk(KEM), 'ERR_INPUT_FORMAT', 'jwks.keys[1]'],
    ['no pub', { kty: 'AKP', alg: 'ML-DSA-87' }, 'ERR_INPUT_FORMAT', 'jwks.keys[1].pub'],
    [
      'a padded pub',
      { ...publicJwk(KEM), pub: `${b64u(KEM.publicKey)}=` },
      'ERR_INPUT_FORMAT',
      'jwks.keys[1].pub',
    ],
    ['a short pub', { ...publicJwk(KEM), pub: 'AAAA' }, 'ERR_INPUT_LENGTH', 'jwks.keys[1].pub'],
    ['null', null, 'ERR_INPUT_TYPE', 'jwks.keys[1]'],
    ['a string', 'key', 'ERR_INPUT_TYPE', 'jwks.keys[1]'],
    ['an array', [], 'ERR_INPUT_TYPE', 'jwks.keys[1]'],
    ['undefined', undefined, 'ERR_INPUT_TYPE', 'jwks.keys[1]'],
    ['bytes', new Uint8Array(3), 'ERR_INPUT_TYPE', 'jwks.keys[1]'],
  ])('refuses %s among the keys', (_, jwk, code, argument) => {
    expectInput(() => importJwks({ keys: [publicJwk(SIGN), jwk] }), code as 'ERR_INPUT_TYPE', argument);
  });

  it('passes over what is only inherited', () => {
    const keys = importJwks({ keys: [Object.create(publicJwk(KEM)), publicJwk(SIGN)] });
    expect([...keys.values()].map(({ algorithm }) => algorithm)).toEqual(['ML-DSA-87']);
  });

  it('refuses what cannot be read, by its name', () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    const throws = {
      get: (): never => {
        throw new Error('not today');
      },
      enumerable: true,
    };
    const unreadable: [unknown, string, string][] = [
      [Object.defineProperty({}, 'keys', throws), 'jwks', 'a JWK object'],
      [{ keys: proxy }, 'jwks.keys', 'an array'],
      [{ keys: Object.defineProperty([], 0, throws) }, 'jwks.keys[0]', 'an array'],
      [{ keys: [Object.defineProperty({}, 'kty', throws)] }, 'jwks.keys[0]', 'a JWK object'],
    ];
    for (const [jwks, argument, expected] of unreadable) {
      expectInput(() => importJwks(jwks), 'ERR_INPUT_TYPE', argument);
      expect(thrownBy(() => importJwks(jwks))).toMatchObject({ expected });
    }
  });

  it('reads 10 000 keys and refuses one more', () => {
    const many = Array.from({ length: 10_000 }, () => foreign[0]);
    expect(importJwks({ keys: many }).size).toBe(0);
    expect(thrownBy(() => importJwks({ keys: [...many, foreign[0]] }))).toMatchObject({
      code: 'ERR_INPUT_LENGTH',
      argument: 'jwks.keys',
      expected: 'at most 10000 keys',
      got: '10001',
    });
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a string of 11 characters', '{"keys":[]}'],
    ['an array of 0', []],
    ['2 bytes', new Uint8Array(2)],
    ['number 7', 7],
  ])('refuses %s', (got, value) => {
    expect(thrownBy(() => importJwks(value))).toMatchObject({
      code: 'ERR_INPUT_TYPE',
      argument: 'jwks',
      expected: 'a JWK object',
      got,
    });
  });

  it.each([
    ['undefined', {}],
    ['undefined', Object.create({ keys: [] })],
    ['null', { keys: null }],
    ['an object', { keys: {} }],
    ['a string of 0 characters', { keys: '' }],
  ])('refuses a set whose keys are %s', (got, value) => {
    expect(thrownBy(() => importJwks(value))).toMatchObject({
      code: 'ERR_INPUT_FORMAT',
      argument: 'jwks.keys',
      expected: 'an array',
      got,
    });
  });
});
