/**
 * What a store makes of a device's ways.
 *
 * @module
 */
import { equal, utf8 } from '../../../src/bytes.ts';
import { encapsulate, type KemPublicKey } from '../../../src/kem/index.ts';
import type { KeystoreAlgorithm } from '../../../src/keystore/index.ts';
import { doctor, formatReport } from '../../../src/keystore/pkcs11/index.ts';
import { failureOf, open, type ScenarioContext } from './scenario.ts';

const MESSAGE = utf8('transfer 100 to account 7');

/** What doctor says. */
export async function examine({ options, pin, extra }: ScenarioContext) {
  const report = await doctor({ ...options, ...(extra.noPin === true ? {} : { pin: Buffer.from(pin) }) });
  return { ...report, text: formatReport(report) };
}

/** Seals, opens, wraps and unwraps, several at once; the nonces must differ. */
export async function data(context: ScenarioContext) {
  const store = await open(context);
  const { custody } = await store.generate({ name: 'data', algorithm: 'AES-256-GCM' });
  const sealed = await Promise.all(Array.from({ length: 20 }, () => store.sealData('data', MESSAGE)));
  // Preamble, purpose and key id come before the nonce.
  const nonces = new Set(sealed.map((bytes) => Buffer.from(bytes.subarray(21, 33)).toString('hex')));
  const opened = await Promise.all(sealed.map((bytes) => store.openData(bytes)));
  const empty = await store.openData(await store.sealData('data', new Uint8Array(0)));
  const result = {
    custody,
    nonces: nonces.size,
    opened: opened.every((bytes) => equal(bytes, MESSAGE)),
    empty: empty.length,
  };
  await store.close();
  return result;
}

/** Makes a key pair and uses it. */
export async function pair(context: ScenarioContext) {
  const store = await open(context);
  const kem = await store.generate({ name: 'kem', algorithm: 'ML-KEM-1024' });
  const { ciphertext, sharedSecret } = encapsulate((await store.publicKey('kem')) as KemPublicKey);
  using secret = await store.decapsulate('kem', ciphertext);
  const result = { custody: kem.custody, same: equal(secret.expose(), sharedSecret.expose()) };
  await store.close();
  return result;
}

/** Many signatures, at once or one after the other. */
export async function signatures(context: ScenarioContext) {
  const store = await open(context, { sessions: 16 });
  await store.generate({ name: 'dsa', algorithm: 'ML-DSA-87' });
  if (context.extra.sequential === true) {
    const failures: unknown[] = [];
    for (let i = 0; i < 30; i++) failures.push((await failureOf(() => store.sign('dsa', MESSAGE))) ?? null);
    await store.close();
    return failures;
  }
  const failures = await Promise.all(
    Array.from({ length: 30 }, () => failureOf(() => store.sign('dsa', MESSAGE))),
  );
  await store.close();
  return failures;
}

/** Tries to make a key. */
export async function refusal(context: ScenarioContext) {
  const algorithm = (context.extra.algorithm ?? 'AES-256-GCM') as KeystoreAlgorithm;
  return failureOf(async () => {
    const store = await open(context);
    try {
      await store.generate({ name: 'key', algorithm, requireCustody: context.extra.requireCustody });
    } finally {
      await store.close();
    }
  });
}

/** Opens three times with a wrong PIN. */
export async function threeWrongPins(context: ScenarioContext) {
  const failures: unknown[] = [];
  for (let i = 0; i < 3; i++)
    failures.push(await failureOf(() => open(context, { pin: Buffer.from('wrong-pin') })));
  return failures;
}
