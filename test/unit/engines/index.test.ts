import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FAMILIES } from '../../../src/engines/engine.ts';
import { nobleEngine } from '../../../src/engines/noble.ts';
import { thrownBy } from '../../support/errors.ts';

/** The module as a process that starts has it. */
async function fresh() {
  return await import('../../../src/engines/index.ts');
}

beforeEach(() => {
  vi.resetModules();
  vi.stubEnv('MWRASP_CRYPTO_ENGINE', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('engineInfo', () => {
  it('tells of every family and engine, and runs no self-test', async () => {
    const { engineInfo } = await fresh();
    const info = engineInfo();
    expect(Object.keys(info)).toEqual([...FAMILIES]);
    for (const family of FAMILIES) {
      expect(info[family].engines.map(({ engine }) => engine)).toEqual(['node', 'wasm', 'noble']);
      expect(info[family].engines.every(({ selfTest }) => selfTest === 'pending')).toBe(true);
      const first = info[family].engines.find(({ available }) => available);
      expect(info[family]).toMatchObject({ engine: first?.engine, forced: false });
    }
    expect(info.hash.engine).toBe('node');
    expect(info.aead.engine).toBe('node');
  });

  it('tells of the environment', async () => {
    vi.stubEnv('MWRASP_CRYPTO_ENGINE', 'kem=noble');
    const { engineInfo } = await fresh();
    expect(engineInfo().kem).toMatchObject({ engine: 'noble', forced: true });
    expect(engineInfo().hash).toMatchObject({ forced: false });
  });

  it('refuses an environment that names an unknown engine', async () => {
    vi.stubEnv('MWRASP_CRYPTO_ENGINE', 'quantum');
    const { engineInfo, engine } = await fresh();
    for (const error of [thrownBy(() => engineInfo()), thrownBy(() => engine('hash'))]) {
      expect(error).toMatchObject({
        name: 'InputError',
        code: 'ERR_INPUT_OPTION',
        argument: 'MWRASP_CRYPTO_ENGINE',
      });
    }
  });

  it('works where there is no process', async () => {
    const { engineInfo } = await fresh();
    vi.stubGlobal('process', undefined);
    const info = engineInfo();
    for (const family of FAMILIES) {
      expect(info[family].engine).toBe(family === 'aead' ? 'noble' : 'wasm');
      expect(info[family].engines[0]).toMatchObject({
        available: false,
        reason: 'this runtime has no node:crypto',
      });
    }
  });
});

describe('configureEngines', () => {
  it('forces what is used from then on', async () => {
    const { configureEngines, engine, engineInfo } = await fresh();
    configureEngines('noble');
    expect(engineInfo().hash).toMatchObject({ engine: 'noble', forced: true });
    expect(engine('hash').capabilities.has('wiped-state')).toBe(true);
    const { InputError } = await import('../../../src/errors.ts');
    const error = thrownBy(() => configureEngines({ hash: 'node' }));
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ code: 'ERR_INPUT_STATE', argument: 'choice' });
  });

  it('refuses an unknown engine', async () => {
    const { configureEngines } = await fresh();
    expect(thrownBy(() => configureEngines('openssl' as never))).toMatchObject({ code: 'ERR_INPUT_OPTION' });
  });
});

describe('runSelfTests', () => {
  it('leaves none pending that the runtime can run', async () => {
    const { runSelfTests, engineInfo } = await fresh();
    const info = runSelfTests();
    expect(info).toEqual(engineInfo());
    for (const family of FAMILIES) {
      for (const { available, selfTest } of info[family].engines) {
        expect(selfTest).toBe(available ? 'passed' : 'pending');
      }
    }
  });

  it('throws for an engine in use, and only reports one that is not', async () => {
    const wrong = { ...(nobleEngine.hash() as object), digest: () => new Uint8Array(32) };
    vi.doMock('../../../src/engines/noble.ts', () => ({
      nobleEngine: { ...nobleEngine, hash: () => wrong },
    }));
    try {
      const unused = await fresh();
      const status = unused
        .runSelfTests()
        .hash.engines.map(({ engine, selfTest }) => `${engine} ${selfTest}`);
      expect(status).toEqual(['node passed', 'wasm passed', 'noble failed']);
      vi.resetModules();
      const used = await fresh();
      used.configureEngines('noble');
      expect(thrownBy(() => used.runSelfTests())).toMatchObject({
        code: 'ERR_SELF_TEST',
        engine: 'noble',
        family: 'hash',
      });
    } finally {
      vi.doUnmock('../../../src/engines/noble.ts');
    }
  });
});

it('stops everything that is built on an engine that failed', async () => {
  const noble = nobleEngine.aead() as ReturnType<typeof nobleEngine.aead> & object;
  vi.doMock('../../../src/engines/noble.ts', () => ({
    nobleEngine: {
      ...nobleEngine,
      aead: () => ({ ...noble, prepare: () => ({ seal() {}, open: () => true }) }),
    },
  }));
  vi.stubEnv('MWRASP_CRYPTO_ENGINE', 'aead=noble');
  try {
    const { AeadKey } = await import('../../../src/aead/index.ts');
    const { sha3_512 } = await import('../../../src/hash/index.ts');
    for (let i = 0; i < 2; i++) {
      expect(thrownBy(() => AeadKey.generate())).toMatchObject({
        code: 'ERR_SELF_TEST',
        engine: 'noble',
        family: 'aead',
      });
    }
    expect(sha3_512(new Uint8Array(0))).toHaveLength(64);
  } finally {
    vi.doUnmock('../../../src/engines/noble.ts');
  }
});
