/**
 * Keys in every encoding.
 *
 * @module
 */
import { concat, equal, uintBytes, utf8 } from '../../../src/bytes.ts';
import { readPkcs8, readSpki, writePkcs8, writeSpki } from '../../../src/encodings/der.ts';
import { exportJwks, exportPublicKey, importJwks, importPublicKey } from '../../../src/encodings/index.ts';
import { readPrivateJwk } from '../../../src/encodings/jwk.ts';
import { readPem, writePem } from '../../../src/encodings/pem.ts';
import { exportPrivateKey } from '../../../src/insecure.ts';
import { ML_DSA_87, ML_KEM_1024 } from '../../../src/params.ts';
import { testKeys } from '../../support/keys.ts';
import { must, type Target } from '../target.ts';
import { KEY } from './codes.ts';
import { latin1 } from './texts.ts';

const { recipient, recipientPublic, signer, signerPublic } = testKeys();
const publicKeys = [recipientPublic, signerPublic];
const privateKeys = [recipient, signer];

/** An element of DER. */
function der(tag: number, ...contents: Uint8Array[]): Uint8Array {
  const content = concat(...contents);
  const length =
    content.length < 128
      ? Uint8Array.of(content.length)
      : content.length < 256
        ? Uint8Array.of(0x81, content.length)
        : concat(Uint8Array.of(0x82), uintBytes(content.length, 2));
  return concat(Uint8Array.of(tag), length, content);
}

const OIDS = ['0609608648016503040403', '0609608648016503040313'].map((hex) => Buffer.from(hex, 'hex'));
const DER_WORDS = [
  ...OIDS,
  ...['3000', '0500', '020100', '0400', '8000', '3080', '0000', '0403', '0420'].map((hex) =>
    Buffer.from(hex, 'hex'),
  ),
];

const spki: Target = {
  name: 'spki',
  maxBytes: 4096,
  seeds: publicKeys.map((key) => exportPublicKey(key as typeof recipientPublic, 'der')),
  words: DER_WORDS,
  refusals: KEY,
  allocates: 2 ** 18,
  run(input) {
    must(equal(writeSpki(readSpki('input', input)), input), 'writes again what it read');
  },
};

/** Both and expanded forms, which are read and never written. */
const expandedForms = privateKeys.flatMap((key, i) => {
  const expanded = exportPrivateKey(key, 'expanded').expose();
  const seed = exportPrivateKey(key, 'seed').expose();
  const head = [der(2, Uint8Array.of(0)), der(0x30, OIDS[i] as Uint8Array)];
  return [
    der(0x30, ...head, der(4, der(4, expanded))),
    der(0x30, ...head, der(4, der(0x30, der(4, seed), der(4, expanded)))),
  ];
});

const pkcs8: Target = {
  name: 'pkcs8',
  maxBytes: 8192,
  seeds: [...privateKeys.map((key) => exportPrivateKey(key, 'der').expose().slice()), ...expandedForms],
  words: DER_WORDS,
  refusals: KEY,
  allocates: 2 ** 18,
  run(input) {
    const { algorithm, seed, expandedKey } = readPkcs8('input', input);
    must(seed !== undefined || expandedKey !== undefined, 'a key in it');
    const isKem = algorithm === ML_KEM_1024.name;
    if (seed === undefined) return;
    must(seed.length === (isKem ? ML_KEM_1024.seedBytes : ML_DSA_87.seedBytes), 'a seed of the right length');
    const written = writePkcs8(algorithm, seed);
    if (written.length === input.length) must(equal(written, input), 'writes again what it read');
  },
};

const pem: Target = {
  name: 'pem',
  maxBytes: 1024,
  seeds: [
    utf8(
      writePem(
        'PUBLIC KEY',
        Uint8Array.from({ length: 100 }, (_, i) => i),
      ),
    ),
    utf8(writePem('PUBLIC KEY', Uint8Array.of(1))),
    utf8(writePem('PRIVATE KEY', new Uint8Array(48))),
  ],
  words: ['-----BEGIN ', '-----END ', 'PUBLIC KEY', '-----', '\n', '\r\n', ' ', '=', '=='].map(utf8),
  refusals: ['ERR_INPUT_FORMAT'],
  run(input) {
    const text = latin1(input);
    const read = readPem('input', text, 'PUBLIC KEY');
    const bare = (pemText: string) => pemText.replaceAll(/\s/g, '');
    must(bare(writePem('PUBLIC KEY', read)) === bare(text), 'writes again what it read');
  },
};

/** JSON as far as it is JSON: what a caller would pass on. */
function parse(input: Uint8Array): unknown {
  try {
    return JSON.parse(latin1(input));
  } catch {
    return undefined;
  }
}

const JWK_WORDS = [
  '"kty"',
  '"alg"',
  '"pub"',
  '"priv"',
  '"kid"',
  '"keys"',
  '"AKP"',
  '"ML-DSA-87"',
  '"ML-KEM-1024"',
  '"use"',
  '"key_ops"',
  'null',
  '[]',
  '{}',
  '":"',
  ',',
].map(utf8);
const json = (value: unknown) => utf8(JSON.stringify(value));

const jwk: Target = {
  name: 'jwk',
  maxBytes: 8192,
  seeds: publicKeys.map((key) => json(exportPublicKey(key as typeof recipientPublic, 'jwk'))),
  words: JWK_WORDS,
  refusals: KEY,
  allocates: 2 ** 18,
  run(input) {
    const value = parse(input);
    if (value === undefined) return;
    const key = importPublicKey(value as never);
    const again = exportPublicKey(key, 'jwk');
    must(again.pub === (value as { pub: string }).pub, 'writes again what it read');
  },
};

const privateJwk: Target = {
  name: 'private-jwk',
  maxBytes: 8192,
  seeds: privateKeys.map((key) => json(exportPrivateKey(key, 'jwk'))),
  words: JWK_WORDS,
  refusals: KEY,
  allocates: 2 ** 18,
  run(input) {
    const value = parse(input);
    if (value === undefined) return;
    const key = readPrivateJwk('input', value);
    must(exportPrivateKey(key, 'jwk').priv === (value as { priv: string }).priv, 'writes again what it read');
    key.dispose();
  },
};

const jwks: Target = {
  name: 'jwks',
  maxBytes: 12_288,
  seeds: [json(exportJwks(publicKeys)), json({ keys: [] })],
  words: JWK_WORDS,
  refusals: KEY,
  allocates: 2 ** 20,
  run(input) {
    const value = parse(input);
    if (value === undefined) return;
    for (const [kid, key] of importJwks(value))
      must(kid.length > 0 && key.keyId.length > 0, 'a name for each');
  },
};

export const KEY_ENCODINGS: readonly Target[] = [spki, pkcs8, pem, jwk, privateJwk, jwks];
