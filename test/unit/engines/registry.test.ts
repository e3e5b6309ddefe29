import { describe, expect, it, vi } from 'vitest';
import { FAMILIES, type Family } from '../../../src/engines/engine.ts';
import { EngineRegistry } from '../../../src/engines/registry.ts';
import { InputError, SelfTestError, UnsupportedError } from '../../../src/errors.ts';
import { expectInput, thrownBy } from '../../support/errors.ts';
import { type FakeEngine, fakeEngine, like, noblePart } from './support.ts';

const aead = noblePart('aead');
const sign = noblePart('sign');

function registryOf(engines: FakeEngine[], environment?: string): EngineRegistry {
  return new EngineRegistry(engines, () => environment);
}

/** An AEAD part that takes every forgery. */
const gullible = like(aead, { prepare: (raw) => like(aead.prepare(raw), { open: () => true }) });

/** A signing part that only signs hedged, as the native engine does. */
const hedgedOnly = like(sign, {
  capabilities: new Set(),
  prepareSeed: (seed) => like(sign.prepareSeed(seed), { signWith: undefined as never }),
});

function expectUnsupported(work: () => unknown, code: string, ...texts: string[]): void {
  const error = thrownBy(work) as UnsupportedError;
  expect(error).toBeInstanceOf(UnsupportedError);
  expect(error.code).toBe(code);
  for (const text of texts) expect(error.message).toContain(text);
}

describe('picking', () => {
  it('takes the first that the runtime can run, and remembers it', () => {
    const engines = [fakeEngine('node', { kem: 'no ML-KEM' }), fakeEngine('noble')];
    const registry = registryOf(engines);
    expect(registry.names).toEqual(['node', 'noble']);
    expect(registry.get('hash')).toBe(engines[0]?.hash());
    expect(registry.get('kem')).toBe(engines[1]?.kem());
    expect(registry.get('kem')).toBe(registry.get('kem'));
    expect(registry.info('hash')).toMatchObject({ engine: 'node', forced: false });
    expect(registry.info('kem')).toMatchObject({ engine: 'noble', forced: false });
  });

  it('tests an engine before it is handed out, once', () => {
    const engine = fakeEngine('noble');
    const registry = registryOf([engine]);
    expect(registry.status('noble', 'aead').selfTest).toBe('pending');
    expect(engine.asked.aead).toBe(0);
    registry.get('aead');
    const asked = engine.asked.aead;
    expect(asked).toBeGreaterThan(0);
    expect(registry.status('noble', 'aead').selfTest).toBe('passed');
    registry.get('aead');
    registry.named('noble', 'aead');
    expect(engine.asked.aead).toBe(asked);
  });

  it('does not test what is not used', () => {
    const engines = [fakeEngine('node'), fakeEngine('noble')];
    const registry = registryOf(engines);
    registry.get('hash');
    for (const family of FAMILIES) registry.info(family);
    expect(engines[1]?.asked).toEqual({ hash: 0, aead: 0, kem: 0, sign: 0 });
    expect(engines[0]?.asked.aead).toBe(0);
  });

  it('tells what each engine offers', () => {
    const registry = registryOf([fakeEngine('node', { sign: 'too old' }), fakeEngine('noble')]);
    expect(registry.status('node', 'sign')).toEqual({
      engine: 'node',
      available: false,
      reason: 'too old',
      selfTest: 'pending',
      capabilities: [],
    });
    expect(registry.info('sign').engines).toEqual([
      registry.status('node', 'sign'),
      {
        engine: 'noble',
        available: true,
        selfTest: 'pending',
        capabilities: ['seeded-signing', 'external-mu', 'expanded-key'],
      },
    ]);
  });

  it('fails when no engine has a family', () => {
    const registry = registryOf([fakeEngine('node', { kem: 'none' }), fakeEngine('noble', { kem: 'none' })]);
    expectUnsupported(() => registry.get('kem'), 'ERR_UNSUPPORTED_ENGINE', 'no engine has kem');
    expectUnsupported(
      () => registry.named('node', 'kem'),
      'ERR_UNSUPPORTED_ENGINE',
      '"node" has no kem here: none',
    );
    expectUnsupported(() => registryOf([]).get('hash'), 'ERR_UNSUPPORTED_ENGINE');
  });

  it('knows no other engine', () => {
    const registry = registryOf([fakeEngine('noble')]);
    expectInput(() => registry.named('wasm' as never, 'kem'), 'ERR_INPUT_OPTION', 'name');
    expectInput(() => registry.status('node', 'kem'), 'ERR_INPUT_OPTION', 'name');
    expect(thrownBy(() => registry.status('node', 'kem'))).toMatchObject({
      expected: 'one of noble',
      got: '"node"',
    });
  });
});

