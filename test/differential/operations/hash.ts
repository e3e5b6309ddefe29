/**
 * Hashing: one call or many, whatever the lengths and cuts.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { DigestName, HashEngine, Hasher } from '../../../src/engines/engine.ts';
import { hkdfSha3_512 } from '../../../src/hash/index.ts';
import type { Draw } from '../draw.ts';
import type { Operation } from '../operation.ts';
import { ask, filled } from '../world.ts';

const DIGEST_BYTES = 64;
/** What the module takes at once, and blocks of SHA3-512 and the SHAKEs: lengths around them are where cuts matter. */
const EDGES = [72, 136, 168, 144, 272, 4096, 32768, 65536];

const DIGESTS: readonly DigestName[] = ['SHA-256', 'SHA-512', 'SHA3-256', 'SHA3-512', 'SHAKE256-512'];

/** A length: mostly short, sometimes at an edge, rarely long. */
export function lengthOf(draw: Draw): number {
  const which = draw.below(100);
  if (which < 70) return draw.below(320);
  if (which < 90)
    return draw.below(4) === 0 ? draw.below(6000) : draw.pick(EDGES.slice(0, 5)) + draw.between(-2, 2);
  if (which < 98) return draw.below(6000);
  return which === 98 ? draw.pick(EDGES) + draw.between(-2, 2) : draw.below(100_000);
}

const input = (draw: Draw) => draw.bytes(lengthOf(draw));

/** Hashers of several inputs, which take their pieces in turn. */
function inTurn(
  engine: HashEngine,
  create: readonly ((engine: HashEngine) => Hasher)[],
  inputs: readonly Uint8Array[][],
) {
  const hashers = create.map((make) => make(engine));
  const longest = Math.max(...inputs.map((pieces) => pieces.length));
  for (let i = 0; i < longest; i++) {
    for (const [which, hasher] of hashers.entries()) {
      const piece = inputs[which]?.[i];
      if (piece !== undefined) hasher.update(piece);
    }
  }
  const out = new Uint8Array(hashers.length * DIGEST_BYTES);
  for (const [i, hasher] of hashers.entries())
    hasher.digest(out.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES));
  return out;
}

/** An operation of incremental hashers, one to three beside each other, with a key each. */
function incremental(
  name: string,
  weight: number,
  create: (engine: HashEngine, key: Uint8Array) => Hasher,
): Operation {
  return {
    name,
    weight,
    run(draw, { engines }, comparison) {
      const inputs = Array.from({ length: draw.between(1, 3) }, () => draw.cut(input(draw)));
      const makers = inputs.map(() => {
        const key = draw.bytes(draw.below(200));
        return (engine: HashEngine) => create(engine, key);
      });
      comparison.same(
        name,
        ask((engine) => inTurn(engines.hash[engine], makers, inputs)),
      );
    },
  };
}

