/**
 * Which engine is used for what, and the measurements behind it: the fastest of those that a runtime has.
 *
 * Microseconds of processor time an operation, through the interface of engines, on one machine with Node 26.10: medians of
 * seven interleaved rounds (`npm run bench -- --engine …` measures through the whole library).
 *
 *     operation                                   wasm    node    noble
 *     ML-KEM-1024  key generation                   36      94      924
 *                  encapsulate, prepared key        13      45      580
 *                  decapsulate, prepared key        16      64      896
 *                  encapsulate, key imported        32      88     1095
 *                  decapsulate, key imported        38     126     1760
 *     ML-DSA-87    key generation                  122     310     3022
 *                  sign 1 KiB, prepared key        136    1166    11242
 *                  verify 1 KiB, prepared key       20     282     3116
 *                  sign 1 KiB, key imported        243    1318    11577
 *                  verify 1 KiB, key imported      108     289     3027
 *     SHA3-512     64 B                           0.51    1.76      5.5
 *                  256 B                          1.49    2.11     13.5
 *                  1 KiB                           6.6     6.8       54
 *                  16 KiB                          113      88     1145
 *                  1 MiB                          7500    5360    69300
 *     HKDF         64 B                             11      16
 *                  128 B                            16      18
 *                  192 B                            21      20
 *                  1 KiB                            79      45
 *
 * WebAssembly is ahead in every operation of ML-KEM and ML-DSA, on every runtime that compiles it; it has no AES. In SHA-3 it
 * is ahead as long as what a call costs counts more than what a permutation does.
 *
 * @module
 */
import type { EngineName, Family, HashEngine } from './engine.ts';

/** Engines of each family, the fastest first. */
export const PREFERENCE: Readonly<Record<Family, readonly EngineName[]>> = {
  hash: ['node', 'wasm', 'noble'],
  aead: ['node', 'wasm', 'noble'],
  kem: ['wasm', 'node', 'noble'],
  sign: ['wasm', 'node', 'noble'],
};

/** The engine that hashes short messages, the longest of them, and the most bytes that it derives from them. */
export const SHORT_HASH = { engine: 'wasm', maxBytes: 1024, maxDerivedBytes: 128 } as const;

/**
 * Hashes short messages with one engine and everything else with another.
 *
 * @param short - For messages of at most {@link SHORT_HASH} bytes at hand.
 * @param long - For longer ones, and for those that come in pieces.
 */
export function hashBySize(short: HashEngine, long: HashEngine): HashEngine {
  const { maxBytes } = SHORT_HASH;
  const pick = (bytes: number) => (bytes <= maxBytes ? short : long);
  return {
    capabilities: long.capabilities,
    sha3_512: (data, out) => pick(data.length).sha3_512(data, out),
    hmacSha3_512: (key, data, out) => pick(key.length + data.length).hmacSha3_512(key, data, out),
    hkdfSha3_512: (ikm, salt, info, length) => {
      const engine =
        length > SHORT_HASH.maxDerivedBytes ? long : pick(ikm.length + salt.length + info.length);
      return engine.hkdfSha3_512(ikm, salt, info, length);
    },
    createSha3_512: () => long.createSha3_512(),
    createHmacSha3_512: (key) => long.createHmacSha3_512(key),
    createShake256: (outputBytes) => long.createShake256(outputBytes),
    digest: (name, data) => long.digest(name, data),
    ...(long.createXof === undefined ? {} : { createXof: long.createXof.bind(long) }),
  };
}
