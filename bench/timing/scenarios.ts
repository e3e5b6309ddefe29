/**
 * Pairs of classes whose timings must not differ. Both classes of a pair do the same work on as many keys and inputs, so that
 * caches treat them alike: a class with "one" key has it in as many copies as the other one has keys.
 *
 * @module
 */
import { randomFill } from '../../src/bytes.ts';
import type { KemEngine, SignEngine } from '../../src/engines/engine.ts';
import { ML_DSA_87, ML_KEM_1024 } from '../../src/params.ts';

/** Two classes, for a number of samples: then they are made anew. */
export interface Classes {
  /** Calls of each class; those with the same number are timed in turn. */
  readonly calls: readonly [readonly (() => void)[], readonly (() => void)[]];
  dispose(): void;
}

/** A pair of classes. */
export interface TimingScenario {
  readonly name: string;
  make(): Classes;
}

const random = (bytes: number) => randomFill(new Uint8Array(bytes));
/** Copies of one value. */
const same = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const many = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** Keys of a class: fewer than half of what the engine keeps expanded. */
const KEM_KEYS = 10;
const SIGN_KEYS = 4;
/**
 * As many inputs as a class is timed in a batch: where one lies in memory, and how long a message takes for public values, must
 * not count twice.
 */
const INPUTS = 2000;
const MU_BYTES = 64;

/** The same things in a random order. */
function shuffled<T>(things: readonly T[]): T[] {
  const order = things.map((thing) => ({ thing, rank: new DataView(random(4).buffer).getUint32(0) }));
  return order.sort((a, b) => a.rank - b.rank).map(({ thing }) => thing);
}

/** Pieces of one memory, in a random order: none of the classes has better places than the other. */
function places(count: number, bytes: number): Uint8Array[] {
  const memory = new Uint8Array(count * bytes);
  return shuffled(many(count, (i) => memory.subarray(i * bytes, (i + 1) * bytes)));
}

/** Valid ciphertexts, and ciphertexts with a bit changed. */
function validOrNot(kem: KemEngine): Classes {
  const key = kem.prepareSeed(random(ML_KEM_1024.seedBytes));
  const publicKey = new Uint8Array(ML_KEM_1024.publicKeyBytes);
  key.publicKey(publicKey);
  const recipient = kem.preparePublic(publicKey);
  const secret = new Uint8Array(ML_KEM_1024.sharedSecretBytes);
  const ciphertexts = places(2 * INPUTS, ML_KEM_1024.ciphertextBytes);
  const encapsulated = () => {
    const ciphertext = ciphertexts.pop() as Uint8Array;
    recipient.encapsulate(ciphertext, secret);
    return ciphertext;
  };
  const forged = () => {
    const ciphertext = encapsulated();
    const [low = 0, high = 0] = random(2);
    const at = (256 * high + low) % ciphertext.length;
    ciphertext[at] = (ciphertext[at] as number) ^ 1;
    return ciphertext;
  };
  const call = (ciphertext: Uint8Array) => () => key.decapsulate(ciphertext, secret);
  const calls = [many(INPUTS, encapsulated).map(call), many(INPUTS, forged).map(call)] as const;
  return {
    calls,
    dispose: () => {
      key.dispose();
      recipient.dispose();
    },
  };
}

/** One key, and random keys. */
function oneKeyOrMany(kem: KemEngine): Classes {
  const secret = new Uint8Array(ML_KEM_1024.sharedSecretBytes);
  const ciphertexts = places(2 * INPUTS, ML_KEM_1024.ciphertextBytes);
  const made: { dispose(): void }[] = [];
  const classes = [
    same(KEM_KEYS, random(ML_KEM_1024.seedBytes)),
    many(KEM_KEYS, () => random(ML_KEM_1024.seedBytes)),
  ].map((seeds) =>
    seeds.flatMap((seed) => {
      const key = kem.prepareSeed(seed);
      made.push(key);
      return many(INPUTS / KEM_KEYS, () => {
        const ciphertext = randomFill(ciphertexts.pop() as Uint8Array);
        return () => key.decapsulate(ciphertext, secret);
      });
    }),
  );
  return {
    calls: classes as unknown as Classes['calls'],
    dispose: () => {
      for (const key of made) key.dispose();
    },
  };
}

/** Time of the quickest of some calls. */
function quickest(call: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    call();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/**
 * One attempt of signing with one key, and with random keys. How many attempts a signature takes is public and is not what
 * is tested: messages are looked for that take one, which is what the quickest do.
 */
function oneAttempt(sign: SignEngine): Classes {
  const out = new Uint8Array(ML_DSA_87.signatureBytes);
  const made: { dispose(): void }[] = [];
  const seeds = [
    ...same(SIGN_KEYS, random(ML_DSA_87.seedBytes)).map((seed) => ({ which: 0, seed })),
    ...many(SIGN_KEYS, () => ({ which: 1, seed: random(ML_DSA_87.seedBytes) })),
  ];
  const classes: (() => () => void)[][] = [[], []];
  // In a random order: it decides where in the engine's memory a key lies.
  for (const { which, seed } of shuffled(seeds)) {
    const key = sign.prepareSeed(seed);
    made.push(key);
    const { signMu } = key;
    if (signMu === undefined) throw new Error('this engine signs no μ');
    classes[which]?.push(() => {
      const [mu, rnd] = [random(MU_BYTES), random(ML_DSA_87.rndBytes)];
      return () => signMu.call(key, mu, rnd, out);
    });
  }
  const candidates = classes.flat();
  // The time of one attempt: a quarter of all signatures take no more.
  const samples = many(20, () => candidates.map((candidate) => quickest(candidate()))).flat();
  const limit = 1.25 * Math.min(...samples);
  const found = (candidate: () => () => void) => {
    for (;;) {
      const call = candidate();
      if (quickest(call) <= limit) return call;
    }
  };
  const calls: (() => void)[][] = [[], []];
  const wanted = classes.flatMap((members, which) =>
    members.flatMap((member) => many(INPUTS / SIGN_KEYS, () => ({ which, member }))),
  );
  // In a random order too: what is made later lies elsewhere in the memory of JavaScript.
  for (const { which, member } of shuffled(wanted)) calls[which]?.push(found(member));
  return {
    calls: calls as unknown as Classes['calls'],
    dispose: () => {
      for (const key of made) key.dispose();
    },
  };
}

/** All pairs for an engine. */
export function timingScenarios(kem: KemEngine, sign: SignEngine): TimingScenario[] {
  return [
    { name: 'decapsulate: valid and forged ciphertexts', make: () => validOrNot(kem) },
    { name: 'decapsulate: one key and random keys', make: () => oneKeyOrMany(kem) },
    { name: 'sign, one attempt: one key and random keys', make: () => oneAttempt(sign) },
  ];
}
