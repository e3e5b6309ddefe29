import { openKeystore } from '@mwrasp/crypto/keystore';
import {
  DirectoryFollower,
  directoryResolver,
  inspectLink,
  KeyDirectory,
  linkIdentity,
  publishDirectory,
  verifyDirectory,
} from '@mwrasp/crypto/rotation';
import { afterAll } from 'vitest';
import {
  type Argument,
  argument,
  arrayOf,
  integer,
  omissible,
  optional,
  options,
  requiredOptions,
} from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { formsOf, kemPublic, signPublic, throwingGetters } from '../values.ts';
import { FUNCTIONS, STRINGS } from './token.ts';

const NOW = 1_800_000_000_000;
const MAX = Number.MAX_SAFE_INTEGER;
const MAX_TIME = 8.64e15;
const VALID = 400 * 86_400_000;

const keystore = await openKeystore({ backend: 'memory' });
const from = (await keystore.generate({ name: 'service', algorithm: 'ML-DSA-87' })).ref;
const to = (await keystore.generate({ name: 'service', algorithm: 'ML-DSA-87', state: 'pending' })).ref;
afterAll(() => keystore.close());
const link = await linkIdentity(keystore, { from, to, nowMs: NOW });
const directory = await publishDirectory(keystore, {
  identity: 'service',
  sequence: 3,
  links: [link],
  nowMs: NOW,
});
const { keyId } = await keystore.get('service');
const verified = verifyDirectory(directory, { pinned: { keyId }, nowMs: NOW });
const ownKey = await keystore.publicKey('service');
const clock = { wallMs: () => NOW, monotonicMs: () => 1 };
const follower = new DirectoryFollower({ fetch: async () => directory, pinned: { keyId }, clock });

const store: Argument = argument('keystore', () => keystore, {
  wrong: {
    'what only looks like one': () => ({ ...keystore }),
    'a store that cannot be read': () => throwingGetters('sign'),
  },
});
const name = (argumentName: string): Argument =>
  argument(argumentName, () => 'service', {
    wrong: { 'a name with a space': () => 'a key', 'a name of nobody': () => '' },
  });
const ref = (argumentName: string, value: object): Argument =>
  argument(argumentName, () => value, {
    wrong: {
      'a reference without a name': () => ({ generation: 1 }),
      'a reference to generation 0': () => ({ name: 'service', generation: 0 }),
      'a reference that cannot be read': () => throwingGetters('generation'),
    },
  });
const linkBytes = (argumentName: string): Argument =>
  argument(argumentName, () => link, {
    right: formsOf(link),
    wrong: {
      'a directory': () => directory,
      'a link that was cut': () => link.slice(0, -1),
      'bytes that are longer than a link may be': () => new Uint8Array(100_000),
    },
  });
const now = (maxMs = MAX_TIME): Argument => optional(integer('options.nowMs', NOW, 0, maxMs));
const pinned: Argument = omissible(
  argument('options.pinned', () => ({ keyId, generation: 1 }), {
    right: { 'several of them': () => [{ keyId: 'nobody' }, { keyId }], 'a public key': () => ownKey },
    wrong: {
      'a pin without a key id': () => ({ generation: 1 }),
      'a pin of generation 0': () => ({ keyId, generation: 0 }),
      'a pin that cannot be read': () => throwingGetters('keyId'),
      'too many pins': () => Array(65).fill({ keyId }),
    },
    takes: [
      'an AEAD key',
      'a disposed AEAD key',
      'a public key for signatures',
      'a KEM public key',
      'a key with the prototype of the other algorithm',
    ],
  }),
);
const previous: Argument = omissible(
  argument('options.previous', () => verified, {
    wrong: {
      'what only looks like one': () => ({ ...verified }),
      'one without its class': () => Object.create(KeyDirectory.prototype),
    },
  }),
);
const withClock: Argument = optional(
  argument('options.clock', () => clock, { wrong: { 'half a clock': () => ({ wallMs: () => 1 }) } }),
);
const ownKeys: Argument = optional(
  argument('options.keys', () => [{ ref: from, state: 'active', publicKey: ownKey }], {
    takes: ['an empty array'],
    wrong: {
      'a key without a state': () => [{ ref: from, publicKey: ownKey }],
      'a key that is about to be destroyed': () => [{ ref: from, state: 'destroying', publicKey: ownKey }],
      'a key that is none': () => [{ ref: from, state: 'active', publicKey: 'key' }],
      'another key': () => [{ ref: from, state: 'active', publicKey: signPublic }],
      'a key with a time that is none': () => [
        { ref: from, state: 'active', publicKey: ownKey, retiredAtMs: 1.5 },
      ],
      'a key twice': () => [
        { ref: from, state: 'active', publicKey: ownKey },
        { ref: { name: 'a', generation: 1 }, state: 'active', publicKey: kemPublic },
        { ref: { name: 'a', generation: 1 }, state: 'active', publicKey: signPublic },
      ],
      'keys that cannot be read': () => [throwingGetters('state')],
    },
  }),
);

export const ROTATION_DIRECTORY: Table = {
  rows: {
    'rotation.linkIdentity': row(linkIdentity, [
      store,
      requiredOptions(ref('options.from', from), ref('options.to', to), now()),
    ]),
    'rotation.inspectLink': row(inspectLink, [linkBytes('link')]),
    'rotation.publishDirectory': row(publishDirectory, [
      store,
      requiredOptions(
        name('options.identity'),
        integer('options.sequence', 1, 0, MAX),
        optional(arrayOf('options.links', linkBytes('options.links[0]'), ['an empty array'])),
        ownKeys,
        optional(arrayOf('options.names', name('options.names[0]'), ['an empty array'])),
        optional(integer('options.validMs', 1000, 1, VALID)),
        now(MAX_TIME - VALID),
      ),
    ]),
    'rotation.verifyDirectory': row(verifyDirectory, [
      argument('bytes', () => directory, {
        right: formsOf(directory),
        wrong: {
          'a link': () => link,
          'a directory that was cut': () => directory.slice(0, -1),
          'bytes that are longer than a directory may be': () => new Uint8Array(5_000_000),
        },
      }),
      requiredOptions(
        pinned,
        previous,
        optional(integer('options.minSequence', 2, 0, MAX)),
        omissible(integer('options.nowMs', NOW, 0, MAX_TIME)),
      ),
    ]),
    'new rotation.DirectoryFollower': row(
      (wanted: never) => new DirectoryFollower(wanted),
      [
        requiredOptions(
          argument('options.fetch', () => async () => directory, { takes: FUNCTIONS }),
          pinned,
          previous,
          optional(integer('options.minSequence', 2, 0, MAX)),
          optional(integer('options.cooldownMs', 1000, 0, 86_400_000)),
          optional(argument('options.onUpdate', () => () => {}, { takes: FUNCTIONS })),
          optional(argument('options.onError', () => () => {}, { takes: FUNCTIONS })),
          withClock,
        ),
      ],
    ),
    'rotation.directoryResolver': row(directoryResolver, [
      argument('source', () => follower, {
        right: { 'a directory': () => verified },
        wrong: { 'what only looks like one': () => ({ ...verified }) },
      }),
      options(optional(integer('options.overlapMs', 1000, 0, MAX_TIME)), withClock),
    ]),
  },
  subjects: {
    'rotation.DirectoryFollower': { live: () => follower, methods: {} },
    'rotation.KeyDirectory': {
      live: () => verified,
      methods: {
        find: [argument('keyId', () => keyId, { takes: STRINGS })],
        active: [argument('name', () => 'service', { takes: STRINGS })],
      },
    },
  },
};
