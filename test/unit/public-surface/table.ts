/**
 * The table of wrong inputs: everything that the public entries show.
 *
 * @module
 */
import type { Argument } from './arguments.ts';
import { methodRow, type Row, type Subject, type Table } from './row.ts';
import { AEAD } from './rows/aead.ts';
import { ENCODINGS } from './rows/encodings.ts';
import { ENGINES } from './rows/engines.ts';
import { ENVELOPE } from './rows/envelope.ts';
import { FRAGMENT } from './rows/fragment.ts';
import { FRAGMENT_BROKER } from './rows/fragment-broker.ts';
import { FRAGMENT_METRICS } from './rows/fragment-metrics.ts';
import { FRAGMENT_SESSION } from './rows/fragment-session.ts';
import { FRAGMENT_STORE } from './rows/fragment-store.ts';
import { FRAGMENT_TRANSPORT } from './rows/fragment-transport.ts';
import { HASH } from './rows/hash.ts';
import { INSECURE } from './rows/insecure.ts';
import { KAT } from './rows/kat.ts';
import { KEM } from './rows/kem.ts';
import { KEYSTORE } from './rows/keystore.ts';
import { KEYSTORE_PKCS11 } from './rows/keystore-pkcs11.ts';
import { POOL } from './rows/pool.ts';
import { ROOT } from './rows/root.ts';
import { SIGN } from './rows/sign.ts';

const ALL: readonly Table[] = [
  HASH,
  AEAD,
  KEM,
  SIGN,
  ENCODINGS,
  ENVELOPE,
  KEYSTORE,
  KEYSTORE_PKCS11,
  FRAGMENT,
  FRAGMENT_BROKER,
  FRAGMENT_METRICS,
  FRAGMENT_STORE,
  FRAGMENT_TRANSPORT,
  FRAGMENT_SESSION,
  POOL,
  ENGINES,
  KAT,
  INSECURE,
  ROOT,
];

export const TABLE: Table = {
  rows: Object.assign({}, ...ALL.map(({ rows }) => rows)),
  subjects: Object.assign({}, ...ALL.map(({ subjects }) => subjects)),
};

/** The arguments of a method; none when the table says nothing of it. */
export function methodArguments({ methods }: Subject, name: string): readonly Argument[] {
  return (Object.hasOwn(methods, name) ? methods[name] : undefined) ?? [];
}

/**
 * The rows of anything public: a function's own, or that of a method on something that is in use.
 *
 * @param id - As the docstrings name it.
 * @param parameters - How many parameters it has; without any, there is nothing for the table to say.
 * @returns None when the table says nothing of it.
 */
export function rowsOf(id: string, parameters = 0): readonly Row[] {
  const own = TABLE.rows[id];
  if (own !== undefined) return 'call' in own ? [own] : own;
  const [subjectId, name] = id.split('#') as [string, string | undefined];
  const subject = TABLE.subjects[subjectId];
  if (subject === undefined || name === undefined) return [];
  if (!Object.hasOwn(subject.methods, name) && parameters > 0) return [];
  return [methodRow(subject.live, name, methodArguments(subject, name))];
}
