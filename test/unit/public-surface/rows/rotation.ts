import { type Keystore, openKeystore } from '@mwrasp/crypto/keystore';
import {
  createKeyring,
  createRotator,
  identityLinks,
  type Lease,
  type LeaseProvider,
  MemoryLeaseProvider,
  meterRotator,
  type Rotator,
  type RotatorOptions,
  rewrap,
  rotationStatus,
} from '@mwrasp/crypto/rotation';
import { afterAll } from 'vitest';
import {
  type Argument,
  also,
  argument,
  bagOf,
  bytes,
  expectedSender,
  flag,
  integer,
  omissible,
  oneOf,
  optional,
  options,
  pick,
  requiredOptions,
} from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { sample, signPrivate, throwingGetters } from '../values.ts';
import { FUNCTIONS, TEXTS } from './token.ts';

const HOUR = 3_600_000;
const MAX = Number.MAX_SAFE_INTEGER;
const context = sample(9);
const aad = sample(11);

const keystore = await openKeystore({ backend: 'memory' });
const keys = {
  inbox: { algorithm: 'ML-KEM-1024' },
  data: { algorithm: 'AES-256-GCM' },
  service: { algorithm: 'ML-DSA-87' },
} as const;
const rotator = createRotator({ keystore, keys });
await rotator.tick();
await rotator.rotateNow('rows', { urgent: true });
const ended = createRotator({ keystore, keys });
await ended.stop();
afterAll(async () => {
  await rotator.stop();
  await keystore.close();
});

const inbox = createKeyring({ keystore, name: 'inbox' });
const envelope = await inbox.sealEnvelope(sample(100), { signer: signPrivate, context });
const data = createKeyring({ keystore, name: 'data' });
const sealed = await data.seal(sample(100), { aad });
const service = createKeyring({ keystore, name: 'service' });
const signed = await service.sign(sample(100), { context });

const store: Argument = argument('options.keystore', () => keystore, {
  wrong: { 'what only looks like one': () => ({ ...keystore }) },
});
const bareStore: Argument = { ...store, name: 'keystore' };
const name = (argumentName: string, value: string): Argument =>
  argument(argumentName, () => value, {
    wrong: { 'a name with a space': () => 'a key', 'a name in upper case': () => 'KEM' },
  });
const clock: Argument = optional(
  argument('options.clock', () => ({ wallMs: () => 1e12, monotonicMs: () => 1 }), {
    wrong: {
      'half a clock': () => ({ wallMs: () => 1 }),
      'a clock that cannot be read': () => throwingGetters('monotonicMs'),
    },
  }),
);
const policyOf = (argumentName: string): Argument =>
  optional(
    also(
      bagOf(
        argumentName,
        optional(integer(`${argumentName}.overlapMs`, HOUR, 0, 24 * HOUR)),
        optional(integer(`${argumentName}.retained`, 4, 1, 64)),
      ),
      {
        takes: ['an empty object', 'an object without prototype'],
        wrong: { 'a lead that is longer than the period': () => ({ leadMs: 25 * HOUR }) },
      },
    ),
  );
const leases: Argument = optional(
  argument('options.leases', () => new MemoryLeaseProvider(), {
    wrong: {
      'half a provider': () => ({ acquire: async () => undefined }),
      'a provider that cannot be read': () => throwingGetters('acquire'),
    },
  }),
);
const holder = (argumentName: string): Argument =>
  argument(argumentName, () => 'here', {
    takes: ['a string', ...TEXTS],
    wrong: { 'a name of 129 characters': () => 'h'.repeat(129) },
  });
const rotated: Argument = argument('options.keys', () => keys, {
  takes: [],
  wrong: {
    'a key without algorithm': () => ({ inbox: {} }),
    'a key that is none': () => ({ inbox: 1 }),
    'a key of a bad name': () => ({ 'a key': keys.inbox }),
    'keys that cannot be read': () => throwingGetters('inbox'),
  },
});
/** A generation of a key of the rotator. */
const ref: Argument = argument('ref', () => ({ name: 'inbox', generation: 1 }), {
  right: { 'a reference with more in it': () => ({ name: 'inbox', generation: 1, other: 1 }) },
  wrong: {
    'a reference without a name': () => ({ generation: 1 }),
    'a reference to generation 0': () => ({ name: 'inbox', generation: 0 }),
    'a generation that is not there': () => ({ name: 'inbox', generation: 99 }),
    'a key of nobody': () => ({ name: 'nobody', generation: 1 }),
    'a reference that cannot be read': () => throwingGetters('generation'),
  },
});

