/** The keys of many sessions in shared memory: none is mistaken for another's, and none is left. */
import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { MAC_KEYS_BYTES, MacKeys } from '../../../../src/fragment/session/mac-keys.ts';
import { Refused } from '../../../../src/fragment/session/refusal.ts';

const NAMES = ['confirm-receiver', 'confirm-sender', 'heartbeat'] as const;
const DATA = Uint8Array.of(1, 2, 3);

function keysOf(session: number): Uint8Array {
  return Uint8Array.from({ length: MAC_KEYS_BYTES }, (_, i) => (7 * session + i) % 251);
}

function macOf(keys: Uint8Array, name: number): Uint8Array {
  const key = keys.subarray(32 * name, 32 * (name + 1));
  return new Uint8Array(createHmac('sha3-512', key).update(DATA).digest().subarray(0, 32));
}

function expectKeys(macs: MacKeys, session: number): void {
  for (const [i, name] of NAMES.entries()) {
    const out = new Uint8Array(32);
    macs.write(name, DATA, out);
    expect(out).toEqual(macOf(keysOf(session), i));
    expect(macs.verify(name, DATA, out)).toBe(true);
    out[31] = (out[31] as number) ^ 1;
    expect(macs.verify(name, DATA, out)).toBe(false);
  }
}

it('keeps the keys of each of many sessions, while others end and begin', () => {
  const sessions = new Map<number, MacKeys>();
  let begun = 0;
  const begin = () => {
    const given = keysOf(begun);
    sessions.set(begun++, new MacKeys(given));
    given.fill(0);
  };
  for (let i = 0; i < 200; i++) begin();
  for (const session of [0, 63, 64, 65, 127, 128, 199]) {
    sessions.get(session)?.dispose();
    sessions.delete(session);
    begin();
  }
  for (const [session, macs] of sessions) expectKeys(macs, session);
  for (const macs of sessions.values()) macs.dispose();
});

it('has none any more when it was disposed of, also when the place has another owner', () => {
  const macs = new MacKeys(keysOf(1));
  macs.dispose();
  macs.dispose();
  const [next, other] = [new MacKeys(keysOf(2)), new MacKeys(keysOf(3))];
  macs.dispose();
  expect(() => macs.write('heartbeat', DATA, new Uint8Array(32))).toThrow(Refused);
  expect(() => macs.verify('heartbeat', DATA, new Uint8Array(32))).toThrow(Refused);
  expectKeys(next, 2);
  expectKeys(other, 3);
  next.dispose();
  other.dispose();
});
