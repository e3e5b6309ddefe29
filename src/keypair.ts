/**
 * What key pairs of every algorithm have in common: raw bytes and a key id on the public side, a seed or an expanded key
 * on the private side.
 *
 * @module
 */
import { equal, isObject, toBase64Url, utf8 } from './bytes.ts';
import { engine } from './engines/index.ts';
import { InputError } from './errors.ts';
import type { KeyAlgorithm } from './params.ts';
import { INSPECT, REDACTED, type SecretBytes, SecretHolder } from './secret.ts';

/** Bytes of a key id in binary formats. */
export const KEY_THUMBPRINT_BYTES = 32;

/**
 * Thumbprint of a public key: SHA-256 over `{"alg":…,"kty":"AKP","pub":…}`, the required members in lexicographic order.
 *
 * RFC 7638 §3, RFC 9964 §6.
 *
 * @param algorithm - JOSE name.
 * @param publicKey - Raw public key.
 * @returns 32 bytes.
 */
export function keyThumbprint(algorithm: KeyAlgorithm, publicKey: Uint8Array): Uint8Array {
  const members = JSON.stringify({ alg: algorithm, kty: 'AKP', pub: toBase64Url(publicKey) });
  return engine('hash').digest('SHA-256', utf8(members));
}

/** A public key: raw bytes that were checked, and the id by which it is known. */
export abstract class PublicKey {
  /** JOSE and FIPS name of the algorithm. */
  abstract readonly algorithm: KeyAlgorithm;
  readonly #bytes: Uint8Array;
  #thumbprint: Uint8Array | undefined;

  /** @param bytes - The raw key, taken over. */
  protected constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @returns A copy of the raw key. */
  toBytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  /** The key's JWK thumbprint (RFC 7638, SHA-256), base64url. */
  get keyId(): string {
    return toBase64Url(this.thumbprint());
  }

  /** @returns The bytes of {@link keyId}: 32, a copy. */
  thumbprint(): Uint8Array {
    this.#thumbprint ??= keyThumbprint(this.algorithm, this.#bytes);
    return Uint8Array.from(this.#thumbprint);
  }

  /**
   * @param other - Another key.
   * @returns Whether both are the same key of the same algorithm.
   */
  equals(other: PublicKey): boolean {
    return (
      isObject(other) &&
      #bytes in other &&
      this.algorithm === other.algorithm &&
      equal(this.#bytes, other.#bytes)
    );
  }

  /** @internal */
  [INSPECT](): string {
    return `${this.constructor.name} { algorithm: '${this.algorithm}', keyId: '${this.keyId}' }`;
  }
}

/** What a private key is made of: its seed, or the expanded form where the seed is not known. */
export type KeyMaterial = { readonly seed: SecretBytes } | { readonly expandedKey: SecretBytes };

let readMaterial: (key: PrivateKey) => KeyMaterial;

/** A private key: key material that is wiped on disposal. */
export abstract class PrivateKey extends SecretHolder {
  /** JOSE and FIPS name of the algorithm. */
  abstract readonly algorithm: KeyAlgorithm;
  /** The public half. */
  abstract readonly publicKey: PublicKey;
  readonly #material: KeyMaterial;
  #disposed = false;

  static {
    readMaterial = (key) => key.#material;
  }

  /** @param material - Seed or expanded key, taken over. */
  protected constructor(material: KeyMaterial) {
    super();
    this.#material = material;
  }

  /** Whether the key was disposed. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** Whether the seed is known, so that the key can be written in its standard form. */
  get hasSeed(): boolean {
    return 'seed' in this.#material;
  }

  /** Wipes the key as far as the engine can. Further calls do nothing. */
  override dispose(): void {
    this.#disposed = true;
    ('seed' in this.#material ? this.#material.seed : this.#material.expandedKey).dispose();
  }

  /** @internal */
  override [INSPECT](): string {
    return `${this.constructor.name} { algorithm: '${this.algorithm}', ${REDACTED} }`;
  }
}

/**
 * Seed or expanded key in the clear, still owned by the key object.
 *
 * @throws {@link InputError} `ERR_INPUT_DISPOSED`.
 * @internal
 */
export function keyMaterial(argument: string, key: PrivateKey): KeyMaterial {
  if (key.disposed) throw new InputError('ERR_INPUT_DISPOSED', argument, 'a live key', 'a disposed one');
  return readMaterial(key);
}