describe('capabilities', () => {
  it('go to the first engine that has them, the rest stays', () => {
    const engines = [fakeEngine('node', { sign: hedgedOnly }), fakeEngine('noble')];
    const registry = registryOf(engines);
    expect(registry.get('sign')).toBe(engines[0]?.sign());
    expect(registry.get('sign', 'seeded-signing')).toBe(engines[1]?.sign());
    expect(registry.get('sign', 'external-mu')).toBe(engines[1]?.sign());
    expect(registry.get('sign')).toBe(engines[0]?.sign());
    expect(registry.info('sign').engine).toBe('node');
    expect(registry.status('noble', 'sign').selfTest).toBe('passed');
  });

  it('that a forced engine lacks are an error, not another engine', () => {
    const engines = [fakeEngine('node', { sign: hedgedOnly }), fakeEngine('noble')];
    const registry = registryOf(engines, 'sign=node');
    expect(registry.get('sign')).toBe(engines[0]?.sign());
    expectUnsupported(
      () => registry.get('sign', 'seeded-signing'),
      'ERR_UNSUPPORTED_OPERATION',
      'engine "node" has no seeded-signing',
      'MWRASP_CRYPTO_ENGINE',
    );
    expect(engines[1]?.asked.sign).toBe(0);
  });

  it('needed for a check of input come from any engine, forced or not', () => {
    const engines = [fakeEngine('node', { sign: hedgedOnly }), fakeEngine('noble')];
    expect(registryOf(engines, 'node').capable('sign', 'expanded-key')).toBe(engines[1]?.sign());
  });

  it('that nobody has are an error', () => {
    const registry = registryOf([fakeEngine('node', { sign: hedgedOnly })]);
    expectUnsupported(
      () => registry.get('sign', 'external-mu'),
      'ERR_UNSUPPORTED_ENGINE',
      'no engine has external-mu',
    );
    expectUnsupported(() => registry.capable('sign', 'external-mu'), 'ERR_UNSUPPORTED_ENGINE', 'external-mu');
  });
});

describe('a wrong answer', () => {
  it('stops the engine: no fallback, and no second chance', () => {
    const engines = [fakeEngine('node', { aead: gullible }), fakeEngine('noble')];
    const registry = registryOf(engines);
    const first = thrownBy(() => registry.get('aead')) as SelfTestError;
    expect(first).toBeInstanceOf(SelfTestError);
    expect(first).toMatchObject({ code: 'ERR_SELF_TEST', engine: 'node', family: 'aead' });
    const asked = engines[0]?.asked.aead;
    for (const again of [
      () => registry.get('aead'),
      () => registry.named('node', 'aead'),
      () => registry.get('aead'),
    ]) {
      expect(thrownBy(again)).toBe(first);
    }
    expect(engines[0]?.asked.aead).toBe(asked);
    expect(engines[1]?.asked.aead).toBe(0);
    expect(registry.info('aead')).toMatchObject({ engine: 'node' });
    expect(registry.status('node', 'aead')).toMatchObject({ available: true, selfTest: 'failed' });
  });

  it('stops that family alone', () => {
    const engines = [fakeEngine('node', { aead: gullible })];
    const registry = registryOf(engines);
    expect(thrownBy(() => registry.get('aead'))).toBeInstanceOf(SelfTestError);
    expect(registry.get('kem')).toBe(engines[0]?.kem());
  });

  it('leaves another engine to whoever asks for it by name', () => {
    const engines = [fakeEngine('node', { aead: gullible }), fakeEngine('noble')];
    const registry = registryOf(engines);
    registry.configure({ aead: 'noble' });
    expect(registry.get('aead')).toBe(engines[1]?.aead());
  });

  it('of the hash that a test needs is told as such', () => {
    const broken = like(noblePart('hash'), { digest: () => new Uint8Array(32) });
    const registry = registryOf([fakeEngine('node', { hash: broken })]);
    expect(thrownBy(() => registry.get('kem'))).toMatchObject({ code: 'ERR_SELF_TEST', family: 'hash' });
    expect(registry.status('node', 'kem').selfTest).toBe('pending');
  });
});

