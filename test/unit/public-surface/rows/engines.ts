import {
  configureEngines,
  type EngineChoice,
  engineInfo,
  loadWasmEngine,
  runSelfTests,
} from '@mwrasp/crypto/engines';
import { argument } from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { throwingGetters } from '../values.ts';

/** The choice that is in force already. */
function inForce(): Exclude<EngineChoice, string> {
  const forced = Object.entries(engineInfo()).filter(([, info]) => info.forced);
  return Object.fromEntries(forced.map(([family, { engine }]) => [family, engine]));
}

export const ENGINES: Table = {
  rows: {
    'engines.engineInfo': row(engineInfo, []),
    'engines.runSelfTests': row(runSelfTests, []),
    'engines.loadWasmEngine': row(loadWasmEngine, []),
    // A choice that changes nothing: the other tests of this file go on with the same engines.
    'engines.configureEngines': row(configureEngines, [
      argument('choice', inForce, {
        takes: ['an empty object', 'an object without prototype'],
        right: { 'no choice for a family': () => ({ kem: undefined, ...inForce() }) },
        wrong: {
          'an unknown engine': () => 'openssl',
          'an unknown engine for a family': () => ({ kem: 'openssl' }),
          'an unknown family': () => ({ rsa: 'node' }),
          'a number for an engine': () => ({ kem: 7 }),
          'a symbol for an engine': () => ({ kem: Symbol('noble') }),
          'an engine that cannot be read': () => throwingGetters('kem'),
        },
      }),
    ]),
  },
  subjects: {},
};
