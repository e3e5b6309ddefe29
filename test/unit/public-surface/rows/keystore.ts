import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { seal } from '@mwrasp/crypto/envelope';
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import type { KemPublicKey } from '@mwrasp/crypto/kem';
import {
  type FileKeystore,
  type KeyRef,
  type Keystore,
  type KeystoreChange,
  openKeystore,
  type Unlock,
} from '@mwrasp/crypto/keystore';
import { afterAll } from 'vitest';
import {
  type Argument,
  also,
  argument,
  bagOf,
  byteSecret,
  byteSecretOf,
  bytes,
  bytesOf,
  expectedSender,
  flag,
  integer,
  omissible,
  omissibleOptions,
  oneOf,
  optional,
  options,
  pick,
  requiredOptions,
} from '../arguments.ts';
import { methodRow, type Row, row, type Subject, type Table } from '../row.ts';
import {
  formsOf,
  kemPrivate,
  type Maker,
  privatePem,
  SECRETS,
  sample,
  signPrivate,
  throwingGetters,
} from '../values.ts';
import {
  FUNCTIONS,
  NO_STRINGS,
  STRINGS,
  shortened,
  shortPath,
  TEXTS,
  tokenOptions,
  tokenUri,
  unlessNoModule,
} from './token.ts';

const folder = mkdtempSync(join(tmpdir(), 'mwrasp-surface-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
// Marks without a path of their own go here.
process.env['XDG_STATE_HOME'] = folder;

const rootKey = SECRETS.aeadKey;
const context = sample(9);
const aad = sample(11);

const clock: Argument = optional(
  argument('options.clock', () => ({ wallMs: () => 1, monotonicMs: () => 1 }), {
    wrong: {
      'half a clock': () => ({ wallMs: () => 1 }),
      'a clock of numbers': () => ({ wallMs: 1, monotonicMs: 1 }),
      'a clock that cannot be read': () => throwingGetters('monotonicMs'),
    },
  }),
);
const required = optional(oneOf('options.requireCustody', 'memory', 'sealed', 'in-token'));

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

const nowhere = {
  'a name that no key has': () => 'nobody',
  'a generation that is not there': () => ({ name: 'kem', generation: 9 }),
};

/** A key by its name or its reference. */
function selector(name: string, keyName: string, ...others: readonly string[]): Argument {
  return argument(name, () => keyName, {
    right: { 'a reference': () => ({ name: keyName, generation: 1 }) },
    wrong: {
      ...badNames,
      ...badRefs,
      ...nowhere,
      ...Object.fromEntries(others.map((other) => [`key "${other}", of another algorithm`, () => other])),
    },
  });
}

/** One generation, exactly. */
function reference(name: string): Argument {
  return argument('ref', () => ({ name, generation: 1 }), {
    right: { 'a reference with more in it': () => ({ name, generation: 1, other: 1 }) },
    wrong: { ...badRefs, 'a generation that is not there': () => ({ name, generation: 9 }) },
  });
}

/** Custody that keys of a store have, and more than that. */
function custodyOf(store: Keystore): Argument {
  const least = store.backend === 'memory' ? 'memory' : 'sealed';
  return optional(
    argument('options.requireCustody', () => least, {
      right: { 'the weakest': () => 'memory' },
      wrong: { 'more than the key has': () => 'in-token', 'a custody in upper case': () => 'MEMORY' },
    }),
  );
}

/** Sources of a root key; each is one way to call what takes one. */
function unlocks(name: 'options' | 'unlock', itself: Maker): readonly (readonly Argument[])[] {
  const cost = optional(
    also(
      bagOf(
        `${name}.argon2id`,
        optional(integer(`${name}.argon2id.memoryKib`, 19 * 1024, 19 * 1024, 2 ** 20)),
        optional(integer(`${name}.argon2id.passes`, 2, 2, 16)),
        optional(integer(`${name}.argon2id.lanes`, 1, 1, 16)),
      ),
      { takes: ['an empty object', 'an object without prototype'] },
    ),
  );
  return [
    [omissible(byteSecretOf(`${name}.rootKey`, rootKey))],
    [passphraseOf(`${name}.passphrase`), cost],
    [
      omissible(
        argument(`${name}.keyFile`, () => keyFiles.good, {
          isShown: true,
          wrong: {
            'a file that is not there': () => join(folder, 'nothing'),
            'a file of 31 bytes': () => keyFiles.short,
            'a file that others may read': () => keyFiles.open,
            'a folder': () => folder,
            'a path with a zero': () => `${keyFiles.good}\0`,
          },
        }),
      ),
    ],
    [
      omissible(
        bagOf(
          `${name}.rootKeystore`,
          argument(`${name}.rootKeystore.keystore`, () => wrapping, {
            right: { 'what wraps and unwraps': () => justWraps },
            wrong: {
              'half a keystore': () => ({ wrap: () => sample(40) }),
              'the other half': () => ({ unwrap: () => sample(32) }),
              'a keystore that wraps to nothing': () => ({ ...justWraps, wrap: () => undefined }),
              'a keystore that wraps to no byte': () => ({ ...justWraps, wrap: () => new Uint8Array(0) }),
              'a keystore that wraps to too much': () => ({
                ...justWraps,
                wrap: () => new Uint8Array(65536),
              }),
              'a keystore whose method cannot be read': () => throwingGetters('wrap'),
              'a keystore that was closed': () => closedWrapping,
              'the keystore itself': itself,
            },
          }),
          selector(`${name}.rootKeystore.key`, 'data', 'kem'),
        ),
      ),
    ],
  ];
}

function passphraseOf(name: string): Argument {
  const value = SECRETS.bytes;
  return omissible(
    argument(name, () => value, {
      right: {
        ...formsOf(value),
        'a function that gives it': () => () => value,
        'a function that gives it later': () => async () => value,
      },
      takes: ['a secret', 'seven bytes'],
      wrong: {
        '1025 bytes': () => new Uint8Array(1025),
        'a function that gives a text': () => () => 'passphrase',
        'a function that gives no bytes': () => () => new Uint8Array(0),
      },
      throwing: pick('a class', 'a proxy of a function that throws'),
    }),
  );
}

const keyFiles = {
  good: join(folder, 'root.key'),
  short: join(folder, 'short.key'),
  open: join(folder, 'open.key'),
};
for (const [name, length, mode] of [
  ['good', 32, 0o600],
  ['short', 31, 0o600],
  ['open', 32, 0o644],
] as const) {
  writeFileSync(keyFiles[name], rootKey.subarray(0, length));
  chmodSync(keyFiles[name], mode);
}

/** A store with a key of each algorithm, and one whose state changes. */
async function fill<S extends Keystore>(store: S): Promise<S> {
  await store.generate({ name: 'kem', algorithm: 'ML-KEM-1024' });
  await store.generate({ name: 'sign', algorithm: 'ML-DSA-87' });
  await store.generate({ name: 'data', algorithm: 'AES-256-GCM' });
  await store.generate({ name: 'changing', algorithm: 'AES-256-GCM' });
  return store;
}

const inMemory = () => openKeystore({ backend: 'memory' });
let files = 0;
const inFile = () =>
  openKeystore({ backend: 'file', path: join(folder, `store-${files++}`), rootKey, highWaterMark: false });

const wrapping = await fill(await inMemory());
const justWraps: Pick<Keystore, 'wrap' | 'unwrap'> = {
  wrap: (...args) => wrapping.wrap(...args),
  unwrap: (...args) => wrapping.unwrap(...args),
};
const closedWrapping = await fill(await inMemory());
await closedWrapping.close();

/** What a store of either kind has. */
async function tableOf(id: string, live: Keystore, open: () => Promise<Keystore>): Promise<Table> {
  const ended = await fill(await open());
  await ended.close();
  const info = await live.get('kem');
  const envelope = await seal((await live.publicKey('kem')) as KemPublicKey, sample(100), {
    context,
    signer: signPrivate,
  });
  const sealed = await live.sealData('data', sample(100), { aad });
  const wrapped = await live.wrap('data', SECRETS.bytes, { aad });
  const custody = custodyOf(live);
  const state = optional(oneOf('options.state', 'active', 'pending'));
  const budget = optional(integer('options.maxUses', 1000, 1, 2 ** 32));
  const dataOptions = options(optional(bytes('options.aad', aad)), custody);
  const openDataOptions = omissibleOptions(omissible(bytes('options.aad', aad)), custody);
  const newName = (name: string) => argument('options.name', () => name, { wrong: badNames });

  const generates = [
    requiredOptions(
      newName('new'),
      oneOf('options.algorithm', 'AES-256-GCM'),
      custody,
      state,
      budget,
      optional(flag('options.ifAbsent')),
    ),
  ];
  const importsSign = [
    requiredOptions(
      newName('sign-from-elsewhere'),
      oneOf('options.algorithm', 'ML-DSA-87'),
      argument('options.key', () => SECRETS.signSeed, {
        right: {
          ...formsOf(SECRETS.signSeed),
          'PKCS#8 in DER': () => exportPrivateKey(signPrivate, 'der'),
          'PKCS#8 in PEM': () => privatePem,
        },
        takes: ['a private key in PEM', 'a private key for signatures', 'a secret'],
        wrong: {
          'a key of the other algorithm': () => kemPrivate,
          'a seed of the other algorithm': () => SECRETS.kemSeed,
          'PKCS#8 of the other algorithm': () => exportPrivateKey(kemPrivate, 'pem'),
          'an expanded key': () => exportPrivateKey(signPrivate, 'expanded'),
          '31 bytes': () => SECRETS.signSeed.subarray(1),
        },
      }),
      custody,
      state,
    ),
  ];
  const importsData = [
    requiredOptions(
      newName('data-from-elsewhere'),
      oneOf('options.algorithm', 'AES-256-GCM'),
      byteSecretOf('options.key', SECRETS.aeadKey),
      custody,
      state,
      budget,
    ),
  ];
  const updates = [
    reference('changing'),
    also(
      bagOf(
        'changes',
        optional(oneOf('changes.state', 'active', 'pending', 'retired', 'suspended')),
        optional(integer('changes.activatedAtMs', 1, 0, Number.MAX_SAFE_INTEGER)),
        optional(integer('changes.retiredAtMs', 2, 0, Number.MAX_SAFE_INTEGER)),
        optional(integer('changes.destroyAfterMs', 3, 0, Number.MAX_SAFE_INTEGER)),
      ),
      { takes: ['an empty object', 'an object without prototype'] },
    ),
  ];
  const listener = argument('listener', () => () => {}, { takes: FUNCTIONS });
  const receiver = () => live;
  const rows: Record<string, Row | readonly Row[]> = {
    [`${id}#generate`]: [
      methodRow(receiver, 'generate', generates),
      methodRow(receiver, 'generate', [
        requiredOptions(
          newName('new-pair'),
          { ...oneOf('options.algorithm', 'ML-DSA-87'), right: {} },
          omissible(argument('options.maxUses', () => undefined, { wrong: { 'a budget': () => 1000 } })),
          optional(flag('options.ifAbsent')),
        ),
      ]),
    ],
    [`${id}#import`]: [
      methodRow(receiver, 'import', importsSign),
      methodRow(receiver, 'import', importsData),
    ],
    // One of a store that is made for the call.
    [`${id}#destroy`]: row(
      async (ref: KeyRef) => {
        await using store = closing(await open());
        await store.keystore.generate({ name: 'gone', algorithm: 'AES-256-GCM' });
        await store.keystore.destroy(ref);
      },
      [reference('gone')],
    ),
    [`${id}#onChange`]: row((added: (change: KeystoreChange) => void) => live.onChange(added)(), [listener]),
    [`${id}#close`]: row(async () => {
      const store = await open();
      await store.close();
      await store.close();
    }, []),
  };
  const subject: Subject = {
    live: receiver,
    ended: () => ended,
    methods: {
      custodyOf: [oneOf('algorithm', 'ML-KEM-1024', 'ML-DSA-87', 'AES-256-GCM')],
      generate: generates,
      import: importsSign,
      get: [selector('key', 'kem')],
      find: [
        argument('keyId', () => info.keyId, {
          takes: ['an empty string', 'a string', 'a long string', ...TEXTS],
        }),
      ],
      publicKey: [selector('key', 'kem', 'data')],
      sign: [
        selector('key', 'sign', 'kem', 'data'),
        bytes('message'),
        options(
          optional(bytes('options.context', sample(9), 255)),
          optional(flag('options.deterministic')),
          custody,
        ),
      ],
      decapsulate: [
        selector('key', 'kem', 'sign', 'data'),
        bytesOf('ciphertext', sample(1568)),
        options(custody),
      ],
      signer: [selector('key', 'sign', 'kem', 'data'), options(custody)],
      recipient: [selector('key', 'kem', 'sign', 'data'), options(custody)],
      openEnvelope: [
        bytes('envelope', envelope),
        omissibleOptions(expectedSender, omissible(bytes('options.context', context, 16384)), custody),
      ],
      sealData: [selector('key', 'data', 'kem', 'sign'), bytes('plaintext'), dataOptions],
      openData: [
        also(bytes('sealed', sealed), { wrong: { 'a wrapped key': () => wrapped } }),
        openDataOptions,
      ],
      wrap: [selector('key', 'data', 'kem', 'sign'), byteSecret('secret'), dataOptions],
      unwrap: [also(bytes('wrapped', wrapped), { wrong: { 'sealed data': () => sealed } }), openDataOptions],
      update: updates,
      destroy: [reference('changing')],
      onChange: [listener],
    },
  };
  return { rows, subjects: { [id]: subject } };
}

function closing(keystore: Keystore): { readonly keystore: Keystore } & AsyncDisposable {
  return { keystore, [Symbol.asyncDispose]: () => keystore.close() };
}

const fileStore: FileKeystore = await fill(await inFile());
const memory = await tableOf('keystore.Keystore', await fill(await inMemory()), inMemory);
const file = await tableOf('keystore.FileKeystore', fileStore, inFile);
const rekeys = unlocks('unlock', () => fileStore).map((fields) => bagOf('unlock', ...fields));

/** Paths are kept inside the folder of the tests. */
async function openAndClose(wanted: unknown, beside?: unknown): Promise<void> {
  const own = insideFolder(wanted);
  const store = await openKeystore(
    ...([own, insideFolder(beside)] as unknown as Parameters<typeof openKeystore>),
  );
  await store.close();
}

function insideFolder(wanted: unknown): unknown {
  const inside = (path: string) => (path.startsWith(folder) ? path : join(folder, path));
  const placed = shortened(wanted, ['path', 'highWaterMark'], (path) =>
    path.length > 4096 ? path : inside(shortPath(path)),
  );
  return shortened(placed, ['keyFile'], shortPath);
}

const place = (name: string) =>
  argument('options.path', () => join(folder, name), {
    isShown: true,
    takes: ['a string', ...TEXTS],
    wrong: { 'a path with a zero': () => `${folder}\0` },
  });
const markOf = (name: string) =>
  optional(
    argument('options.highWaterMark', () => false, {
      isShown: true,
      right: { 'a path': () => join(folder, `${name}.mark`) },
      takes: ['false', 'a string', ...TEXTS],
    }),
  );
const ofPlace = (name: string): readonly Argument[] => [
  optional(flag('options.create')),
  markOf(name),
  optional(integer('options.lockTimeoutMs', 1000, 1, 600_000)),
  clock,
  required,
];
const backend = (name: string) => ({ ...oneOf('options.backend', name), right: {} });
/** A text is taken for a URL. */
const orUrl = (kind: Argument) => also(kind, { takes: STRINGS });

/** Each store of another keystore is a new one: what is there is not wrapped again. */
const newPlace = argument('options.path', () => join(folder, `new-${files++}`), place('new'));

const OPENINGS: readonly Row[] = [
  row(openAndClose, [orUrl(requiredOptions(backend('memory'), clock, required))]),
  ...unlocks('options', () => ({})).map((source, i) => {
    const isWrapped = source[0]?.name === 'options.rootKeystore';
    const more = i === 0 ? ofPlace('by-0') : [];
    const where = isWrapped ? newPlace : place(`by-${i}`);
    return row(openAndClose, [orUrl(requiredOptions(backend('file'), where, ...source, ...more))]);
  }),
  row(unlessNoModule(openAndClose), [
    orUrl(
      requiredOptions(
        backend('pkcs11'),
        ...tokenOptions(folder),
        place('beside-token'),
        ...ofPlace('beside-token'),
        optional(argument('options.label', () => 'label', { takes: ['a string', ...TEXTS] })),
      ),
    ),
  ]),
  row(unlessNoModule(openAndClose), [
    orUrl(
      requiredOptions(backend('pkcs11'), omissible(tokenUri('options.uri', folder)), place('beside-token')),
    ),
  ]),
  row(unlessNoModule(openAndClose), [
    // What is no text is taken for options, and refused as such.
    also(tokenUri('url', folder), { takes: NO_STRINGS }),
    requiredOptions(place('beside-token')),
  ]),
  row(openAndClose, [
    argument('url', () => urlOf('by-url'), {
      takes: NO_STRINGS,
      right: {
        'a URL with options': () => `${urlOf('by-url')}?create=true&high-water-mark=false&lock-timeout-ms=5`,
      },
      wrong: {
        'a URL of another kind': () => 'https://example.org/keys',
        'a URL of another host': () => 'file://example.org/keys',
        'a URL with an option of another name': () => `${urlOf('by-url')}?other=1`,
        'a URL with an option twice': () => `${urlOf('by-url')}?create=true&create=true`,
        'a path': () => join(folder, 'by-url'),
      },
    }),
    requiredOptions(omissible(byteSecretOf('options.rootKey', rootKey)), clock, required),
  ]),
];

function urlOf(name: string): string {
  return pathToFileURL(join(folder, name)).href;
}

mkdirSync(join(folder, 'mwrasp-crypto'), { recursive: true });

export const KEYSTORE: Table = {
  rows: {
    'keystore.openKeystore': OPENINGS,
    ...memory.rows,
    ...file.rows,
    'keystore.FileKeystore#rekey': rekeys.map((unlock) =>
      row(
        (wanted: unknown) => fileStore.rekey(shortened(wanted, ['keyFile'], shortPath) as Unlock),
        [unlock],
      ),
    ),
  },
  subjects: {
    ...memory.subjects,
    'keystore.FileKeystore': {
      ...(file.subjects['keystore.FileKeystore'] as Subject),
      methods: {
        ...(file.subjects['keystore.FileKeystore'] as Subject).methods,
        rekey: rekeys.slice(0, 1),
      },
    },
  },
};
