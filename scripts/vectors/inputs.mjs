/**
 * What the makers of vectors share: inputs that follow from labels, and small changes to them.
 */
import crypto from 'node:crypto';

export const hex = (bytes) => Buffer.from(bytes).toString('hex');
export const bytes = (text) => Buffer.from(text, 'hex');
/** Bytes that follow from a label. */
export const derive = (label, length) =>
  crypto.createHash('shake256', { outputLength: length }).update(label).digest();
export const flip = (input, index, bit = 0) => {
  const copy = Buffer.from(input);
  copy[index] ^= 1 << bit;
  return copy;
};

export const longer = (input) => Buffer.concat([input, Buffer.from([0])]);
export const shorter = (input) => input.subarray(0, -1);

export function mapValues(fields, map) {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, map(value)]));
}

export function ensure(condition, what) {
  if (!condition) throw new Error(what);
}

export function refuses(operation) {
  try {
    return operation() === false;
  } catch {
    return true;
  }
}