/** A rotator that is made for the call: what it does is not undone. */
function withRotator(work: (own: Rotator, argument: never, more: never) => unknown) {
  return async (first: never, second: never) => {
    const own: Keystore = await openKeystore({ backend: 'memory' });
    const other = createRotator({ keystore: own, keys: { inbox: keys.inbox } });
    await other.tick();
    try {
      return await work(other, first, second);
    } finally {
      await other.stop();
      await own.close();
    }
  };
}

async function resume(own: Rotator, wanted: { readonly name: string; readonly generation: number }) {
  await own.suspend({ name: 'inbox', generation: 1 });
  await own.resume(wanted);
}

async function makeAndStop(wanted: RotatorOptions): Promise<void> {
  await createRotator(wanted).stop();
}

async function rewrapAll(items: never, wanted: never): Promise<void> {
  for await (const _ of rewrap(items, wanted));
}

async function meterAndEnd(wanted: never, more: never): Promise<void> {
  (await meterRotator(wanted, more))();
}

const lease = (await new MemoryLeaseProvider().acquire('rows', 86_400_000)) as Lease;
const use = oneOf('options.use', 'received', 'stored');
const meter: Argument = optional(
  argument(
    'options.meter',
    () => ({
      createObservableGauge: () => ({ addCallback: () => {}, removeCallback: () => {} }),
      createCounter: () => ({ add: () => {} }),
    }),
    { wrong: { 'half a meter': () => ({ createCounter: () => ({}) }) } },
  ),
);
const listener = argument('listener', () => () => {}, { takes: FUNCTIONS });
const untilMs = optional(integer('untilMs', 1e12, 0, MAX));
const reason = argument('reason', () => 'rows', {
  takes: ['an empty string', 'a string', ...TEXTS],
  wrong: { 'a reason of 257 characters': () => 'r'.repeat(257) },
});
const cooldown = optional(integer('options.cooldownMs', 1000, 0, HOUR));

