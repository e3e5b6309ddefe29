import { configureEngines, engineInfo, runSelfTests } from '@mwrasp/crypto/engines';
import { argument } from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { throwingGetters } from '../values.ts';

export const ENGINES: Table = {
  rows: {
    'engines.engineInfo': row(engineInfo, []),
    'engines.runSelfTests': row(runSelfTests, []),
    // A choice that changes nothing: the other tests of this file go on with the same engines.
    'engines.configureEngines': row(configureEngines, [
      argument('choice', () => ({}), {
        takes: ['an empty object', 'an object without prototype'],
        right: { 'no choice for a family': () => ({ kem: undefined }) },
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
