import { backupKeyOf, createBackup, inspectBackup, restoreBackup, verifyBackup } from '@mwrasp/crypto/backup';
import { openKeystore } from '@mwrasp/crypto/keystore';
import {
  type Argument,
  argument,
  byteSecretOf,
  flag,
  omissible,
  optional,
  requiredOptions,
} from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { SECRETS } from '../values.ts';

const rootKey = SECRETS.bytes;
const store = await openKeystore({ backend: 'memory' });
await store.generate({ name: 'sign', algorithm: 'ML-DSA-87' });
const { bytes: backup } = await createBackup(store, { rootKey });

const keystore: Argument = argument('keystore', () => store, {
  wrong: { 'an imitation of a keystore': () => ({ ...store, backend: 'memory' }) },
});

/** Bytes of a backup: others are refused for what they are. */
const file: Argument = argument('backup', () => backup, {
  right: { 'a Buffer': () => Buffer.from(backup) },
  takes: ['no bytes', 'seven bytes'],
});

const root = omissible(byteSecretOf('options.rootKey', rootKey));

const newer: Argument = optional(
  argument('options.newer', () => [backup], {
    takes: ['an empty array'],
    wrong: { 'an array with something else': () => [1], 'an array with nothing in it': () => [undefined] },
  }),
);

const ends: Argument = optional(
  argument('options.destroyAfterMs', () => () => 1000, {
    takes: ['a function'],
    right: { 'a function that says never': () => () => undefined },
    wrong: { 'a function that gives a text': () => () => '1000', 'a time': () => 1000 },
    throwing: {
      'a class': () => class Nothing {},
      'a proxy of a function that throws': () =>
        new Proxy(() => undefined, {
          apply: () => {
            throw new TypeError('thrown by an argument');
          },
        }),
    },
  }),
);

export const BACKUP: Table = {
  rows: {
    'backup.createBackup': row(createBackup, [
      keystore,
      requiredOptions(root, optional(flag('options.requireAll')), ends),
    ]),
    'backup.inspectBackup': row(inspectBackup, [file]),
    'backup.verifyBackup': row(verifyBackup, [file, requiredOptions(root)]),
    'backup.restoreBackup': row(restoreBackup, [file, keystore, requiredOptions(root, newer)]),
    'backup.backupKeyOf': row(
      (key: Uint8Array) => backupKeyOf(key).dispose(),
      [byteSecretOf('rootKey', rootKey)],
    ),
  },
  subjects: {},
};
