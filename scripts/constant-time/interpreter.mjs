/**
 * Runs a WebAssembly binary with a shadow: each value carries what of it depends on secrets, and so does each byte of the
 * memory. Reported is every place where something that an attacker can time depends on one: a condition (`if`, `br_if`,
 * `br_table`, `select`, which an engine may turn into a branch), an address (`load`, `store`, `fill`, `copy`), an operand
 * of a division.
 *
 * It says what happens on the inputs that it is given, in the binary as it is shipped, with no assumption on how the
 * compiler came to it. Binaryen reads the binary; what it gives is turned into closures, one an expression.
 *
 * A scalar's shadow is 0 or 1; that of a vector has a bit a byte.
 *
 * @module
 */
import binaryen from 'binaryen';
import { BINARY, UNARY } from './operations.mjs';
import { all, any, laneTaint, SHIFT, VECTOR_LOAD } from './vectors.mjs';

const { i32, i64, v128 } = binaryen;

/** A place that depends on a secret. */
export class Finding {
  /**
   * @param {string} where - Name of the function.
   * @param {string} what - Kind of the instruction.
   * @param {number} expression - Its number in the function, which tells two of a kind apart.
   */
  constructor(where, what, expression) {
    this.where = where;
    this.what = what;
    this.expression = expression;
    this.times = 0;
  }
}

/** An instance whose functions are run here. */
export class Interpreter {
  #module;
  #functions = new Map();
  #compiled = new Map();
  #globals = new Map();
  #data;
  /** @type {Map<string, Finding>} */
  findings = new Map();
  /** Instructions run so far. */
  steps = 0;

