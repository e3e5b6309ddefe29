/** What reading a private key made on the way is wiped, and a key that is refused in the end is disposed. */
import { importPrivateKey, type PrivateKeyInput } from '@mwrasp/crypto/encodings';
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import { KemPrivateKey } from '@mwrasp/crypto/kem';
import { SignPrivateKey } from '@mwrasp/crypto/sign';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { toBase64Url } from '../../../src/bytes.ts';
import { readPkcs8 } from '../../../src/encodings/der.ts';
import { withArgument } from '../../../src/encodings/jwk.ts';
import type { PreparedKemPrivateKey } from '../../../src/engines/engine.ts';
import { registry } from '../../../src/engines/index.ts';
import type { InputErrorCode } from '../../../src/errors.ts';
import { expectInput, thrownBy } from '../../support/errors.ts';
import { flipped } from '../../support/keys.ts';
import { watchWipes } from '../../support/wipes.ts';
import {
  bothChoice,
  expandedChoice,
  KEM,
  oneAsymmetricKey,
  pem,
  pkcs8,
  publicKeyField,
  SAMPLES,
  type Sample,
  SIGN,
  seedChoice,
} from './der-builder.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const jwk = ({ name, publicKey, seed }: Sample) =>
  ({ kty: 'AKP', alg: name, pub: toBase64Url(publicKey), priv: toBase64Url(seed) }) as const;

/** The keys that are made while a test runs, and the bytes that they are made of. */
function watchKeys(sample: Sample) {
  const makers =
    sample === KEM
      ? [vi.spyOn(KemPrivateKey, 'fromSeed'), vi.spyOn(KemPrivateKey, 'fromExpandedKey')]
      : [vi.spyOn(SignPrivateKey, 'fromSeed'), vi.spyOn(SignPrivateKey, 'fromExpandedKey')];
  return {
    bytes: () => makers.flatMap((maker) => maker.mock.calls.map(([bytes]) => bytes)),
    keys: () => makers.flatMap((maker) => maker.mock.results.map(({ value }) => value as KemPrivateKey)),
  };
}

describe.each(SAMPLES)('a private key for $name', (sample) => {
  const { seed, expandedKey, publicKey, otherPublicKey } = sample;
  const forms = [
    ['the seed', seedChoice(seed)],
    ['the expanded key', expandedChoice(expandedKey)],
    ['both', bothChoice(seed, expandedKey)],
  ] as const;

  it.each(forms)('in PKCS#8 with %s leaves zeros where its parts were', (_, choice) => {
    const made = watchKeys(sample);
    importPrivateKey(pkcs8(sample, choice));
    expect(made.bytes()).toHaveLength(1);
    for (const bytes of made.bytes()) expect(bytes).toEqual(new Uint8Array((bytes as Uint8Array).length));
  });

  it.each(forms)('in PKCS#8 with %s leaves zeros where it was written again, to be compared', (_, choice) => {
    const der = pkcs8(sample, choice);
    const wipes = watchWipes();
    readPkcs8('data', der);
    expect([wipes(choice), wipes(der)]).toEqual([1, 1]);
  });

  it.each(forms)('in PEM with %s leaves zeros where its DER was', (_, choice) => {
    const der = pkcs8(sample, choice);
    const text = pem('PRIVATE KEY', der);
    const wipes = watchWipes();
    importPrivateKey(der);
    // An engine may have wiped the same bytes, which it made itself.
    const withoutText = wipes(der);
    importPrivateKey(text);
    expect(wipes(der)).toBe(2 * withoutText + 1);
  });

  it('in PEM that is refused leaves zeros where its DER was', () => {
    const der = pkcs8(sample, seedChoice(seed.subarray(1)));
    const text = pem('PRIVATE KEY', der);
    const wipes = watchWipes();
    expectInput(() => importPrivateKey(text), 'ERR_INPUT_LENGTH', 'data');
    expect(wipes(der)).toBe(2);
  });

  it('in a JWK leaves zeros where its seed was', () => {
    const made = watchKeys(sample);
    importPrivateKey(jwk(sample));
    expect(made.bytes()).toEqual([new Uint8Array(seed.length)]);
  });

  it('that is expanded to be compared leaves nothing of that', () => {
    const family = sample === KEM ? 'kem' : 'sign';
    const engine = registry.capable(family, 'expanded-key');
    const prepareSeed = engine.prepareSeed.bind(engine);
    const ends: unknown[] = [];
    const expansions: Uint8Array[] = [];
    vi.spyOn(engine, 'prepareSeed').mockImplementation((bytes: Uint8Array): never => {
      const prepared = prepareSeed(bytes) as Pick<PreparedKemPrivateKey, 'expanded' | 'dispose'>;
      const expand = prepared.expanded?.bind(prepared);
      prepared.expanded = (out) => {
        expansions.push(out);
        expand?.(out);
      };
      ends.push(vi.spyOn(prepared, 'dispose'));
      return prepared as never;
    });
    for (const [choice, ok] of [
      [bothChoice(seed, expandedKey), true],
      [bothChoice(seed, flipped(expandedKey, 9)), false],
    ] as const) {
      ends.length = 0;
      expansions.length = 0;
      const call = () => importPrivateKey(pkcs8(sample, choice));
      if (ok) call();
      else expectInput(call, 'ERR_INPUT_KEY', 'data');
      // The first expansion is the comparison; a key may be prepared by the same engine behind it.
      expect(ends[0]).toHaveBeenCalledOnce();
      expect(expansions[0]).toEqual(new Uint8Array(expandedKey.length));
    }
  });

  const other = sample === KEM ? SIGN.name : KEM.name;
  const refusals: [string, PrivateKeyInput, InputErrorCode, string][] = [
    ['is for another algorithm, in DER,', pkcs8(sample, seedChoice(seed)), 'ERR_INPUT_ALGORITHM', 'data'],
    ['is for another algorithm, in a JWK,', jwk(sample), 'ERR_INPUT_ALGORITHM', 'data'],
    [
      'has a public key of another, in DER,',
      oneAsymmetricKey(sample, seedChoice(seed), publicKeyField(otherPublicKey)),
      'ERR_INPUT_KEY',
      'data',
    ],
    [
      'has a public key of another, in a JWK,',
      jwk({ ...sample, publicKey: otherPublicKey }),
      'ERR_INPUT_KEY',
      'data.pub',
    ],
  ];

  it.each(refusals)('that %s is disposed', (_, data, code, argument) => {
    const made = watchKeys(sample);
    const algorithm = code === 'ERR_INPUT_ALGORITHM' ? other : sample.name;
    expectInput(() => importPrivateKey(data, algorithm as 'ML-DSA-87'), code, argument);
    expect(made.keys()).toHaveLength(1);
    for (const key of made.keys()) {
      expectInput(() => exportPrivateKey(key, 'seed'), 'ERR_INPUT_DISPOSED', 'key');
    }
  });

  it('is not copied before its public key is known to be one', () => {
    const wrong = oneAsymmetricKey(sample, Uint8Array.of(5, 0), publicKeyField(publicKey.subarray(1)));
    expect(thrownBy(() => importPrivateKey(wrong))).toMatchObject({
      code: 'ERR_INPUT_LENGTH',
      expected: `a public key of ${publicKey.length} bytes`,
    });
  });
});

it('an error that is not about the key is passed on as it is', () => {
  const failure = new Error('engine');
  const work = () => {
    throw failure;
  };
  expect(thrownBy(() => withArgument('data', work))).toBe(failure);
});
