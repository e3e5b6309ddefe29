/**
 * Facts about ML-DSA-87.
 *
 * @module
 */
import { toHex } from '../bytes.ts';
import type { PreparedSignPrivateKey, SignEngine } from '../engines/engine.ts';
import { ML_DSA_87 } from '../params.ts';
import { type Fact, sha256Text, squeeze } from './fact.ts';
import { NistDrbg, Surf } from './generators.ts';

const EMPTY = new Uint8Array(0);
const DETERMINISTIC = new Uint8Array(ML_DSA_87.rndBytes);

/** A key pair that signs with given randomness and the empty context, and verifies what it signs. */
class Signer {
  readonly pk = new Uint8Array(ML_DSA_87.publicKeyBytes);
  readonly sk = new Uint8Array(ML_DSA_87.expandedKeyBytes);
  readonly #engine: SignEngine;
  readonly #key: PreparedSignPrivateKey;

  constructor(engine: SignEngine, seed: Uint8Array) {
    this.#engine = engine;
    this.#key = engine.prepareSeed(seed);
    this.#key.publicKey(this.pk);
    this.#key.expanded?.(this.sk);
  }

  sign(message: Uint8Array, rnd: Uint8Array): Uint8Array {
    const signature = new Uint8Array(ML_DSA_87.signatureBytes);
    this.#key.signWith?.(message, EMPTY, rnd, signature);
    if (!this.#engine.preparePublic(this.pk).verify(message, EMPTY, signature)) {
      throw new Error('a signature does not verify');
    }
    return signature;
  }
}

/** C2SP/CCTV, accumulated vectors: 100 and 10 000 rounds are published there, the others are independent runs. */
const ACCUMULATED: Readonly<Record<number, string>> = {
  10: '648f7336b336480f77cd5694fe6a3eac73a12dc6f83d7e819af0a83f9c11886f',
  100: '8c3ad714777622b8f21ce31bb35f71394f23bc0fcf3c78ace5d608990f3b061b',
  1000: '842009cabe9aa4b4cf3cbb16f6428e5264da92b91ddc42270e5494b612cd9e1f',
  10000: '80a8cf39317f7d0be0e24972c51ac152bd2a3e09bc0c32ce29dd82c4e7385e60',
};

function accumulated(rounds: number): Fact<'sign'> {
  return {
    set: `facts/ml-dsa-87-accumulated-${rounds}`,
    rounds,
    expected: ACCUMULATED[rounds] as string,
    async run(engine, tools) {
      const source = tools.createShake128();
      const sum = tools.createShake128();
      for (let round = 1; round <= rounds; round++) {
        const signer = new Signer(engine, squeeze(source, ML_DSA_87.seedBytes));
        sum.update(signer.pk);
        sum.update(signer.sign(EMPTY, DETERMINISTIC));
        await tools.step(round);
      }
      return squeeze(sum, 32);
    },
  };
}

/** The KAT file of NIST's submission package, hashed, with hedged signatures: liboqs, PQClean and mldsa-native. */
function nistRecords(rounds: number, expected: string): Fact<'sign'> {
  return {
    set: `facts/ml-dsa-87-nist-drbg-${rounds}`,
    rounds,
    expected,
    async run(engine, tools) {
      const main = new NistDrbg(Uint8Array.from({ length: 48 }, (_, i) => i));
      const records: string[] = [];
      for (let count = 0; count < rounds; count++) {
        const seed = main.random(48);
        const message = main.random(33 * (count + 1));
        const drbg = new NistDrbg(seed);
        const signer = new Signer(engine, drbg.random(ML_DSA_87.seedBytes));
        const signature = signer.sign(message, drbg.random(ML_DSA_87.rndBytes));
        const hex = (bytes: Uint8Array) => toHex(bytes).toUpperCase();
        records.push(
          `count = ${count}\nseed = ${hex(seed)}\nmlen = ${message.length}\nmsg = ${hex(message)}\n` +
            `pk = ${hex(signer.pk)}\nsk = ${hex(signer.sk)}\n` +
            `smlen = ${signature.length + message.length}\nsm = ${hex(signature)}${hex(message)}\n`,
        );
        await tools.step(count + 1);
      }
      return sha256Text(tools, records.join('\n'));
    },
  };
}

const SURF_MESSAGE_LENGTHS = [0, 1, 4, 16, 64, 256, 1024];

/** Key pairs and pairs of hedged signatures drawn from SURF: PQClean `testvectors-sha256`, mldsa-native `kat-sha256`. */
const SURF: Fact<'sign'> = {
  set: 'facts/ml-dsa-87-surf',
  rounds: SURF_MESSAGE_LENGTHS.length,
  expected: '93029142bf62f67ae3df0d31c2fccf8c9fa1e61ab388048e1b3faeb9451a61ce',
  async run(engine, tools) {
    const surf = new Surf();
    let text = '';
    for (const [index, length] of SURF_MESSAGE_LENGTHS.entries()) {
      const message = surf.random(length);
      const signer = new Signer(engine, surf.random(ML_DSA_87.seedBytes));
      const attached = toHex(signer.sign(message, surf.random(ML_DSA_87.rndBytes))) + toHex(message);
      const detached = toHex(signer.sign(message, surf.random(ML_DSA_87.rndBytes)));
      text += `${toHex(signer.pk)}\n${toHex(signer.sk)}\n${attached}\n${detached}\n`;
      await tools.step(index + 1);
    }
    return sha256Text(tools, text);
  },
};

/**
 * All facts about ML-DSA-87.
 *
 * @param rounds - Rounds of the accumulated one; a key of the published values.
 */
export function signFacts(rounds: number): readonly Fact<'sign'>[] {
  return [
    accumulated(rounds),
    nistRecords(1, '4537905d2aabcf302fab2f242baed293459ecda7c230e6a67063b02c7e2840ed'),
    nistRecords(100, '12382114979d5b64436aebfe6db02d61c07859429233105e936752cb77cc585a'),
    SURF,
  ];
}