  /**
   * @param {Uint8Array} bytes - The binary.
   * @param {WebAssembly.Memory} memory - Its memory, with the data in place.
   */
  constructor(bytes, memory) {
    binaryen.setDebugInfo?.(true);
    this.#module = binaryen.readBinary(bytes);
    this.#module.setFeatures(binaryen.Features.All);
    this.memory = memory;
    this.#data = new DataView(memory.buffer);
    /** The shadow of the memory: 1 where a byte depends on a secret. */
    this.shadow = new Uint8Array(memory.buffer.byteLength);
    /** 1 where what is written is public by the standard, whatever it was computed from. */
    this.publicBytes = new Uint8Array(memory.buffer.byteLength);
    for (let i = 0; i < this.#module.getNumFunctions(); i++) {
      const info = binaryen.getFunctionInfo(this.#module.getFunctionByIndex(i));
      this.#functions.set(info.name, info);
    }
    for (let i = 0; i < this.#module.getNumGlobals(); i++) {
      const info = binaryen.getGlobalInfo(this.#module.getGlobalByIndex(i));
      const { value } = info.init ? binaryen.getExpressionInfo(info.init) : { value: 0 };
      this.#globals.set(info.name, { value: info.type === i64 ? toBigInt(value) : value, taint: 0 });
    }
    /** @type {Record<string, (...args: number[]) => unknown>} Exports by name. */
    this.exports = {};
    for (let i = 0; i < this.#module.getNumExports(); i++) {
      const { name, kind, value } = binaryen.getExportInfo(this.#module.getExportByIndex(i));
      if (kind === binaryen.ExternalFunction) this.exports[name] = (...args) => this.call(value, args);
    }
  }

  /** Calls a function with public arguments. */
  call(name, args) {
    const { params } = this.#functions.get(name);
    const types = binaryen.expandType(params);
    const given = args.map((value, i) => (types[i] === i64 ? BigInt.asIntN(64, BigInt(value)) : value | 0));
    return this.#run(name, given, new Array(given.length).fill(0)).value;
  }

  #run(name, args, taints) {
    let compiled = this.#compiled.get(name);
    if (compiled === undefined) {
      compiled = new FunctionCompiler(this, this.#functions.get(name)).compile();
      this.#compiled.set(name, compiled);
    }
    const frame = {
      values: [...args, ...compiled.zeros],
      taints: [...taints, ...compiled.zeros.map(() => 0)],
      taint: 0,
      branch: null,
      result: undefined,
      resultTaint: 0,
    };
    const value = compiled.body(frame);
    if (frame.branch === RETURN) return { value: frame.result, taint: frame.resultTaint };
    return { value, taint: frame.taint };
  }

  /** What a compiled function needs of its instance. */
  get parts() {
    return { data: this.#data, globals: this.#globals, run: this.#run.bind(this) };
  }

  /** Notes that something visible depends on a secret. */
  find(where, what, expression) {
    const key = `${where} ${what} ${expression}`;
    let finding = this.findings.get(key);
    if (finding === undefined) {
      finding = new Finding(where, what, expression);
      this.findings.set(key, finding);
    }
    finding.times++;
  }
}

const RETURN = Symbol('return');

function toBigInt(value) {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value);
  if (typeof value === 'object')
    return BigInt.asIntN(64, (BigInt(value.high) << 32n) | BigInt(value.low >>> 0));
  return BigInt(value);
}

function zeroOf(type) {
  if (type === i64) return 0n;
  return type === v128 ? new Uint8Array(16) : 0;
}

/** Turns the expressions of one function into closures: `(frame) => value`, with the shadow in `frame.taint`. */
class FunctionCompiler {
  #owner;
  #info;
  #parts;
  #count = 0;

  constructor(owner, info) {
    this.#owner = owner;
    this.#info = info;
    this.#parts = owner.parts;
  }

  compile() {
    return { body: this.#compile(this.#info.body), zeros: this.#info.vars.map(zeroOf) };
  }

  /** Reports once it is met that what `describe` says depends on a secret. */
  #watch(what) {
    const owner = this.#owner;
    const { name } = this.#info;
    const number = this.#count;
    return (taint) => {
      if (taint !== 0) owner.find(name, what, number);
    };
  }

  #compile(ref) {
    const id = binaryen.getExpressionId(ref);
    if (!COMPILERS.has(id)) throw new Error(`expression of kind ${id} in ${this.#info.name} is not known`);
    // Binaryen has nothing to say of those without parts.
    const expression = WITHOUT_PARTS.has(id) ? { id } : binaryen.getExpressionInfo(ref);
    this.#count++;
    const compile = COMPILERS.get(expression.id);
    const owner = this.#owner;
    const run = compile(expression, {
      compile: (child) => (child === 0 ? undefined : this.#compile(child)),
      watch: (what) => this.#watch(what),
      parts: this.#parts,
      shadow: owner.shadow,
      publicBytes: owner.publicBytes,
      memory: owner.memory,
    });
    return (frame) => {
      owner.steps++;
      return run(frame);
    };
  }
}

/** The address of an access, after its check. */
function addressOf(pointer, offset, watch) {
  const start = Number(offset.low ?? offset);
  return (frame) => {
    const base = pointer(frame);
    watch(frame.taint);
    return (base >>> 0) + start;
  };
}

function shadowOf(shadow, at, bytes) {
  let taint = 0;
  for (let i = 0; i < bytes; i++) taint |= shadow[at + i] << i;
  return taint;
}

const WITHOUT_PARTS = new Set([binaryen.NopId, binaryen.UnreachableId, binaryen.MemorySizeId]);

const COMPILERS = new Map([
  [binaryen.NopId, () => () => undefined],
  [
    binaryen.UnreachableId,
    () => () => {
      throw new Error('unreachable was reached');
    },
  ],
  [
    binaryen.BlockId,
    ({ name, children }, { compile }) => {
      const parts = children.map(compile);
      return (frame) => {
        let value;
        for (const part of parts) {
          value = part(frame);
          if (frame.branch === null) continue;
          if (name === '' || frame.branch !== name) return undefined;
          frame.branch = null;
          frame.taint = frame.resultTaint;
          return frame.result;
        }
        return value;
      };
    },
  ],
  [
    binaryen.LoopId,
    ({ name, body }, { compile }) => {
      const run = compile(body);
      return (frame) => {
        for (;;) {
          const value = run(frame);
          if (frame.branch === null || frame.branch !== name) return value;
          frame.branch = null;
        }
      };
    },
  ],
  [
    binaryen.IfId,
    ({ condition, ifTrue, ifFalse }, { compile, watch }) => {
      const note = watch('if');
      const [test, yes, no] = [condition, ifTrue, ifFalse].map(compile);
      return (frame) => {
        const isTrue = test(frame) !== 0;
        note(frame.taint);
        return isTrue ? yes(frame) : no?.(frame);
      };
    },
  ],
  [
    binaryen.BreakId,
    ({ name, condition, value }, { compile, watch }) => {
      const note = watch('br_if');
      const carried = compile(value);
      const test = compile(condition);
      return (frame) => {
        const result = carried?.(frame);
        if (frame.branch !== null) return undefined;
        const resultTaint = frame.taint;
        if (test !== undefined) {
          const isTaken = test(frame) !== 0;
          note(frame.taint);
          frame.taint = resultTaint;
          if (!isTaken) return result;
        }
        frame.branch = name;
        frame.result = result;
        frame.resultTaint = resultTaint;
        return undefined;
      };
    },
  ],
  [
    binaryen.SwitchId,
    ({ names, defaultName, condition, value }, { compile, watch }) => {
      const note = watch('br_table');
      const carried = compile(value);
      const test = compile(condition);
      return (frame) => {
        frame.result = carried?.(frame);
        frame.resultTaint = frame.taint;
        const index = test(frame) >>> 0;
        note(frame.taint);
        frame.branch = names[index] ?? defaultName;
        return undefined;
      };
    },
  ],
  [
    binaryen.ReturnId,
    ({ value }, { compile }) => {
      const run = compile(value);
      return (frame) => {
        const result = run?.(frame);
        if (frame.branch !== null) return undefined;
        frame.result = result;
        frame.resultTaint = run === undefined ? 0 : frame.taint;
        frame.branch = RETURN;
        return undefined;
      };
    },
  ],
  [
    binaryen.CallId,
    ({ target, operands }, { compile, parts }) => {
      const args = operands.map(compile);
      return (frame) => {
        const values = [];
        const taints = [];
        for (const arg of args) {
          values.push(arg(frame));
          taints.push(frame.taint);
        }
        const { value, taint } = parts.run(target, values, taints);
        frame.taint = taint;
        return value;
      };
    },
  ],
  [
    binaryen.LocalGetId,
    ({ index }) =>
      (frame) => {
        frame.taint = frame.taints[index];
        return frame.values[index];
      },
  ],
  [
    binaryen.LocalSetId,
    ({ index, value }, { compile }) => {
      const run = compile(value);
      return (frame) => {
        const result = run(frame);
        if (frame.branch !== null) return undefined;
        frame.values[index] = result;
        frame.taints[index] = frame.taint;
        return result;
      };
    },
  ],
  [
    binaryen.GlobalGetId,
    ({ name }, { parts }) =>
      (frame) => {
        const { value, taint } = parts.globals.get(name);
        frame.taint = taint;
        return value;
      },
  ],
  [
    binaryen.GlobalSetId,
    ({ name, value }, { compile, parts }) => {
      const run = compile(value);
      return (frame) => {
        const result = run(frame);
        parts.globals.set(name, { value: result, taint: frame.taint });
        return undefined;
      };
    },
  ],
  [
    binaryen.LoadId,
    ({ type, isSigned, offset, bytes, ptr }, { compile, watch, parts, shadow }) => {
      const address = addressOf(compile(ptr), offset, watch('load'));
      const { data } = parts;
      const read = {
        [i32]: {
          1: (at) => (isSigned ? data.getInt8(at) : data.getUint8(at)),
          2: (at) => (isSigned ? data.getInt16(at, true) : data.getUint16(at, true)),
          4: (at) => data.getInt32(at, true),
        },
        [i64]: {
          1: (at) => BigInt(isSigned ? data.getInt8(at) : data.getUint8(at)),
          2: (at) => BigInt(isSigned ? data.getInt16(at, true) : data.getUint16(at, true)),
          4: (at) => BigInt(isSigned ? data.getInt32(at, true) : data.getUint32(at, true)),
          8: (at) => data.getBigInt64(at, true),
        },
        [v128]: { 16: (at) => new Uint8Array(data.buffer.slice(at, at + 16)) },
      }[type][bytes];
      const isVector = type === v128;
      return (frame) => {
        const at = address(frame);
        const taint = shadowOf(shadow, at, bytes);
        frame.taint = isVector ? taint : any(taint);
        return read(at);
      };
    },
  ],
  [
    binaryen.StoreId,
    ({ offset, bytes, ptr, value }, { compile, watch, parts, shadow, publicBytes }) => {
      const address = addressOf(compile(ptr), offset, watch('store'));
      const run = compile(value);
      const { data } = parts;
      const write = (at, stored) => {
        if (typeof stored === 'bigint') {
          const low = BigInt.asUintN(64, stored);
          for (let i = 0; i < bytes; i++) data.setUint8(at + i, Number((low >> BigInt(8 * i)) & 255n));
        } else if (typeof stored === 'number') {
          for (let i = 0; i < bytes; i++) data.setUint8(at + i, (stored >>> (8 * i)) & 255);
        } else {
          for (let i = 0; i < 16; i++) data.setUint8(at + i, stored[i]);
        }
      };
      return (frame) => {
        const at = address(frame);
        const stored = run(frame);
        const { taint } = frame;
        const isVector = typeof stored === 'object';
        write(at, stored);
        for (let i = 0; i < bytes; i++)
          shadow[at + i] = (isVector ? taint >> i : taint) & 1 & ~publicBytes[at + i];
        return undefined;
      };
    },
  ],
  [
    binaryen.ConstId,
    ({ type, value }) => {
      const constant =
        type === i64 ? toBigInt(value) : type === v128 ? Uint8Array.from(value) : Number(value) | 0;
      return (frame) => {
        frame.taint = 0;
        return constant;
      };
    },
  ],
  [
    binaryen.UnaryId,
    ({ op, value }, { compile }) => {
      const run = compile(value);
      const operation = UNARY.get(op);
      if (operation === undefined) throw new Error(`unary operation ${op} is not known`);
      const { apply, taint } = operation;
      return (frame) => {
        const operand = run(frame);
        frame.taint = taint(frame.taint);
        return apply(operand);
      };
    },
  ],
  [
    binaryen.BinaryId,
    ({ op, left, right }, { compile, watch }) => {
      const [a, b] = [left, right].map(compile);
      const operation = BINARY.get(op);
      if (operation === undefined) throw new Error(`binary operation ${op} is not known`);
      const { apply, taint, isDivision } = operation;
      const note = isDivision ? watch('division') : undefined;
      return (frame) => {
        const x = a(frame);
        const taintX = frame.taint;
        const y = b(frame);
        note?.(taintX | frame.taint);
        frame.taint = taint(taintX, frame.taint, x, y);
        return apply(x, y);
      };
    },
  ],
  [
    binaryen.SelectId,
    ({ ifTrue, ifFalse, condition }, { compile, watch }) => {
      const note = watch('select');
      const [yes, no, test] = [ifTrue, ifFalse, condition].map(compile);
      return (frame) => {
        const x = yes(frame);
        const taintX = frame.taint;
        const y = no(frame);
        const taintY = frame.taint;
        const isTrue = test(frame) !== 0;
        note(frame.taint);
        frame.taint = isTrue ? taintX : taintY;
        return isTrue ? x : y;
      };
    },
  ],
  [
    binaryen.DropId,
    ({ value }, { compile }) => {
      const run = compile(value);
      return (frame) => void run(frame);
    },
  ],
  [
    binaryen.MemorySizeId,
    (_, { memory }) =>
      (frame) => {
        frame.taint = 0;
        return memory.buffer.byteLength / 65536;
      },
  ],
  [
    binaryen.MemoryFillId,
    ({ dest, value, size }, { compile, watch, parts, shadow }) => {
      const note = watch('memory.fill');
      const [to, what, count] = [dest, value, size].map(compile);
      return (frame) => {
        const at = to(frame) >>> 0;
        note(frame.taint);
        const byte = what(frame);
        const { taint } = frame;
        const length = count(frame) >>> 0;
        note(frame.taint);
        new Uint8Array(parts.data.buffer).fill(byte, at, at + length);
        shadow.fill(taint, at, at + length);
        return undefined;
      };
    },
  ],
  [
    binaryen.MemoryCopyId,
    ({ dest, source, size }, { compile, watch, parts, shadow, publicBytes }) => {
      const note = watch('memory.copy');
      const runs = [dest, source, size].map(compile);
      return (frame) => {
        const [to, from, length] = runs.map((run) => {
          const value = run(frame) >>> 0;
          note(frame.taint);
          return value;
        });
        new Uint8Array(parts.data.buffer).copyWithin(to, from, from + length);
        shadow.copyWithin(to, from, from + length);
        for (let i = to; i < to + length; i++) shadow[i] &= ~publicBytes[i];
        return undefined;
      };
    },
  ],
  [
    binaryen.SIMDExtractId,
    ({ op, vec, index }, { compile }) => {
      const run = compile(vec);
      const { width, read } = EXTRACT.get(op);
      const mask = ((1 << width) - 1) << (index * width);
      return (frame) => {
        const vector = run(frame);
        frame.taint = any(frame.taint & mask);
        return read(new DataView(vector.buffer), index);
      };
    },
  ],
  [
    binaryen.SIMDReplaceId,
    ({ op, vec, index, value }, { compile }) => {
      const [run, scalarOf] = [vec, value].map(compile);
      const { width, write } = REPLACE.get(op);
      const mask = ((1 << width) - 1) << (index * width);
      return (frame) => {
        const vector = Uint8Array.from(run(frame));
        const taint = frame.taint & ~mask;
        write(new DataView(vector.buffer), index, scalarOf(frame));
        frame.taint = taint | (frame.taint === 0 ? 0 : mask);
        return vector;
      };
    },
  ],
  [
    binaryen.SIMDShuffleId,
    ({ left, right, mask }, { compile }) => {
      const [a, b] = [left, right].map(compile);
      return (frame) => {
        const x = a(frame);
        const taintX = frame.taint;
        const y = b(frame);
        const taintY = frame.taint;
        const both = taintX | (taintY << 16);
        let taint = 0;
        const out = new Uint8Array(16);
        for (let i = 0; i < 16; i++) {
          out[i] = mask[i] < 16 ? x[mask[i]] : y[mask[i] - 16];
          taint |= ((both >>> mask[i]) & 1) << i;
        }
        frame.taint = taint;
        return out;
      };
    },
  ],
  [
    binaryen.SIMDTernaryId,
    ({ op, a, b, c }, { compile }) => {
      if (op !== binaryen.BitselectVec128) throw new Error(`ternary operation ${op} is not known`);
      const runs = [a, b, c].map(compile);
      return (frame) => {
        let taint = 0;
        const [x, y, selector] = runs.map((run) => {
          const value = run(frame);
          taint |= frame.taint;
          return value;
        });
        frame.taint = taint;
        return x.map((byte, i) => (byte & selector[i]) | (y[i] & ~selector[i]));
      };
    },
  ],
  [
    binaryen.SIMDShiftId,
    ({ op, vec, shift }, { compile }) => {
      const [run, by] = [vec, shift].map(compile);
      const { apply, width } = SHIFT.get(op);
      return (frame) => {
        const vector = run(frame);
        const { taint } = frame;
        const amount = by(frame);
        frame.taint = frame.taint === 0 ? laneTaint(taint, width) : all(1);
        return apply(vector, amount);
      };
    },
  ],
  [
    binaryen.SIMDLoadId,
    ({ op, offset, ptr }, { compile, watch, parts, shadow }) => {
      const address = addressOf(compile(ptr), offset, watch('load'));
      const { bytes, apply, taint } = VECTOR_LOAD.get(op);
      return (frame) => {
        const at = address(frame);
        frame.taint = taint(shadowOf(shadow, at, bytes));
        return apply(new Uint8Array(parts.data.buffer.slice(at, at + bytes)));
      };
    },
  ],
  [
    binaryen.SIMDLoadStoreLaneId,
    ({ op, offset, index, ptr, vec }, { compile, watch, parts, shadow }) => {
      const { bytes, isStore } = LANE_ACCESS.get(op);
      const address = addressOf(compile(ptr), offset, watch(isStore ? 'store' : 'load'));
      const run = compile(vec);
      return (frame) => {
        const at = address(frame);
        const vector = run(frame);
        const { taint } = frame;
        const memory = new Uint8Array(parts.data.buffer);
        const first = index * bytes;
        if (isStore) {
          for (let i = 0; i < bytes; i++) {
            memory[at + i] = vector[first + i];
            shadow[at + i] = (taint >> (first + i)) & 1;
          }
          return undefined;
        }
        const out = Uint8Array.from(vector);
        out.set(memory.subarray(at, at + bytes), first);
        frame.taint = (taint & ~(((1 << bytes) - 1) << first)) | (shadowOf(shadow, at, bytes) << first);
        return out;
      };
    },
  ],
]);

const EXTRACT = new Map([
  [binaryen.ExtractLaneSVecI8x16, { width: 1, read: (v, i) => v.getInt8(i) }],
  [binaryen.ExtractLaneUVecI8x16, { width: 1, read: (v, i) => v.getUint8(i) }],
  [binaryen.ExtractLaneSVecI16x8, { width: 2, read: (v, i) => v.getInt16(2 * i, true) }],
  [binaryen.ExtractLaneUVecI16x8, { width: 2, read: (v, i) => v.getUint16(2 * i, true) }],
  [binaryen.ExtractLaneVecI32x4, { width: 4, read: (v, i) => v.getInt32(4 * i, true) }],
  [binaryen.ExtractLaneVecI64x2, { width: 8, read: (v, i) => v.getBigInt64(8 * i, true) }],
]);

const REPLACE = new Map([
  [binaryen.ReplaceLaneVecI8x16, { width: 1, write: (v, i, x) => v.setInt8(i, x) }],
  [binaryen.ReplaceLaneVecI16x8, { width: 2, write: (v, i, x) => v.setInt16(2 * i, x, true) }],
  [binaryen.ReplaceLaneVecI32x4, { width: 4, write: (v, i, x) => v.setInt32(4 * i, x, true) }],
  [binaryen.ReplaceLaneVecI64x2, { width: 8, write: (v, i, x) => v.setBigInt64(8 * i, x, true) }],
]);

const LANE_ACCESS = new Map(
  [8, 16, 32, 64].flatMap((bits) => [
    [binaryen[`Load${bits}LaneVec128`], { bytes: bits / 8, isStore: false }],
    [binaryen[`Store${bits}LaneVec128`], { bytes: bits / 8, isStore: true }],
  ]),
);
