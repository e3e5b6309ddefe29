/**
 * What unary and binary operations of WebAssembly do to values and to their shadows.
 *
 * @module
 */
import binaryen from 'binaryen';
import { all, any, eachLane, laneTaint, lanewise, SHAPES } from './vectors.mjs';

const wrap = (x) => BigInt.asIntN(64, x);
const unsigned = (x) => BigInt.asUintN(64, x);
const bool = (x) => (x ? 1 : 0);

/** Unary operations by Binaryen's number. */
export const UNARY = new Map();
/** Binary operations by Binaryen's number. */
export const BINARY = new Map();

function unary(name, apply, taint = any) {
  if (binaryen[name] === undefined) throw new Error(`Binaryen has no ${name}`);
  UNARY.set(binaryen[name], { apply, taint });
}

const either = (a, b) => any(a | b);

function binary(name, apply, taint = either, isDivision = false) {
  if (binaryen[name] === undefined) throw new Error(`Binaryen has no ${name}`);
  BINARY.set(binaryen[name], { apply, taint, isDivision });
}

// Numbers of 32 bits.
const popcount = (x) => {
  let count = 0;
  for (let rest = x >>> 0; rest !== 0; rest &= rest - 1) count++;
  return count;
};
unary('ClzInt32', (x) => Math.clz32(x));
unary('CtzInt32', (x) => (x === 0 ? 32 : 31 - Math.clz32(x & -x)));
unary('PopcntInt32', popcount);
unary('EqZInt32', (x) => bool(x === 0));
unary('ExtendS8Int32', (x) => (x << 24) >> 24);
unary('ExtendS16Int32', (x) => (x << 16) >> 16);
unary('WrapInt64', (x) => Number(BigInt.asIntN(32, x)));
/** An operand that is publicly 0 leaves nothing of the other one. */
const product = (a, b, x, y) => ((a === 0 && !x) || (b === 0 && !y) ? 0 : any(a | b));
for (const [name, apply, taint] of [
  ['Add', (x, y) => (x + y) | 0],
  ['Sub', (x, y) => (x - y) | 0],
  ['Mul', Math.imul, product],
  ['And', (x, y) => x & y, product],
  ['Or', (x, y) => x | y],
  ['Xor', (x, y) => x ^ y],
  ['Shl', (x, y) => x << y],
  ['ShrS', (x, y) => x >> y],
  ['ShrU', (x, y) => (x >>> y) | 0],
  ['RotL', (x, y) => ((y & 31) === 0 ? x : (x << y) | (x >>> (32 - (y & 31))))],
  ['Eq', (x, y) => bool(x === y)],
  ['Ne', (x, y) => bool(x !== y)],
  ['LtS', (x, y) => bool(x < y)],
  ['LtU', (x, y) => bool(x >>> 0 < y >>> 0)],
  ['LeS', (x, y) => bool(x <= y)],
  ['LeU', (x, y) => bool(x >>> 0 <= y >>> 0)],
  ['GtS', (x, y) => bool(x > y)],
  ['GtU', (x, y) => bool(x >>> 0 > y >>> 0)],
  ['GeS', (x, y) => bool(x >= y)],
  ['GeU', (x, y) => bool(x >>> 0 >= y >>> 0)],
]) {
  binary(`${name}Int32`, apply, taint);
}
binary('DivSInt32', (x, y) => (x / y) | 0, either, true);
binary('DivUInt32', (x, y) => ((x >>> 0) / (y >>> 0)) | 0, either, true);
binary('RemSInt32', (x, y) => (x % y) | 0, either, true);
binary('RemUInt32', (x, y) => ((x >>> 0) % (y >>> 0)) | 0, either, true);

