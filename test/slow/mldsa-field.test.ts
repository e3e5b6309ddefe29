/**
 * The exhaustive field test of C2SP/CCTV (ML-DSA): rounding of every number modulo q, hashed. What ML-DSA-87 does not use,
 * its γ2 of ML-DSA-44, is by definition; Power2Round and what belongs to γ2 = (q − 1)/32 is by the WebAssembly engine.
 */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { SCRATCH } from '../unit/engines/wasm/internals.ts';
import { compileMldsa, Q } from '../unit/engines/wasm/mldsa-support.ts';

const PUBLISHED = 'f930663417278156ab05d940294a77210a809c924d8ab63ec72f4526247602c7';
const GAMMA2_OF_44 = (Q - 1) / 88;

/** HighBits, UseHint(1, ·), LowBits and its absolute value, of one r. */
function linesOf44(r: number): string {
  const remainder = r % (2 * GAMMA2_OF_44);
  let r0 = remainder > GAMMA2_OF_44 ? remainder - 2 * GAMMA2_OF_44 : remainder;
  let r1 = (r - r0) / (2 * GAMMA2_OF_44);
  if (r1 === 44) {
    r1 = 0;
    r0 -= 1;
  }
  const hinted = (r1 + (r0 > 0 ? 1 : 43)) % 44;
  return `${r1}\n${hinted}\n${r0}\n${Math.abs(r0)}\n`;
}

it('the field comes out as published', async () => {
  const wasm = await compileMldsa();
  const [w, w1, packed, hints, used, t, t1, t0, zero] = Array.from(
    { length: 9 },
    (_, i) => SCRATCH + 2048 * i,
  ) as [number, number, number, number, number, number, number, number, number];
  wasm.bytes(hints).fill(0xff);
  const hash = createHash('shake128', { outputLength: 32 });
  for (let base = 0; base < Q; base += 256) {
    const all = Int32Array.from({ length: 256 }, (_, i) => Math.min(base + i, Q - 1));
    for (const address of [w, t, packed + 1024]) wasm.words(address).set(all);
    wasm.call['useHints']?.(packed + 1024, hints, used);
    wasm.call['decompose']?.(w, w1, packed);
    wasm.call['roundAndPack']?.(t, zero, t1, t0);
    // t1 and t0 take the places of what they were packed from.
    wasm.call['unpackT1']?.(t1, t);
    wasm.call['unpackT0']?.(t0, t1);
    let text = '';
    for (let i = 0; i < 256 && base + i < Q; i++) {
      const r = base + i;
      const centered = r > Q / 2 ? r - Q : r;
      const power0 = ((wasm.words(t1)[i] as number) + Q) % Q;
      text += `${centered}\n${Math.abs(centered)}\n${(wasm.words(t)[i] as number) / 8192}\n${power0}\n`;
      text += linesOf44(r);
      const high = wasm.bytes(w1)[i] as number;
      const hinted = ((wasm.bytes(used)[i >> 1] as number) >> (4 * (i & 1))) & 15;
      const low = wasm.words(w)[i] as number;
      text += `${high}\n${hinted}\n${low}\n${Math.abs(low)}\n`;
    }
    hash.update(text);
  }
  expect(hash.digest('hex')).toBe(PUBLISHED);
});
