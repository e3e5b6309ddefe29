/**
 * Vectors of 16 bytes as the interpreter knows them: what operations do to their lanes and to their shadows.
 *
 * @module
 */
import binaryen from 'binaryen';

/** Whether anything is tainted: the shadow of a scalar. */
export const any = (taint) => (taint === 0 ? 0 : 1);
/** The shadow of a vector all of which depends on one scalar. */
export const all = (taint) => (taint === 0 ? 0 : 0xffff);

/** A shadow by lanes: a lane that depends on a secret in one byte does so in all. */
export function laneTaint(taint, width) {
  if (taint === 0 || taint === 0xffff || width === 1) return taint;
  const lane = (1 << width) - 1;
  let out = 0;
  for (let i = 0; i < 16; i += width) if (((taint >> i) & lane) !== 0) out |= lane << i;
  return out;
}

/** The shapes: bytes a lane, and arrays of signed and unsigned lanes. */
export const SHAPES = {
  I8x16: { width: 1, S: Int8Array, U: Uint8Array },
  I16x8: { width: 2, S: Int16Array, U: Uint16Array },
  I32x4: { width: 4, S: Int32Array, U: Uint32Array },
  I64x2: { width: 8, S: BigInt64Array, U: BigUint64Array },
};

/** Applies a function to each pair of lanes; what is too large wraps. */
export function lanewise(Lanes, fn) {
  return (x, y) => {
    const [a, b] = [new Lanes(x.buffer), new Lanes(y.buffer)];
    const out = new Lanes(a.length);
    for (let i = 0; i < out.length; i++) out[i] = fn(a[i], b[i]);
    return new Uint8Array(out.buffer);
  };
}

/** Applies a function to each lane. */
export function eachLane(Lanes, fn) {
  return (x) => {
    const out = new Lanes(x.buffer).map(fn);
    return new Uint8Array(out.buffer);
  };
}

function shift(Lanes, isBig, bits, fn) {
  return (vector, amount) => {
    const by = (amount >>> 0) % bits;
    const out = new Lanes(Uint8Array.from(vector).buffer);
    for (let i = 0; i < out.length; i++) out[i] = fn(out[i], isBig ? BigInt(by) : by);
    return new Uint8Array(out.buffer);
  };
}

/** Shifts of all lanes by one amount. */
export const SHIFT = new Map(
  Object.entries(SHAPES).flatMap(([shape, { width, S, U }]) => {
    const isBig = width === 8;
    return [
      [`ShlVec${shape}`, U, (x, n) => x << n],
      [`ShrSVec${shape}`, S, (x, n) => x >> n],
      [`ShrUVec${shape}`, U, (x, n) => (isBig ? x >> n : x >>> n)],
    ].map(([name, Lanes, fn]) => [binaryen[name], { width, apply: shift(Lanes, isBig, 8 * width, fn) }]);
  }),
);

function splatLoad(bytes) {
  return {
    bytes,
    apply: (loaded) => Uint8Array.from({ length: 16 }, (_, i) => loaded[i % bytes]),
    taint: (taint) => {
      let out = 0;
      for (let i = 0; i < 16; i++) out |= ((taint >> (i % bytes)) & 1) << i;
      return out;
    },
  };
}

function zeroLoad(bytes) {
  return {
    bytes,
    apply: (loaded) => {
      const out = new Uint8Array(16);
      out.set(loaded);
      return out;
    },
    taint: (taint) => taint,
  };
}

function widenLoad(From, To, width) {
  return {
    bytes: 8,
    apply: (loaded) =>
      new Uint8Array(
        To.from(new From(loaded.buffer), (x) =>
          To === BigInt64Array || To === BigUint64Array ? BigInt(x) : x,
        ).buffer,
      ),
    taint: (taint) => {
      let out = 0;
      for (let i = 0; i < 8; i++) if ((taint >> i) & 1) out |= 0b11 << (2 * i);
      return laneTaint(out, 2 * width);
    },
  };
}

/** Loads that fill a vector from fewer bytes. */
export const VECTOR_LOAD = new Map([
  [binaryen.Load8SplatVec128, splatLoad(1)],
  [binaryen.Load16SplatVec128, splatLoad(2)],
  [binaryen.Load32SplatVec128, splatLoad(4)],
  [binaryen.Load64SplatVec128, splatLoad(8)],
  [binaryen.Load32ZeroVec128, zeroLoad(4)],
  [binaryen.Load64ZeroVec128, zeroLoad(8)],
  [binaryen.Load8x8SVec128, widenLoad(Int8Array, Int16Array, 1)],
  [binaryen.Load8x8UVec128, widenLoad(Uint8Array, Uint16Array, 1)],
  [binaryen.Load16x4SVec128, widenLoad(Int16Array, Int32Array, 2)],
  [binaryen.Load16x4UVec128, widenLoad(Uint16Array, Uint32Array, 2)],
  [binaryen.Load32x2SVec128, widenLoad(Int32Array, BigInt64Array, 4)],
  [binaryen.Load32x2UVec128, widenLoad(Uint32Array, BigUint64Array, 4)],
]);