/** Operations on inputs that are right. */
export const hashOperations: readonly Operation[] = [
  {
    name: 'SHA3-512',
    weight: 185,
    run(draw, { engines }, comparison) {
      const data = input(draw);
      comparison.same(
        'digest',
        ask((name) => filled(DIGEST_BYTES, (out) => engines.hash[name].sha3_512(data, out))),
      );
    },
  },
  incremental('SHA3-512, in pieces', 100, (engine) => engine.createSha3_512()),
  {
    name: 'HMAC-SHA3-512',
    weight: 120,
    run(draw, { engines }, comparison) {
      const key = draw.bytes(draw.chance(4) ? lengthOf(draw) : draw.below(140));
      const data = input(draw);
      comparison.same(
        'tag',
        ask((name) => filled(DIGEST_BYTES, (out) => engines.hash[name].hmacSha3_512(key, data, out))),
      );
    },
  },
  incremental('HMAC-SHA3-512, in pieces', 80, (engine, key) => engine.createHmacSha3_512(key)),
  {
    name: 'HKDF-SHA3-512',
    weight: 80,
    run(draw, { engines }, comparison) {
      const ikm = draw.bytes(draw.below(300));
      const salt = draw.bytes(draw.chance(4) ? 0 : draw.below(150));
      const info = draw.bytes(draw.chance(20) ? draw.below(3000) : draw.below(200));
      const length = draw.chance(20) ? draw.between(1, 16_320) : draw.between(1, 300);
      comparison.same(
        'output',
        ask((name) => engines.hash[name].hkdfSha3_512(ikm, salt, info, length)),
      );
    },
  },
  {
    name: 'digests by name',
    weight: 100,
    run(draw, { engines }, comparison) {
      const name = draw.pick(DIGESTS);
      const data = input(draw);
      comparison.same(
        name,
        ask((engine) => engines.hash[engine].digest(name, data)),
      );
    },
  },
  incremental('SHAKE256 of 64 bytes, in pieces', 40, (engine) => engine.createShake256(DIGEST_BYTES)),
  {
    name: 'SHAKE streams',
    weight: 80,
    run(draw, { engines }, comparison) {
      const bits = draw.pick([128, 256] as const);
      const pieces = draw.cut(input(draw));
      const reads = draw
        .cut(new Uint8Array(draw.chance(20) ? draw.below(20_000) : draw.below(1000)))
        .map((part) => part.length);
      const outputLength = reads.reduce((sum, length) => sum + length, 0);
      const stream = (engine: HashEngine) => () => {
        const xof = engine.createXof?.(bits);
        for (const piece of pieces) xof?.update(piece);
        const out = new Uint8Array(outputLength);
        let offset = 0;
        for (const length of reads) {
          xof?.squeeze(out.subarray(offset, offset + length));
          offset += length;
        }
        xof?.dispose();
        return out;
      };
      comparison.same(`SHAKE${bits}`, {
        wasm: stream(engines.hash.wasm),
        noble: stream(engines.hash.noble),
        // It has no stream here: all at once.
        node() {
          const hash = createHash(`shake${bits}`, { outputLength });
          for (const piece of pieces) hash.update(piece);
          return hash.digest();
        },
      });
    },
  },
];

/** A computation that its owner gave up, between the pieces of another one. */
function abandonedBeside(
  engine: HashEngine,
  lost: readonly Uint8Array[],
  kept: readonly Uint8Array[],
  key: Uint8Array,
) {
  const hashers = [engine.createHmacSha3_512(key), engine.createSha3_512(), engine.createShake256(7)];
  const hasher = engine.createSha3_512();
  for (const [i, piece] of kept.entries()) {
    hasher.update(piece);
    const other = hashers[i % hashers.length];
    other?.update(lost[i % lost.length] as Uint8Array);
  }
  for (const other of hashers) other.dispose();
  return filled(DIGEST_BYTES, (out) => hasher.digest(out));
}

/** Operations on what is wrong. */
export const invalidHashOperations: readonly Operation[] = [
  {
    name: 'hash: computations that are abandoned',
    weight: 120,
    run(draw, { engines }, comparison) {
      const [lost, kept] = [draw.cut(input(draw)), draw.cut(input(draw))];
      const key = draw.bytes(draw.below(200));
      comparison.same(
        'the other one',
        ask((name) => abandonedBeside(engines.hash[name], lost, kept, key)),
      );
    },
  },
  {
    name: 'HKDF: lengths that are too long',
    weight: 20,
    run(draw, { engines }, comparison) {
      const ikm = draw.bytes(draw.below(100));
      const salt = draw.bytes(draw.below(100));
      const info = draw.bytes(draw.below(100));
      const length = draw.chance(4)
        ? 16_320
        : draw.pick([16_321, 16_320 + draw.between(1, 70), draw.between(16_321, 2 ** 20)]);
      comparison.decide('output', {
        api: () => hkdfSha3_512(ikm, { salt, info, length }).expose(),
        noble: () => engines.hash.noble.hkdfSha3_512(ikm, salt, info, length),
        node: () => engines.hash.node.hkdfSha3_512(ikm, salt, info, length),
      });
    },
  },
];
