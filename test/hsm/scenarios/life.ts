/**
 * The life of keys in a token.
 *
 * @module
 */
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import { equal, randomFill, utf8 } from '../../../src/bytes.ts';
import { seal } from '../../../src/envelope/index.ts';
import type { KemPublicKey } from '../../../src/kem/index.ts';
import { CKA, CKO } from '../../../src/keystore/pkcs11/constants.ts';
import { openToken } from '../../../src/keystore/pkcs11/token.ts';
import { bool, type Template, ulong } from '../../../src/keystore/pkcs11/values.ts';
import { failureOf, open, type ScenarioContext } from './scenario.ts';

const MESSAGE = utf8('transfer 100 to account 7');

/** Signs in every way that there is; noble says what the signatures are worth. */
export async function sign(context: ScenarioContext) {
  const store = await open(context);
  const info = await store.generate({ name: 'dsa', algorithm: 'ML-DSA-87' });
  const publicKey = (await store.publicKey('dsa')).toBytes();
  const rows: unknown[] = [];
  for (const length of [0, 1, 255]) {
    const signingContext = randomFill(new Uint8Array(length));
    for (const deterministic of [false, true]) {
      const make = () => store.sign('dsa', MESSAGE, { context: signingContext, deterministic });
      const [a, b] = [await make(), await make()];
      rows.push({
        length,
        deterministic,
        verifies: ml_dsa87.verify(a, MESSAGE, publicKey, { context: signingContext }),
        verifiesElsewhere: ml_dsa87.verify(a, MESSAGE, publicKey, { context: utf8('another context') }),
        same: equal(a, b),
        isPlain: Object.getPrototypeOf(a) === Uint8Array.prototype,
      });
    }
  }
  const messages: unknown[] = [];
  for (const length of [0, 1, 100_000]) {
    const message = randomFill(new Uint8Array(length).subarray(0, Math.min(length, 65_536)));
    messages.push(ml_dsa87.verify(await store.sign('dsa', message), message, publicKey));
  }
  await store.close();
  return { custody: info.custody, rows, messages };
}

/** Decapsulates what noble encapsulated, and opens envelopes. */
export async function decapsulate(context: ScenarioContext) {
  const store = await open(context);
  const info = await store.generate({ name: 'kem', algorithm: 'ML-KEM-1024' });
  const publicKey = (await store.publicKey('kem')) as KemPublicKey;
  const { cipherText, sharedSecret } = ml_kem1024.encapsulate(publicKey.toBytes());
  using secret = await store.decapsulate('kem', cipherText);
  const forged = Uint8Array.from(cipherText, (byte, i) => (i === 7 ? byte ^ 1 : byte));
  using rejected = await store.decapsulate('kem', forged);
  using rejectedAgain = await store.decapsulate('kem', forged);
  const opened = await store.openEnvelope(await seal(publicKey, MESSAGE));
  const result = {
    custody: info.custody,
    same: equal(secret.expose(), sharedSecret),
    implicit: !equal(rejected.expose(), sharedSecret) && equal(rejected.expose(), rejectedAgain.expose()),
    envelope: equal(opened, MESSAGE),
  };
  await store.close();
  return { ...result, left: await objectsLeft(context) };
}

/** Counts secret objects of a token that are no keys of ours: shared secrets that were forgotten. */
async function objectsLeft({ options, pin }: ScenarioContext): Promise<number> {
  const token = await openToken({ ...options, module: options.module as string, pin: Buffer.from(pin) });
  const template: Template = [
    [CKA.CLASS, ulong(CKO.SECRET_KEY)],
    [CKA.TOKEN, bool(false)],
  ];
  const count = await token.run(({ cryptoki, handle }) => cryptoki.find(handle, template).length);
  await token.close();
  return count;
}

