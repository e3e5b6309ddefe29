/**
 * A rotator over a token that is killed before or after each step of making, committing and destroying keys.
 *
 * @module
 */
import { Disk } from '../../../src/keystore/file/disk.ts';
import { CKA, CKO } from '../../../src/keystore/pkcs11/constants.ts';
import { TokenCustodian } from '../../../src/keystore/pkcs11/custodian.ts';
import { Intents } from '../../../src/keystore/pkcs11/intents.ts';
import { openToken } from '../../../src/keystore/pkcs11/token.ts';
import { bool, type Template, ulong } from '../../../src/keystore/pkcs11/values.ts';
import { finish, type Moment, prepare, reach } from '../../fault/support/rotation-scenario.ts';
import { open, type ScenarioContext } from './scenario.ts';

/** Lives up to an hour before a moment. */
export async function ready(context: ScenarioContext) {
  const store = await open(context);
  await prepare(store, context.folder, context.extra.moment as Moment);
  await store.close();
  return {};
}

/** Stands before and after each call of a method. */
function tap<T extends object>(prototype: T, name: keyof T & string, at: (boundary: string) => void): void {
  const original = prototype[name] as (...args: unknown[]) => Promise<unknown>;
  (prototype as Record<string, unknown>)[name] = async function (this: T, ...args: unknown[]) {
    at(`before ${name}`);
    const result = await original.apply(this, args);
    at(`after ${name}`);
    return result;
  };
}

/** Does what is to be done, and is killed at one boundary; says which there are when it is not. */
export async function cut(context: ScenarioContext) {
  const { moment, boundary } = context.extra as { moment: Moment; boundary: number };
  const store = await open(context);
  const boundaries: string[] = [];
  const at = (name: string) => {
    if (boundaries.push(name) === boundary) process.kill(process.pid, 'SIGKILL');
  };
  await reach(store, moment, () => {
    tap(Intents.prototype, 'write', at);
    tap(Intents.prototype, 'remove', at);
    tap(TokenCustodian.prototype, 'create', at);
    tap(TokenCustodian.prototype, 'destroy', at);
    tap(Disk.prototype, 'link', at);
  });
  await store.close();
  return { boundaries };
}

/** Goes on, and counts what is left in the token. */
export async function goOn(context: ScenarioContext) {
  const { options, pin, folder, extra } = context;
  const store = await open(context);
  const privateKeys = await finish(store, folder, extra.moment as Moment);
  await store.close();
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
  return { privateKeys, objects };
}
