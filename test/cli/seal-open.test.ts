import { chmod } from 'node:fs/promises';
import { beforeEach, describe, expect } from 'vitest';
import { openStream, readHeader, seal, sealStream } from '../../src/envelope/index.ts';
import { exportPrivateKey } from '../../src/insecure.ts';
import { flipped, testKeys } from '../support/keys.ts';
import { collect } from '../support/streams.ts';
import {
  expectDone,
  expectFailure,
  it,
  MAIN,
  noise,
  outcomeOf,
  type Place,
  transcript,
  type WithPlace,
  type WrongCase,
  writeKeys,
} from './support.ts';

const { signer, signerPublic, recipient, recipientPublic } = testKeys();
const CHUNK = 64 * 1024;
const DOCUMENT = noise(3 * CHUNK + 100);
const CONTEXT = new TextEncoder().encode('payroll');

const join = async (stream: AsyncIterable<Uint8Array>) =>
  new Uint8Array(Buffer.concat(await collect(stream)));
const sealed = await join(sealStream(recipientPublic, [DOCUMENT], { signer, context: CONTEXT }));
const { headerBytes } = readHeader(sealed);

beforeEach<WithPlace>(async ({ place }) => {
  await writeKeys(place);
  await place.write('report.pdf', DOCUMENT);
});

describe.concurrent('seal and open', () => {
  it('say what they did', async ({ place, expect }) => {
    const signed = ['--signer', 'signer.key'];
    const from = ['--sender', 'signer.pub'];
    const runs = [
      ['seal', 'report.pdf', '-t', 'recipient.pub', '-o', 'report.mwe'],
      ['open', 'report.mwe', '-k', 'recipient.key', '-o', 'out.pdf'],
      ['open', 'report.mwe', '-k', 'recipient.key', '-o', 'out.pdf'],
      ['seal', 'report.pdf', '-t', 'recipient.pub', ...signed, '-o', 'report.mwe', '--force', '--json'],
      ['open', 'report.mwe', '-k', 'recipient.key', ...from, '-o', 'out.pdf', '--force'],
      ['open', 'report.mwe', '-k', 'recipient.key', ...from, '-o', 'out.pdf', '--force', '--json'],
      ['open', 'report.mwe', '-k', 'recipient.key', '-o', 'not.pdf'],
      ['open', 'report.mwe', '-k', 'other.key', ...from, '-o', 'not.pdf'],
      ['open', 'report.mwe', '-k', 'other.key', ...from, '-o', 'not.pdf', '--json'],
    ];
    const outcomes = [];
    for (const run of runs) outcomes.push(await place.run(run));
    await expect(transcript(outcomes)).toMatchFileSnapshot('__snapshots__/seal-open.txt');
    expect(await place.read('out.pdf')).toEqual(DOCUMENT);
    expect(place.has('not.pdf')).toBe(false);
  });

  it('make and take the envelopes of the library', async ({ place }) => {
    const options = ['--signer', 'signer.key', '--context', 'payroll', '-o', 'a.mwe'];
    expectDone(await place.run(['seal', 'report.pdf', '-t', 'recipient.pub', ...options]));
    const opened = openStream(recipient, [await place.read('a.mwe')], {
      sender: signerPublic,
      context: CONTEXT,
    });
    expect(await join(opened)).toEqual(DOCUMENT);
    await place.write('b.mwe', sealed);
    expectDone(await openIt(place, 'b.mwe'));
    expect(await place.read('out')).toEqual(DOCUMENT);
  });

  it.for([0, DOCUMENT.length])('carry %i bytes through a pipe', async (sizeBytes, { place }) => {
    const input = DOCUMENT.subarray(0, sizeBytes);
    const outcome = await place.shell(
      'mwrasp-crypto seal - -t recipient.pub | mwrasp-crypto open - -k recipient.key',
      { input },
    );
    expectDone(outcome);
    expect(outcome.bytes).toEqual(input);
  });

  it('take a key from standard input, so that it need not lie in a file', async ({ place }) => {
    await place.write('a.mwe', sealed);
    const args = ['open', 'a.mwe', '-k', '-', '--sender', 'signer.pub', '--context', 'payroll'];
    const outcome = await place.run(args, { input: exportPrivateKey(recipient, 'pem') });
    expectDone(outcome);
    expect(outcome.bytes).toEqual(DOCUMENT);
  });

  it('let only the owner read what was opened, and replace a file that others could read', async ({
    place,
  }) => {
    await place.write('a.mwe', sealed);
    await place.write('out', '');
    await chmod(place.path('out'), 0o644);
    expectDone(await openIt(place, 'a.mwe', '--force'));
    expect(await place.mode('out')).toBe('600');
  });

  it('can replace their own input', async ({ place }) => {
    const args = ['-t', 'recipient.pub', '-o', 'report.pdf', '--force'];
    expectDone(await place.run(['seal', 'report.pdf', ...args]));
    const back = ['-k', 'recipient.key', '-o', 'report.pdf', '--force'];
    expectDone(await place.run(['open', 'report.pdf', ...back]));
    expect(await place.read('report.pdf')).toEqual(DOCUMENT);
  });

  it('open an envelope that was sealed as one message', async ({ place }) => {
    await place.write('a.mwe', await seal(recipientPublic, DOCUMENT, { signer, context: CONTEXT }));
    expectDone(await openIt(place, 'a.mwe'));
    expect(await place.read('out')).toEqual(DOCUMENT);
  });
});

