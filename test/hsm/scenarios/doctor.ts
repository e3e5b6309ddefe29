/**
 * What doctor says of modules and tokens that are not as they should be.
 *
 * @module
 */
import { doctor, formatReport } from '../../../src/keystore/pkcs11/index.ts';
import type { ScenarioContext } from './scenario.ts';

/** A report on the scenario's token, with options of its own. */
export async function report({ options, extra }: ScenarioContext) {
  const { pin, ...more } = extra as { pin?: string };
  const given = { ...options, ...more, ...(pin === undefined ? {} : { pin: Buffer.from(pin) }) };
  const found = await doctor(given);
  return { ...found, text: formatReport(found) };
}
