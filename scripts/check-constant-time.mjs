#!/usr/bin/env node
/**
 * Runs the binary of the WebAssembly engine on inputs that it knows to be secret, and looks for conditions, addresses and
 * divisions that depend on them: see scripts/constant-time/interpreter.mjs. Prints a table, each finding that is allowed with
 * its reason, and each that is not. Exits with 1 when there is one, when a result differs from that of this runtime, or
 * when a secret is left in the memory.
 *
 *     node scripts/check-constant-time.mjs
 *
 * @module
 */
import Table from 'cli-table3';
import { compileWasm } from './compile-wasm.mjs';
import { Interpreter } from './constant-time/interpreter.mjs';
import { readPlaces } from './constant-time/places.mjs';
import { ALLOWED, scenarios } from './constant-time/scenarios.mjs';
import { ENGINE, readBinary } from './wasm-modules.mjs';

const CODE_SECTION = 10;

/** The part of a binary that has the code. */
function codeOf(bytes) {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  };
  while (at < bytes.length) {
    const id = bytes[at++];
    const length = number();
    if (id === CODE_SECTION) return bytes.subarray(at, at + length);
    at += length;
  }
  return new Uint8Array(0);
}

const { bytes } = await compileWasm(ENGINE, { names: true });
// Names of functions are all that this one has more.
if (Buffer.compare(codeOf(bytes), codeOf(readBinary(ENGINE))) !== 0) {
  throw new Error('the binary in the tree is not what the source gives: run node scripts/build-wasm.mjs');
}
const at = await readPlaces(ENGINE);
const instantiate = () => new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
/** What this runtime makes of the binary, and what the interpreter does. */
const real = instantiate();
const interpreter = new Interpreter(bytes, instantiate().memory);
const memories = [real.memory, interpreter.memory].map(({ buffer }) => new Uint8Array(buffer));

const write = (address, data, isSecret) => {
  for (const memory of memories) memory.set(data, address);
  interpreter.shadow.fill(isSecret ? 1 : 0, address, address + data.length);
};
const machine = {
  secret: (address, data) => write(address, data, true),
  open: (address, data) => write(address, data, false),
  becomesPublic: (address, length) => interpreter.publicBytes.fill(1, address, address + length),
  call: (name, ...args) => {
    const value = interpreter.exports[name](...args);
    if ((real[name](...args) ?? value) !== value)
      throw new Error(`${name}: another answer than this runtime's`);
    return value;
  },
  /** Takes a result out and zeroes it, as the engine's other half does. */
  result: (address, length) => {
    const data = memories[0].slice(address, address + length);
    write(address, new Uint8Array(length), false);
    return data;
  },
};

const allowed = ({ where, what }) =>
  ALLOWED.find((entry) => where.endsWith(entry.where) && entry.what.includes(what));
const table = new Table({
  head: ['operation', 'instructions', 'allowed', 'leaks'],
  style: { head: [], border: [] },
});
const reasons = new Map();
const problems = [];
for (const { name, run } of scenarios(at)) {
  interpreter.findings.clear();
  interpreter.publicBytes.fill(0);
  const before = interpreter.steps;
  run(machine);
  const findings = [...interpreter.findings.values()];
  const leaks = findings.filter((finding) => allowed(finding) === undefined);
  for (const finding of findings) {
    const entry = allowed(finding);
    if (entry !== undefined) reasons.set(`${entry.where}: ${entry.what.join(', ')}`, entry.why);
  }
  table.push([name, interpreter.steps - before, findings.length - leaks.length, leaks.length]);
  for (const { where, what, times } of leaks)
    problems.push(`${name}: a secret decides a ${what} in ${where} (${times} times)`);
  if (Buffer.compare(...memories) !== 0) problems.push(`${name}: another memory than this runtime's`);
  const left = memories[0].subarray(at.SECRETS, at.SECRETS_END).findIndex((byte) => byte !== 0);
  if (left !== -1) problems.push(`${name}: something is left at ${at.SECRETS + left}`);
}
console.log(table.toString());
for (const [what, why] of reasons) console.log(`allowed  ${what}: ${why}`);
for (const problem of problems) console.log(`FAILED   ${problem}`);
if (problems.length === 0) console.log('no condition, address or division depends on a secret');
process.exitCode = problems.length === 0 ? 0 : 1;
