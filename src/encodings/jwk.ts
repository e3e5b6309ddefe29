/**
 * AKP JSON Web Keys (RFC 9964 for ML-DSA; ML-KEM takes the same form) and sets of them (RFC 7517).
 *
 * @module
 */
import {
  checkArray,
  describe,
  equal,
  fromBase64Url,
  isBytes,
  isObject,
  readFrom,
  toBase64Url,
  wipe,
} from '../bytes.ts';
import { InputError } from '../errors.ts';
import { KemPrivateKey, KemPublicKey } from '../kem/index.ts';
import { isKemPublicKey } from '../kem/keys.ts';
import { type KeyAlgorithm, ML_DSA_87, ML_KEM_1024 } from '../params.ts';
import { SignPrivateKey, SignPublicKey } from '../sign/index.ts';
import { isSignPublicKey } from '../sign/keys.ts';

/** A public key of either algorithm. */
export type AnyPublicKey = KemPublicKey | SignPublicKey;
/** A private key of either algorithm. */
export type AnyPrivateKey = KemPrivateKey | SignPrivateKey;

/** A public key as JSON Web Key. */
export interface PublicJwk {
  readonly kty: 'AKP';
  readonly alg: KeyAlgorithm;
  /** Raw public key, base64url. */
  readonly pub: string;
  /** JWK thumbprint (RFC 7638), base64url. */
  readonly kid?: string;
  readonly use?: 'sig' | 'enc';
}

/** A private key as JSON Web Key: the public one and the seed. */
export interface PrivateJwk extends PublicJwk {
  /** Seed, base64url. */
  readonly priv: string;
}

/** A set of public keys (RFC 7517 §5). */
export interface PublicJwks {
  readonly keys: readonly PublicJwk[];
}

/** Most keys that a set may hold when it is read. */
const MAX_JWKS_KEYS = 10000;

/** Lets the errors of a key class name what the caller passed. */
export function withArgument<K>(argument: string, importKey: () => K): K {
  try {
    return importKey();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.code, argument, error.expected, error.got);
  }
}

/** A copy of a JWK, each member read once. Own members only: a JWK is data, and no prototype may answer for it. */
function checkObject(argument: string, value: unknown): Record<string, unknown> {
  const members = readFrom(argument, 'a JWK object', () =>
    isObject(value) && !Array.isArray(value) && !isBytes(value)
      ? { __proto__: null, ...(value as Record<string, unknown>) }
      : undefined,
  );
  if (members === undefined) {
    throw new InputError('ERR_INPUT_TYPE', argument, 'a JWK object', describe(value));
  }
  return members;
}

function member(argument: string, jwk: Record<string, unknown>, name: string): string {
  const value = jwk[name];
  if (typeof value !== 'string') {
    throw new InputError('ERR_INPUT_FORMAT', `${argument}.${name}`, 'a string', describe(value));
  }
  return value;
}

function readAlgorithm(argument: string, jwk: Record<string, unknown>): KeyAlgorithm {
  const kty = member(argument, jwk, 'kty');
  if (kty !== 'AKP') {
    throw new InputError(
      'ERR_INPUT_ALGORITHM',
      `${argument}.kty`,
      '"AKP" (RFC 9964)',
      `"${kty.slice(0, 32)}"`,
    );
  }
  const alg = member(argument, jwk, 'alg');
  if (alg !== ML_KEM_1024.name && alg !== ML_DSA_87.name) {
    throw new InputError(
      'ERR_INPUT_ALGORITHM',
      `${argument}.alg`,
      `"${ML_KEM_1024.name}" or "${ML_DSA_87.name}"`,
      `"${alg.slice(0, 32)}"`,
    );
  }
  return alg;
}

function readPublic(argument: string, jwk: Record<string, unknown>): AnyPublicKey {
  const alg = readAlgorithm(argument, jwk);
  const pub = fromBase64Url(member(argument, jwk, 'pub'), `${argument}.pub`);
  const keyClass = alg === ML_KEM_1024.name ? KemPublicKey : SignPublicKey;
  return withArgument(`${argument}.pub`, () => keyClass.fromBytes(pub));
}

/**
 * Writes a public key as JWK, with its thumbprint as key id.
 *
 * @param key - The key.
 * @returns A JWK, public.
 */
export function writePublicJwk(key: AnyPublicKey): Required<PublicJwk> {
  return {
    kty: 'AKP',
    alg: key.algorithm,
    pub: toBase64Url(key.toBytes()),
    kid: key.keyId,
    use: key.algorithm === ML_DSA_87.name ? 'sig' : 'enc',
  };
}

