import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { AeadKey, type AeadKeyOptions, open, seal } from '../../../src/aead/index.ts';
import { toHex } from '../../../src/bytes.ts';
import type { PreparedAeadKey } from '../../../src/engines/engine.ts';
import { engine } from '../../../src/engines/index.ts';
import { SecretBytes } from '../../../src/secret.ts';
import { expectInput, NO_BYTES, thrownBy } from '../../support/errors.ts';
import { fixedKey, sample } from './support.ts';

const raw = Uint8Array.from({ length: 32 }, (_, i) => 0xa0 + i);

/** The buffer of what must be a secret. */
function expectSecret(value: unknown): Uint8Array {
  expect(value).toBeInstanceOf(SecretBytes);
  return (value as SecretBytes).expose();
}

describe('a key', () => {
  it('is the same from bytes, a Buffer or a secret, and leaves them as they are', () => {
    const given = Uint8Array.from(raw);
    const secret = SecretBytes.from(raw);
    const keys = [AeadKey.fromBytes(given), AeadKey.fromBytes(Buffer.from(raw)), AeadKey.fromBytes(secret)];
    expect(new Set(keys.map((key) => key.keyId)).size).toBe(1);
    expect(given).toEqual(raw);
    expect(secret.expose()).toEqual(raw);
    given.fill(0);
    secret.dispose();
    expect(open(keys[2] as AeadKey, seal(keys[0] as AeadKey, sample(9)))).toEqual(sample(9));
  });

  it('is made by its static methods, and not by its constructor', () => {
    const Constructor = AeadKey as unknown as new (...values: unknown[]) => AeadKey;
    for (const values of [[], [raw], [undefined, raw, {}]]) {
      const call = () => new Constructor(...values);
      expectInput(call, 'ERR_INPUT_TYPE', 'constructor');
      expect(thrownBy(call)).toMatchObject({ got: 'new AeadKey' });
    }
  });

  it('is another each time it is drawn', () => {
    const ids = new Set(Array.from({ length: 100 }, () => AeadKey.generate().keyId));
    expect(ids.size).toBe(100);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('is drawn from the random generator of the runtime, and the drawn bytes are wiped', () => {
    const draw = vi.spyOn(globalThis.crypto, 'getRandomValues');
    const drawn: Uint8Array[] = [];
    draw.mockImplementation((view) => {
      (view as Uint8Array).set(raw);
      drawn.push(view as Uint8Array);
      return view;
    });
    try {
      expect(AeadKey.generate().keyId).toBe(AeadKey.fromBytes(raw).keyId);
      expect(thrownBy(() => AeadKey.generate({ maxUses: -1 }))).toMatchObject({ code: 'ERR_INPUT_RANGE' });
    } finally {
      draw.mockRestore();
    }
    expect(drawn).toHaveLength(2);
    for (const bytes of drawn) expect(bytes).toEqual(new Uint8Array(32));
  });

  it('has another id for every bit of its bytes', () => {
    const ids = new Set<string>();
    for (let bit = 0; bit < 256; bit++) {
      const changed = Uint8Array.from(raw);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      ids.add(AeadKey.fromBytes(changed).keyId);
    }
    expect(ids.size).toBe(256);
  });
});

describe('disposal', () => {
  it('ends a key, once and for all, and leaves its public parts', () => {
    const key = fixedKey();
    const { keyId } = key;
    key.dispose();
    key.dispose();
    expectInput(() => seal(key, sample(1)), 'ERR_INPUT_DISPOSED', 'key');
    expect([key.keyId, key.uses, key.maxUses]).toEqual([keyId, 0, 2 ** 32]);
  });

  it('happens at the end of a `using` block', () => {
    let kept = fixedKey();
    {
      using key = fixedKey();
      kept = key;
    }
    expectInput(() => seal(kept, sample(1)), 'ERR_INPUT_DISPOSED', 'key');
  });

  it('wipes the bytes and disposes of the engine’s key; what deriving left behind is zero too', () => {
    const copies: Uint8Array[] = [];
    const from = vi.spyOn(SecretBytes, 'from');
    const prepared: PreparedAeadKey[] = [];
    const aead = engine('aead');
    const prepare = vi.spyOn(aead, 'prepare').mockImplementation((bytes) => {
      copies.push(bytes);
      const cipher = { seal: () => {}, open: () => true, dispose: vi.fn() };
      prepared.push(cipher);
      return cipher;
    });
    try {
      const key = AeadKey.fromBytes(raw);
      const held = expectSecret(from.mock.results[0]?.value);
      expect(held).toEqual(raw);
      expect(copies.map((bytes) => toHex(bytes))).toEqual(['00'.repeat(32)]);
      expect(prepared[0]?.dispose).not.toHaveBeenCalled();
      key.dispose();
      expect(held).toEqual(new Uint8Array(32));
      expect(prepared[0]?.dispose).toHaveBeenCalledOnce();
    } finally {
      prepare.mockRestore();
      from.mockRestore();
    }
  });
});

it('prints its id and [secret], and nothing else', () => {
  const key = AeadKey.fromBytes(raw);
  expect(String(key)).toBe('[secret]');
  expect(`${key}`).toBe('[secret]');
  expect(JSON.stringify({ key })).toBe('{"key":"[secret]"}');
  expect(inspect(key)).toBe(`AeadKey { keyId: '${key.keyId}', [secret] }`);
  expect(inspect([key], { showHidden: true, depth: 9 })).toContain(
    `AeadKey { keyId: '${key.keyId}', [secret] }`,
  );
  expect(Object.keys(key)).toEqual([]);
});

describe('wrong inputs', () => {
  it.each(NO_BYTES)('%s as bytes', (_, wrong) => {
    expectInput(() => AeadKey.fromBytes(wrong as never), 'ERR_INPUT_TYPE', 'bytes');
  });

  it.each([0, 16, 31, 33, 64])('%i bytes', (length) => {
    const call = () => AeadKey.fromBytes(new Uint8Array(length));
    expectInput(call, 'ERR_INPUT_LENGTH', 'bytes');
    expect(thrownBy(call)).toMatchObject({ expected: '32 bytes', got: `${length} bytes` });
    expectInput(
      () => AeadKey.fromBytes(SecretBytes.from(new Uint8Array(length))),
      'ERR_INPUT_LENGTH',
      'bytes',
    );
  });

  it('a disposed secret', () => {
    const secret = SecretBytes.from(raw);
    secret.dispose();
    expectInput(() => AeadKey.fromBytes(secret), 'ERR_INPUT_DISPOSED', 'bytes');
  });

  const makers: [string, (options: AeadKeyOptions) => AeadKey][] = [
    ['generate', (options) => AeadKey.generate(options)],
    ['fromBytes', (options) => AeadKey.fromBytes(raw, options)],
  ];

  describe.each(makers)('%s', (_, make) => {
    it.each([-1, 1.5, 2 ** 32 + 1, Number.NaN, Number.POSITIVE_INFINITY])('a budget of %d', (maxUses) => {
      expectInput(() => make({ maxUses }), 'ERR_INPUT_RANGE', 'options.maxUses');
      expect(thrownBy(() => make({ maxUses }))).toMatchObject({
        expected: 'an integer from 0 to 4294967296',
      });
    });

    it.each([-1, 0.5, 2 ** 53, Number.NaN])('%d uses', (uses) => {
      expectInput(() => make({ uses }), 'ERR_INPUT_RANGE', 'options.uses');
    });

    it.each(['1', 1n, null, [1]])('%o as a number', (wrong) => {
      expectInput(() => make({ maxUses: wrong as never }), 'ERR_INPUT_TYPE', 'options.maxUses');
      expectInput(() => make({ uses: wrong as never }), 'ERR_INPUT_TYPE', 'options.uses');
    });

    it.each([null, 7, 'x', [], raw, SecretBytes.from(raw)])('%o as options', (wrong) => {
      expectInput(() => make(wrong as never), 'ERR_INPUT_TYPE', 'options');
    });

    it('an unknown option', () => {
      expectInput(() => make({ maxUse: 1 } as never), 'ERR_INPUT_OPTION', 'options');
      expect(thrownBy(() => make({ maxUse: 1 } as never))).toMatchObject({ expected: 'only maxUses, uses' });
    });
  });

  it('never shows key bytes', () => {
    const hex = toHex(raw);
    const given: unknown[] = [
      hex,
      [...raw],
      raw.subarray(1),
      BigInt(`0x${hex}`),
      { raw },
      Buffer.from(raw).toString('base64'),
    ];
    for (const wrong of given) {
      const { message } = thrownBy(() => AeadKey.fromBytes(wrong as never)) as Error;
      for (const text of [hex, raw.join(), String(BigInt(`0x${hex}`)), Buffer.from(raw).toString('base64')]) {
        expect(message).not.toContain(text.slice(0, 8));
      }
    }
  });
});
