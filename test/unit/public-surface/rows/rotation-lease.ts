import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileLease, redisLease } from '@mwrasp/crypto/rotation';
import { afterAll } from 'vitest';
import { type Argument, argument, integer, omissible, optional, requiredOptions } from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { throwingGetters } from '../values.ts';
import { STRINGS, TEXTS } from './token.ts';

const folder = mkdtempSync(join(tmpdir(), 'rows-lease-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const clock: Argument = optional(
  argument('options.clock', () => ({ wallMs: () => 1e12, monotonicMs: () => 1 }), {
    wrong: { 'half a clock': () => ({ wallMs: () => 1 }) },
  }),
);
/** Never connected: nothing is asked for. */
const client = { eval: async () => 0 };

export const ROTATION_LEASE: Table = {
  rows: {
    'rotation.fileLease': row(fileLease, [
      requiredOptions(
        argument('options.path', () => folder, {
          takes: ['a string', 'a long string', ...TEXTS],
          wrong: { 'a text with a zero': () => 'a\0b' },
        }),
        clock,
      ),
    ]),
    'rotation.redisLease': [
      row(redisLease, [
        requiredOptions(
          omissible(
            argument('options.url', () => 'redis://127.0.0.1:1', {
              wrong: { 'the address of something else': () => 'http://127.0.0.1' },
            }),
          ),
          argument('options.key', () => 'rotation', {
            takes: ['a string', ...TEXTS],
            wrong: { 'a key of 1025 characters': () => 'k'.repeat(1025) },
          }),
          optional(integer('options.timeoutMs', 1000, 1, 86_400_000)),
          clock,
        ),
      ]),
      row(redisLease, [
        requiredOptions(
          omissible(
            argument('options.client', () => client, {
              wrong: {
                'half a client': () => ({ set: async () => 'OK' }),
                'a client that cannot be read': () => throwingGetters('eval'),
              },
            }),
          ),
          argument('options.key', () => 'rotation', { takes: STRINGS }),
        ),
      ]),
    ],
    'rotation.RedisLeaseClient#eval': row(() => client.eval(), []),
  },
  subjects: {},
};
