import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seal } from '@mwrasp/crypto/envelope';
import type { KemPublicKey } from '@mwrasp/crypto/kem';
import { type KeyRef, type Keystore, openKeystore } from '@mwrasp/crypto/keystore';
import { afterAll } from 'vitest';
import {
  type Argument,
  argument,
  byteSecretOf,
  bytes,
  bytesOf,
  expectedSender,
  flag,
  omissible,
  omissibleOptions,
  oneOf,
  optional,
  options,
  requiredOptions,
} from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { SECRETS, sample, signPrivate, throwingGetters } from '../values.ts';

const folder = mkdtempSync(join(tmpdir(), 'mwrasp-surface-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const clock: Argument = optional(
  argument('options.clock', () => ({ wallMs: () => 1, monotonicMs: () => 1 }), {
    wrong: {
      'half a clock': () => ({ wallMs: () => 1 }),
      'a clock of numbers': () => ({ wallMs: 1, monotonicMs: 1 }),
      'a clock that cannot be read': () => throwingGetters('monotonicMs'),
    },
  }),
);

/** Names are kept inside the folder of the tests. */
async function openAndClose(wanted: unknown): Promise<void> {
  const store = await openKeystore(insideFolder(wanted) as never);
  await store.close();
}

function insideFolder(wanted: unknown): unknown {
  try {
    const { path } = wanted as { path?: unknown };
    const isOutside = typeof path === 'string' && path !== '' && !path.startsWith(folder);
    return isOutside ? { ...(wanted as object), path: join(folder, path.slice(0, 100)) } : wanted;
  } catch {
    return wanted;
  }
}

const path = argument('options.path', () => join(folder, 'store'), {
  isShown: true,
  takes: ['a string', 'a long string', 'a private key in PEM', 'a public key in PEM'],
});

async function filled(): Promise<Keystore> {
  const store = await openKeystore({ backend: 'memory' });
  await store.generate({ name: 'kem', algorithm: 'ML-KEM-1024' });
  await store.generate({ name: 'sign', algorithm: 'ML-DSA-87' });
  return store;
}

const live = await filled();
const closed = await filled();
await closed.close();
const info = await live.get('kem');
const context = sample(9);
const envelope = await seal((await live.publicKey('kem')) as KemPublicKey, sample(100), {
  context,
  signer: signPrivate,
});

/** A key by its name or its reference. */
function selector(name: string, keyName: 'kem' | 'sign', other: 'kem' | 'sign' | 'none'): Argument {
  return argument(name, () => keyName, {
    right: { 'a reference': () => ({ name: keyName, generation: 1 }) },
    wrong: {
      ...badNames,
      ...badRefs,
      ...(other === 'none' ? {} : { 'a key of the other algorithm': () => other }),
    },
  });
}

const badNames = {
  'a name with a space': () => 'a key',
  'a name that is too long': () => 'k'.repeat(65),
  'a name in upper case': () => 'KEM',
  'a name with a line end': () => 'kem\n',
};

const badRefs = {
  'a reference without a name': () => ({ generation: 1 }),
  'a reference without a generation': () => ({ name: 'kem' }),
  'a reference to generation 0': () => ({ name: 'kem', generation: 0 }),
  'a reference to a generation that is too large': () => ({ name: 'kem', generation: 2 ** 32 }),
  'a reference to a generation in words': () => ({ name: 'kem', generation: '1' }),
  'a reference with a symbol': () => ({ name: Symbol('name'), generation: 1 }),
  'a reference that cannot be read': () => throwingGetters('generation'),
};

const openOptions = omissibleOptions(expectedSender, omissible(bytes('options.context', context, 16384)));

/** One of a store that is made for the call. */
const destroyed = [
  argument('ref', () => ({ name: 'kem', generation: 1 }), {
    right: { 'a reference with more in it': () => ({ name: 'kem', generation: 1, other: 1 }) },
    wrong: badRefs,
  }),
];

async function destroy(ref: KeyRef): Promise<void> {
  const store = await filled();
  await store.destroy(ref);
}

export const KEYSTORE: Table = {
  rows: {
    'keystore.openKeystore': row(openAndClose, [
      requiredOptions(
        { ...oneOf('options.backend', 'file'), right: {} },
        path,
        byteSecretOf('options.rootKey', SECRETS.aeadKey),
        clock,
      ),
    ]),
    'keystore.Keystore#destroy': row(destroy, destroyed),
  },
  subjects: {
    'keystore.Keystore': {
      live: () => live,
      ended: () => closed,
      methods: {
        generate: [
          requiredOptions(
            argument('options.name', () => 'new', { wrong: badNames }),
            oneOf('options.algorithm', 'ML-DSA-87'),
          ),
        ],
        get: [selector('key', 'kem', 'none')],
        find: [
          argument('keyId', () => info.keyId, {
            takes: [
              'an empty string',
              'a string',
              'a long string',
              'a private key in PEM',
              'a public key in PEM',
            ],
          }),
        ],
        publicKey: [selector('key', 'kem', 'none')],
        sign: [
          selector('key', 'sign', 'kem'),
          bytes('message'),
          options(
            optional(bytes('options.context', sample(9), 255)),
            optional(flag('options.deterministic')),
          ),
        ],
        decapsulate: [selector('key', 'kem', 'sign'), bytesOf('ciphertext', sample(1568))],
        signer: [selector('key', 'sign', 'kem')],
        recipient: [selector('key', 'kem', 'sign')],
        openEnvelope: [bytes('envelope', envelope), openOptions],
        destroy: destroyed,
      },
    },
  },
};
