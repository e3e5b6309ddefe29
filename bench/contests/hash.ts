/**
 * SHA3-512, HMAC and HKDF.
 *
 * @module
 */
import { hkdfSha3_512, hmacSha3_512, sha3_512 } from '@mwrasp/crypto/hash';
import { type Contest, ours, theirs } from './contest.ts';
import { random } from './inputs.ts';
import { CURVE_SIZES, KIB, MESSAGE_SIZES } from './sizes.ts';

const HKDF_SIZES = [64, KIB];

function sha3Contest(sizeBytes: number): Contest {
  return {
    suite: 'primitives',
    operation: 'SHA3-512',
    sizeBytes,
    family: 'hash',
    prepare(world) {
      const data = random(sizeBytes);
      const raw = world.raw?.sha3_512;
      const runners = ours(world, { run: () => sha3_512(data) });
      return { runners: [...runners, ...theirs(world, raw && (() => raw(data)))] };
    },
  };
}

function hmacContest(sizeBytes: number): Contest {
  return {
    suite: 'primitives',
    operation: 'HMAC-SHA3-512',
    sizeBytes,
    family: 'hash',
    prepare(world) {
      const key = random(32);
      const data = random(sizeBytes);
      const raw = world.raw?.hmacSha3_512;
      const runners = ours(world, { run: () => hmacSha3_512(key, data) });
      return { runners: [...runners, ...theirs(world, raw && (() => raw(key, data)))] };
    },
  };
}

function hkdfContest(sizeBytes: number): Contest {
  return {
    suite: 'primitives',
    operation: 'HKDF-SHA3-512',
    sizeBytes,
    family: 'hash',
    prepare(world) {
      const [ikm, salt, info] = [random(32), random(32), random(32)];
      const options = { salt, info, length: sizeBytes };
      const raw = world.raw?.hkdfSha3_512;
      const runners = ours(world, { run: () => hkdfSha3_512(ikm, options) });
      return { runners: [...runners, ...theirs(world, raw && (() => raw(ikm, salt, info, sizeBytes)))] };
    },
  };
}

/** The contests of hashes. */
export const HASH_CONTESTS: readonly Contest[] = [
  ...CURVE_SIZES.map(sha3Contest),
  ...MESSAGE_SIZES.map(hmacContest),
  ...HKDF_SIZES.map(hkdfContest),
];
