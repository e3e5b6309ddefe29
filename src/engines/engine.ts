/**
 * The contract between the library and whatever computes: synchronous work on raw bytes, results written to buffers
 * that the caller owns, keys prepared once and used often.
 *
 * An engine checks nothing but what its mathematics needs: lengths and types were checked above it. It never keeps a
 * reference to a buffer it was given, except where a method says so, and wipes what it allocates for secrets as far as
 * its runtime lets it.
 *
 * @module
 */

/** The parts of an engine; each is picked, tested and reported on its own. */
export type Family = 'hash' | 'aead' | 'kem' | 'sign';

/** All families, in the order in which they are reported. */
export const FAMILIES: readonly Family[] = ['hash', 'aead', 'kem', 'sign'];

/** The engines that exist. */
export type EngineName = 'node' | 'wasm' | 'noble';

/** What some engines can do beyond the basic operations of a family. */
export type Capability =
  /** Signing with given randomness, which includes deterministic signing. */
  | 'seeded-signing'
  /** Signing and verifying a 64-byte message representative μ computed elsewhere. */
  | 'external-mu'
  /** Encapsulating with a given `m`, for known-answer tests. */
  | 'seeded-encapsulation'
  /** Writing the expanded form of a private key. */
  | 'expanded-key'
  /** Extendable output that is read piece by piece. */
  | 'incremental-xof'
  /** What an operation computes with is zeroed after it (hash states, shared secrets), so that no copy of a secret is left behind. */
  | 'wiped-state';

/** Hashes beside SHA3-512 that standards around us ask for. */
export type DigestName = 'SHA-256' | 'SHA-512' | 'SHA3-256' | 'SHA3-512' | 'SHAKE256-512';

/** A hash computation under way. */
export interface Hasher {
  /** Absorbs bytes; the buffer is not kept. */
  update(data: Uint8Array): void;
  /** Writes the digest and ends the computation; the state is wiped as far as the engine can. */
  digest(out: Uint8Array): void;
  /** Abandons the computation and wipes the state as far as the engine can. */
  dispose(): void;
}

/** An extendable-output computation under way: absorb first, then squeeze as often as wanted. */
export interface Xof {
  /** Absorbs bytes; not allowed after the first squeeze. */
  update(data: Uint8Array): void;
  /** Fills the buffer with the next bytes of the output. */
  squeeze(out: Uint8Array): void;
  /** Wipes the state as far as the engine can. */
  dispose(): void;
}

