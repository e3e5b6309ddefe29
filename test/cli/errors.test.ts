import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { beforeEach, describe, expect } from 'vitest';
import { EXIT } from '../../src/cli/exit.ts';
import {
  expectFailure,
  it,
  noise,
  type Outcome,
  Place,
  transcript,
  type WithPlace,
  writeKeys,
} from './support.ts';

const COMMANDS = [
  ...['keygen', 'keystore', 'ceremony', 'backup', 'keys'],
  ...['inspect', 'sign', 'verify', 'seal', 'open', 'kat', 'bench', 'info', 'demo', 'fragment'],
];

const KEYSTORE_COMMANDS = ['init', 'list', 'generate', 'import', 'public', 'destroy', 'doctor'];

const CEREMONY_COMMANDS = ['create', 'verify', 'combine', 'transcript'];

const BACKUP_COMMANDS = ['create', 'inspect', 'verify', 'restore'];

let helps: Promise<Outcome[]> | undefined;

/** Help of the program and of every command. */
function help(): Promise<Outcome[]> {
  helps ??= new Place(tmpdir()).runAll([
    ['--help'],
    ...COMMANDS.map((command) => [command, '--help']),
    ...KEYSTORE_COMMANDS.map((command) => ['keystore', command, '--help']),
    ['keys', 'status', '--help'],
    ...['demo', 'inspect'].map((command) => ['fragment', command, '--help']),
    ...CEREMONY_COMMANDS.map((command) => ['ceremony', command, '--help']),
    ...BACKUP_COMMANDS.map((command) => ['backup', command, '--help']),
  ]);
  return helps;
}

describe.concurrent('help', () => {
  it('tells everything', async ({ expect }) => {
    await expect(transcript(await help())).toMatchFileSnapshot('__snapshots__/help.txt');
    for (const outcome of await help()) expect(outcome).toMatchObject({ code: 0, stderr: '' });
  });

  it('lists every command', async () => {
    const [{ stdout } = { stdout: '' }] = await help();
    const commands = stdout.slice(stdout.indexOf('Commands:'), stdout.indexOf('Exit codes:'));
    const names = [...commands.matchAll(/^ {2}(\w+) /gm)].map((match) => match[1]);
    expect(names).toEqual([...COMMANDS, 'help']);
  });

  it('lists every exit code', async () => {
    const [{ stdout } = { stdout: '' }] = await help();
    const codes = [...stdout.matchAll(/^ {2}(\d) {2}\S/gm)].map((match) => Number(match[1]));
    expect(codes).toEqual(Object.values(EXIT));
  });

  it('asks for no secret on the command line: values are names of files, and what is public', async () => {
    const options = (await help()).flatMap(({ stdout }) => [...stdout.matchAll(/--([\w-]+) <([\w-]+)>/g)]);
    const others = options
      .filter(([, , value]) => value !== 'file')
      .map(([, name, value]) => `${name} ${value}`);
    expect([...new Set(others)].sort()).toEqual([
      ...[
        'algorithm algorithm',
        'context text',
        // A custodian's name, and where one has a key: a file, or a name in a keystore.
        'custodian name',
        'engine name',
        'engine names',
        'folder folder',
        'format format',
        'init-store folder',
        'keystore path',
        'label text',
        'max-uses number',
      ],
      // The name of an environment variable.
      'name name',
      'only text',
      'pin-env name',
      'recipient-key key',
      ...[
        'require-custody custody',
        'signing-key key',
        'store url',
        'suite name',
        'threshold m',
        'ttl ms',
        'vectors folder',
      ],
    ]);
  });
});