/** Tries to read what must not be readable. */
export async function readSecrets(context: ScenarioContext) {
  const store = await open(context);
  for (const algorithm of ['ML-DSA-87', 'ML-KEM-1024', 'AES-256-GCM'] as const) {
    await store.generate({ name: algorithm.toLowerCase(), algorithm });
  }
  const { options, pin } = context;
  const token = await openToken({ ...options, module: options.module as string, pin: Buffer.from(pin) });
  const results: unknown[] = [];
  for (const objectClass of [CKO.PRIVATE_KEY, CKO.SECRET_KEY]) {
    const classTemplate: Template = [
      [CKA.CLASS, ulong(objectClass)],
      [CKA.TOKEN, bool(true)],
    ];
    const found = await token.run(({ cryptoki, handle }) => cryptoki.find(handle, classTemplate));
    for (const object of found) {
      for (const type of [CKA.VALUE, CKA.SEED]) {
        const failure = await failureOf(() =>
          token.run(({ cryptoki, handle }) => cryptoki.attribute(handle, object, type)),
        );
        results.push(failure?.ckr ?? 'READ');
      }
    }
  }
  await token.close();
  await store.close();
  return results;
}

/** The whole life of every kind of key, over several openings. */
export async function wholeLife(context: ScenarioContext) {
  const seeds = {
    'ML-KEM-1024': randomFill(new Uint8Array(64)),
    'ML-DSA-87': randomFill(new Uint8Array(32)),
    'AES-256-GCM': randomFill(new Uint8Array(32)),
  } as const;
  const custodies: Record<string, string> = {};
  let store = await open(context);
  for (const [algorithm, key] of Object.entries(seeds) as [keyof typeof seeds, Uint8Array][]) {
    const name = algorithm.toLowerCase();
    custodies[algorithm] = (await store.import({ name, algorithm, key })).custody;
    await store.generate({ name: `${name}.made`, algorithm });
  }
  await store.close();
  store = await open(context);
  const dsa = ml_dsa87.keygen(seeds['ML-DSA-87']);
  const kem = ml_kem1024.keygen(seeds['ML-KEM-1024']);
  const { cipherText, sharedSecret } = ml_kem1024.encapsulate(kem.publicKey);
  using secret = await store.decapsulate('ml-kem-1024', cipherText);
  const signature = await store.sign('ml-dsa-87', MESSAGE, { deterministic: true });
  const sealed = await store.sealData('aes-256-gcm.made', MESSAGE, { aad: utf8('aad') });
  const wrapped = await store.wrap('aes-256-gcm', MESSAGE);
  using unwrapped = await store.unwrap(wrapped);
  const flipped = Uint8Array.from(sealed, (byte, i) => (i === sealed.length - 1 ? byte ^ 1 : byte));
  const result = {
    custodies,
    signature: ml_dsa87.verify(signature, MESSAGE, dsa.publicKey),
    secret: equal(secret.expose(), sharedSecret),
    opened: equal(await store.openData(sealed, { aad: utf8('aad') }), MESSAGE),
    empty: (await store.openData(await store.sealData('aes-256-gcm', new Uint8Array(0)))).length,
    unwrapped: equal(unwrapped.expose(), MESSAGE),
    wrongTag: await failureOf(() => store.openData(flipped, { aad: utf8('aad') })),
    wrongAad: await failureOf(() => store.openData(sealed)),
    listed: (await store.list()).length,
  };
  const made = await store.get('ml-dsa-87.made');
  await store.destroy(made.ref);
  const afterwards = {
    destroyed: await failureOf(() => store.sign(made.ref, MESSAGE)),
    secretHex: Object.values(seeds).map((seed) => Buffer.from(seed).toString('hex')),
  };
  await store.close();
  return { ...result, ...afterwards };
}

/** Destroys everything, and counts what the token still has. */
export async function destroyAll(context: ScenarioContext) {
  const store = await open(context);
  for (const { ref } of await store.list()) await store.destroy(ref);
  const { options, pin } = context;
  const token = await openToken({ ...options, module: options.module as string, pin: Buffer.from(pin) });
  const count = (objectClass: number) =>
    token.run(
      ({ cryptoki, handle }) =>
        cryptoki.find(handle, [
          [CKA.CLASS, ulong(objectClass)],
          [CKA.TOKEN, bool(true)],
        ]).length,
    );
  const result = { privateKeys: await count(CKO.PRIVATE_KEY), secretKeys: await count(CKO.SECRET_KEY) };
  await token.close();
  await store.close();
  return result;
}
