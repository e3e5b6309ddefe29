/**
 * ML-KEM-1024 with keys, ciphertexts and randomness that are right.
 *
 * @module
 */
import type { PreparedKemPrivateKey } from '../../../src/engines/engine.ts';
import { ML_KEM_1024 } from '../../../src/params.ts';
import type { Comparison, Contestants } from '../comparison.ts';
import type { Draw } from '../draw.ts';
import type { Operation } from '../operation.ts';
import { withRandomOf } from '../raw.ts';
import {
  ask,
  each,
  expandedBytesOf,
  filled,
  type KemKeys,
  NAMES,
  type Name,
  publicBytesOf,
  type World,
} from '../world.ts';

const { ciphertextBytes, expandedKeyBytes, messageBytes, publicKeyBytes, seedBytes, sharedSecretBytes } =
  ML_KEM_1024;

/** What a key makes of a ciphertext. */
export function decapsulated(key: PreparedKemPrivateKey, ciphertext: Uint8Array): Uint8Array {
  return filled(sharedSecretBytes, (out) => key.decapsulate(ciphertext, out));
}

/** A ciphertext and its secret, one behind the other. */
export function encapsulated(
  encapsulate: ((ciphertext: Uint8Array, sharedSecret: Uint8Array) => void) | undefined,
): Uint8Array {
  return filled(ciphertextBytes + sharedSecretBytes, (out) =>
    encapsulate?.(out.subarray(0, ciphertextBytes), out.subarray(ciphertextBytes)),
  );
}

/** A ciphertext that is right for a key pair, and its secret. */
export function validCiphertext(
  draw: Draw,
  { publicKeys }: KemKeys,
): { ciphertext: Uint8Array; secret: Uint8Array } {
  const m = draw.bytes(messageBytes);
  const both = encapsulated((ciphertext, secret) => publicKeys.wasm.encapsulateWith?.(m, ciphertext, secret));
  return { ciphertext: both.subarray(0, ciphertextBytes), secret: both.subarray(ciphertextBytes) };
}

/** Every engine's key of a pair, those of wasm and node by seed and by its expanded form, as contestants. */
export function decapsulators(keys: KemKeys, ciphertext: Uint8Array): Contestants {
  const { privateKeys, imported } = keys;
  return {
    ...ask((name) => decapsulated(privateKeys[name], ciphertext)),
    'wasm, expanded key': () => decapsulated(imported.wasm, ciphertext),
    'node, expanded key': () => decapsulated(imported.node, ciphertext),
  };
}

/** An encapsulation by one engine's own randomness, opened by all. */
function encapsulateFresh(name: Name, weight: number): Operation {
  return {
    name: `ML-KEM-1024 encapsulation of ${name}`,
    weight,
    run(draw, { kem }, comparison) {
      const both = withRandomOf(draw, () =>
        encapsulated((ciphertext, secret) => kem.publicKeys[name].encapsulate(ciphertext, secret)),
      );
      comparison.same('secret', {
        [`sent by ${name}`]: () => both.subarray(ciphertextBytes),
        ...decapsulators(kem, both.subarray(0, ciphertextBytes)),
      });
    },
  };
}

function compareKeys(world: World, seed: Uint8Array, comparison: Comparison): void {
  const engines = world.engines.kem;
  const keys = each((name) => engines[name].prepareSeed(seed));
  const expanded = expandedBytesOf(keys.wasm, expandedKeyBytes);
  const imported = each((name) => engines[name].prepareExpanded(expanded));
  comparison.same('public key', {
    ...ask((name) => publicBytesOf(keys[name], publicKeyBytes)),
    'wasm, expanded key': () => publicBytesOf(imported.wasm, publicKeyBytes),
    'noble, expanded key': () => publicBytesOf(imported.noble, publicKeyBytes),
    'node, expanded key': () => publicBytesOf(imported.node, publicKeyBytes),
  });
  comparison.same('expanded key', {
    wasm: () => expanded,
    noble: () => expandedBytesOf(keys.noble, expandedKeyBytes),
    'wasm, imported': () => expandedBytesOf(imported.wasm, expandedKeyBytes),
  });
  for (const name of NAMES) {
    keys[name].dispose();
    imported[name].dispose();
  }
}

/** Operations on inputs that are right. */
export const kemOperations: readonly Operation[] = [
  {
    name: 'ML-KEM-1024 keys from a seed',
    weight: 30,
    run(draw, world, comparison) {
      compareKeys(world, draw.bytes(seedBytes), comparison);
    },
  },
  {
    name: 'ML-KEM-1024 keys of node',
    weight: 6,
    run(_draw, world, comparison) {
      const seed = new Uint8Array(seedBytes);
      const { generate } = world.engines.kem.node;
      comparison.holds('node generates keys', generate !== undefined);
      const key = generate?.(seed);
      const publicKey = key === undefined ? undefined : publicBytesOf(key, publicKeyBytes);
      comparison.same('public key', {
        'node, generated': () => publicKey,
        ...ask((name) => publicBytesOf(world.engines.kem[name].prepareSeed(seed), publicKeyBytes)),
      });
      key?.dispose();
    },
  },
  {
    name: 'ML-KEM-1024 encapsulation of a given m',
    weight: 50,
    run(draw, world, comparison) {
      const { kem } = world;
      world.crowd(draw, 10, 'kem');
      const m = draw.bytes(messageBytes);
      const { publicKeys } = kem;
      const { wasm, noble } = each(
        (name) => () =>
          encapsulated((ciphertext, secret) => publicKeys[name].encapsulateWith?.(m, ciphertext, secret)),
      );
      comparison.same('ciphertext and secret', { wasm, noble });
      const both = wasm();
      comparison.same('secret', {
        'sent by wasm': () => both.subarray(ciphertextBytes),
        node: () => decapsulated(kem.privateKeys.node, both.subarray(0, ciphertextBytes)),
      });
    },
  },
  {
    name: 'ML-KEM-1024 decapsulation',
    weight: 50,
    run(draw, world, comparison) {
      const { kem } = world;
      world.crowd(draw, 10, 'kem');
      const { ciphertext, secret } = validCiphertext(draw, kem);
      comparison.same('secret', { sent: () => secret, ...decapsulators(kem, ciphertext) });
    },
  },
  encapsulateFresh('wasm', 8),
  encapsulateFresh('noble', 6),
  encapsulateFresh('node', 10),
];
