import { describe, expect } from 'vitest';
import { exportPublicKey } from '../../src/encodings/index.ts';
import { exportPrivateKey } from '../../src/insecure.ts';
import { holders } from '../unit/ceremony/support.ts';
import {
  type Answer,
  expectDone,
  expectFailure,
  it,
  needsTerminal,
  onTerminal,
  type Place,
} from './support.ts';

const NAMES = ['alice', 'bob', 'carol'];

/** Key files of three custodians: `alice.kem`, `alice.dsa` and their public halves. */
async function writeCustodians(place: Place): Promise<void> {
  for (const { name, recipient, signer } of holders(3)) {
    await place.write(`${name}.kem`, exportPrivateKey(recipient, 'pem'));
    await place.write(`${name}.dsa`, exportPrivateKey(signer, 'pem'));
    await place.write(`${name}.kem.pub`, exportPublicKey(recipient.publicKey, 'pem'));
    await place.write(`${name}.dsa.pub`, exportPublicKey(signer.publicKey, 'pem'));
  }
}

const env = (place: Place) => ({ env: { XDG_STATE_HOME: place.path('state') } });
const words = (line: string) => line.split(' ').filter((word) => word !== '');
const run = (place: Place, line: string) => place.run(words(line), env(place));
const custodians = NAMES.map((name) => `--custodian ${name}=${name}.kem.pub,${name}.dsa.pub`).join(' ');
const verifyLine = (name: string) =>
  `ceremony verify --folder c --custodian ${name} --recipient-key ${name}.kem --signing-key ${name}.dsa`;
const shares = (...names: string[]) =>
  `--transcript c/transcript.mwp ${names.map((name) => `--share c/${name}.mwc=${name}.kem`).join(' ')}`;

/** A ceremony from its beginning to its commit. */
async function hold(place: Place): Promise<void> {
  await writeCustodians(place);
  expectDone(await run(place, `ceremony create --folder c --threshold 2 ${custodians} --label drill`));
  for (const name of NAMES) expectDone(await run(place, verifyLine(name)));
}

