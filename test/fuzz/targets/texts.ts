/**
 * Readers of text: hexadecimal, base64, base64url; the choice of engines.
 *
 * @module
 */
import {
  fromBase64,
  fromBase64Url,
  fromHex,
  toBase64,
  toBase64Url,
  toHex,
  utf8,
} from '../../../src/bytes.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { EngineRegistry } from '../../../src/engines/registry.ts';
import { must, type Target } from '../target.ts';

/** Any bytes as a text, each a character. */
export function latin1(input: Uint8Array): string {
  return Buffer.from(input.buffer, input.byteOffset, input.length).toString('latin1');
}

const hex: Target = {
  name: 'hex',
  maxBytes: 256,
  seeds: [utf8('00ff7A')],
  refusals: ['ERR_INPUT_FORMAT'],
  run(input) {
    const text = latin1(input);
    must(toHex(fromHex(text)) === text.toLowerCase(), 'writes again what it read');
  },
};

const base64: Target = {
  name: 'base64',
  maxBytes: 256,
  seeds: [utf8('AP96'), utf8('AP8='), utf8('AA=='), utf8('+/+/')],
  refusals: ['ERR_INPUT_FORMAT'],
  run(input) {
    const text = latin1(input);
    must(toBase64(fromBase64(text)) === text, 'writes again what it read');
  },
};

const base64Url: Target = {
  name: 'base64url',
  maxBytes: 256,
  seeds: [utf8('AP96'), utf8('AP8'), utf8('AA'), utf8('-_-_')],
  refusals: ['ERR_INPUT_FORMAT'],
  run(input) {
    const text = latin1(input);
    must(toBase64Url(fromBase64Url(text)) === text, 'writes again what it read');
  },
};

/** Names alone: nothing asks more of them. */
const engines = ['node', 'wasm', 'noble'].map((name) => ({ name }) as unknown as Engine);

const engineChoice: Target = {
  name: 'engine-choice',
  maxBytes: 256,
  seeds: [utf8('noble'), utf8('kem=noble,sign=node'), utf8('hash=wasm, aead=node')],
  words: ['noble', 'node', 'wasm', 'kem=', 'sign=', 'hash=', 'aead=', ',', '='].map(utf8),
  refusals: ['ERR_INPUT_OPTION', 'ERR_UNSUPPORTED_ENGINE', 'ERR_INPUT_TYPE'],
  run(input) {
    new EngineRegistry(engines, () => latin1(input)).configure({});
  },
};

export const TEXTS: readonly Target[] = [hex, base64, base64Url, engineChoice];
