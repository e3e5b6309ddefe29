import { afterAll, beforeAll, describe, expect } from 'vitest';
import { importPublicKey } from '../../src/encodings/index.ts';
import { makeToken, needsToken, type TestToken } from '../hsm/support/tokens.ts';
import {
  type Answer,
  expectDone,
  expectFailure,
  it,
  needsTerminal,
  onTerminal,
  type Place,
} from './support.ts';

describe.concurrent('keystore doctor', () => {
  it('tells a module that is not there, with what to type', async ({ place }) => {
    const outcome = await place.run(['keystore', 'doctor', '/nonexistent/libp11.so']);
    expect(outcome).toMatchObject({ code: 4, stderr: '' });
    expect(outcome.stdout).toContain(
      'module-not-found: there is no PKCS#11 module at /nonexistent/libp11.so\n',
    );
    expect(outcome.stdout).toMatch(/^ {2}next: ls /m);
  });

  it.for([
    ['a path', './libp11.so', 'module-not-found'],
    ['a name in a URI', 'pkcs11:token=a?module-name=none-of-that-name', 'module-not-found'],
    ['a file that is none', 'file', 'not-a-library'],
  ])('tells machines of %s', async ([, module, problem], { place }) => {
    await place.write('file', 'text');
    const outcome = await place.run(['keystore', 'doctor', module as string, '--json']);
    expect(outcome).toMatchObject({ code: 4, stderr: '' });
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      ok: false,
      findings: [{ problem, message: expect.any(String), next: expect.any(String) }],
    });
  });

  it.for([
    ['a URI that is none', ['pkcs11:colour=blue'], 'the pkcs11: URI: expected a path of token, '],
    ['a URI without a module', ['pkcs11:token=a'], 'module-path in the pkcs11: URI: expected '],
    ['two PINs', ['a', '--pin-file', 'a', '--pin-env', 'A'], 'either in --pin-file or in --pin-env'],
  ] as const)('refuses %s', async ([, args, message], { place }) => {
    expectFailure(await place.run(['keystore', 'doctor', ...args]), 2, message);
  });
});

