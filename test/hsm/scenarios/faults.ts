/**
 * What happens to tokens while they are in use.
 *
 * @module
 */
import { renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { PKCS11 } from 'pkcs11js';
import { utf8 } from '../../../src/bytes.ts';
import type { Keystore } from '../../../src/keystore/index.ts';
import type { SignPublicKey } from '../../../src/sign/index.ts';
import { verify } from '../../../src/sign/index.ts';
import { type Failure, failureOf, hear, open, type ScenarioContext, tell } from './scenario.ts';

const MESSAGE = utf8('transfer 100 to account 7');

const pkcs11js = createRequire(import.meta.url)('pkcs11js') as { PKCS11: new () => PKCS11 };

/** The same module once more, as somebody else in this process would have it. */
function somebodyElse({ options }: ScenarioContext): { binding: PKCS11; slot: Buffer } {
  const binding = new pkcs11js.PKCS11();
  binding.load(options.module as string);
  const slot = binding
    .C_GetSlotList(true)
    .find((candidate) => binding.C_GetTokenInfo(candidate).label.trim() === options.token);
  return { binding, slot: slot as Buffer };
}

/** A key of each algorithm, in use. */
async function withKeys(context: ScenarioContext): Promise<Keystore> {
  const store = await open(context);
  await store.generate({ name: 'dsa', algorithm: 'ML-DSA-87', ifAbsent: true });
  await store.generate({ name: 'kem', algorithm: 'ML-KEM-1024', ifAbsent: true });
  await store.generate({ name: 'data', algorithm: 'AES-256-GCM', ifAbsent: true });
  await useAll(store);
  return store;
}

/** Uses each key once. */
async function useAll(store: Keystore): Promise<true> {
  const signature = await store.sign('dsa', MESSAGE);
  if (!verify((await store.publicKey('dsa')) as SignPublicKey, MESSAGE, signature))
    throw new Error('bad signature');
  (await store.decapsulate('kem', new Uint8Array(1568))).dispose();
  await store.openData(await store.sealData('data', MESSAGE));
  return true;
}

/** What a use fails with, and how long the next good one takes. */
async function timed(work: () => Promise<unknown>): Promise<{ ms: number; failure: Failure | undefined }> {
  const startMs = performance.now();
  const failure = await failureOf(work);
  return { ms: performance.now() - startMs, failure };
}

/** Every session of the process is closed by somebody else in it, which logs out as well; once idle, once in mid-flight. */
export async function sessionsClosed(context: ScenarioContext) {
  const store = await withKeys(context);
  const { binding, slot } = somebodyElse(context);
  const rounds: unknown[] = [];
  for (let round = 0; round < 3; round++) {
    binding.C_CloseAllSessions(slot);
    rounds.push(await timed(() => useAll(store)));
  }
  binding.C_CloseAllSessions(slot);
  const together = await Promise.all(Array.from({ length: 16 }, () => failureOf(() => useAll(store))));
  await store.close();
  return { rounds, together };
}

/** Somebody else in the process logs out. */
export async function loggedOut(context: ScenarioContext) {
  const store = await withKeys(context);
  const { binding, slot } = somebodyElse(context);
  const session = binding.C_OpenSession(slot, 4);
  binding.C_Logout(session);
  const result = await timed(() => useAll(store));
  await store.close();
  return result;
}

/** Somebody else in the process finalises the module. */
export async function finalisedHere(context: ScenarioContext) {
  const store = await withKeys(context);
  const { binding } = somebodyElse(context);
  binding.C_Finalize();
  const result = await timed(() => useAll(store));
  await store.close();
  return result;
}

/** The token's folder goes and comes back. */
export async function folderMoved(context: ScenarioContext) {
  const store = await withKeys(context);
  const { tokenFolder } = context;
  renameSync(tokenFolder, `${tokenFolder}.away`);
  const away: unknown[] = [];
  for (const call of [
    () => store.sealData('data', MESSAGE),
    () => store.decapsulate('kem', new Uint8Array(1568)),
    () => store.generate({ name: 'new', algorithm: 'AES-256-GCM' }),
  ]) {
    away.push(await timed(call));
  }
  renameSync(`${tokenFolder}.away`, tokenFolder);
  // What was looked for a moment ago is not looked for again at once.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const back = await timed(() => useAll(store));
  const made = await timed(() => store.generate({ name: 'new', algorithm: 'AES-256-GCM' }));
  const names = (await store.list()).map(({ ref }) => ref.name);
  await store.close();
  return { away, back, made, names };
}

/** The token's daemon goes and comes back, when the test says so. */
export async function daemonKilled(context: ScenarioContext) {
  const store = await withKeys(context);
  tell('ready');
  await hear();
  const away = await timed(() => useAll(store));
  tell('used');
  await hear();
  const back = await timed(() => useAll(store));
  const made = await timed(() => store.generate({ name: 'new', algorithm: 'AES-256-GCM' }));
  const names = (await store.list()).map(({ ref }) => ref.name);
  await store.close();
  return { away, back, made, names };
}

/** Opens, uses and closes while another process has the same token in use. */
export async function cameAndWent(context: ScenarioContext) {
  const store = await open(context);
  await useAll(store);
  await store.close();
  return true;
}

/** Has the token in use, and uses it again when it is told to. */
export async function keepsUsing(context: ScenarioContext) {
  const store = await withKeys(context);
  tell('ready');
  await hear();
  const failure = await failureOf(() => useAll(store));
  await store.close();
  return { failure };
}

/** Wrong PINs: each is given to the token once. */
export async function wrongPin(context: ScenarioContext) {
  const wrong = () => Buffer.from('not the PIN');
  const first = await failureOf(() => open(context, { pin: wrong() }));
  const second = await failureOf(() => open(context, { pin: wrong() }));
  const store = await open(context);
  const besideOpen = await failureOf(() => open(context, { pin: wrong() }));
  await store.generate({ name: 'dsa', algorithm: 'ML-DSA-87' });
  await store.generate({ name: 'kem', algorithm: 'ML-KEM-1024' });
  await store.generate({ name: 'data', algorithm: 'AES-256-GCM' });
  await useAll(store);
  await store.close();
  return { first, second, besideOpen };
}
