/**
 * Facts about ML-KEM-1024. Every value is of the final FIPS 203; values of its drafts are about in the same places.
 *
 * @module
 */
import { equal, toHex } from '../bytes.ts';
import type { KemEngine } from '../engines/engine.ts';
import { ML_KEM_1024 } from '../params.ts';
import { type Fact, type FactTools, sha256Text, squeeze } from './fact.ts';
import { NistDrbg } from './generators.ts';

/** One run through everything. */
interface RoundTrip {
  readonly ek: Uint8Array;
  readonly dk: Uint8Array;
  readonly ct: Uint8Array;
  readonly ss: Uint8Array;
  decapsulate(ciphertext: Uint8Array): Uint8Array;
}

/** Key generation, encapsulation and decapsulation, which must agree. */
function roundTrip(engine: KemEngine, seed: Uint8Array, m: Uint8Array): RoundTrip {
  const ek = new Uint8Array(ML_KEM_1024.publicKeyBytes);
  const dk = new Uint8Array(ML_KEM_1024.expandedKeyBytes);
  const ct = new Uint8Array(ML_KEM_1024.ciphertextBytes);
  const ss = new Uint8Array(ML_KEM_1024.sharedSecretBytes);
  const key = engine.prepareSeed(seed);
  key.publicKey(ek);
  key.expanded?.(dk);
  engine.preparePublic(ek).encapsulateWith?.(m, ct, ss);
  const decapsulate = (ciphertext: Uint8Array) => {
    const out = new Uint8Array(ML_KEM_1024.sharedSecretBytes);
    key.decapsulate(ciphertext, out);
    return out;
  };
  if (!equal(decapsulate(ct), ss)) throw new Error('decapsulation gives another secret than encapsulation');
  return { ek, dk, ct, ss, decapsulate };
}

/**
 * C2SP/CCTV, accumulated vectors, with the values of the final standard: BoringSSL's Iterate1024 (10 000 rounds), C2SP/CCTV's
 * issue 13 (1 000 000), and independent runs (the others).
 */
const ACCUMULATED: Readonly<Record<number, string>> = {
  10: 'e9f17641909d966e70ce0b84ce53c582d5e69db5644b12b20b9e86dbc4dabd9d',
  100: 'c3ffe9ebecfa479c142656cbfbc6417efa05b77e994fe538eef4daed166363df',
  1000: 'df23d235ef494a38b2de2deda2704bb1312dd88ef6987ec4fc6f08fe5963ed7f',
  10000: 'e3bf82b013307b2e9d47dde791ff6dfc82e694e6382404abdb948b908b75bad5',
  1000000: '6377c4f0ecfdb32e63f7b58227960828784fe0b3e0e5e5e9f77be300f003512a',
};

function accumulated(rounds: number): Fact<'kem'> {
  return {
    set: `facts/ml-kem-1024-accumulated-${rounds}`,
    rounds,
    expected: ACCUMULATED[rounds] as string,
    async run(engine, tools) {
      const source = tools.createShake128();
      const sum = tools.createShake128();
      for (let round = 1; round <= rounds; round++) {
        const seed = squeeze(source, ML_KEM_1024.seedBytes);
        const m = squeeze(source, ML_KEM_1024.messageBytes);
        const forged = squeeze(source, ML_KEM_1024.ciphertextBytes);
        const { ek, dk, ct, ss, decapsulate } = roundTrip(engine, seed, m);
        for (const part of [ek, dk, ct, ss, decapsulate(forged)]) sum.update(part);
        await tools.step(round);
      }
      return squeeze(sum, 32);
    },
  };
}

/** The KAT file of NIST's submission package, hashed: liboqs, PQClean and mlkem-native carry the values. */
function nistRecords(rounds: number, expected: string): Fact<'kem'> {
  return {
    set: `facts/ml-kem-1024-nist-drbg-${rounds}`,
    rounds,
    expected,
    async run(engine, tools) {
      const main = new NistDrbg(Uint8Array.from({ length: 48 }, (_, i) => i));
      const records: string[] = [];
      for (let count = 0; count < rounds; count++) {
        const seed = main.random(48);
        const drbg = new NistDrbg(seed);
        const coins = drbg.random(ML_KEM_1024.seedBytes);
        const { ek, dk, ct, ss } = roundTrip(engine, coins, drbg.random(ML_KEM_1024.messageBytes));
        const [s, pk, sk, c, k] = [seed, ek, dk, ct, ss].map((bytes) => toHex(bytes).toUpperCase());
        records.push(`count = ${count}\nseed = ${s}\npk = ${pk}\nsk = ${sk}\nct = ${c}\nss = ${k}\n`);
        await tools.step(count + 1);
      }
      return sha256Text(tools, records.join('\n'));
    },
  };
}

/** 100 runs whose coins are a chain of SHAKE-256: mlkem-native, `kat-sha256`. */
const SHAKE_CHAIN: Fact<'kem'> = {
  set: 'facts/ml-kem-1024-shake256-chain',
  rounds: 100,
  expected: 'f9c6e424f4593cca818493cfe2424178ed0caa2a3945dc1a57cbb5d99e18ad2d',
  async run(engine, tools) {
    let coins: Uint8Array = Uint8Array.from({ length: 64 }, (_, i) => 0x20 + i);
    const next = (tools: FactTools) => {
      const shake = tools.createShake256();
      shake.update(coins);
      coins = squeeze(shake, 96);
    };
    next(tools);
    let text = '';
    for (let round = 1; round <= this.rounds; round++) {
      next(tools);
      const { ek, dk, ct, ss } = roundTrip(engine, coins.subarray(0, 64), coins.subarray(64));
      text += `pk = ${toHex(ek)}\nsk = ${toHex(dk)}\nct = ${toHex(ct)}\nss = ${toHex(ss)}\n`;
      await tools.step(round);
    }
    return sha256Text(tools, text);
  },
};

/**
 * All facts about ML-KEM-1024.
 *
 * @param rounds - Rounds of the accumulated one; a key of the published values.
 */
export function kemFacts(rounds: number): readonly Fact<'kem'>[] {
  return [
    accumulated(rounds),
    nistRecords(1, 'f580d851e5fb27e6876e5e203fa18be4cdbfd49e05d48fec3d3992c8f43a13e6'),
    nistRecords(100, '81d1ae0468f62154885b6f2a293c0eb48f9339645357a88bbbc186c57ab0ace0'),
    SHAKE_CHAIN,
  ];
}
