/**
 * Every size, identifier and algorithm name, written once.
 *
 * Sources: FIPS 203 table 3, FIPS 204 table 2, SP 800-38D, FIPS 202, RFC 9881, RFC 9935, RFC 9964, RFC 9180.
 *
 * @module
 */

/** ML-KEM-1024 (FIPS 203). Sizes in bytes. */
export const ML_KEM_1024 = {
  name: 'ML-KEM-1024',
  /** NIST arc (RFC 9935). */
  oid: '2.16.840.1.101.3.4.4.3',
  /** `d || z`. */
  seedBytes: 64,
  publicKeyBytes: 1568,
  /** `dkPKE || ek || H(ek) || z`. */
  expandedKeyBytes: 3168,
  ciphertextBytes: 1568,
  sharedSecretBytes: 32,
  /** Randomness `m` of one encapsulation. */
  messageBytes: 32,
  /** Rank of the module. */
  k: 4,
  /** Modulus of the coefficients. */
  q: 3329,
  /**
   * DER around a key of known size is a constant prefix (RFC 9935): SubjectPublicKeyInfo, PKCS#8 with the seed
   * (`[0] OCTET STRING`), PKCS#8 with the expanded key (`OCTET STRING`).
   */
  der: {
    spki: '30820632300b06096086480165030404030382062100',
    pkcs8Seed: '3054020100300b060960864801650304040304428040',
    pkcs8Expanded: '30820c78020100300b060960864801650304040304820c6404820c60',
  },
  /** HPKE KEM identifier (IANA HPKE registry, draft-ietf-hpke-pq). */
  hpkeId: 0x0042,
} as const;

/** ML-DSA-87 (FIPS 204). Sizes in bytes. */
export const ML_DSA_87 = {
  name: 'ML-DSA-87',
  /** NIST arc, RFC 9881. */
  oid: '2.16.840.1.101.3.4.3.19',
  /** ξ. */
  seedBytes: 32,
  publicKeyBytes: 2592,
  /** `rho || K || tr || s1 || s2 || t0`. */
  expandedKeyBytes: 4896,
  signatureBytes: 4627,
  /** Randomness of one hedged signature. */
  rndBytes: 32,
  /** The message representative μ. */
  muBytes: 64,
  /** `tr = SHAKE256(pk)`. */
  trBytes: 64,
  /** Longest context string. */
  maxContextBytes: 255,
  /** The same constant prefixes as those of ML-KEM-1024 (RFC 9881). */
  der: {
    spki: '30820a32300b060960864801650304031303820a2100',
    pkcs8Seed: '3034020100300b060960864801650304031304228020',
    pkcs8Expanded: '30821338020100300b06096086480165030403130482132404821320',
  },
} as const;

/** AES-256-GCM with 96-bit nonces and 128-bit tags (SP 800-38D). Sizes in bytes. */
export const AES_256_GCM = {
  name: 'AES-256-GCM',
  keyBytes: 32,
  nonceBytes: 12,
  tagBytes: 16,
  /** Invocations with random nonces under one key, SP 800-38D §8.3. */
  maxRandomNonceUses: 2 ** 32,
  /** Longest plaintext of one invocation, SP 800-38D §5.2.1.1: 2^39 − 256 bits. */
  maxPlaintextBytes: 2 ** 36 - 32,
  /** HPKE AEAD identifier, RFC 9180 §7.3. */
  hpkeId: 0x0002,
} as const;

/** SHA3-512 (FIPS 202). Sizes in bytes. */
export const SHA3_512 = {
  name: 'SHA3-512',
  digestBytes: 64,
  /** Rate of the sponge: 1600 − 1024 bits. */
  blockBytes: 72,
} as const;

/** HKDF-SHA512, the KDF of the envelope (RFC 9180 §7.2). */
export const HKDF_SHA512 = { name: 'HKDF-SHA512', hpkeId: 0x0003 } as const;

/** The asymmetric algorithms of this library, by their JOSE and FIPS name. */
export type KeyAlgorithm = typeof ML_KEM_1024.name | typeof ML_DSA_87.name;