// Numbers of 64 bits.
const bits64 = (x) => unsigned(x).toString(2);
unary('ClzInt64', (x) => (x === 0n ? 64n : BigInt(64 - bits64(x).length)));
unary('CtzInt64', (x) => (x === 0n ? 64n : BigInt(bits64(x).length - 1 - bits64(x).lastIndexOf('1'))));
unary('PopcntInt64', (x) => BigInt(bits64(x).replaceAll('0', '').length));
unary('EqZInt64', (x) => bool(x === 0n));
unary('ExtendSInt32', (x) => BigInt(x));
unary('ExtendUInt32', (x) => BigInt(x >>> 0));
unary('ExtendS32Int64', (x) => BigInt.asIntN(32, x));
const rotate = (x, n) => wrap((unsigned(x) << n) | (unsigned(x) >> ((64n - n) & 63n)));
for (const [name, apply, taint] of [
  ['Add', (x, y) => wrap(x + y)],
  ['Sub', (x, y) => wrap(x - y)],
  ['Mul', (x, y) => wrap(x * y), product],
  ['And', (x, y) => x & y, product],
  ['Or', (x, y) => x | y],
  ['Xor', (x, y) => x ^ y],
  ['Shl', (x, y) => wrap(x << (y & 63n))],
  ['ShrS', (x, y) => x >> (y & 63n)],
  ['ShrU', (x, y) => wrap(unsigned(x) >> (y & 63n))],
  ['RotL', (x, y) => ((y & 63n) === 0n ? x : rotate(x, y & 63n))],
  ['RotR', (x, y) => ((y & 63n) === 0n ? x : rotate(x, 64n - (y & 63n)))],
  ['Eq', (x, y) => bool(x === y)],
  ['Ne', (x, y) => bool(x !== y)],
  ['LtS', (x, y) => bool(x < y)],
  ['LtU', (x, y) => bool(unsigned(x) < unsigned(y))],
  ['LeS', (x, y) => bool(x <= y)],
  ['LeU', (x, y) => bool(unsigned(x) <= unsigned(y))],
  ['GtS', (x, y) => bool(x > y)],
  ['GtU', (x, y) => bool(unsigned(x) > unsigned(y))],
  ['GeS', (x, y) => bool(x >= y)],
  ['GeU', (x, y) => bool(unsigned(x) >= unsigned(y))],
]) {
  binary(`${name}Int64`, apply, taint);
}
binary('DivSInt64', (x, y) => wrap(x / y), either, true);
binary('DivUInt64', (x, y) => wrap(unsigned(x) / unsigned(y)), either, true);
binary('RemSInt64', (x, y) => wrap(x % y), either, true);
binary('RemUInt64', (x, y) => wrap(unsigned(x) % unsigned(y)), either, true);

// Vectors: bits.
const bitwise = (fn) => (x, y) => x.map((byte, i) => fn(byte, y[i]));
const bytewise = (a, b) => a | b;
unary(
  'NotVec128',
  (x) => x.map((byte) => ~byte),
  (taint) => taint,
);
unary('AnyTrueVec128', (x) => bool(x.some((byte) => byte !== 0)));
/** A byte that is publicly 0 leaves nothing of the other one. */
const conjunction = (a, b, x, y) => {
  let out = 0;
  for (let i = 0; i < 16; i++) {
    const [ta, tb] = [(a >> i) & 1, (b >> i) & 1];
    const isZero = (ta === 0 && x[i] === 0) || (tb === 0 && y[i] === 0);
    if (!isZero && (ta | tb) !== 0) out |= 1 << i;
  }
  return out;
};
binary(
  'AndVec128',
  bitwise((x, y) => x & y),
  conjunction,
);
binary(
  'OrVec128',
  bitwise((x, y) => x | y),
  bytewise,
);
binary(
  'XorVec128',
  bitwise((x, y) => x ^ y),
  bytewise,
);
binary(
  'AndNotVec128',
  bitwise((x, y) => x & ~y),
  bytewise,
);

// Vectors: lanes.
const clamp = (low, high) => (x) => (x < low ? low : x > high ? high : x);
for (const [shape, { width, S, U }] of Object.entries(SHAPES)) {
  const isBig = width === 8;
  const [zero, ones] = isBig ? [0n, -1n] : [0, -1];
  const lanes = (a, b) => laneTaint(a | b, width);
  const splat = (x) => new Uint8Array(new S(16 / width).fill(x).buffer);
  unary(`SplatVec${shape}`, splat, all);
  unary(
    `AbsVec${shape}`,
    eachLane(S, (x) => (x < zero ? -x : x)),
    (taint) => laneTaint(taint, width),
  );
  unary(
    `NegVec${shape}`,
    eachLane(S, (x) => -x),
    (taint) => laneTaint(taint, width),
  );
  unary(`AllTrueVec${shape}`, (x) => bool(new S(x.buffer).every((lane) => lane !== zero)));
  unary(`BitmaskVec${shape}`, (x) => {
    let mask = 0;
    new S(x.buffer).forEach((lane, i) => {
      if (lane < zero) mask |= 1 << i;
    });
    return mask;
  });
  binary(
    `AddVec${shape}`,
    lanewise(S, (x, y) => x + y),
    lanes,
  );
  binary(
    `SubVec${shape}`,
    lanewise(S, (x, y) => x - y),
    lanes,
  );
  if (width > 1) {
    binary(`MulVec${shape}`, lanewise(S, isBig ? (x, y) => x * y : Math.imul), lanes);
  }
  const comparisons = [
    ['Eq', S, (x, y) => x === y],
    ['Ne', S, (x, y) => x !== y],
    ['LtS', S, (x, y) => x < y],
    ['GtS', S, (x, y) => x > y],
    ['LeS', S, (x, y) => x <= y],
    ['GeS', S, (x, y) => x >= y],
    ...(isBig
      ? []
      : [
          ['LtU', U, (x, y) => x < y],
          ['GtU', U, (x, y) => x > y],
          ['LeU', U, (x, y) => x <= y],
          ['GeU', U, (x, y) => x >= y],
        ]),
  ];
  for (const [name, Lanes, fn] of comparisons) {
    binary(
      `${name}Vec${shape}`,
      lanewise(Lanes, (x, y) => (fn(x, y) ? ones : zero)),
      lanes,
    );
  }
  if (isBig) continue;
  for (const [sign, Lanes] of Object.entries({ S, U })) {
    binary(`Min${sign}Vec${shape}`, lanewise(Lanes, Math.min), lanes);
    binary(`Max${sign}Vec${shape}`, lanewise(Lanes, Math.max), lanes);
    if (width > 2) continue;
    const bits = 8 * width;
    const limit = sign === 'S' ? clamp(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) : clamp(0, 2 ** bits - 1);
    binary(
      `AddSat${sign}Vec${shape}`,
      lanewise(Lanes, (x, y) => limit(x + y)),
      lanes,
    );
    binary(
      `SubSat${sign}Vec${shape}`,
      lanewise(Lanes, (x, y) => limit(x - y)),
      lanes,
    );
  }
  if (width <= 2)
    binary(
      `AvgrUVec${shape}`,
      lanewise(U, (x, y) => (x + y + 1) >> 1),
      lanes,
    );
}
unary('PopcntVecI8x16', eachLane(Uint8Array, popcount), (taint) => taint);