describe('forcing engines', () => {
  const both = () => [fakeEngine('node'), fakeEngine('noble')];

  it.each([
    ['noble', { hash: 'noble', aead: 'noble', kem: 'noble', sign: 'noble' }],
    ['kem=noble,sign=node', { hash: undefined, aead: undefined, kem: 'noble', sign: 'node' }],
    [' kem = noble , aead = noble ', { hash: undefined, aead: 'noble', kem: 'noble', sign: undefined }],
    ['', {}],
    [undefined, {}],
  ])('from outside: %o', (environment, expected: { [F in Family]?: string | undefined }) => {
    const registry = registryOf(both(), environment);
    for (const family of FAMILIES) {
      const engine = expected[family];
      expect(registry.info(family)).toMatchObject({ engine: engine ?? 'node', forced: engine !== undefined });
    }
  });

  it.each([
    'wasm',
    'Noble',
    'kem=wasm',
    'kem=',
    'mac=noble',
    '=noble',
    'kem=noble,sign',
    'kem=noble,',
    'kem=noble=node',
    '__proto__=noble',
    'noble,node',
  ])('from outside, wrongly: %s', (environment) => {
    const registry = registryOf(both(), environment);
    for (const use of [
      () => registry.get('hash'),
      () => registry.info('kem'),
      () => registry.configure('noble'),
    ]) {
      expectInput(use, 'ERR_INPUT_OPTION', 'MWRASP_CRYPTO_ENGINE');
    }
  });

  it('cuts a long name in the error', () => {
    const error = thrownBy(() => registryOf(both(), 'x'.repeat(500)).get('hash')) as InputError;
    expect(error).toMatchObject({ expected: 'one of node, noble', got: `"${'x'.repeat(64)}"` });
    const pairs = thrownBy(() => registryOf(both(), `a=b=${'x'.repeat(500)}`).get('hash')) as InputError;
    expect(pairs.got).toHaveLength(66);
    expect(pairs.expected).toBe('pairs such as kem=noble,sign=node');
  });

  it('reads the environment once, and only when it is needed', () => {
    const read = vi.fn(() => 'noble');
    const registry = new EngineRegistry(both(), read);
    expect(read).not.toHaveBeenCalled();
    registry.get('hash');
    registry.get('aead');
    expect(read).toHaveBeenCalledOnce();
  });

  it('by a call wins over the environment, whole', () => {
    const registry = registryOf(both(), 'kem=noble,sign=noble');
    registry.configure({ kem: 'node' });
    expect(registry.info('kem')).toMatchObject({ engine: 'node', forced: true });
    expect(registry.info('sign')).toMatchObject({ engine: 'node', forced: false });
    registry.configure('noble');
    for (const family of FAMILIES)
      expect(registry.info(family)).toMatchObject({ engine: 'noble', forced: true });
    registry.configure({ hash: undefined as never });
    expect(registry.info('hash')).toMatchObject({ engine: 'node', forced: false });
  });

  it('comes too late once the family was used, unless it changes nothing', () => {
    const engines = both();
    const registry = registryOf(engines);
    registry.get('hash');
    for (const choice of ['noble', { hash: 'noble' }, { hash: 'node' }] as const) {
      expectInput(() => registry.configure(choice), 'ERR_INPUT_STATE', 'choice');
    }
    expect(thrownBy(() => registry.configure('noble'))).toMatchObject({
      expected: 'a call before the first use of hash',
      got: 'a later one',
    });
    registry.configure({ kem: 'noble' });
    expect(registry.get('kem')).toBe(engines[1]?.kem());
    expectInput(() => registry.configure({}), 'ERR_INPUT_STATE', 'choice');
    registry.configure({ kem: 'noble', sign: 'noble' });
    expect(registry.get('sign')).toBe(engines[1]?.sign());
    expect(registry.get('hash')).toBe(engines[0]?.hash());
  });

  it('leaves everything as it was when it fails', () => {
    const registry = registryOf(both());
    registry.get('aead');
    expect(thrownBy(() => registry.configure({ kem: 'noble', aead: 'noble' }))).toBeInstanceOf(InputError);
    expect(registry.info('kem')).toMatchObject({ engine: 'node', forced: false });
  });

  it.each([undefined, null, 7, true, [], new Uint8Array(2), () => {}])('to %o is refused', (choice) => {
    const code = 'ERR_INPUT_TYPE';
    expectInput(() => registryOf(both()).configure(choice as never), code, 'choice');
  });

  it.each(['wasm', '', { kem: 'wasm' }, { kem: 7 }, { kem: null }, { mac: 'noble' }])(
    'to %o is unknown',
    (choice) => {
      expectInput(() => registryOf(both()).configure(choice as never), 'ERR_INPUT_OPTION', 'choice');
    },
  );

  it('to one that the runtime cannot run is an error, not another engine', () => {
    const engines = [fakeEngine('node', { kem: 'node:crypto has no encapsulate' }), fakeEngine('noble')];
    const registry = registryOf(engines, 'node');
    expectUnsupported(
      () => registry.get('kem'),
      'ERR_UNSUPPORTED_ENGINE',
      'engine "node" has no kem here: node:crypto has no encapsulate',
    );
    expect(engines[1]?.asked.kem).toBe(0);
    expect(registry.get('sign')).toBe(engines[0]?.sign());
  });
});
