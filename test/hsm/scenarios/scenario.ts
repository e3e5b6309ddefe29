/**
 * What scenarios share.
 *
 * @module
 */
import { createInterface } from 'node:readline';
import { type Keystore, openKeystore } from '../../../src/keystore/index.ts';
import type { Pkcs11KeystoreOptions } from '../../../src/keystore/pkcs11/open.ts';
import type { ScenarioContext } from '../support/child.ts';

export type { ScenarioContext } from '../support/child.ts';

/** Opens the store of a scenario. */
export function open(
  { options, pin, path }: ScenarioContext,
  more: Partial<Pkcs11KeystoreOptions> = {},
): Promise<Keystore> {
  return openKeystore({ backend: 'pkcs11', path, ...options, pin: Buffer.from(pin), ...more });
}

/** An error as data. */
export interface Failure {
  readonly name: string;
  readonly code: string;
  readonly ckr: string | undefined;
  readonly message: string;
}

/** What a call fails with; undefined when it does not. */
export async function failureOf(call: () => unknown): Promise<Failure | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    const { name, code, message, ckr } = error as Failure & { ckr?: { name: string } };
    return { name, code, message, ckr: ckr?.name };
  }
}

/** Says something to the test that started the scenario. */
export function tell(line: string): void {
  process.stdout.write(`TELL ${line}\n`);
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
process.stdin.unref?.();

/** Waits for the test to say something. */
export async function hear(): Promise<string> {
  process.stdin.ref?.();
  const { value } = await lines.next();
  process.stdin.unref?.();
  return value as string;
}
