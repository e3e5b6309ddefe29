import { describe, expect, it, vi } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../src/bytes.ts';
import { argon2id } from '../../../src/engines/argon2.ts';
import { SelfTestError } from '../../../src/errors.ts';

const hasNode = typeof process.getBuiltinModule('node:crypto').argon2 === 'function';
const ENGINES = (['node', 'noble'] as const).filter((name) => name === 'noble' || hasNode);

/** From `argon2 -id -v 13` of the reference implementation (phc-winner-argon2, test.c), and RFC 9106 §5.3. */
const KNOWN = [
  {
    password: 'password',
    salt: 'somesalt',
    memoryKib: 256,
    passes: 2,
    lanes: 1,
    tag: '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe',
  },
  {
    password: 'password',
    salt: 'somesalt',
    memoryKib: 256,
    passes: 2,
    lanes: 2,
    tag: '6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037',
  },
];

describe.each(ENGINES)('Argon2id by %s', (engine) => {
  it.each(KNOWN)('gives the known answer for $lanes lanes', async ({ password, salt, tag, ...cost }) => {
    const out = await argon2id(
      { password: utf8(password), salt: utf8(salt), ...cost, outputBytes: 32 },
      engine,
    );
    expect(toHex(out)).toBe(tag);
  });

  it('gives the answer of RFC 9106 §5.3, with secret and associated data', async () => {
    const out = await argon2id(
      {
        password: new Uint8Array(32).fill(1),
        salt: new Uint8Array(16).fill(2),
        secret: new Uint8Array(8).fill(3),
        associatedData: new Uint8Array(12).fill(4),
        memoryKib: 32,
        passes: 3,
        lanes: 4,
        outputBytes: 32,
      },
      engine,
    );
    expect(out).toEqual(fromHex('0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659'));
  });

  it('lets the event loop run meanwhile', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await argon2id(
      {
        password: utf8('p'),
        salt: new Uint8Array(16),
        memoryKib: 19 * 1024,
        passes: 2,
        lanes: 1,
        outputBytes: 32,
      },
      engine,
    );
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(1);
  });
});

it.runIf(hasNode)('that answers wrongly stops, and noble does not step in', async () => {
  vi.resetModules();
  const crypto = process.getBuiltinModule('node:crypto');
  const spy = vi.spyOn(crypto, 'argon2').mockImplementation(((
    _name: string,
    _input: object,
    done: (error: null, out: Buffer) => void,
  ) => {
    done(null, Buffer.alloc(32));
  }) as never);
  const fresh = await import('../../../src/engines/argon2.ts');
  const input = {
    password: utf8('p'),
    salt: new Uint8Array(16),
    memoryKib: 19 * 1024,
    passes: 2,
    lanes: 1,
    outputBytes: 32,
  };
  await expect(fresh.argon2id(input)).rejects.toMatchObject({
    name: SelfTestError.name,
    code: 'ERR_SELF_TEST',
  });
  spy.mockRestore();
  await expect(fresh.argon2id(input)).rejects.toMatchObject({ code: 'ERR_SELF_TEST' });
});

it.runIf(hasNode)('that does not work is done without', async () => {
  vi.resetModules();
  const spy = vi.spyOn(process.getBuiltinModule('node:crypto'), 'argon2').mockImplementation(() => {
    throw new Error('no Argon2 in this OpenSSL');
  });
  const fresh = await import('../../../src/engines/argon2.ts');
  const { password, salt, tag, ...cost } = KNOWN[0] as (typeof KNOWN)[number];
  const out = await fresh.argon2id({ password: utf8(password), salt: utf8(salt), ...cost, outputBytes: 32 });
  spy.mockRestore();
  expect(toHex(out)).toBe(tag);
});