describe('a ceremony by commands', () => {
  it('deals, verifies, commits, and gives the key to enough of them', async ({ place }) => {
    await writeCustodians(place);
    const made = await run(place, `ceremony create --folder c --threshold 2 ${custodians} --json`);
    expectDone(made);
    expect(JSON.parse(made.stdout)).toMatchObject({ folder: 'c', threshold: 2, total: 3, committed: false });
    expect(await place.mode('c')).toBe('700');
    expect(await place.mode('c/alice.mwc')).toBe('600');
    expectFailure(
      await run(place, `ceremony combine ${shares('alice', 'bob')} --output root.key`),
      1,
      'was not committed',
    );
    const early = await run(place, 'ceremony transcript c/transcript.mwp');
    expect(early).toMatchObject({ code: 1, stdout: expect.stringContaining('NOT COMMITTED') });
    for (const name of NAMES) {
      const { stdout } = await run(place, verifyLine(name));
      expect(stdout).toContain(name === 'carol' ? 'the ceremony is committed' : 'the ceremony waits for');
    }
    expectFailure(await run(place, verifyLine('bob')), 1, 'has signed already');
    const good = await run(
      place,
      'ceremony transcript c/transcript.mwp --custodian alice=alice.dsa.pub --custodian bob=bob.dsa.pub --custodian carol=carol.dsa.pub',
    );
    expectDone(good);
    expect(good.stdout).toContain('good transcript of a ceremony that is committed');
    expectFailure(
      await run(place, 'ceremony transcript c/transcript.mwp --custodian alice=bob.dsa.pub'),
      1,
      'custodian "alice" has another key',
    );

    expectFailure(
      await run(place, `ceremony combine ${shares('bob')} --output root.key`),
      1,
      'have 1, need 2',
    );
    expect(place.has('root.key')).toBe(false);
    expectFailure(
      await run(
        place,
        `ceremony combine --transcript c/transcript.mwp --share c/bob.mwc=alice.kem --share c/alice.mwc=bob.kem --output root.key`,
      ),
      1,
      'share 2 of custodian "bob" came with the key of custodian "alice" [ERR_CEREMONY_SHARE_SWAPPED]',
    );
    expectDone(await run(place, `ceremony combine ${shares('carol', 'alice')} --output root.key`));
    expect(await place.mode('root.key')).toBe('600');
    expectDone(await run(place, `ceremony combine ${shares('alice', 'bob', 'carol')} --output same.key`));
    expect(await place.read('same.key')).toEqual(await place.read('root.key'));
    expectFailure(
      await run(place, `ceremony combine ${shares('carol', 'alice')} --output root.key`),
      2,
      'exists',
    );
    // Directly into a keystore, or under one that is there.
    expectDone(await run(place, `ceremony combine ${shares('bob', 'carol')} --init-store keys`));
    expectDone(await run(place, 'keystore list --store keys --key-file root.key'));
    expectDone(await run(place, 'keystore init --store other --new-key-file old.key'));
    expectDone(
      await run(place, `ceremony combine ${shares('bob', 'carol')} --rekey --store other --key-file old.key`),
    );
    expectDone(await run(place, 'keystore list --store other --key-file root.key'));
    expectFailure(await run(place, 'keystore list --store other --key-file old.key'), 3, 'another root key');
  });

  it('takes the keys of custodians from keystores', async ({ place }) => {
    expectDone(await run(place, 'keystore init --store alice --new-key-file alice.key'));
    const open = '--store alice --key-file alice.key';
    expectDone(await run(place, `keystore generate ML-KEM-1024 --name share ${open}`));
    expectDone(await run(place, `keystore generate ML-DSA-87 --name hand ${open}`));
    expectDone(await run(place, `keystore public share ${open} -o share.pub`));
    expectDone(await run(place, `keystore public hand ${open} -o hand.pub`));
    expectDone(
      await run(place, 'ceremony create --folder c --threshold 1 --custodian alice=share.pub,hand.pub'),
    );
    expectDone(
      await run(
        place,
        `ceremony verify --folder c --custodian alice --recipient-key share --signing-key hand ${open}`,
      ),
    );
    const url = `store:file://${place.path('alice')}?key-file=${place.path('alice.key')}#share`;
    expectDone(
      await place.run(
        [
          'ceremony',
          'combine',
          '--transcript',
          'c/transcript.mwp',
          '--share',
          `c/alice.mwc=${url}`,
          '--output',
          'root.key',
        ],
        env(place),
      ),
    );
    expect((await place.read('root.key')).length).toBe(32);
  });

  it('says what is wrong with the command line', async ({ place }) => {
    await writeCustodians(place);
    for (const [line, message] of [
      ['ceremony create --folder c --threshold 2', 'give --custodian'],
      [
        `ceremony create --folder c --threshold 4 ${custodians}`,
        '--threshold: expected an integer from 2 to 3, got 4',
      ],
      [`ceremony create --folder c --threshold two ${custodians}`, 'expected a number of custodians'],
      [
        'ceremony create --folder c --threshold 1 --custodian alice',
        'expected NAME=RECIPIENT.pub,SIGNER.pub',
      ],
      [
        'ceremony create --folder c --threshold 1 --custodian alice=alice.kem.pub',
        'expected NAME=RECIPIENT.pub,SIGNER.pub',
      ],
      ['ceremony combine --output root.key', 'give --transcript'],
      ['ceremony combine --transcript x --share a=b', 'what for?'],
      ['ceremony combine --transcript x --share a=b --output -', 'a file of its own'],
      ['backup create --store keys -o b.mwu', 'what is the backup sealed under?'],
      ['backup verify alice.kem', 'what is the backup sealed under?'],
      ['backup inspect alice.kem', 'the backup: expected bytes of format keystore backup'],
    ] as const) {
      expectFailure(await run(place, line), 2, message);
    }
    expect(await place.list()).not.toContain('c');
    expectFailure(
      await run(place, 'ceremony combine --transcript none --share a=b --output root.key'),
      3,
      'no such file',
    );
  });
});