// Vectors: from one shape to another. Their shadows are of the whole, but where lanes only move.
const whole = (a, b = 0) => all(a | b);
const big = (width) => (width === 8 ? BigInt : Number);
for (const [from, to] of [
  ['I8x16', 'I16x8'],
  ['I16x8', 'I32x4'],
  ['I32x4', 'I64x2'],
]) {
  const { width } = SHAPES[to];
  const toLane = big(width);
  for (const sign of ['S', 'U']) {
    const [From, To] = [SHAPES[from][sign], SHAPES[to][sign]];
    const half = (x, isHigh) => {
      const lanes = new From(x.buffer);
      return isHigh ? lanes.subarray(lanes.length / 2) : lanes.subarray(0, lanes.length / 2);
    };
    for (const [part, isHigh] of [
      ['Low', false],
      ['High', true],
    ]) {
      /** A byte of the half becomes two. */
      const widened = (taint) => {
        const bits = isHigh ? taint >> 8 : taint & 0xff;
        let out = 0;
        for (let i = 0; i < 8; i++) if ((bits >> i) & 1) out |= 0b11 << (2 * i);
        return laneTaint(out, width);
      };
      unary(
        `Extend${part}${sign}Vec${from}ToVec${to}`,
        (x) => new Uint8Array(To.from(half(x, isHigh), toLane).buffer),
        widened,
      );
      binary(
        `ExtMul${part}${sign}Vec${to}`,
        (x, y) => {
          const [a, b] = [half(x, isHigh), half(y, isHigh)];
          return new Uint8Array(To.from(a, (lane, i) => toLane(lane) * toLane(b[i])).buffer);
        },
        (a, b) => widened(a | b),
      );
    }
    if (from === 'I32x4') continue;
    unary(
      `ExtAddPairwise${sign}Vec${from}To${to}`,
      (x) => {
        const lanes = new From(x.buffer);
        return new Uint8Array(
          To.from({ length: lanes.length / 2 }, (_, i) => lanes[2 * i] + lanes[2 * i + 1]).buffer,
        );
      },
      (taint) => laneTaint(taint, width),
    );
  }
}
for (const [from, to] of [
  ['I16x8', 'I8x16'],
  ['I32x4', 'I16x8'],
]) {
  const bits = 8 * SHAPES[to].width;
  const From = SHAPES[from].S;
  for (const sign of ['S', 'U']) {
    const To = SHAPES[to][sign];
    const limit = sign === 'S' ? clamp(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) : clamp(0, 2 ** bits - 1);
    binary(
      `Narrow${sign}Vec${from}ToVec${to}`,
      (x, y) => new Uint8Array(To.from([...new From(x.buffer), ...new From(y.buffer)], limit).buffer),
      whole,
    );
  }
}
binary(
  'DotSVecI16x8ToVecI32x4',
  (x, y) => {
    const [a, b] = [new Int16Array(x.buffer), new Int16Array(y.buffer)];
    const sums = Int32Array.from({ length: 4 }, (_, i) => a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1]);
    return new Uint8Array(sums.buffer);
  },
  (a, b) => laneTaint(a | b, 4),
);
binary(
  'Q15MulrSatSVecI16x8',
  lanewise(Int16Array, (x, y) => Math.min((x * y + 0x4000) >> 15, 32767)),
  (a, b) => laneTaint(a | b, 2),
);
/** Moves bytes by index; on every processor in the same time, whatever the indices are. */
function swizzle(x, y) {
  return y.map((index) => (index < 16 ? x[index] : 0));
}
binary('SwizzleVecI8x16', swizzle, (a, b, _, y) => {
  let out = b;
  for (let i = 0; i < 16; i++) if (y[i] < 16 && (a >> y[i]) & 1) out |= 1 << i;
  return out;
});
