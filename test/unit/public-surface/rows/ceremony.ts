import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  combineShares,
  createCeremony,
  createCeremonyFolder,
  inspectShare,
  verifyCeremonyFolder,
  verifyShare,
  verifyTranscript,
} from '@mwrasp/crypto/ceremony';
import { afterAll } from 'vitest';
import {
  type Argument,
  also,
  argument,
  arrayOf,
  bagOf,
  integer,
  omissible,
  optional,
  options,
  requiredOptions,
} from '../arguments.ts';
import { row, type Table } from '../row.ts';
import {
  kemPrivate,
  kemPublic,
  otherSignPublic,
  sample,
  signPrivate,
  signPublic,
  throwingGetters,
} from '../values.ts';
import { shortened, shortPath } from './token.ts';

const NAME = 'alice';
const custodian = { name: NAME, recipient: kemPublic, signer: signPublic };
const keys = { recipient: kemPrivate, signer: signPrivate };
const deal = () => createCeremony({ threshold: 1, custodians: [custodian] });

const dealt = await deal();
const before = dealt.transcript;
const share = (dealt.shares[0] as { bytes: Uint8Array }).bytes;
await dealt.verify(NAME, share, keys);
const { transcript } = dealt;

const folder = mkdtempSync(join(tmpdir(), 'mwrasp-surface-ceremony-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const clock: Argument = optional(
  argument('options.clock', () => ({ wallMs: () => 1, monotonicMs: () => 1 }), {
    wrong: {
      'half a clock': () => ({ wallMs: () => 1 }),
      'a clock that gives no number': () => ({ wallMs: () => 'noon', monotonicMs: () => 1 }),
      'a clock that cannot be read': () => throwingGetters('wallMs'),
    },
  }),
);

const name = (called: string): Argument =>
  argument(called, () => NAME, {
    wrong: { 'a name with a slash': () => 'a/b', 'a name in capitals': () => 'ALICE' },
  });

/** Bytes of a format: others of any length are refused for what they are. */
const format = (called: string, value: Uint8Array, maxBytes: number): Argument =>
  argument(called, () => value, {
    right: { 'a Buffer': () => Buffer.from(value) },
    takes: ['no bytes', 'seven bytes'],
    wrong: { 'a byte too many': () => new Uint8Array(maxBytes + 1) },
  });

const recipient = (called: string): Argument =>
  argument(called, () => kemPrivate, {
    takes: ['a KEM private key'],
    wrong: { 'half a decapsulator': () => ({ publicKey: kemPublic }) },
  });

const signer = (called: string): Argument =>
  argument(called, () => signPrivate, {
    takes: ['a private key for signatures'],
    wrong: {
      'half a signer': () => ({ publicKey: signPublic }),
      'a signer that signs with too little': () => ({ publicKey: signPublic, sign: () => sample(7) }),
      'a signer that signs wrongly': () => ({ publicKey: signPublic, sign: () => sample(4627) }),
      "another's key": () => ({ publicKey: otherSignPublic, sign: () => sample(4627) }),
    },
  });

const custodians: Argument = argument('options.custodians', () => [custodian], {
  wrong: {
    'no custodian': () => [],
    'seventeen custodians': () => Array.from({ length: 17 }, (_, i) => ({ ...custodian, name: `c${i}` })),
    'one twice': () => [custodian, custodian],
    'one without a key': () => [{ name: NAME, recipient: kemPublic }],
    'one with the keys exchanged': () => [{ name: NAME, recipient: signPublic, signer: kemPublic }],
    'one with more than there is': () => [{ ...custodian, other: 1 }],
    'one whose name throws': () => [throwingGetters('name')],
    'nothing in it': () => [undefined],
  },
});

const label: Argument = optional(
  argument('options.label', () => 'label', {
    takes: ['an empty string', 'a string'],
    wrong: {
      'a text that is too long': () => 'ä'.repeat(128),
      'half a character': () => '\ud800',
      'two lines': () => 'a\nb',
    },
  }),
);

const threshold = also(integer('options.threshold', 1, 1, 1), {});

const known: Argument = omissible(
  argument('options.custodians', () => [{ name: NAME, signer: signPublic }], {
    takes: ['an empty array'],
    wrong: {
      'a name without a key': () => [{ name: NAME }],
      'a key without a name': () => [{ signer: signPublic }],
      'a KEM key': () => [{ name: NAME, signer: kemPublic }],
      'nothing in it': () => [undefined],
    },
  }),
);

const presented = arrayOf(
  'options.shares',
  bagOf(
    'options.shares[0]',
    format('options.shares[0].share', share, 8192),
    recipient('options.shares[0].recipient'),
  ),
  ['an empty array'],
);

let folders = 0;
const PATH_STRINGS = ['a string', 'a private key in PEM', 'a public key in PEM'] as const;

const newPath: Argument = argument('options.path', () => join(folder, `new-${folders++}`), {
  isShown: true,
  wrong: { 'a path with a zero': () => 'a\0b' },
});

/** A ceremony that nobody signed, copied for each call. */
const template = join(folder, 'template');
await createCeremonyFolder({ path: template, threshold: 1, custodians: [custodian] });

/** Paths of tests stay in their folder; what is too long for any path is left as it is. */
function inFolder(path: string): string {
  return path.length > 4096 || path.startsWith(folder) ? path : join(folder, shortPath(path));
}

async function verifyIn(wanted: unknown): Promise<unknown> {
  const placed = shortened(wanted, ['path'], (path) => {
    if (path !== template) return inFolder(path);
    const copy = join(folder, `copy-${folders++}`);
    cpSync(template, copy, { recursive: true });
    return copy;
  });
  return await verifyCeremonyFolder(placed as never);
}

export const CEREMONY: Table = {
  rows: {
    'ceremony.createCeremony': row(
      async (given: unknown) => (await createCeremony(given as never)).dispose(),
      [requiredOptions(threshold, custodians, label, clock)],
    ),
    'ceremony.verifyShare': row(verifyShare, [
      requiredOptions(
        format('options.transcript', before, 262_144),
        format('options.share', share, 8192),
        name('options.custodian'),
        recipient('options.recipient'),
        signer('options.signer'),
        clock,
      ),
    ]),
    'ceremony.combineShares': row(
      async (given: unknown) => (await combineShares(given as never)).dispose(),
      [requiredOptions(format('options.transcript', transcript, 262_144), presented, known)],
    ),
    'ceremony.verifyTranscript': row(verifyTranscript, [
      format('transcript', transcript, 262_144),
      options(known),
    ]),
    'ceremony.inspectShare': row(inspectShare, [format('share', share, 8192)]),
    'ceremony.createCeremonyFolder': row(
      (given: unknown) => createCeremonyFolder(shortened(given, ['path'], inFolder) as never),
      [requiredOptions(also(newPath, { takes: PATH_STRINGS }), threshold, custodians, label, clock)],
    ),
    'ceremony.verifyCeremonyFolder': row(verifyIn, [
      requiredOptions(
        argument('options.path', () => template, { isShown: true, takes: PATH_STRINGS }),
        name('options.custodian'),
        recipient('options.recipient'),
        signer('options.signer'),
        clock,
      ),
    ]),
    'ceremony.Ceremony#commit': row(async () => {
      using ceremony = await deal();
      await ceremony.verify(NAME, (ceremony.shares[0] as { bytes: Uint8Array }).bytes, keys);
      ceremony.commit().rootKey.dispose();
    }, []),
    'ceremony.Ceremony#verify': row(
      async (...given: unknown[]) => {
        using ceremony = await deal();
        const [by, bytesGiven, with_] = given;
        const own = (ceremony.shares[0] as { bytes: Uint8Array }).bytes;
        await ceremony.verify(
          by as never,
          (bytesGiven === share ? own : bytesGiven) as never,
          with_ as never,
        );
      },
      [
        name('custodian'),
        argument('share', () => share, { takes: ['no bytes', 'seven bytes'] }),
        bagOf('keys', recipient('keys.recipient'), signer('keys.signer')),
      ],
    ),
  },
  subjects: {
    'ceremony.Ceremony': { live: deal, methods: {} },
  },
};
