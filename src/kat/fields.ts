/**
 * Typed access to the fields of a case. A field that is missing or of the wrong type throws, which counts as a failure
 * of the case.
 *
 * @module
 */
import { describe, fromHex } from '../bytes.ts';
import { InputError } from '../errors.ts';

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields of one case, and what its file says about all of them. */
export class Fields {
  readonly #values: JsonObject;
  /** Set name and algorithm of the header, in lower case: a hint, empty when the header has none. */
  readonly hint: string;

  /**
   * @param values - The case.
   * @param hint - Set name and algorithm of the header.
   */
  constructor(values: JsonObject, hint: string) {
    this.#values = values;
    this.hint = hint;
  }

  /** Whether a field is there and not null. */
  has(name: string): boolean {
    return this.#values[name] !== undefined && this.#values[name] !== null;
  }

  /** Whether one of the fields is there. */
  hasAny(...names: readonly string[]): boolean {
    return names.some((name) => this.has(name));
  }

  /** A text, or an empty one when the field is missing or something else. For telling kinds apart only. */
  peek(name: string): string {
    const value = this.#values[name];
    return typeof value === 'string' ? value : '';
  }

  /** Bytes written as hexadecimal digits. */
  hex(name: string): Uint8Array {
    return fromHex(this.text(name), name);
  }

  /** Bytes of a field that may be missing. */
  optionalHex(name: string): Uint8Array | undefined {
    return this.has(name) ? this.hex(name) : undefined;
  }

  /** A text. */
  text(name: string): string {
    const value = this.#values[name];
    if (typeof value !== 'string') throw wrongField(name, 'a text', value);
    return value;
  }

  /** One of several texts. */
  oneOf<T extends string>(name: string, texts: readonly T[]): T {
    const value = this.text(name);
    if (!(texts as readonly string[]).includes(value)) {
      throw new InputError('ERR_INPUT_FORMAT', name, `one of ${texts.join(', ')}`, `"${value.slice(0, 64)}"`);
    }
    return value as T;
  }

  /** A whole number, not negative. */
  count(name: string): number {
    const value = this.#values[name];
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw wrongField(name, 'a whole number', value);
    }
    return value;
  }

  /** A boolean. */
  flag(name: string): boolean {
    const value = this.#values[name];
    if (typeof value !== 'boolean') throw wrongField(name, 'a boolean', value);
    return value;
  }

  /** An array. */
  list(name: string): readonly unknown[] {
    const value = this.#values[name];
    if (!Array.isArray(value)) throw wrongField(name, 'an array', value);
    return value;
  }

  /** The fields of an object inside the case. */
  object(name: string): Fields {
    const value = this.#values[name];
    if (!isObject(value)) throw wrongField(name, 'an object', value);
    return new Fields(value, this.hint);
  }

  /** The `result` of Wycheproof: valid or invalid. */
  valid(): boolean {
    return this.oneOf('result', ['valid', 'invalid']) === 'valid';
  }
}

function wrongField(name: string, expected: string, value: unknown): InputError {
  return new InputError('ERR_INPUT_FORMAT', name, expected, describe(value));
}