async function openIt(place: Place, name: string, ...options: string[]) {
  return await place.run([
    ...['open', name, '-k', 'recipient.key', '--sender', 'signer.pub', '--context', 'payroll', '-o', 'out'],
    ...options,
  ]);
}

describe.concurrent('open of damaged envelopes', () => {
  it.for<[string, Uint8Array]>([
    ['ends after the header', sealed.subarray(0, headerBytes)],
    ['ends between two chunks', sealed.subarray(0, headerBytes + CHUNK + 16)],
    ['lacks its last byte', sealed.subarray(0, -1)],
    ['has a byte too many', Buffer.concat([sealed, Buffer.of(0)])],
    ['has another key encapsulated', flipped(sealed, 200)],
    ['has another signature', flipped(sealed, headerBytes - 1)],
    ['is changed in the last chunk', flipped(sealed, sealed.length - 50)],
  ])('says no when it %s, and leaves nothing behind', async ([_, envelope], { place }) => {
    await place.write('a.mwe', envelope);
    const before = await place.list();
    expectFailure(
      await openIt(place, 'a.mwe'),
      1,
      /^error: authentication failed: .* \[ERR_AUTHENTICATION\]/,
    );
    expect(await place.list()).toEqual(before);
  });

  it('keeps the file that it was to replace', async ({ place }) => {
    await place.write('a.mwe', flipped(sealed, sealed.length - 50));
    await place.write('out', 'precious');
    const before = await place.list();
    expectFailure(await openIt(place, 'a.mwe', '--force'), 1, 'ERR_AUTHENTICATION');
    expect(await place.text('out')).toBe('precious');
    expect(await place.list()).toEqual(before);
  });

  it('fails on standard output too', async ({ place }) => {
    await place.write('a.mwe', flipped(sealed, sealed.length - 50));
    const args = ['open', 'a.mwe', '-k', 'recipient.key', '--sender', 'signer.pub', '--context', 'payroll'];
    const { code, stderr, bytes } = await place.run(args);
    expect(code).toBe(1);
    expect(stderr).toContain('ERR_AUTHENTICATION');
    expect(bytes).toEqual(DOCUMENT.subarray(0, bytes.length));
    expect(bytes.length).toBeLessThan(DOCUMENT.length);
  });
});

describe.concurrent('open says no, with exit code 1,', () => {
  it.for<[string, string[]]>([
    ['to another recipient', ['-k', 'other.key', '--sender', 'signer.pub', '--context', 'payroll']],
    ['to another sender', ['-k', 'recipient.key', '--sender', 'stranger.pub', '--context', 'payroll']],
    ['to another context', ['-k', 'recipient.key', '--sender', 'signer.pub', '--context', 'parole']],
    ['without the context', ['-k', 'recipient.key', '--sender', 'signer.pub']],
  ])('%s', async ([_, options], { place }) => {
    await place.write('a.mwe', sealed);
    const before = await place.list();
    const outcome = await place.run(['open', 'a.mwe', ...options, '-o', 'out']);
    expectFailure(outcome, 1, 'ERR_AUTHENTICATION');
    expect(await place.list()).toEqual(before);
  });

  it('to an envelope that nobody signed, when a sender is named', async ({ place }) => {
    const unsigned = await join(sealStream(recipientPublic, [DOCUMENT], { context: CONTEXT }));
    await place.write('a.mwe', unsigned);
    expectFailure(await openIt(place, 'a.mwe'), 1, 'ERR_AUTHENTICATION');
    expect(place.has('out')).toBe(false);
  });
});

