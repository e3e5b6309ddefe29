import { chmod } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { importPrivateKey, importPublicKey } from '../../src/encodings/index.ts';
import { expectDone, expectFailure, it, transcript, type WrongCase } from './support.ts';

/** A key's id and all 43 characters of its kind. */
const KEY_ID = /[\w-]{43}/g;

describe.concurrent('keygen', () => {
  it('tells what it made and where', async ({ place, expect }) => {
    const sign = await place.run(['keygen', 'sign', '-o', 'signer.key']);
    const kem = await place.run(['keygen', 'kem', '--output', 'mine.pem', '--public', 'yours.pem']);
    await expect(transcript([sign, kem]).replaceAll(KEY_ID, 'KEY-ID')).toMatchFileSnapshot(
      '__snapshots__/keygen.txt',
    );
    expect(await place.list()).toEqual(['mine.pem', 'signer.key', 'signer.key.pub', 'yours.pem']);
  });

  it.for<['sign' | 'kem', string]>([
    ['sign', 'ML-DSA-87'],
    ['kem', 'ML-KEM-1024'],
  ])('makes a pair of %s keys that belong together', async ([kind, algorithm], { place }) => {
    const outcome = await place.run(['keygen', kind, '-o', 'a.key', '--json']);
    expectDone(outcome);
    using privateKey = importPrivateKey(await place.text('a.key'));
    const publicKey = importPublicKey(await place.text('a.key.pub'));
    expect(privateKey.publicKey.keyId).toBe(publicKey.keyId);
    expect(JSON.parse(outcome.stdout)).toEqual({
      algorithm,
      keyId: publicKey.keyId,
      privateKey: 'a.key',
      publicKey: 'a.key.pub',
    });
  });

  it('makes another key each time', async ({ place }) => {
    await place.run(['keygen', 'kem', '-o', 'a.key']);
    await place.run(['keygen', 'kem', '-o', 'b.key']);
    expect(await place.text('a.key')).not.toBe(await place.text('b.key'));
  });

  it('lets only the owner read a private key, whatever the umask', async ({ place }) => {
    expectDone(await place.shell('umask 000; mwrasp-crypto keygen sign -o a.key --json'));
    expect(await place.mode('a.key')).toBe('600');
    expect(await place.mode('a.key.pub')).toBe('666');
  });

  it('prints no private key', async ({ place }) => {
    const { stdout, stderr } = await place.run(['keygen', 'kem', '-o', 'a.key']);
    const body = (await place.text('a.key')).split('\n').slice(1, -2);
    expect(body.length).toBeGreaterThan(0);
    for (const line of body) expect(stdout + stderr).not.toContain(line);
  });

  it('writes the public key alone to standard output', async ({ place }) => {
    const outcome = await place.run(['keygen', 'kem', '-o', 'a.key', '--public', '-']);
    expectDone(outcome);
    using key = importPrivateKey(await place.text('a.key'));
    expect(importPublicKey(outcome.stdout).keyId).toBe(key.publicKey.keyId);
    expect(outcome.stdout).toMatch(/^-----BEGIN PUBLIC KEY-----\n[^-]+-----END PUBLIC KEY-----\n$/);
    expect(await place.list()).toEqual(['a.key']);
  });
});

describe.concurrent('keygen overwrites nothing', () => {
  it.for(['a.key', 'a.key.pub'])('when %s is there', async (name, { place }) => {
    await place.write(name, 'precious');
    const outcome = await place.run(['keygen', 'sign', '-o', 'a.key']);
    expectFailure(outcome, 2, `${name} exists: choose another name, or replace it with --force`);
    expect(await place.list()).toEqual([name]);
    expect(await place.text(name)).toBe('precious');
  });

  it('unless it is forced, and then only the owner can read the key', async ({ place }) => {
    for (const name of ['a.key', 'a.key.pub']) {
      await place.write(name, 'replaceable');
      await chmod(place.path(name), 0o644);
    }
    expectDone(await place.run(['keygen', 'sign', '-o', 'a.key', '--force']));
    expect(await place.text('a.key')).toContain('BEGIN PRIVATE KEY');
    expect(await place.text('a.key.pub')).toContain('BEGIN PUBLIC KEY');
    expect(await place.mode('a.key')).toBe('600');
    expect(await place.list()).toEqual(['a.key', 'a.key.pub']);
  });
});

describe.concurrent('keygen refuses', () => {
  it.for<WrongCase>([
    ['another kind', ['rsa', '-o', 'a.key'], 2, 'kind: expected "sign" (ML-DSA-87) or "kem" (ML-KEM-1024)'],
    ['a private key on standard output', ['sign', '-o', '-'], 2, 'give --output a name'],
    ['one name for both keys', ['sign', '-o', 'a', '--public', './a', '--force'], 2, 'give --public another'],
    ['JSON and a key on standard output', ['kem', '-o', 'a', '--public', '-', '--json'], 2, 'with --json'],
    ['a folder that is not there', ['kem', '-o', 'none/a.key'], 3, 'there is no folder none; make it first'],
    ['a folder that is a file', ['kem', '-o', 'file/a.key'], 3, 'there is no folder file; make it first'],
    ['a public key without a folder', ['kem', '-o', 'a', '--public', 'none/b'], 3, 'no folder none'],
    ['a folder in place of a file', ['kem', '-o', '.', '--force'], 3, '. is not a file'],
  ])('%s', async ([_, args, code, message], { place }) => {
    await place.write('file', '');
    const outcome = await place.run(['keygen', ...args]);
    expect({ code: outcome.code, stdout: outcome.stdout }).toEqual({ code, stdout: '' });
    expect(outcome.stderr).toContain(message);
    expect(await place.list()).toEqual(['file']);
  });
});
