/**
 * A directory that was verified. There is no other way to one, so a value of this class is to be trusted as much as the pin
 * that it was followed from.
 *
 * @module
 */
import { checkInternal, describe, INTERNAL, isObject } from '../../bytes.ts';
import { exportJwks, type PublicJwks } from '../../encodings/jwk.ts';
import { InputError } from '../../errors.ts';
import type { SignPublicKey } from '../../sign/index.ts';
import type { DirectoryHead } from './format.ts';
import type { DirectoryKey } from './key.ts';

/** An identity that is known: by its key id, and by its generation where that is known too. */
export interface IdentityPin {
  /** JWK thumbprint (RFC 7638), base64url. */
  readonly keyId: string;
  /** 1 for the first key of the identity. Tells a key that is too old from a forged directory. */
  readonly generation?: number;
}

/** The identity that signed a directory: what to pin from now on. */
export interface DirectoryIdentity extends Required<IdentityPin> {
  readonly publicKey: SignPublicKey;
}

/** What a {@link KeyDirectory} is made of. */
export interface DirectoryParts extends DirectoryHead {
  readonly identity: DirectoryIdentity;
  readonly followed: number;
  readonly keys: readonly DirectoryKey[];
  readonly digest: Uint8Array;
}

function checkText(argument: string, value: unknown): void {
  if (typeof value !== 'string')
    throw new InputError('ERR_INPUT_TYPE', argument, 'a string', describe(value));
}

let isDirectory: (value: object) => boolean;
let makeDirectory: (parts: DirectoryParts) => KeyDirectory;

/** A verified key directory: the keys of a service, and the identity that answers for them. */
export class KeyDirectory implements DirectoryHead {
  /** Name of the identity's key. */
  readonly name: string;
  /** The identity that signed it; pin this one from now on. */
  readonly identity: DirectoryIdentity;
  /** Grows with each directory. */
  readonly sequence: number;
  /** When it was signed, milliseconds since the Unix epoch. */
  readonly issuedAtMs: number;
  /** When it is to be trusted no longer, milliseconds since the Unix epoch. */
  readonly expiresAtMs: number;
  /** All keys, by name and generation. */
  readonly keys: readonly DirectoryKey[];
  /** How many links were followed from the pinned identity to this one. */
  readonly followed: number;
  readonly #digest: Uint8Array;
  readonly #byKeyId: ReadonlyMap<string, DirectoryKey>;

  static {
    isDirectory = (value) => #byKeyId in value;
    makeDirectory = (parts) => new KeyDirectory(INTERNAL, parts);
  }

  private constructor(token: typeof INTERNAL, parts: DirectoryParts) {
    checkInternal(token, 'KeyDirectory');
    this.name = parts.name;
    this.identity = Object.freeze(parts.identity);
    this.sequence = parts.sequence;
    this.issuedAtMs = parts.issuedAtMs;
    this.expiresAtMs = parts.expiresAtMs;
    this.keys = Object.freeze([...parts.keys]);
    this.followed = parts.followed;
    this.#digest = parts.digest;
    this.#byKeyId = new Map(parts.keys.map((key) => [key.publicKey.keyId, key]));
    Object.freeze(this);
  }

  /** @returns SHA3-512 of its bytes: 64, a copy. */
  digest(): Uint8Array {
    return Uint8Array.from(this.#digest);
  }

  /**
   * The key that has an id, whatever its state.
   *
   * @param keyId - JWK thumbprint (RFC 7638), base64url.
   * @returns The key; undefined when there is none.
   * @throws {@link InputError} `ERR_INPUT_TYPE`.
   */
  find(keyId: string): DirectoryKey | undefined {
    checkText('keyId', keyId);
    return this.#byKeyId.get(keyId);
  }

  /**
   * The newest active generation of a name.
   *
   * @param name - Name of a key.
   * @returns The key; undefined when there is none.
   * @throws {@link InputError} `ERR_INPUT_TYPE`.
   * @example const recipient = directory.active('inbox')?.publicKey;
   */
  active(name: string): DirectoryKey | undefined {
    checkText('name', name);
    return this.keys.findLast(({ ref, state }) => ref.name === name && state === 'active');
  }

  /** @returns The keys that may be used, as a JWK set: pending, active and retired ones. */
  jwks(): PublicJwks {
    const usable = this.keys.filter(({ state }) => state !== 'suspended' && state !== 'compromised');
    return exportJwks(usable.map(({ publicKey }) => publicKey));
  }
}

/** Whether a value is a verified directory; nothing that only looks like one is. */
export function checkDirectory(argument: string, value: unknown): asserts value is KeyDirectory {
  if (isObject(value) && isDirectory(value)) return;
  throw new InputError('ERR_INPUT_TYPE', argument, 'a KeyDirectory from verifyDirectory', describe(value));
}

/**
 * A directory whose signatures were verified.
 *
 * @param parts - What it says.
 */
export function verifiedDirectory(parts: DirectoryParts): KeyDirectory {
  return makeDirectory(parts);
}