describe.concurrent('open refuses', () => {
  const options = ['-k', 'recipient.key', '--sender', 'signer.pub', '--context', 'payroll', '-o', 'out'];

  it.for<WrongCase>([
    [
      'what is no envelope',
      ['report.pdf', ...options],
      2,
      /^error: the file: expected bytes of format envelope/,
    ],
    ['nothing', ['empty', ...options], 2, /^error: the file: expected/],
    ['half a header', ['half', ...options], 2, /^error: the file: expected a header of \d+ bytes, got \d+/],
    ['a later version', ['later', ...options], 4, /ERR_UNSUPPORTED_VERSION/],
    [
      'to go without a sender',
      ['a.mwe', '-k', 'recipient.key', '-o', 'out'],
      2,
      /^error: --sender: expected/,
    ],
    [
      'a key that cannot open',
      ['a.mwe', '-k', 'signer.key', '-o', 'out'],
      2,
      /^error: signer.key: .*ML-KEM-1024/,
    ],
    ['a public key', ['a.mwe', '-k', 'recipient.pub', '-o', 'out'], 2, /^error: recipient.pub: /],
    [
      'a private key of the sender',
      ['a.mwe', ...options, '--sender', 'signer.key'],
      2,
      /^error: signer.key: /,
    ],
    ['a file that is not there', ['none', ...options], 3, /^error: none: no such file or directory/],
    [
      'to write below a file',
      ['a.mwe', ...options, '-o', 'report.pdf/out'],
      3,
      /there is no folder report.pdf/,
    ],
    ['to replace a folder', ['a.mwe', ...options, '-o', '.', '--force'], 3, /^error: . is not a file/],
    ['to replace a file', ['a.mwe', ...options, '-o', 'report.pdf'], 2, /report.pdf exists: .* --force/],
    ['one stream for two inputs', ['-', '-k', '-', '-o', 'out'], 2, /only one of the inputs/],
  ])('%s', async ([_, args, code, message], { place }) => {
    await place.write('a.mwe', sealed);
    await place.write('empty', '');
    await place.write('half', sealed.subarray(0, headerBytes / 2));
    await place.write('later', flipped(sealed, 3, 2));
    const before = await place.list();
    expectFailure(await place.run(['open', ...args]), code, message);
    expect(await place.list()).toEqual(before);
    expect(await place.read('report.pdf')).toEqual(DOCUMENT);
  });
});

describe.concurrent('seal refuses', () => {
  const to = ['-t', 'recipient.pub', '-o', 'out'];

  it.for<WrongCase>([
    [
      'a key that nothing can be sealed to',
      ['report.pdf', '-t', 'signer.pub', '-o', 'out'],
      2,
      /signer.pub: .*ML-KEM/,
    ],
    ['a private key', ['report.pdf', '-t', 'recipient.key', '-o', 'out'], 2, /^error: recipient.key: /],
    [
      'a signer that cannot sign',
      ['report.pdf', ...to, '--signer', 'recipient.key'],
      2,
      /recipient.key: .*ML-DSA/,
    ],
    ['a public key as signer', ['report.pdf', ...to, '--signer', 'signer.pub'], 2, /^error: signer.pub: /],
    [
      'a context of more than 16 KiB',
      ['report.pdf', ...to, '--context', 'x'.repeat(100_000)],
      2,
      /^error: --context: expected 0 to 16384 bytes, got 100000 bytes/,
    ],
    ['a file that is not there', ['none', ...to], 3, /^error: none: no such file or directory/],
    [
      'one stream for two keys',
      ['report.pdf', '-t', '-', '--signer', '-', '-o', 'out'],
      2,
      /only one of the/,
    ],
    [
      'to write below a file',
      ['report.pdf', ...to, '-o', 'report.pdf/out'],
      3,
      /there is no folder report.pdf/,
    ],
  ])('%s', async ([_, args, code, message], { place }) => {
    const before = await place.list();
    expectFailure(await place.run(['seal', ...args]), code, message);
    expect(await place.list()).toEqual(before);
  });
});

describe.concurrent('an output that is cut short', () => {
  it('ends the command quietly, but not with success', async ({ place }) => {
    // More than a pipe holds, so that the command meets the closed end.
    await place.write('long', noise(3_000_000));
    const outcome = await place.shell(
      '(mwrasp-crypto seal long -t recipient.pub; echo $? > code) | head -c 10',
    );
    expectDone(outcome);
    expect(outcome.bytes).toHaveLength(10);
    expect(await place.text('code')).toBe('3\n');
  });

  it('leaves no temporary file when a signal ends the command', async ({ place }) => {
    const before = await place.list();
    const child = place.start(process.execPath, [MAIN, 'seal', '-', '-t', 'recipient.pub', '-o', 'out']);
    const ended = outcomeOf(child);
    child.stdin.write(DOCUMENT);
    await expect.poll(() => place.list(), { timeout: 30_000 }).not.toEqual(before);
    expect((await place.list()).filter((name) => !before.includes(name))).toEqual([
      expect.stringMatching(/^out\..*\.tmp$/),
    ]);
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' });
    expect(await place.list()).toEqual(before);
  });
});
