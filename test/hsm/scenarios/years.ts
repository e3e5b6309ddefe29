/**
 * Many rotations of keys in a token.
 *
 * @module
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CKA, CKO } from '../../../src/keystore/pkcs11/constants.ts';
import { openToken } from '../../../src/keystore/pkcs11/token.ts';
import { bool, type Template, ulong } from '../../../src/keystore/pkcs11/values.ts';
import { createRotator } from '../../../src/rotation/index.ts';
import { liveDays } from '../../lifecycle/support/days.ts';
import { open, type ScenarioContext } from './scenario.ts';

/** Rotates for days, in a store of its own; says how many private keys the store has then, and how many the token. */
export async function days(context: ScenarioContext) {
  const { options, pin, extra, path } = context;
  const count = async () => {
    const token = await openToken({ ...options, module: options.module as string, pin: Buffer.from(pin) });
    const find = (objectClass: number) =>
      token.run(({ cryptoki, handle }) => {
        const template: Template = [
          [CKA.CLASS, ulong(objectClass)],
          [CKA.TOKEN, bool(true)],
        ];
        return cryptoki.find(handle, template, 1000).length;
      });
    const found = (await find(CKO.PRIVATE_KEY)) + (await find(CKO.SECRET_KEY));
    await token.close();
    return found;
  };
  const before = await count();
  const store = await open({ ...context, path: `${path}-${extra.algorithm}` });
  const result = await liveDays(
    (more) => createRotator({ keystore: store, ...more }),
    extra.algorithm,
    extra.days,
  );
  const privateKeys = (await store.list()).filter(({ publicOnly }) => !publicOnly).length;
  await store.close();
  const notes = readdirSync(join(`${path}-${extra.algorithm}`, 'intents')).length;
  // And the key that wraps the store's root key.
  return { result, objects: (await count()) - before, left: privateKeys + 1, notes };
}
