import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import { argument, oneOf } from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { signPrivate } from '../values.ts';

export const INSECURE: Table = {
  rows: {
    'insecure.exportPrivateKey': row(exportPrivateKey, [
      argument('key', () => signPrivate, { takes: ['a KEM private key', 'a private key for signatures'] }),
      oneOf('format', 'seed', 'expanded', 'der', 'pem', 'jwk'),
    ]),
  },
  subjects: {},
};
