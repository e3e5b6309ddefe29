/**
 * Runtimes that lack something, do something else, or fail half-way.
 */
import * as crypto from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Absent, type Engine, type HashEngine } from '../../src/engines/engine.ts';
import { ML_DSA_87 } from '../../src/params.ts';
import { rejectionOf, thrownBy } from '../support/errors.ts';
import { collect } from '../support/streams.ts';

beforeEach(() => {
  vi.resetModules();
  vi.stubEnv('MWRASP_CRYPTO_ENGINE', undefined);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Makes node:crypto another one, for modules that are loaded from now on. */
function runOn(changed: object | undefined): void {
  const builtin = process.getBuiltinModule.bind(process);
  vi.spyOn(process, 'getBuiltinModule').mockImplementation(((name: string) =>
    name === 'node:crypto' ? changed : builtin(name)) as never);
}

async function nodeEngine(): Promise<Engine> {
  return (await import('../../src/engines/node.ts')).nodeEngine;
}

/** Why a family is not there. The class is another one for modules loaded anew. */
function reasonOf(part: object): string {
  expect(part.constructor.name).toBe(Absent.name);
  return (part as Absent).reason;
}

const failing = () => {
  throw new Error('out of entropy');
};

describe('the random generator fails', () => {
  const unsupported = { name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_RUNTIME' };

  it('while sealing: nothing is sealed and no use is spent', async () => {
    const { AeadKey, open, seal, sealStream, sealTransform } = await import('../../src/aead/index.ts');
    const key = AeadKey.generate({ maxUses: 2 });
    const message = Uint8Array.of(1, 2, 3);
    vi.stubGlobal('crypto', { getRandomValues: failing });
    for (const work of [
      () => seal(key, message),
      () => sealStream(key, [message]),
      () => sealTransform(key),
      () => AeadKey.generate(),
    ]) {
      const error = thrownBy(work);
      expect(error).toMatchObject(unsupported);
      expect((error as Error).cause).toMatchObject({ message: 'out of entropy' });
    }
    expect(key.uses).toBe(0);
    vi.unstubAllGlobals();
    expect(open(key, seal(key, message))).toEqual(message);
    expect(key.uses).toBe(1);
  });

  it('does not matter for what needs no randomness', async () => {
    const { AeadKey, open, openStream, seal, sealStream } = await import('../../src/aead/index.ts');
    const { sha3_512 } = await import('../../src/hash/index.ts');
    const key = AeadKey.generate();
    const sealed = seal(key, Uint8Array.of(1));
    const stream = await collect(sealStream(key, [Uint8Array.of(2)]));
    vi.stubGlobal('crypto', { getRandomValues: failing });
    expect(open(key, sealed)).toEqual(Uint8Array.of(1));
    expect(await collect(openStream(key, stream))).toEqual([Uint8Array.of(2)]);
    expect(sha3_512(sealed)).toHaveLength(64);
    expect(AeadKey.fromBytes(new Uint8Array(32)).keyId).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each(['kem=noble,sign=noble', 'kem=wasm,sign=wasm'])(
    'while encapsulating or signing with engines that have it drawn: %s',
    async (engines) => {
      vi.stubEnv('MWRASP_CRYPTO_ENGINE', engines);
      const kem = await import('../../src/kem/index.ts');
      const sign = await import('../../src/sign/index.ts');
      const kemKey = kem.generateKemKey();
      const signKey = sign.generateSignKey();
      const message = Uint8Array.of(1);
      const { publicKey } = kemKey;
      // The first use tests the engine, which needs randomness as well.
      kem.encapsulate(publicKey);
      sign.sign(signKey, message);
      vi.stubGlobal('crypto', { getRandomValues: failing });
      for (const work of [
        () => kem.encapsulate(publicKey),
        () => kem.generateKemKey(),
        () => sign.sign(signKey, message),
        () => sign.generateSignKey(),
      ]) {
        expect(thrownBy(work)).toMatchObject(unsupported);
      }
      const signature = sign.sign(signKey, message, { deterministic: true });
      expect(sign.verify(signKey.publicKey, message, signature)).toBe(true);
    },
  );

  it('is asked again after it recovered', async () => {
    const { randomFill } = await import('../../src/bytes.ts');
    let calls = 0;
    const real = globalThis.crypto;
    vi.stubGlobal('crypto', {
      getRandomValues: (view: Uint8Array<ArrayBuffer>) =>
        calls++ === 0 ? failing() : real.getRandomValues(view),
    });
    expect(thrownBy(() => randomFill(new Uint8Array(32)))).toMatchObject(unsupported);
    expect(randomFill(new Uint8Array(32)).some((byte) => byte !== 0)).toBe(true);
  });
});

describe('the native engine is absent, and says why,', () => {
  it('where there is no node:crypto', async () => {
    runOn(undefined);
    const node = await nodeEngine();
    for (const part of [node.hash(), node.aead(), node.kem(), node.sign()]) {
      expect(reasonOf(part)).toBe('this runtime has no node:crypto');
    }
  });

  it('where node:crypto has no encapsulate', async () => {
    runOn({ ...crypto, encapsulate: undefined });
    expect(reasonOf((await nodeEngine()).kem())).toBe('node:crypto has no encapsulate');
  });

  it('where node:crypto takes an ML-DSA context and ignores it', async () => {
    const spki = ML_DSA_87.der.spki.length / 2 + ML_DSA_87.publicKeyBytes;
    runOn({
      ...crypto,
      createPrivateKey: () => ({}),
      createPublicKey: () => ({ export: () => Buffer.alloc(spki) }),
      sign: () => Buffer.alloc(ML_DSA_87.signatureBytes),
      verify: () => true,
    });
    expect(reasonOf((await nodeEngine()).sign())).toBe('node:crypto ignores the ML-DSA context');
    const { engineInfo } = await import('../../src/engines/index.ts');
    expect(engineInfo().sign.engine).toBe('wasm');
  });

  it.each([
    ['hash', 'createHash'],
    ['hash', 'createHmac'],
    ['aead', 'createCipheriv'],
    ['kem', 'createPrivateKey'],
    ['sign', 'createPrivateKey'],
  ] as const)('in %s, where %s throws', async (family, name) => {
    runOn({
      ...crypto,
      encapsulate: () => ({}),
      [name]: () => {
        throw new Error(`unsupported: ${name}`);
      },
    });
    const node = await nodeEngine();
    expect(reasonOf(node[family]())).toBe(`unsupported: ${name}`);
    expect(node[family]()).toBe(node[family]());
  });

  it('also when what is thrown is no Error', async () => {
    runOn({
      ...crypto,
      createHmac: () => {
        throw 'not here';
      },
    });
    expect(reasonOf((await nodeEngine()).hash())).toBe('not here');
  });

  it('and the library works without it', async () => {
    runOn(undefined);
    const { AeadKey, open, seal } = await import('../../src/aead/index.ts');
    const { engineInfo } = await import('../../src/engines/index.ts');
    const key = AeadKey.generate();
    expect(open(key, seal(key, Uint8Array.of(7)))).toEqual(Uint8Array.of(7));
    expect(engineInfo().aead).toMatchObject({ engine: 'noble', forced: false });
  });

  it('and forcing it is an error', async () => {
    runOn(undefined);
    vi.stubEnv('MWRASP_CRYPTO_ENGINE', 'node');
    const { sha3_512 } = await import('../../src/hash/index.ts');
    expect(thrownBy(() => sha3_512(new Uint8Array(1)))).toMatchObject({
      name: 'UnsupportedError',
      code: 'ERR_UNSUPPORTED_ENGINE',
      message: 'engine "node" has no hash here: this runtime has no node:crypto',
    });
  });
});

describe('a node:crypto that computes wrongly', () => {
  it('ends in SelfTestError, not in another engine', async () => {
    runOn({
      ...crypto,
      hash: (...args: Parameters<typeof crypto.hash>) => {
        const digest = crypto.hash(...args) as unknown as Buffer;
        digest[0] = (digest[0] as number) ^ 1;
        return digest;
      },
    });
    const { sha3_512 } = await import('../../src/hash/index.ts');
    const { AeadKey } = await import('../../src/aead/index.ts');
    for (const work of [() => sha3_512(new Uint8Array(1)), () => AeadKey.generate()]) {
      expect(thrownBy(work)).toMatchObject({ code: 'ERR_SELF_TEST', engine: 'node', family: 'hash' });
    }
  });

  it('by taking every tag ends in SelfTestError before anything is opened', async () => {
    runOn({
      ...crypto,
      createDecipheriv: (...args: Parameters<typeof crypto.createDecipheriv>) => {
        const decipher = crypto.createDecipheriv(...args);
        decipher.final = (() => Buffer.alloc(0)) as typeof decipher.final;
        return decipher;
      },
    });
    const { AeadKey } = await import('../../src/aead/index.ts');
    expect(thrownBy(() => AeadKey.fromBytes(new Uint8Array(32)))).toMatchObject({
      code: 'ERR_SELF_TEST',
      engine: 'node',
      family: 'aead',
    });
  });
});

describe('an older Node', () => {
  it('without crypto.hash hashes all the same', async () => {
    runOn({ ...crypto, hash: undefined });
    const hash = (await nodeEngine()).hash() as HashEngine;
    const out = new Uint8Array(64);
    hash.sha3_512(Uint8Array.of(1, 2, 3), out);
    expect(Buffer.from(out)).toEqual(
      crypto
        .createHash('sha3-512')
        .update(Uint8Array.of(1, 2, 3))
        .digest(),
    );
  });

  it('without ArrayBuffer.prototype.transfer and allocUnsafeSlow seals and opens large messages', async () => {
    const transfer = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'transfer');
    Object.defineProperty(ArrayBuffer.prototype, 'transfer', { configurable: true, value: undefined });
    vi.stubGlobal('Buffer', undefined);
    try {
      const { AeadKey, open, openStream, seal, sealStream } = await import('../../src/aead/index.ts');
      const key = AeadKey.generate();
      const message = new Uint8Array(200_000).fill(5);
      expect(open(key, seal(key, message))).toEqual(message);
      const opened = await collect(openStream(key, sealStream(key, [message])));
      expect(opened.reduce((sum, piece) => sum + piece.length, 0)).toBe(message.length);
    } finally {
      Object.defineProperty(ArrayBuffer.prototype, 'transfer', transfer ?? {});
    }
  });
});

it('an engine that fails while a stream runs ends the stream with its error, and closes the source', async () => {
  const { AeadKey, sealStream } = await import('../../src/aead/index.ts');
  const { engine } = await import('../../src/engines/index.ts');
  const real = engine('aead');
  const dispose = vi.fn();
  const key = AeadKey.generate();
  vi.spyOn(real, 'prepare').mockReturnValue({ seal: failing, open: failing, dispose });
  let closed = false;
  function* source(): Generator<Uint8Array> {
    try {
      for (;;) yield new Uint8Array(5000);
    } finally {
      closed = true;
    }
  }
  const sealing = sealStream(key, source(), { chunkSizeBytes: 1024 });
  expect((await sealing.next()).value).toHaveLength(85);
  expect(await rejectionOf(() => sealing.next())).toMatchObject({ message: 'out of entropy' });
  expect(closed).toBe(true);
  expect(dispose).toHaveBeenCalledOnce();
});
