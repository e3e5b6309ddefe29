import { expect } from 'vitest';
import {
  type Answer,
  expectDone,
  it,
  MAIN,
  needsTerminal,
  onTerminal,
  outcomeOf,
  type Place,
  SCRIPT,
} from './support.ts';

const stateOf = (place: Place) => ({ XDG_STATE_HOME: place.path('state') });

/** A `keystore` command on a terminal. */
const answering = (place: Place, line: string, answers: readonly Answer[]) =>
  onTerminal(place, `keystore ${line}`, answers, stateOf(place));

needsTerminal('a keystore on a terminal', () => {
  it.concurrent('asks for a new passphrase twice and for a known one once, and shows neither', async ({
    place,
  }) => {
    const made = await answering(place, 'init --store keys', [
      ['New passphrase for ', 'correct horsé\r'],
      ['The same again: ', 'correct horsé\r'],
    ]);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('unlocked by    passphrase') });
    // Corrections count in characters, not in bytes.
    const opened = await answering(place, 'list --store keys', [
      ['Passphrase of ', 'wrong\u0015correct horséé\u007f\r'],
    ]);
    expect(opened).toMatchObject({ code: 0, stdout: expect.stringContaining('no keys; make one') });
    for (const { stdout } of [made, opened]) expect(stdout).not.toContain('horse');
    await place.write('passphrase', 'correct horsé');
    const env = stateOf(place);
    expectDone(
      await place.run(['keystore', 'list', '--store', 'keys', '--passphrase-file', 'passphrase'], { env }),
    );
    const wrong = await answering(place, 'list --store keys', [['Passphrase of ', 'wrong\r']]);
    expect(wrong).toMatchObject({ code: 3, stdout: expect.stringContaining('was it the right passphrase') });
  });

  it.concurrent('makes nothing of two passphrases, or of none', async ({ place }) => {
    const two = await answering(place, 'init --store keys', [
      ['New passphrase', 'one\r'],
      ['The same again', 'two\r'],
    ]);
    expect(two).toMatchObject({ code: 2, stdout: expect.stringContaining('two different passphrases') });
    const none = await answering(place, 'init --store keys', [['New passphrase', '\r']]);
    expect(none).toMatchObject({ code: 2, stdout: expect.stringContaining('at least one character') });
    const ended = await answering(place, 'init --store keys', [['New passphrase', '\u0004']]);
    expect(ended).toMatchObject({ code: 2, stdout: expect.stringContaining('nothing was typed') });
    const refused = await answering(place, 'list --store none', []);
    expect(refused).toMatchObject({ code: 3, stdout: expect.stringContaining('there is no keystore at') });
  });

  it.concurrent('takes what was typed ahead', async ({ place }) => {
    const made = await answering(place, 'init --store keys', [['New passphrase', 'horse\rhorse\r']]);
    expect(made.code).toBe(0);
    expect(made.stdout).not.toContain('horse');
  });

  it.concurrent('ends at Ctrl-C as other programs do, with a terminal that shows again what is typed', async ({
    place,
  }) => {
    const command = `"${process.execPath}" "${MAIN}" keystore init --store keys; echo "code $?"; stty -a`;
    const child = place.start(SCRIPT, ['-qec', `bash -c '${command}'`, '/dev/null'], { env: stateOf(place) });
    child.stdout.on('data', (piece: Buffer) => {
      if (piece.toString().includes('New passphrase')) child.stdin.write('\u0003');
    });
    const { stdout } = await outcomeOf(child);
    expect(stdout).toContain('code 130');
    expect(stdout).toMatch(/ icanon .* echo /s);
  });

  it.concurrent('destroys a key whose name was typed, and no other', async ({ place }) => {
    const env = stateOf(place);
    const open = '--store keys --key-file root.key';
    expectDone(await place.run('keystore init --store keys --new-key-file root.key'.split(' '), { env }));
    expectDone(await place.run(`keystore generate ML-DSA-87 --name signer ${open}`.split(' '), { env }));
    for (const answer of ['yes\r', 'signer\r', '\r', '\u0004']) {
      const kept = await answering(place, `destroy signer@1 ${open}`, [['type signer@1: ', answer]]);
      expect(kept).toMatchObject({ code: 1, stdout: expect.stringContaining('signer@1 was not destroyed') });
    }
    const gone = await answering(place, `destroy signer@1 ${open}`, [['type signer@1: ', 'signer@1\r']]);
    expect(gone).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('destroyed signer@1 (ML-DSA-87, '),
    });
  });

  it.concurrent('shows public keys as text, and refuses bytes', async ({ place }) => {
    const env = stateOf(place);
    const open = '--store keys --key-file root.key';
    expectDone(await place.run('keystore init --store keys --new-key-file root.key'.split(' '), { env }));
    expectDone(await place.run(`keystore generate ML-DSA-87 --name signer ${open}`.split(' '), { env }));
    const pem = await answering(place, `public signer ${open}`, []);
    expect(pem).toMatchObject({ code: 0, stdout: expect.stringContaining('-----BEGIN PUBLIC KEY-----') });
    const raw = await answering(place, `public signer ${open} --format raw`, []);
    expect(raw).toMatchObject({ code: 2, stdout: expect.stringContaining('use --output FILE') });
  });
});
