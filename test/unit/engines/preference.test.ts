import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { Absent, FAMILIES, type HashEngine } from '../../../src/engines/engine.ts';
import { engine, engineInfo, registry } from '../../../src/engines/index.ts';
import { nobleEngine } from '../../../src/engines/noble.ts';
import { nodeEngine } from '../../../src/engines/node.ts';
import { hashBySize, PREFERENCE, SHORT_HASH } from '../../../src/engines/preference.ts';
import { EngineRegistry } from '../../../src/engines/registry.ts';
import { wasmEngine } from '../../../src/engines/wasm/index.ts';

const isForced = process.env['MWRASP_CRYPTO_ENGINE'] !== undefined;
const engines = [nodeEngine, wasmEngine, nobleEngine];
const make = (environment?: string, some = engines) =>
  new EngineRegistry(some, () => environment, PREFERENCE);
const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);

it('ranks every engine for every family', () => {
  for (const family of FAMILIES) expect([...PREFERENCE[family]].sort()).toEqual([...registry.names].sort());
});

it.skipIf(isForced)('uses WebAssembly for key pairs, and for short hashes beside node:crypto', () => {
  const { hash, aead, kem, sign } = engineInfo();
  expect([kem.engine, sign.engine]).toEqual(['wasm', 'wasm']);
  expect([hash.engine, aead.engine]).toEqual(['node', 'node']);
  expect(hash.short).toEqual(SHORT_HASH);
  for (const family of [aead, kem, sign]) expect(family).not.toHaveProperty('short');
  expect(kem.engines.map((status) => status.engine)).toEqual(PREFERENCE.kem);
});

it('says nothing of short messages where one engine hashes all', () => {
  expect(make('noble').info('hash')).not.toHaveProperty('short');
  expect(make('hash=node').info('hash')).not.toHaveProperty('short');
  const noWasm = { ...wasmEngine, hash: () => new Absent('a test') };
  expect(make(undefined, [nodeEngine, noWasm, nobleEngine]).info('hash')).not.toHaveProperty('short');
  const noNode = { ...nodeEngine, hash: () => new Absent('a test') };
  const info = make(undefined, [noNode, wasmEngine, nobleEngine]).info('hash');
  expect(info.engine).toBe('wasm');
  expect(info).not.toHaveProperty('short');
});

it('falls back in the order of preference', () => {
  const without = { ...wasmEngine, kem: () => new Absent('a test') };
  expect(make(undefined, [nodeEngine, without, nobleEngine]).info('kem').engine).not.toBe('wasm');
  expect(make(undefined, [nodeEngine, without, nobleEngine]).info('sign').engine).toBe('wasm');
});

it('gives the same answers on both sides of the limit', () => {
  const hash = engine('hash');
  for (const length of [
    0,
    1,
    71,
    72,
    73,
    SHORT_HASH.maxBytes - 1,
    SHORT_HASH.maxBytes,
    SHORT_HASH.maxBytes + 1,
  ]) {
    const data = bytes(length);
    const out = new Uint8Array(64);
    hash.sha3_512(data, out);
    expect(Buffer.from(out)).toEqual(createHash('sha3-512').update(data).digest());
    hash.hmacSha3_512(bytes(32), data, out);
    expect(Buffer.from(out)).toEqual(createHmac('sha3-512', bytes(32)).update(data).digest());
    const derived = hash.hkdfSha3_512(data, bytes(3), bytes(5), 100);
    expect(Buffer.from(derived)).toEqual(Buffer.from(hkdfSync('sha3-512', data, bytes(3), bytes(5), 100)));
  }
});

it('asks the engine for short messages up to the limit, and the other one above it and for pieces', () => {
  const asked: string[] = [];
  const spy = (name: string) =>
    new Proxy(registry.named('noble', 'hash'), {
      get: (target, property: keyof HashEngine) => {
        asked.push(`${name} ${property}`);
        return target[property];
      },
    });
  const hash = hashBySize(spy('short'), spy('long'));
  asked.length = 0;
  const out = new Uint8Array(64);
  hash.sha3_512(bytes(SHORT_HASH.maxBytes), out);
  hash.sha3_512(bytes(SHORT_HASH.maxBytes + 1), out);
  hash.hmacSha3_512(bytes(32), bytes(SHORT_HASH.maxBytes - 32), out);
  hash.hmacSha3_512(bytes(32), bytes(SHORT_HASH.maxBytes - 31), out);
  const { maxDerivedBytes } = SHORT_HASH;
  hash.hkdfSha3_512(bytes(32), bytes(0), bytes(3), maxDerivedBytes);
  hash.hkdfSha3_512(bytes(32), bytes(0), bytes(3), maxDerivedBytes + 1);
  hash.createSha3_512().dispose();
  hash.digest('SHA-256', bytes(3));
  expect(asked).toEqual([
    'short sha3_512',
    'long sha3_512',
    'short hmacSha3_512',
    'long hmacSha3_512',
    'short hkdfSha3_512',
    'long hkdfSha3_512',
    'long createSha3_512',
    'long digest',
  ]);
});