describe.concurrent('wrong usage', () => {
  it('is told apart, with what to do', async ({ place, expect }) => {
    const runs = [
      ['frobnicate'],
      ['sing', 'file'],
      ['--frobnicate'],
      ['keygen', 'sign'],
      ['keygen', 'sign', 'kem', '-o', 'a.key'],
      ['inspect'],
      ['sign'],
      ['sign', 'file', '-k'],
      ['verify', 'file', '-k', 'a.pub'],
      ['keystore', 'forge'],
      ['keystore', 'generate', 'ML-DSA-87'],
      ['kat', 'vectors'],
      ['demo', 'file', 'file'],
    ];
    const outcomes = await place.runAll(runs);
    for (const { code, stdout } of outcomes) expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    await expect(transcript(outcomes)).toMatchFileSnapshot('__snapshots__/usage.txt');
    expect(await place.list()).toEqual([]);
  });

  it('shows the help to who types nothing', async ({ place }) => {
    const { code, stdout, stderr } = await place.run([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe((await help())[0]?.stdout);
  });

  it.for([
    ['keygen', 'sign', '-o', 'a.key'],
    ['inspect', 'file'],
    ['sign', 'file', '-k', 'a.key'],
    ['verify', 'file', '-k', 'a.pub', '-s', 'a.sig'],
    ['seal', 'file', '-t', 'a.pub'],
    ['open', 'file', '-k', 'a.key'],
    ...[['kat'], ['bench'], ['info'], ['demo'], ['keystore']],
  ])('includes an option that nobody knows: %j', async (args, { place }) => {
    const { code, stdout, stderr } = await place.run([...args, '--password']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(`error: unknown option '--password'\n(see mwrasp-crypto ${args[0]} --help)\n`);
  });
});

it('an option of a keystore command that nobody knows is told where its help is', async ({ place }) => {
  const { code, stdout, stderr } = await place.run(['keystore', 'list', '--passphrase', 'secret']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^error: unknown option '--passphrase'/);
  expect(stderr).toMatch(/\(see mwrasp-crypto keystore list --help\)\n$/);
});

describe.concurrent('errors for machines', () => {
  beforeEach<WithPlace>(({ place }) => writeKeys(place));

  it.for<[string[], number, string, RegExp]>([
    [['keygen', '--json'], 2, 'ERR_CLI', /^missing required argument 'kind'$|'-o, --output <file>'/],
    [['keygen', 'rsa', '-o', 'a', '--json'], 2, 'ERR_CLI', /^kind: expected "sign"/],
    [['frobnicate', '--json'], 2, 'ERR_CLI', /^unknown command 'frobnicate'/],
    [['info', '--frobnicate', '--json'], 2, 'ERR_CLI', /^unknown option '--frobnicate'/],
    [['inspect', 'none', '--json'], 3, 'ENOENT', /^none: no such file or directory$/],
    [['sign', 'none', '-k', 'recipient.key', '-o', 'a', '--json'], 2, 'ERR_CLI', /^recipient.key: /],
    [
      ['open', 'signer.key', '-k', 'recipient.key', '-o', 'a', '--json'],
      2,
      'ERR_INPUT_FORMAT',
      /^the file: /,
    ],
    [['demo', 'none', '--json'], 3, 'ENOENT', /^none: /],
  ])('%j are JSON too', async ([args, code, name, message], { place }) => {
    const outcome = await place.run(args);
    expect({ code: outcome.code, stdout: outcome.stdout }).toEqual({ code, stdout: '' });
    expect(JSON.parse(outcome.stderr)).toEqual({
      error: { code: name, message: expect.stringMatching(message) },
    });
    expect(outcome.stderr.endsWith('}\n')).toBe(true);
  });
});

describe.concurrent('standard output', () => {
  it('that is full is an error', async ({ place }) => {
    await writeKeys(place);
    for (const line of ['info', 'sign signer.pub -k signer.key']) {
      const outcome = await place.shell(`mwrasp-crypto ${line} > /dev/full`);
      expectFailure(outcome, 3, /no space left on device.*\[ENOSPC\]/);
    }
  });

  it('that nobody reads to its end is none', async ({ place }) => {
    const outcome = await place.shell('mwrasp-crypto info | head -c 10');
    expect(outcome).toMatchObject({ code: 0, stdout: '@mwrasp/cr', stderr: '' });
    // The reader is gone before anything is printed.
    const gone = await place.shell('mwrasp-crypto info | true');
    expect(gone).toMatchObject({ code: 0, stderr: '' });
  });
});

describe.concurrent('a defect of the program', () => {
  const run = async (place: Place, patch: string, ...args: string[]) =>
    await place.run(args, {
      env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(patch)}` },
    });

  it('ends with its own exit code, and leaves nothing behind', async ({ place }) => {
    await writeKeys(place);
    await place.write('file', noise(100));
    const before = await place.list();
    const patch = 'crypto.randomUUID = () => { throw new RangeError("defect"); };';
    const outcome = await run(place, patch, 'sign', 'file', '-k', 'signer.key', '-o', 'a.sig');
    expect(outcome).toMatchObject({
      code: 5,
      stdout: '',
      stderr: expect.stringMatching(/RangeError: defect/),
    });
    expect(await place.list()).toEqual(before);
  });

  it('is no negative answer, even where nobody waits for it', async ({ place }) => {
    const outcome = await run(
      place,
      'process.once("beforeExit", () => { throw new RangeError("late"); });',
      'keygen',
      ...['kem', '-o', 'a.key'],
    );
    expect(outcome).toMatchObject({ code: 5, stderr: expect.stringMatching(/^error: RangeError: late/) });
  });
});

it('a name that begins with a dash can follow two dashes', async ({ place }) => {
  await mkdir(place.path('-folder'));
  expectFailure(await place.run(['inspect', '--', '-folder']), 3, /^error: -folder is a folder, not a file/);
});