needsToken('SoftHSM')('a token', () => {
  let token: TestToken;

  beforeAll(() => {
    token = makeToken('SoftHSM');
  });

  afterAll(() => token.remove());

  const module = () => token.options.module as string;
  const run = (place: Place, args: readonly string[], env: Record<string, string> = {}) =>
    place.run(['keystore', ...args], { env: { ...token.env, ...env } });
  /** The store beside the token is in the test's place. */
  const uri = (place: Place) =>
    `pkcs11:token=${token.options.token}?module-path=${module()}&x-store=${place.path('beside')}`;

  it('is told by doctor, with its capabilities, and the next command is right as it is printed', async ({
    place,
  }) => {
    await place.write('pin', `${token.pin}\n`);
    const outcome = await run(place, ['doctor', module(), '--pin-file', 'pin']);
    expectDone(outcome);
    expect(outcome.stdout).toMatch(/^ML-KEM-1024 {2}sealed {4}\S/m);
    expect(outcome.stdout).toMatch(/^ML-DSA-87 {4}sealed {4}\S/m);
    expect(outcome.stdout).toMatch(/^AES-256-GCM {2}in-token {2}\S/m);
    const next = /mwrasp-crypto keystore init .*/.exec(outcome.stdout)?.[0] ?? '';
    const typed = next.replace('/FOLDER/BESIDE/IT', place.path('beside'));
    const made = await place.shell(`${typed} --pin-file pin`, { env: token.env });
    expectDone(made);
    const generated = await place.shell(/mwrasp-crypto keystore generate .*/.exec(made.stdout)?.[0] ?? '', {
      env: token.env,
    });
    expectDone(generated);
    expect(generated.stdout).toMatch(/^made signer@1 \(ML-DSA-87, sealed, key id /);
  });

  it('is told by doctor to machines', async ({ place }) => {
    const outcome = await run(place, ['doctor', module(), '--pin-env', 'PIN', '--json'], { PIN: token.pin });
    expectDone(outcome);
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      ok: true,
      token: { label: token.options.token, initialised: true },
      custody: { 'ML-KEM-1024': 'sealed', 'ML-DSA-87': 'sealed', 'AES-256-GCM': 'in-token' },
      findings: [],
    });
  });

  it('says which PIN is missing or wrong, and shows none', async ({ place }) => {
    await place.write('wrong', 'not-that-one');
    const missing = await run(place, ['doctor', module()]);
    expect(missing).toMatchObject({ code: 4, stderr: '' });
    expect(missing.stdout).toContain(`next: mwrasp-crypto keystore doctor ${module()} --pin-file FILE\n`);
    const wrong = await run(place, ['doctor', module(), '--pin-file', 'wrong']);
    expect(wrong).toMatchObject({ code: 4, stdout: expect.stringContaining('pin-wrong: ') });
    const list = await run(place, ['list', '--store', uri(place), '--pin-file', 'wrong']);
    expectFailure(list, 3, /CKR_PIN_INCORRECT.* \[ERR_KEYSTORE_TOKEN\]/);
    expectFailure(
      await run(place, ['list', '--store', uri(place)]),
      3,
      'give --pin-file FILE or --pin-env NAME',
    );
    const inUri = await run(place, ['init', '--store', `${uri(place)}&pin-value=not-that-one`]);
    expectFailure(inUri, 3, 'CKR_PIN_INCORRECT');
    for (const { stdout, stderr } of [wrong, list, inUri])
      expect(stdout + stderr).not.toContain('not-that-one');
    expect(place.has('beside')).toBe(false);
  });

  it('keeps keys from init to destroy', async ({ place }) => {
    const pin = ['--pin-env', 'PIN'];
    const env = { PIN: token.pin };
    const store = ['--store', uri(place), ...pin];
    const made = await run(place, ['init', ...store, '--json'], env);
    expectDone(made);
    expect(JSON.parse(made.stdout)).toMatchObject({
      backend: 'pkcs11',
      folder: place.path('beside'),
      unlock: 'pin',
    });
    expectFailure(await run(place, ['init', ...store], env), 3, 'ERR_KEYSTORE_EXISTS');

    const generate = ['generate', 'ML-DSA-87', '--name', 'signer', ...store, '--require-custody'];
    expectFailure(await run(place, [...generate, 'in-token'], env), 3, 'ERR_KEYSTORE_CUSTODY');
    expectDone(await run(place, [...generate, 'sealed'], env));
    const data = ['generate', 'AES-256-GCM', '--name', 'data', '--require-custody', 'in-token', ...store];
    expectDone(await run(place, data, env));
    const listed = await run(place, ['list', ...store, '--json'], env);
    expect(JSON.parse(listed.stdout).keys).toMatchObject([
      { ref: { name: 'data', generation: 1 }, custody: 'in-token' },
      { ref: { name: 'signer', generation: 1 }, custody: 'sealed' },
    ]);

    const shown = await run(place, ['public', 'signer', ...store], env);
    expectDone(shown);
    const { keyId } = importPublicKey(shown.stdout);
    await place.write('signer.pub', shown.stdout);
    await place.write('file', 'text');
    const sign = ['sign', 'file', '-k', 'signer', ...store, '-o', 'file.sig'];
    const signed = await place.run(sign, { env: { ...token.env, ...env } });
    expectDone(signed);
    expect(signed.stdout).toContain(keyId);
    expectDone(await place.run(['verify', 'file', '-k', 'signer.pub', '-s', 'file.sig']));

    expectDone(await run(place, ['destroy', 'data@1', ...store, '--yes'], env));
    expectDone(await run(place, ['destroy', 'signer@1', ...store, '--yes'], env));
    const left = await run(place, ['list', ...store, '--json'], env);
    expect(JSON.parse(left.stdout).keys).toEqual([]);
  });

  it('repeats no PIN that stood in the URI', async ({ place }) => {
    const store = `${uri(place)}&pin-value=${token.pin}`;
    const made = await run(place, ['init', '--store', store]);
    expectDone(made);
    expect(made.stdout).toContain(`--store '${uri(place)}'`);
    expect(made.stdout).not.toContain('pin-value');
  });

  needsTerminal('on a terminal', () => {
    it('asks for its PIN, and does not show it', async ({ place }) => {
      const answers: Answer[] = [[`PIN of token "${token.options.token}": `, `${token.pin}\r`]];
      const made = await onTerminal(place, `keystore init --store '${uri(place)}'`, answers, token.env);
      expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('unlocked by') });
      const told = await onTerminal(place, `keystore doctor ${module()}`, answers, token.env);
      expect(told).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('usable; make a keystore in it'),
      });
      for (const { stdout } of [made, told]) expect(stdout).not.toContain(`: ${token.pin}`);
    });
  });
});
