/**
 * Keys and signatures cross over to node:crypto and back, on the Node that runs the tests and on Node 24, which writes
 * PKCS#8 with seed and expanded key where later ones write the seed.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  exportPublicKey,
  importPrivateKey,
  importPublicKey,
  type PrivateJwk,
  type PublicJwk,
} from '@mwrasp/crypto/encodings';
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import { decapsulate, encapsulate, KemPrivateKey, KemPublicKey } from '@mwrasp/crypto/kem';
import { SignPrivateKey, SignPublicKey, sign, verify } from '@mwrasp/crypto/sign';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/bytes.ts';
import { testKeys } from '../../support/keys.ts';
import { needs } from '../../support/require.ts';
import {
  bothChoice,
  expandedChoice,
  KEM,
  pkcs8,
  SAMPLES,
  SIGN,
  seedChoice,
} from '../encodings/der-builder.ts';

const NODE_24 = ['--yes', '--package=node@24.21.0', 'node'];

const message = utf8('from one side to the other');
const context = utf8('interop');
const { recipient, recipientPublic, signer, signerPublic } = testKeys();
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const bytes = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'));

interface Signed {
  readonly signature: string;
  readonly withContext: string;
}
interface Encapsulated {
  readonly ciphertext: string;
  readonly sharedSecret: string;
}
interface OwnKeys extends Signed, Encapsulated {
  readonly algorithm: 'ML-KEM-1024' | 'ML-DSA-87';
  readonly publicForms: Record<'der' | 'pem' | 'raw', string> & { readonly jwk: PublicJwk };
  readonly privateForms: Record<'der' | 'pem' | 'raw', string> & { readonly jwk: PrivateJwk };
}
interface Answer {
  readonly version: string;
  readonly publicKeys: (Encapsulated & {
    readonly verified: boolean[];
    readonly withOtherContext: boolean;
  })[];
  readonly privateKeys: (Signed & { readonly sharedSecret: string })[];
  readonly own: OwnKeys[];
}

const { ciphertext, sharedSecret } = encapsulate(recipientPublic);
const signatures = [
  { signature: text(sign(signer, message)), hasContext: false },
  { signature: text(sign(signer, message, { context })), hasContext: true },
  { signature: text(sign(signer, message, { deterministic: true })), hasContext: false },
  { signature: text(sign(signer, message, { context, deterministic: true })), hasContext: true },
];

const publicKeys = [recipientPublic, signerPublic].flatMap((key) =>
  [
    { form: 'der', data: text(exportPublicKey(key, 'der')) },
    { form: 'pem', data: exportPublicKey(key, 'pem') },
    { form: 'jwk', data: exportPublicKey(key, 'jwk') },
    { form: 'raw', data: text(key.toBytes()) },
  ].map((entry) => ({ ...entry, algorithm: key.algorithm, signatures })),
);
const privateKeys = [recipient, signer].flatMap((key) => {
  const sample = key === recipient ? KEM : SIGN;
  return [
    { form: 'der', data: text(exportPrivateKey(key, 'der').expose()) },
    { form: 'pem', data: exportPrivateKey(key, 'pem') },
    { form: 'jwk', data: exportPrivateKey(key, 'jwk') },
    { form: 'seed', data: text(exportPrivateKey(key, 'seed').expose()) },
    {
      form: 'pkcs8-expanded',
      data: text(pkcs8(sample, expandedChoice(exportPrivateKey(key, 'expanded').expose()))),
    },
    {
      form: 'pkcs8-both',
      data: text(pkcs8(sample, bothChoice(sample.seed, exportPrivateKey(key, 'expanded').expose()))),
    },
  ].map((entry) => ({ ...entry, algorithm: key.algorithm, ciphertext: text(ciphertext) }));
});

function works(command: string, args: string[]): boolean {
  try {
    return execFileSync(command, [...args, '--version'], { encoding: 'utf8', stdio: 'pipe' }).startsWith(
      'v24.',
    );
  } catch {
    return false;
  }
}

function crossesOver(
  command: string,
  args: string[],
  pkcs8Bytes: readonly [kem: number, sign: number],
): void {
  let folder: string;
  let answer: Answer;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mwrasp-interop-'));
    const [input, output] = [join(folder, 'in.json'), join(folder, 'out.json')];
    writeFileSync(
      input,
      JSON.stringify({ message: text(message), context: text(context), publicKeys, privateKeys }),
      { mode: 0o600 },
    );
    const script = join(import.meta.dirname, 'node-crypto.mjs');
    execFileSync(command, [...args, script, input, output], { stdio: 'pipe' });
    answer = JSON.parse(readFileSync(output, 'utf8')) as Answer;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(publicKeys.map((entry, i) => [entry.algorithm, entry.form, i] as const))(
    'reads our public key: %s, %s',
    (algorithm, _, i) => {
      const result = answer.publicKeys[i];
      if (algorithm === 'ML-DSA-87') {
        expect(result).toEqual({ verified: [true, true, true, true], withOtherContext: false });
        return;
      }
      const secret = decapsulate(recipient, bytes(result?.ciphertext ?? ''));
      expect(text(secret.expose())).toBe(result?.sharedSecret);
    },
  );

  it.each(privateKeys.map((entry, i) => [entry.algorithm, entry.form, i] as const))(
    'reads our private key: %s, %s',
    (algorithm, _, i) => {
      const result = answer.privateKeys[i];
      if (algorithm === 'ML-KEM-1024') {
        expect(result).toEqual({ sharedSecret: text(sharedSecret.expose()) });
        return;
      }
      expect(verify(signerPublic, message, bytes(result?.signature ?? ''))).toBe(true);
      expect(verify(signerPublic, message, bytes(result?.withContext ?? ''), { context })).toBe(true);
      expect(verify(signerPublic, message, bytes(result?.withContext ?? ''))).toBe(false);
    },
  );

  it('writes public keys that we read, in every form', () => {
    for (const { algorithm, publicForms } of answer.own) {
      const raw = bytes(publicForms.raw);
      const keys = [
        importPublicKey(bytes(publicForms.der), algorithm),
        importPublicKey(publicForms.pem, algorithm),
        importPublicKey(publicForms.jwk, algorithm),
        algorithm === 'ML-KEM-1024' ? KemPublicKey.fromBytes(raw) : SignPublicKey.fromBytes(raw),
      ];
      for (const key of keys) {
        expect(key.toBytes()).toEqual(raw);
        // And what we write of it is what was written there.
        expect(text(exportPublicKey(key, 'der'))).toBe(publicForms.der);
        expect(exportPublicKey(key, 'pem')).toBe(publicForms.pem);
        expect(exportPublicKey(key, 'jwk')).toMatchObject(publicForms.jwk);
      }
    }
  });

  it('writes private keys that we read, in every form', () => {
    for (const [i, { algorithm, privateForms, publicForms }] of answer.own.entries()) {
      const der = bytes(privateForms.der);
      expect(der).toHaveLength(pkcs8Bytes[i] as number);
      const seed = bytes(privateForms.raw);
      const keys = [
        importPrivateKey(der, algorithm),
        importPrivateKey(privateForms.pem, algorithm),
        importPrivateKey(privateForms.jwk, algorithm),
        algorithm === 'ML-KEM-1024' ? KemPrivateKey.fromSeed(seed) : SignPrivateKey.fromSeed(seed),
      ];
      for (const key of keys) {
        expect(text(key.publicKey.toBytes())).toBe(publicForms.raw);
        expect(exportPrivateKey(key, 'seed').expose()).toEqual(seed);
      }
    }
  });

  it('signs and encapsulates what we verify and decapsulate with its keys', () => {
    const [kem, dsa] = answer.own as [OwnKeys, OwnKeys];
    const secret = decapsulate(
      importPrivateKey(bytes(kem.privateForms.der), 'ML-KEM-1024'),
      bytes(kem.ciphertext),
    );
    expect(text(secret.expose())).toBe(kem.sharedSecret);
    const key = importPublicKey(bytes(dsa.publicForms.der), 'ML-DSA-87');
    expect(verify(key, message, bytes(dsa.signature))).toBe(true);
    expect(verify(key, message, bytes(dsa.withContext), { context })).toBe(true);
    expect(verify(key, message, bytes(dsa.withContext))).toBe(false);
  });
}

const seedForm = SAMPLES.map((sample) => pkcs8(sample, seedChoice(sample.seed)).length) as [number, number];
const bothForm = SAMPLES.map(
  (sample) => pkcs8(sample, bothChoice(sample.seed, sample.expandedKey)).length,
) as [number, number];

describe('node:crypto of the Node that runs this', () => {
  crossesOver(process.execPath, [], Number.parseInt(process.versions.node, 10) >= 26 ? seedForm : bothForm);
});

needs(
  'Node 24',
  works('npx', NODE_24),
  `npx ${NODE_24.join(' ')} --version`,
)('node:crypto of Node 24', () => {
  crossesOver('npx', NODE_24, bothForm);
});
