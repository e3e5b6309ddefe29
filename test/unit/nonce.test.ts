/** Nonces: each is what the generator gave, and none is given twice, whatever the runtime. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const NONCE_BYTES = 12;

/** What the generator handed out, in order. */
let drawn: Uint8Array[];
let drawNonce: (out: Uint8Array) => void;

beforeEach(async () => {
  drawn = [];
  const real = globalThis.crypto.getRandomValues.bind(globalThis.crypto);
  vi.spyOn(globalThis.crypto, 'getRandomValues').mockImplementation((view) => {
    const filled = real(view);
    drawn.push(Uint8Array.from(filled as unknown as Uint8Array));
    return filled;
  });
  // A world of its own, with no batch yet.
  vi.resetModules();
  ({ drawNonce } = await import('../../src/nonce.ts'));
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function take(count: number): Uint8Array[] {
  return Array.from({ length: count }, () => {
    const out = new Uint8Array(NONCE_BYTES).fill(7);
    drawNonce(out);
    return out;
  });
}

function joined(parts: readonly Uint8Array[]): number[] {
  return parts.flatMap((part) => [...part]);
}

describe('on Node', () => {
  it('hands out what the generator gave, in order and once, 64 of them a call', () => {
    const nonces = take(200);
    expect(drawn.map((bytes) => bytes.length)).toEqual([768, 768, 768, 768]);
    expect(joined(nonces)).toEqual(joined(drawn).slice(0, 200 * NONCE_BYTES));
    expect(new Set(nonces.map(String)).size).toBe(200);
  });

  it('tells that the generator fails, and goes on when it works again', () => {
    take(64);
    vi.mocked(globalThis.crypto.getRandomValues).mockImplementationOnce(() => {
      throw new Error('no entropy');
    });
    expect(() => take(1)).toThrow('the random generator of this runtime failed');
    const [nonce] = take(1);
    expect([...(nonce as Uint8Array)]).toEqual([...(drawn[1] as Uint8Array)].slice(0, NONCE_BYTES));
  });
});

describe('draws each nonce when it is used', () => {
  function expectOneByOne(): void {
    const nonces = take(70);
    expect(drawn).toEqual(nonces);
  }

  it('in a program that becomes a snapshot', () => {
    const v8 = process.getBuiltinModule('node:v8');
    vi.spyOn(v8.startupSnapshot, 'isBuildingSnapshot').mockReturnValue(true);
    expectOneByOne();
  });

  it.each([
    ['a browser', undefined],
    ['Deno', { release: { name: 'node' }, versions: { node: '24.0.0', deno: '2.5.0', openssl: '3' } }],
    ['Bun', { release: { name: 'node' }, versions: { node: '24.0.0', bun: '1.3.0', openssl: '3' } }],
    ['a runtime with another generator', { release: { name: 'node' }, versions: { node: '24.0.0' } }],
    ['a runtime of another name', { release: { name: 'other' }, versions: { openssl: '3' } }],
    ['a runtime that says nothing', {}],
  ])('on %s', (_name, process) => {
    vi.stubGlobal('process', process);
    expectOneByOne();
  });
});
