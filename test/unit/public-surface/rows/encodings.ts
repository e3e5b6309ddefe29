import {
  exportJwks,
  exportPublicKey,
  importJwks,
  importPrivateKey,
  importPublicKey,
} from '@mwrasp/crypto/encodings';
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import {
  type Argument,
  argument,
  arrayOf,
  kemPublicKey,
  oneOf,
  optional,
  signPublicKey,
} from '../arguments.ts';
import { row, type Table } from '../row.ts';
import {
  formsOf,
  lying,
  privatePem,
  publicPem,
  signPrivate,
  signPublic,
  throwingGetters,
} from '../values.ts';

const publicDer = exportPublicKey(signPublic, 'der');
const publicJwk = exportPublicKey(signPublic, 'jwk');
const privateDer = exportPrivateKey(signPrivate, 'der').expose();
const privateJwk = exportPrivateKey(signPrivate, 'jwk');

/** DER, PEM or JWK, and what is wrong with each. */
function encodedKey(der: Uint8Array, pem: string, jwk: object, members: readonly string[]): Argument {
  return argument('data', () => der, {
    right: { ...formsOf(der), 'a PEM text': () => pem, 'a JWK': () => jwk },
    takes: [],
    wrong: {
      'DER that is cut': () => der.slice(0, -1),
      'DER with a byte behind it': () => Uint8Array.of(...der, 0),
      'DER that says it is longer': () => lying(der, der.length + 1),
      'more bytes than any key has': () => new Uint8Array(65537),
      'DER that nests without end': () => new Uint8Array(60000).fill(0x30),
      'PEM that is cut': () => pem.slice(0, -10),
      'PEM with an end only': () => pem.slice(pem.indexOf('\n') + 1),
      'PEM without a body': () => pem.replaceAll(/\n[^-][^\n]*/g, ''),
      'PEM in one line': () => pem.replaceAll('\n', ''),
      'two PEM blocks': () => pem + pem,
      'a very long PEM text': () => pem + '\n'.repeat(200_000),
      'JSON of a JWK': () => JSON.stringify(jwk),
      'a JWK with an array for its algorithm': () => ({ ...jwk, alg: ['ML-DSA-87'] }),
      'a JWK that is only inherited': () => Object.create(jwk),
      ...Object.fromEntries(
        members.flatMap((name) => [
          [`a JWK without ${name}`, () => ({ ...jwk, [name]: undefined })],
          [`a JWK with a number for ${name}`, () => ({ ...jwk, [name]: 7 })],
          [`a JWK with an object for ${name}`, () => ({ ...jwk, [name]: throwingGetters('length') })],
          [`a JWK with another text for ${name}`, () => ({ ...jwk, [name]: 'Nothing' })],
          [`a JWK with a long text for ${name}`, () => ({ ...jwk, [name]: 'A'.repeat(1_000_000) })],
          [`a JWK whose ${name} throws`, () => hostile(jwk, name)],
        ]),
      ),
    },
  });
}

/** A JWK one of whose members cannot be read. */
function hostile(jwk: object, name: string): object {
  return Object.defineProperties(throwingGetters(name), {
    ...Object.getOwnPropertyDescriptors({ ...jwk, [name]: undefined }),
    ...Object.getOwnPropertyDescriptors(throwingGetters(name)),
  });
}

const publicKey = argument('keys', () => signPublic, {
  takes: [
    'a KEM public key',
    'a public key for signatures',
    'a key with the prototype of the other algorithm',
  ],
  wrong: { 'the same key again': () => signPublic },
});

export const ENCODINGS: Table = {
  rows: {
    'encodings.exportPublicKey': row(exportPublicKey, [
      { ...kemPublicKey('key'), takes: [...kemPublicKey('key').takes, ...signPublicKey('key').takes] },
      oneOf('format', 'der', 'pem', 'jwk'),
    ]),
    'encodings.importPublicKey': row(importPublicKey, [
      {
        ...encodedKey(publicDer, publicPem, publicJwk, ['kty', 'alg', 'pub']),
        takes: ['a public key in PEM'],
      },
      optional(algorithm()),
    ]),
    'encodings.importPrivateKey': row(importPrivateKey, [
      {
        ...encodedKey(privateDer, privatePem, privateJwk, ['kty', 'alg', 'pub', 'priv']),
        takes: ['a private key in PEM', 'a private JWK'],
      },
      optional(algorithm()),
    ]),
    'encodings.exportJwks': row(exportJwks, [arrayOf('keys', publicKey, ['an empty array'])]),
    'encodings.importJwks': row(importJwks, [
      argument('jwks', () => ({ keys: [publicJwk] }), {
        right: {
          'no keys': () => ({ keys: [] }),
          'keys of others': () => ({ keys: [{}, { kty: 'RSA' }, { kty: 'AKP', alg: 'ML-DSA-44' }] }),
          'other members': () => ({ keys: [publicJwk], other: 1 }),
        },
        wrong: {
          'an object for keys': () => ({ keys: {} }),
          'keys that are inherited': () => Object.create({ keys: [publicJwk] }),
          'keys that throw': () => throwingGetters('keys'),
          'a private key': () => ({ keys: [privateJwk] }),
          'a key twice': () => ({ keys: [publicJwk, publicJwk] }),
          'a text for a key': () => ({ keys: ['key'] }),
          'a key that throws': () => ({ keys: [publicJwk, hostile(publicJwk, 'kty')] }),
          'a key with a short pub': () => ({ keys: [{ ...publicJwk, pub: 'AAAA' }] }),
          'too many keys': () => ({ keys: new Array(10_001) }),
        },
      }),
    ]),
  },
  subjects: {},
};

function algorithm(): Argument {
  return { ...oneOf('algorithm', 'ML-DSA-87'), takes: [], wrong: { 'another level': () => 'ML-DSA-65' } };
}