/**
 * Reads a public JWK. Members other than `kty`, `alg` and `pub` are ignored, but a private key is refused here.
 *
 * @param argument - The argument's name, for the error.
 * @param value - The JWK.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`, `ERR_INPUT_ALGORITHM`, `ERR_INPUT_LENGTH`,
 * `ERR_INPUT_KEY`.
 */
export function readPublicJwk(argument: string, value: unknown): AnyPublicKey {
  const jwk = checkObject(argument, value);
  if ('priv' in jwk) {
    throw new InputError('ERR_INPUT_FORMAT', argument, 'a public JWK', 'a private one (it has "priv")');
  }
  return readPublic(argument, jwk);
}

/**
 * Reads a private JWK and checks that its public part belongs to it.
 *
 * @param argument - The argument's name, for the error.
 * @param value - The JWK.
 * @throws {@link InputError} as {@link readPublicJwk}; `ERR_INPUT_KEY` when `pub` does not belong to `priv`.
 */
export function readPrivateJwk(argument: string, value: unknown): AnyPrivateKey {
  const jwk = checkObject(argument, value);
  const publicKey = readPublic(argument, jwk);
  const seed = fromBase64Url(member(argument, jwk, 'priv'), `${argument}.priv`);
  try {
    const isKem = publicKey.algorithm === ML_KEM_1024.name;
    const { seedBytes } = isKem ? ML_KEM_1024 : ML_DSA_87;
    if (seed.length !== seedBytes) {
      throw new InputError(
        'ERR_INPUT_LENGTH',
        `${argument}.priv`,
        `${seedBytes} bytes`,
        `${seed.length} bytes`,
      );
    }
    const key = isKem ? KemPrivateKey.fromSeed(seed) : SignPrivateKey.fromSeed(seed);
    if (!equal(key.publicKey.toBytes(), publicKey.toBytes())) {
      key.dispose();
      throw new InputError('ERR_INPUT_KEY', `${argument}.pub`, 'the public key of priv', 'another');
    }
    return key;
  } finally {
    wipe(seed);
  }
}

/**
 * Writes a JWK set (RFC 7517 §5) of public keys, each with its thumbprint as `kid`.
 *
 * @param keys - Public keys; one may be in it once only.
 * @returns The set.
 * @throws {@link InputError} `ERR_INPUT_TYPE` for what is no key, `ERR_INPUT_KEY` for a key that comes twice.
 * @example response.end(JSON.stringify(exportJwks([signer.publicKey, recipient.publicKey])));
 */
export function exportJwks(keys: readonly AnyPublicKey[]): PublicJwks {
  const seen = new Set<string>();
  const jwks = checkArray('keys', keys, 'an array of public keys', (name, key) => {
    if (!isKemPublicKey(key) && !isSignPublicKey(key)) {
      throw new InputError('ERR_INPUT_TYPE', name, 'a public key', describe(key));
    }
    if (seen.has(key.keyId)) {
      throw new InputError('ERR_INPUT_KEY', name, 'each key once', `key ${key.keyId} again`);
    }
    seen.add(key.keyId);
    return writePublicJwk(key);
  });
  return { keys: jwks };
}

/**
 * Reads a JWK set of public keys. Keys of other types and algorithms are passed over, as RFC 7517 §5 says; a key of ours
 * that is damaged, private, or there twice is an error.
 *
 * @param jwks - The set, as `JSON.parse` gives it; at most 10 000 keys.
 * @returns Our keys in it, by key id (thumbprint, whatever `kid` the set names).
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`, `ERR_INPUT_LENGTH`, `ERR_INPUT_KEY`.
 * @example const signer = importJwks(await response.json()).get(keyId);
 */
export function importJwks(jwks: unknown): Map<string, AnyPublicKey> {
  const list = checkObject('jwks', jwks)['keys'];
  const length = readFrom('jwks.keys', 'an array', () => (Array.isArray(list) ? list.length : undefined));
  if (length === undefined) throw new InputError('ERR_INPUT_FORMAT', 'jwks.keys', 'an array', describe(list));
  if (length > MAX_JWKS_KEYS) {
    throw new InputError('ERR_INPUT_LENGTH', 'jwks.keys', `at most ${MAX_JWKS_KEYS} keys`, `${length}`);
  }
  const keys = new Map<string, AnyPublicKey>();
  checkArray('jwks.keys', list, 'an array', (name, value) => {
    const jwk = checkObject(name, value);
    if (jwk['kty'] !== 'AKP' || (jwk['alg'] !== ML_KEM_1024.name && jwk['alg'] !== ML_DSA_87.name)) return;
    const key = readPublicJwk(name, jwk);
    if (keys.has(key.keyId)) {
      throw new InputError('ERR_INPUT_KEY', name, 'each key once', `key ${key.keyId} again`);
    }
    keys.set(key.keyId, key);
  });
  return keys;
}