/** SHA-3 and what the other parts need beside it. */
export interface HashEngine {
  readonly capabilities: ReadonlySet<Capability>;
  /** SHA3-512; `out` has 64 bytes. */
  sha3_512(data: Uint8Array, out: Uint8Array): void;
  /** Incremental SHA3-512. */
  createSha3_512(): Hasher;
  /** HMAC-SHA3-512; `out` has 64 bytes. */
  hmacSha3_512(key: Uint8Array, data: Uint8Array, out: Uint8Array): void;
  /** Incremental HMAC-SHA3-512. */
  createHmacSha3_512(key: Uint8Array): Hasher;
  /** HKDF-SHA3-512, extract and expand: 1 to 16 320 bytes, in memory that nothing else uses. */
  hkdfSha3_512(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array;
  /** A hash that a standard around us asks for (thumbprints, the checks of FIPS 203, HashML-DSA). */
  digest(name: DigestName, data: Uint8Array): Uint8Array;
  /** Incremental SHAKE256 with a fixed output length, for μ of FIPS 204. */
  createShake256(outputBytes: number): Hasher;
  /** SHAKE as a stream, where the engine has `incremental-xof`. */
  createXof?(bits: 128 | 256): Xof;
}

/** An AES-256-GCM key ready for use. */
export interface PreparedAeadKey {
  /** Writes ciphertext and 16-byte tag; `out` has `plaintext.length + 16` bytes and may not overlap the input. */
  seal(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, out: Uint8Array): void;
  /**
   * Ciphertext and tag, for an engine that allocates its results itself and can make them longer: a tenth of the time of
   * sealing 64 KiB.
   */
  sealNew?(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /**
   * Writes the plaintext and says whether the tag was right; when it was not, `out` is left zeroed.
   * `sealed` is ciphertext and tag; `out` has `sealed.length - 16` bytes.
   */
  open(nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array, out: Uint8Array): boolean;
  /**
   * The same, for an engine that allocates its results itself: handing one over spares a copy, a quarter of the time of
   * opening 1 KiB. Ciphertext and tag begin at `offset` in `sealed`. Undefined when the tag was wrong.
   */
  openNew?(nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array, offset: number): Uint8Array | undefined;
  /** Lets go of the key and wipes the engine's copies as far as it can. */
  dispose(): void;
}

/** AES-256-GCM. */
export interface AeadEngine {
  readonly capabilities: ReadonlySet<Capability>;
  /** Prepares a key for many operations. The 32 bytes are copied. */
  prepare(key: Uint8Array): PreparedAeadKey;
  /**
   * Prepares a key that leaves no copy behind: the engine *refers* to the caller's 32 bytes and keeps none of its own
   * past each call, so that wiping the buffer ends the key. Slower than {@link prepare} on some runtimes.
   */
  prepareTransient(key: Uint8Array): PreparedAeadKey;
}

/** An ML-KEM-1024 encapsulation key ready for use. */
export interface PreparedKemPublicKey {
  /** FIPS 203 algorithm 20 with fresh randomness; fills 1568 and 32 bytes. */
  encapsulate(ciphertext: Uint8Array, sharedSecret: Uint8Array): void;
  /** Algorithm 17 with a given `m`, where the engine has `seeded-encapsulation`. */
  encapsulateWith?(m: Uint8Array, ciphertext: Uint8Array, sharedSecret: Uint8Array): void;
  dispose(): void;
}

/** An ML-KEM-1024 decapsulation key ready for use. */
export interface PreparedKemPrivateKey {
  /** Writes the 1568-byte encapsulation key. */
  publicKey(out: Uint8Array): void;
  /** FIPS 203 algorithm 21; a forged ciphertext gives the implicit-rejection secret. */
  decapsulate(ciphertext: Uint8Array, sharedSecret: Uint8Array): void;
  /** Writes the 3168-byte expanded key, where the engine has `expanded-key`. */
  expanded?(out: Uint8Array): void;
  dispose(): void;
}

/** ML-KEM-1024. Keys that do not fit FIPS 203 were refused above; an engine may throw on them. */
export interface KemEngine {
  readonly capabilities: ReadonlySet<Capability>;
  preparePublic(publicKey: Uint8Array): PreparedKemPublicKey;
  prepareSeed(seed: Uint8Array): PreparedKemPrivateKey;
  prepareExpanded(expandedKey: Uint8Array): PreparedKemPrivateKey;
  /** Draws a key itself and writes its 64-byte seed, where that is faster than importing a seed drawn by the caller. */
  generate?(seed: Uint8Array): PreparedKemPrivateKey;
}

/** An ML-DSA-87 public key ready for use. */
export interface PreparedSignPublicKey {
  /** FIPS 204 algorithm 3. Any signature bytes of any length: a bad one is `false`, never an exception. */
  verify(message: Uint8Array, context: Uint8Array, signature: Uint8Array): boolean;
  /** Algorithm 8 with a given μ, where the engine has `external-mu`. */
  verifyMu?(mu: Uint8Array, signature: Uint8Array): boolean;
  /** Algorithm 8 on a formatted message M′, for known-answer tests. */
  verifyInternal?(formatted: Uint8Array, signature: Uint8Array): boolean;
  dispose(): void;
}

/** An ML-DSA-87 private key ready for use. */
export interface PreparedSignPrivateKey {
  /** Writes the 2592-byte public key. */
  publicKey(out: Uint8Array): void;
  /** FIPS 204 algorithm 2, hedged; fills 4627 bytes. */
  sign(message: Uint8Array, context: Uint8Array, out: Uint8Array): void;
  /** The same with given `rnd` (32 zero bytes: deterministic), where the engine has `seeded-signing`. */
  signWith?(message: Uint8Array, context: Uint8Array, rnd: Uint8Array, out: Uint8Array): void;
  /** Signs a given μ with given `rnd`, where the engine has `external-mu`. */
  signMu?(mu: Uint8Array, rnd: Uint8Array, out: Uint8Array): void;
  /** Algorithm 7 on a formatted message M′ with given `rnd`, for known-answer tests. */
  signInternal?(formatted: Uint8Array, rnd: Uint8Array, out: Uint8Array): void;
  /** Writes the 4896-byte expanded key, where the engine has `expanded-key`. */
  expanded?(out: Uint8Array): void;
  dispose(): void;
}

/** ML-DSA-87. */
export interface SignEngine {
  readonly capabilities: ReadonlySet<Capability>;
  preparePublic(publicKey: Uint8Array): PreparedSignPublicKey;
  prepareSeed(seed: Uint8Array): PreparedSignPrivateKey;
  /**
   * Prepares an expanded key and checks it whole: s1 and s2 in range, `tr` and `t0` as they follow from the rest.
   * Throws when it is not one that FIPS 204 algorithm 6 could have made (signing with such a key might never end).
   */
  prepareExpanded(expandedKey: Uint8Array): PreparedSignPrivateKey;
}

/**
 * An engine. A family that the runtime cannot do is absent, with the reason in `absent`. What a runtime offers is
 * found out by trying, on the first call of the accessor, never by a version number.
 */
export interface Engine {
  readonly name: EngineName;
  hash(): HashEngine | Absent;
  aead(): AeadEngine | Absent;
  kem(): KemEngine | Absent;
  sign(): SignEngine | Absent;
}

/** Why an engine does not offer a family here. */
export class Absent {
  readonly reason: string;

  /** @param reason - What the runtime lacks. */
  constructor(reason: string) {
    this.reason = reason;
  }
}

/** The engine type of each family. */
export interface FamilyEngines {
  hash: HashEngine;
  aead: AeadEngine;
  kem: KemEngine;
  sign: SignEngine;
}
