import {
  AuthenticationError,
  ExpiredError,
  InputError,
  KeyStoreError,
  PoolError,
  PqError,
  QuorumError,
  SecretBytes,
  SelfTestError,
  systemClock,
  TransportError,
  UnsupportedError,
} from '@mwrasp/crypto';
import { bytes } from '../arguments.ts';
import { type Row, row, type Table } from '../row.ts';
import { COMMON, kemPublic, SECRETS } from '../values.ts';
import { anything } from './kem.ts';

/** An error is made of anything: what goes wrong while it is made would hide what it is about. */
function errorRow(errorClass: new (...args: never[]) => PqError, ...values: readonly unknown[]): Row {
  const accepting = values.map((value, i) => ({ ...anything(`argument ${i}`, value), right: COMMON }));
  return row((...args) => Reflect.construct(errorClass, args), accepting);
}

export const ROOT: Table = {
  rows: {
    'new index.PqError': errorRow(PqError, 'CODE', 'message', { cause: 1 }),
    'new index.InputError': errorRow(InputError, 'CODE', 'a', 'b', 'c', {
      cause: 1,
    }),
    'new index.AuthenticationError': errorRow(AuthenticationError),
    'new index.KeyStoreError': errorRow(KeyStoreError, 'CODE', 'message', {
      cause: 1,
    }),
    'new index.PoolError': errorRow(PoolError, 'CODE', 'message', { cause: 1 }),
    'new index.TransportError': errorRow(TransportError, 'CODE', 'message', { cause: 1 }),
    'new index.ExpiredError': errorRow(ExpiredError, 'CODE', 'message'),
    'new index.QuorumError': errorRow(QuorumError, 1, 2),
    'new index.UnsupportedError': errorRow(UnsupportedError, 'CODE', 'message', {
      cause: 1,
    }),
    'new index.SelfTestError': errorRow(SelfTestError, 'a', 'b', 'c', { cause: 1 }),
    'index.SecretBytes.from': row(SecretBytes.from, [bytes('bytes')]),
    'index.SecretBytes.adopt': row(SecretBytes.adopt, [bytes('bytes')]),
  },
  subjects: {
    'index.SecretBytes': {
      live: () => SecretBytes.from(SECRETS.bytes),
      ended: COMMON['a disposed secret'],
      methods: {},
    },
    'index.PublicKey': { live: () => kemPublic, methods: { equals: [anything('other', kemPublic)] } },
    'index.Clock': { live: () => systemClock, methods: {} },
    'index.WebByteStream': { live: () => new Blob([]).stream(), methods: {} },
  },
};
