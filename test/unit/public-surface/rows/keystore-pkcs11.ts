import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DoctorReport, doctor, formatReport, parsePkcs11Uri } from '@mwrasp/crypto/keystore/pkcs11';
import { argument, omissible, requiredOptions } from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { throwingGetters } from '../values.ts';
import { shortened, shortPath, tokenOptions, tokenUri } from './token.ts';

/** Nothing is made in it. */
const folder = join(tmpdir(), 'mwrasp-no-such-folder');

/** That there is no module stands in the report. */
async function examine(wanted: unknown): Promise<void> {
  const { ok } = await doctor(shortened(wanted, ['module'], shortPath) as never);
  if (ok) throw new Error('a module that does not exist was found to be in order');
}

const REPORT: DoctorReport = {
  ok: false,
  module: { path: '/usr/lib/p11.so', description: 'a module', version: '1.0' },
  device: 'a token',
  tested: false,
  tokens: [],
  token: {
    label: 'app',
    serial: '0a',
    model: 'model',
    manufacturer: 'maker',
    firmwareVersion: '1.0',
    slotId: 1,
    initialised: true,
  },
  custody: { 'AES-256-GCM': 'in-token', 'ML-KEM-1024': 'sealed', 'ML-DSA-87': undefined },
  capabilities: {
    'AES-256-GCM': { ivSource: 'caller' },
    'ML-KEM-1024': { lacking: 'no such mechanism' },
    'ML-DSA-87': { deterministic: true, importsSeed: false },
  },
  findings: [{ problem: 'token-failed', message: 'it failed', next: 'try again' }],
};

export const KEYSTORE_PKCS11: Table = {
  rows: {
    'keystore-pkcs11.doctor': [
      row(examine, [requiredOptions(...tokenOptions(folder))]),
      row(examine, [requiredOptions(omissible(tokenUri('options.uri', folder)))]),
    ],
    'keystore-pkcs11.parsePkcs11Uri': row(parsePkcs11Uri, [tokenUri('uri', folder)]),
    'keystore-pkcs11.formatReport': row(formatReport, [
      argument('report', () => REPORT, {
        right: {
          'a report of a module that sees no token': () => ({
            ...REPORT,
            token: undefined,
            custody: undefined,
            capabilities: undefined,
          }),
        },
        wrong: {
          'a report without a module': () => ({ ...REPORT, module: undefined }),
          'a report without findings': () => ({ ...REPORT, findings: undefined }),
          'a report with a finding that is none': () => ({ ...REPORT, findings: [null] }),
          'a report that cannot be read': () => ({ ...REPORT, module: throwingGetters('path') }),
          'a report with a symbol': () => ({ ...REPORT, device: Symbol('device') }),
        },
      }),
    ]),
  },
  subjects: {},
};