/** Methods of keyrings, each on one of the algorithm that it is for. */
const KEYRING: Table['rows'] = {
  'rotation.Keyring#sealEnvelope': row(
    (plaintext: never, wanted: never) => inbox.sealEnvelope(plaintext, wanted),
    [bytes('plaintext'), options(optional(bytes('options.context', context, 16384)))],
  ),
  'rotation.Keyring#openEnvelope': row(
    (wanted: never, how: never) => inbox.openEnvelope(wanted, how),
    [
      bytes('envelope', envelope),
      requiredOptions(use, expectedSender, omissible(bytes('options.context', context, 16384))),
    ],
  ),
  'rotation.Keyring#seal': row(
    (plaintext: never, wanted: never) => data.seal(plaintext, wanted),
    [bytes('plaintext'), options(optional(bytes('options.aad', aad)))],
  ),
  'rotation.Keyring#open': row(
    (wanted: never, how: never) => data.open(wanted, how),
    [bytes('sealed', sealed), requiredOptions(use, omissible(bytes('options.aad', aad)))],
  ),
  'rotation.Keyring#sign': row(
    (message: never, wanted: never) => service.sign(message, wanted),
    [
      bytes('message'),
      options(optional(bytes('options.context', context, 255)), optional(flag('options.deterministic'))),
    ],
  ),
  'rotation.Keyring#verify': row(
    (message: never, wanted: never, how: never) => service.verify(message, wanted, how),
    [
      bytes('message'),
      bagOf(
        'signed',
        bytes('signed.signature', signed.signature),
        argument('signed.keyId', () => signed.keyId, {
          takes: ['an empty string', 'a string', 'a long string', ...TEXTS],
        }),
      ),
      options(
        optional(bytes('options.context', context, 255)),
        optional(integer('options.signedAtMs', 1e12, 0, MAX)),
      ),
    ],
  ),
};
export const ROTATION: Table = {
  rows: {
    ...KEYRING,
    'rotation.createRotator': row(makeAndStop, [
      requiredOptions(
        store,
        rotated,
        policyOf('options.policy'),
        leases,
        optional(holder('options.holder')),
        optional(integer('options.leaseMs', 1000, 1, 86_400_000)),
        optional(integer('options.tickMs', 1000, 10, HOUR)),
        clock,
      ),
    ]),
    'rotation.Rotator#start': row(
      withRotator((own) => own.start()),
      [],
    ),
    'rotation.Rotator#stop': row(
      withRotator((own) => own.stop()),
      [],
    ),
    'rotation.Rotator#[Symbol.asyncDispose]': row(
      withRotator((own) => own[Symbol.asyncDispose]()),
      [],
    ),
    'rotation.Rotator#suspend': row(
      withRotator((own, wanted) => own.suspend(wanted)),
      [ref],
    ),
    'rotation.Rotator#compromise': row(
      withRotator((own, wanted) => own.compromise(wanted)),
      [ref],
    ),
    'rotation.Rotator#resume': row(withRotator(resume), [ref]),
    'rotation.Rotator#hold': row(
      withRotator((own, wanted, until) => own.hold(wanted, until)),
      [ref, untilMs],
    ),
    'rotation.Rotator#rotateNow': row(
      withRotator((own, why, how) => own.rotateNow(why, how)),
      [reason, options(optional(name('options.name', 'inbox')), optional(flag('options.urgent')))],
    ),
    'rotation.createKeyring': row(createKeyring, [
      requiredOptions(store, name('options.name', 'inbox'), cooldown, clock),
    ]),
    'rotation.rotationStatus': row(rotationStatus, [
      bareStore,
      options(optional(integer('options.nowMs', 1e12, 0, MAX))),
    ]),
    'rotation.identityLinks': row(identityLinks, [bareStore, name('name', 'service')]),
    'rotation.rewrap': row(rewrapAll, [
      argument('items', () => [{ id: 'a', bytes: sealed, aad }], {
        takes: ['an empty array', 'a map'],
        // They are iterables, whose iteration throws what it throws.
        throwing: pick('a proxy of bytes', 'an imitation of bytes'),
        wrong: {
          'an item without bytes': () => [{ id: 'a' }],
          'an item without id': () => [{ bytes: sealed }],
          'an item that cannot be read': () => [throwingGetters('bytes')],
        },
      }),
      requiredOptions(
        store,
        name('options.name', 'data'),
        optional(flag('options.allowCompromised')),
        optional(
          argument('options.onProgress', () => () => {}, {
            takes: FUNCTIONS,
            throwing: pick('a class', 'a proxy of a function that throws'),
          }),
        ),
      ),
    ]),
    'rotation.meterRotator': row(meterAndEnd, [argument('rotator', () => rotator), options(meter)]),
    'new rotation.MemoryLeaseProvider': row(
      (wanted: never) => new MemoryLeaseProvider(wanted),
      [{ ...clock, name: 'clock' }],
    ),
    'rotation.MemoryLeaseProvider#close': row(() => new MemoryLeaseProvider().close(), []),
    'rotation.LeaseProvider#close': row(() => (new MemoryLeaseProvider() as LeaseProvider).close(), []),
  },
  subjects: {
    'rotation.Rotator': {
      live: () => rotator,
      ended: () => ended,
      methods: {
        tick: [optional(integer('nowMs', 1e12, 0, MAX))],
        rotateNow: [reason, options(optional(name('options.name', 'inbox')))],
        suspend: [ref],
        compromise: [ref],
        resume: [ref],
        hold: [ref, untilMs],
        onEvent: [listener],
      },
    },
    'rotation.Keyring': {
      live: () => inbox,
      methods: {},
    },
    'rotation.MemoryLeaseProvider': {
      live: () => new MemoryLeaseProvider(),
      methods: {
        acquire: [holder('holder'), integer('ttlMs', 1000, 1, 86_400_000)],
        raise: [integer('fence', 7, 0, MAX - 1)],
      },
    },
    'rotation.LeaseProvider': {
      live: () => new MemoryLeaseProvider(),
      methods: {
        acquire: [holder('holder'), integer('ttlMs', 1000, 1, 86_400_000)],
        raise: [integer('fence', 7, 0, MAX - 1)],
      },
    },
    'rotation.Lease': { live: () => lease, methods: {} },
  },
};
