/**
 * Processes that are cut off between a change in the token and one in the folder beside it.
 *
 * @module
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { utf8 } from '../../../src/bytes.ts';
import { Disk } from '../../../src/keystore/file/disk.ts';
import type { KeystoreAlgorithm } from '../../../src/keystore/index.ts';
import { CKA, CKO } from '../../../src/keystore/pkcs11/constants.ts';
import { TokenCustodian } from '../../../src/keystore/pkcs11/custodian.ts';
import { openToken } from '../../../src/keystore/pkcs11/token.ts';
import { bool, type Template, ulong } from '../../../src/keystore/pkcs11/values.ts';
import { failureOf, hear, open, type ScenarioContext, tell } from './scenario.ts';

const MESSAGE = utf8('transfer 100 to account 7');

/** Tells where it is, and goes no further before it is told to. */
async function stop(where: string): Promise<void> {
  tell(where);
  await hear();
}

/** Makes a key. */
export async function make(context: ScenarioContext) {
  const store = await open({ ...context, path: join(context.folder, context.extra.store) });
  await store.generate({ name: 'kept', algorithm: 'AES-256-GCM' });
  await store.close();
  return {};
}

/** Makes a key, and stops when it is in the token and not committed. */
export async function stopsWhileMaking(context: ScenarioContext) {
  const store = await open(context);
  const { create } = TokenCustodian.prototype;
  TokenCustodian.prototype.create = async function (...args) {
    const made = await create.apply(this, args);
    await stop('made');
    return made;
  };
  const algorithm = (context.extra.algorithm ?? 'AES-256-GCM') as KeystoreAlgorithm;
  const failure = await failureOf(() => store.generate({ name: 'cut', algorithm }));
  await store.close();
  return { failure };
}

/** Makes a key, and stops before the step that commits it. */
export async function stopsWhileCommitting(context: ScenarioContext) {
  const store = await open(context);
  stopAtLink();
  const failure = await failureOf(() => store.generate({ name: 'cut', algorithm: 'AES-256-GCM' }));
  await store.close();
  return { failure };
}

/** Destroys a key, and stops when that is committed and the key still in the token. */
export async function stopsWhileDestroying(context: ScenarioContext) {
  const store = await open(context);
  const { ref } = await store.generate({ name: 'cut', algorithm: 'AES-256-GCM' });
  const { destroy } = TokenCustodian.prototype;
  TokenCustodian.prototype.destroy = async function (...args) {
    await stop('committed');
    return destroy.apply(this, args);
  };
  await store.destroy(ref);
  await store.close();
  return {};
}

/** Destroys a key, and stops when it has said so and not committed it. */
export async function stopsBeforeDestroying(context: ScenarioContext) {
  const store = await open(context);
  const { ref } = await store.generate({ name: 'kept', algorithm: 'AES-256-GCM' });
  stopAtLink();
  await store.destroy(ref);
  await store.close();
  return {};
}

/** Makes a store, and stops when its root key's key is in the token, and there is no store. */
export async function stopsWhileOpening(context: ScenarioContext) {
  stopAtLink();
  const store = await open(context);
  await store.close();
  return {};
}

/** The next commit stops before the step that makes it one. */
function stopAtLink(): void {
  const { link } = Disk.prototype;
  Disk.prototype.link = async function (...args) {
    Disk.prototype.link = link;
    await stop('linking');
    return link.apply(this, args);
  };
}

/** Opens the store, and says what it holds, what the token holds, and what is noted. */
export async function look(context: ScenarioContext) {
  const { options, pin, path, extra } = context;
  const own = extra.store === undefined ? context : { ...context, path: join(context.folder, extra.store) };
  const store = await open(own);
  const names: string[] = [];
  for (const { ref, algorithm } of await store.list()) {
    names.push(`${ref.name} ${ref.generation}`);
    // It is there, and works.
    if (algorithm === 'AES-256-GCM') await store.openData(await store.sealData(ref, MESSAGE));
    else if (algorithm === 'ML-DSA-87') await store.sign(ref, MESSAGE);
    else (await store.decapsulate(ref, new Uint8Array(1568))).dispose();
  }
  const token = await openToken({ ...options, module: options.module as string, pin: Buffer.from(pin) });
  const count = (objectClass: number) =>
    token.run(({ cryptoki, handle }) => {
      const template: Template = [
        [CKA.CLASS, ulong(objectClass)],
        [CKA.TOKEN, bool(true)],
      ];
      return cryptoki.find(handle, template, 100).length;
    });
  const objects = (await count(CKO.PRIVATE_KEY)) + (await count(CKO.SECRET_KEY));
  await token.close();
  await store.close();
  const notes = join(own.path ?? path, 'intents');
  return { names, objects, notes: readdirSync(notes).map((name) => name.slice(0, 4)) };
}