describe('backups by commands', () => {
  it('pass the drill: the store is deleted, the custodians meet, what was sealed yesterday opens', async ({
    place,
  }) => {
    await hold(place);
    expectDone(
      await run(
        place,
        `ceremony combine ${shares('alice', 'bob')} --init-store keys --output root.key --backup-key backup.key`,
      ),
    );
    const open = '--store keys --key-file root.key';
    expectDone(await run(place, `keystore generate ML-KEM-1024 --name inbox ${open}`));
    expectDone(await run(place, `keystore generate ML-KEM-1024 --name inbox ${open}`));
    expectDone(await run(place, `keystore public inbox ${open} -o inbox.pub`));
    await place.write('message', 'sealed yesterday');
    expectDone(await run(place, 'seal message -t inbox.pub -o message.sealed'));
    expectDone(await run(place, `backup create ${open} --backup-key-file backup.key -o old.mwu`));
    expectDone(await run(place, `keystore destroy inbox@1 --yes ${open}`));
    const made = await run(place, `backup create ${open} --root-key-file root.key -o new.mwu --json`);
    expectDone(made);
    expect(JSON.parse(made.stdout)).toMatchObject({
      output: 'new.mwu',
      generations: 1,
      leftOut: 0,
      tombstones: 1,
    });
    expect(await place.mode('new.mwu')).toBe('600');
    expect((await run(place, 'backup inspect new.mwu')).stdout).toContain('not authenticated');
    const checked = await run(place, `backup verify new.mwu ${shares('bob', 'carol')}`);
    expectDone(checked);
    expect(checked.stdout).toMatch(/inbox@2 +ML-KEM-1024 +active +sealed/);
    expectFailure(
      await run(place, 'backup verify new.mwu --root-key-file backup.key'),
      1,
      'ERR_AUTHENTICATION',
    );
    expect((await run(place, 'inspect new.mwu')).stdout).toContain('backup of a keystore');
    expect((await run(place, 'inspect c/bob.mwc')).stdout).toContain('share of a key ceremony');

    // The disaster.
    const { rm } = await import('node:fs/promises');
    for (const name of ['keys', 'state', 'root.key', 'backup.key'])
      await rm(place.path(name), { recursive: true });
    expectDone(
      await run(place, `ceremony combine ${shares('carol', 'bob')} --init-store keys --output root.key`),
    );
    const restored = await run(
      place,
      `backup restore old.mwu --newer new.mwu ${open} ${shares('carol', 'bob')}`,
    );
    expectDone(restored);
    expect(restored.stdout).toContain('restored 1 generations: inbox@2');
    expect(restored.stdout).toContain('did not bring back inbox@1: a newer backup does not hold it any more');
    expectDone(await run(place, `open message.sealed ${open} -k inbox -o message.back`));
    expect(await place.text('message.back')).toBe('sealed yesterday');
  });
});

needsTerminal('a ceremony at a table', () => {
  const answers = (keys: readonly Answer[]): Answer[] => [
    ['How many custodians? ', '3\r'],
    ['have the key together? ', '2\r'],
    ...NAMES.flatMap((name, i): Answer[] => [
      [`Custodian ${i + 1}, name: `, `${name}\r`],
      ['ML-KEM-1024 public key: ', `${name}.kem.pub\r`],
      ['ML-DSA-87 public key: ', `${name}.dsa.pub\r`],
    ]),
    ...keys,
  ];
  const keysOf = (name: string, by = name): Answer[] => [
    [`${name}, file of your ML-KEM-1024 private key: `, `${by}.kem\r`],
    [`${name}, file of your ML-DSA-87 private key: `, `${by}.dsa\r`],
  ];

  it('asks for everything, and is committed before anybody leaves', async ({ place }) => {
    await writeCustodians(place);
    const { env: variables } = env(place);
    const held = await onTerminal(
      place,
      'ceremony create --folder c',
      answers(NAMES.flatMap((name) => keysOf(name))),
      variables,
    );
    expect(held).toMatchObject({ code: 0, stdout: expect.stringContaining('every custodian has signed') });
    const met = await onTerminal(
      place,
      'ceremony combine --transcript c/transcript.mwp --output root.key',
      [
        ['Share 1 of 2, file: ', 'c/carol.mwc\r'],
        ['private key (file, or store:URL#NAME): ', 'carol.kem\r'],
        ['Share 2 of 2, file: ', 'c/alice.mwc\r'],
        ['private key (file, or store:URL#NAME): ', 'alice.kem\r'],
      ],
      variables,
    );
    expect(met.code).toBe(0);
    const root = await place.read('root.key');
    expect(root.length).toBe(32);
    expect(met.stdout).not.toContain(Buffer.from(root).toString('hex'));
  });

  it('broken off, leaves nothing', async ({ place }) => {
    await writeCustodians(place);
    const { env: variables } = env(place);
    const wrong = await onTerminal(
      place,
      'ceremony create --folder c',
      answers([...keysOf('alice'), ...keysOf('bob', 'carol')]),
      variables,
    );
    expect(wrong).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('came with the key of custodian "carol"'),
    });
    expect(place.has('c')).toBe(false);
    const ended = await onTerminal(
      place,
      'ceremony create --folder c',
      answers([...keysOf('alice'), ['bob, file of your ML-KEM-1024', '\u0004']]),
      variables,
    );
    expect(ended).toMatchObject({ code: 2, stdout: expect.stringContaining('nothing was typed') });
    expect(place.has('c')).toBe(false);
  });
});
