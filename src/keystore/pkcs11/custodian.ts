/**
 * The custodian that is a token. Where it has an algorithm, the key is made and used inside, and never comes out. Where it has
 * not, the seed is sealed by a key of its own inside the token, which cannot be read either, and is in this process's memory
 * while it is in use.
 *
 * @module
 */
import { concat, copySecret, equal, utf8, wipe } from '../../bytes.ts';
import type { AnyPublicKey } from '../../encodings/index.ts';
import { KeyStoreError } from '../../errors.ts';
import { sha3_512 } from '../../hash/index.ts';
import { encapsulate, KemPublicKey } from '../../kem/index.ts';
import { AES_256_GCM, ML_DSA_87, ML_KEM_1024 } from '../../params.ts';
import { SignPublicKey, verify } from '../../sign/index.ts';
import type { Custodian, KeyHandle, LiveKey, NewKey, SealedParts } from '../custodian.ts';
import type { Custody, KeystoreAlgorithm } from '../keystore.ts';
import { drawKey, liveFromSeed, privateKeyFrom } from '../software.ts';
import { capability, custodyIn } from './capabilities.ts';
import { has } from './capability.ts';
import { openInToken, openOrRefuse, sealInToken } from './gcm.ts';
import type { Intents } from './intents.ts';
import { decapsulateInToken } from './kem.ts';
import {
  destroyObjects,
  findObject,
  generateObject,
  importObject,
  type ObjectName,
  objectName,
  proveObject,
} from './objects.ts';
import type { IvSource } from './quirks.ts';
import type { Session, Token } from './token.ts';
import { copyOf, withPointer } from './values.ts';

/** First byte of what is kept of a sealed key: nonce (12), ciphertext and tag follow. */
const SEALED_VERSION = 1;

const EMPTY = new Uint8Array(0);

/** The algorithms with a public key. */
type PairAlgorithm = Exclude<KeystoreAlgorithm, typeof AES_256_GCM.name>;

/** What a sealed seed is bound to: version, algorithm, id, hash of the public key. */
function sealedAad(
  id: Uint8Array,
  algorithm: KeystoreAlgorithm,
  publicKey: AnyPublicKey | undefined,
): Uint8Array {
  const name = utf8(algorithm);
  const hash = sha3_512(publicKey?.toBytes() ?? EMPTY);
  return concat(Uint8Array.of(SEALED_VERSION, name.length), name, id, hash);
}

function readPublicKey(algorithm: PairAlgorithm, raw: Uint8Array): AnyPublicKey {
  return algorithm === ML_KEM_1024.name ? KemPublicKey.fromBytes(raw) : SignPublicKey.fromBytes(raw);
}

/** Holds keys in, or under, a token. */
export class TokenCustodian implements Custodian {
  readonly #token: Token;
  readonly #label: string;
  readonly #intents: Intents;
  /** Found out with the first key that seals. */
  #ivSource: IvSource | undefined;

  /**
   * @param token - Open; taken over.
   * @param label - CKA_LABEL of new objects.
   * @param intents - Where it is noted what is about to be made.
   */
  constructor(token: Token, label: string, intents: Intents) {
    this.#token = token;
    this.#label = label;
    this.#intents = intents;
  }

  custodyOf(algorithm: KeystoreAlgorithm): Promise<Custody> {
    return custodyIn(this.#token, algorithm);
  }

  async create(
    id: Uint8Array,
    algorithm: KeystoreAlgorithm,
    secret: Uint8Array | undefined,
    rootSeed?: Uint8Array,
  ): Promise<NewKey> {
    const custody = await this.custodyOf(algorithm);
    await (rootSeed === undefined ? this.#intents.write('made', id) : this.#intents.writeRoot(rootSeed));
    try {
      if (custody === 'sealed') return await this.#createSealed(id, algorithm as PairAlgorithm, secret);
      if (secret === undefined) return await this.#generate(id, algorithm);
      return await this.#import(id, algorithm, secret);
    } catch (error) {
      // Nobody will ever ask for it.
      await this.destroy({ id }).catch(() => {});
      throw error;
    }
  }

  async load(handle: KeyHandle): Promise<LiveKey> {
    if (handle.custody === 'sealed') return this.#loadSealed(handle);
    const { id, algorithm } = handle;
    // Told now when it is not there.
    const object = objectName(algorithm, id);
    await this.#token.run((session) => void findObject(session, object));
    switch (algorithm) {
      case AES_256_GCM.name:
        return this.#liveAead(object);
      case ML_KEM_1024.name:
        return this.#liveKem(object);
      default:
        return this.#liveSign(object);
    }
  }

  async destroy({ id }: { readonly id: Uint8Array }): Promise<void> {
    await this.#token.change((session) => destroyObjects(session, id));
    await this.#intents.remove(id);
  }

  close(): Promise<void> {
    return this.#token.close();
  }

  #options(id: Uint8Array) {
    return { id, label: this.#label, persistent: true };
  }

  /** Makes a key inside. Repeating it replaces what the first try left. */
  async #generate(id: Uint8Array, algorithm: KeystoreAlgorithm): Promise<NewKey> {
    const raw = await this.#token.change((session) => {
      destroyObjects(session, id);
      const { publicKey } = generateObject(session, algorithm, this.#options(id));
      proveObject(session, algorithm, id);
      return publicKey;
    });
    const publicKey = raw && algorithm !== AES_256_GCM.name ? readPublicKey(algorithm, raw) : undefined;
    await this.#checkPair(id, publicKey);
    return { custody: 'in-token', publicKey, protection: EMPTY, secret: EMPTY };
  }

  async #import(id: Uint8Array, algorithm: KeystoreAlgorithm, secret: Uint8Array): Promise<NewKey> {
    await this.#token.change((session) => {
      destroyObjects(session, id);
      try {
        importObject(session, algorithm, this.#options(id), secret);
      } catch (error) {
        throw explainImport(error, algorithm);
      }
      proveObject(session, algorithm, id);
    });
    let publicKey: AnyPublicKey | undefined;
    if (algorithm !== AES_256_GCM.name) {
      using key = privateKeyFrom(algorithm, secret);
      publicKey = key.publicKey;
    }
    await this.#checkPair(id, publicKey);
    return { custody: 'in-token', publicKey, protection: EMPTY, secret: EMPTY };
  }

  /** Uses both halves of a new pair together, before anybody relies on them (FIPS 140-3 calls it pairwise consistency). */
  async #checkPair(id: Uint8Array, publicKey: AnyPublicKey | undefined): Promise<void> {
    let isConsistent = true;
    if (publicKey instanceof SignPublicKey) {
      const signature = await this.#sign(objectName(ML_DSA_87.name, id), id, EMPTY, false);
      isConsistent = verify(publicKey, id, signature);
    } else if (publicKey instanceof KemPublicKey) {
      const { ciphertext, sharedSecret } = encapsulate(publicKey);
      using expected = sharedSecret;
      const secret = await this.#decapsulate(objectName(ML_KEM_1024.name, id), ciphertext);
      isConsistent = equal(secret, expected.expose());
      wipe(secret);
    }
    if (!isConsistent) {
      throw new KeyStoreError(
        'ERR_KEYSTORE_TOKEN',
        'the token made a key whose halves do not fit each other',
      );
    }
  }

  /** A key of its own seals the seed of each generation: destroying the one destroys the other, wherever copies of it are. */
  async #createSealed(
    id: Uint8Array,
    algorithm: PairAlgorithm,
    given: Uint8Array | undefined,
  ): Promise<NewKey> {
    const seed = given ?? drawKey(algorithm);
    try {
      using key = privateKeyFrom(algorithm, seed);
      const { publicKey } = key;
      await this.#token.change((session) => {
        destroyObjects(session, id);
        generateObject(session, AES_256_GCM.name, this.#options(id));
        proveObject(session, AES_256_GCM.name, id);
      });
      const { nonce, sealed } = await this.seal(id, sealedAad(id, algorithm, publicKey), seed);
      const secret = concat(Uint8Array.of(SEALED_VERSION), nonce, sealed);
      return { custody: 'sealed', publicKey, protection: EMPTY, secret };
    } finally {
      if (given === undefined) wipe(seed);
    }
  }

  async secretOf(handle: KeyHandle): Promise<Uint8Array | undefined> {
    if (handle.custody !== 'sealed') return undefined;
    const seed = await this.#openSealed(handle);
    try {
      return copySecret(seed);
    } finally {
      wipe(new Uint8Array(seed.buffer));
    }
  }

  async #loadSealed(handle: KeyHandle): Promise<LiveKey> {
    const seed = await this.#openSealed(handle);
    try {
      return liveFromSeed(handle.algorithm, seed);
    } finally {
      // All of the buffer: the token needed room for the tag.
      wipe(new Uint8Array(seed.buffer));
    }
  }

  async #openSealed({ id, algorithm, publicKey, secret }: KeyHandle): Promise<Uint8Array> {
    const nonceEnd = 1 + AES_256_GCM.nonceBytes;
    const seed =
      secret[0] === SEALED_VERSION
        ? await this.open(
            id,
            secret.subarray(1, nonceEnd),
            sealedAad(id, algorithm, publicKey),
            secret.subarray(nonceEnd),
          )
        : undefined;
    if (seed === undefined) {
      throw new KeyStoreError('ERR_KEYSTORE_CORRUPT', 'a key does not open under its key in the token');
    }
    return seed;
  }

  #liveAead(object: ObjectName): LiveKey {
    return {
      seal: (aad, plaintext, room) => this.#seal(object, aad, plaintext, room),
      open: (nonce, aad, sealed) => this.#open(object, nonce, aad, sealed),
      dispose: () => {},
    };
  }

  #liveKem(object: ObjectName): LiveKey {
    return { decapsulate: (ciphertext) => this.#decapsulate(object, ciphertext), dispose: () => {} };
  }

  #liveSign(object: ObjectName): LiveKey {
    return {
      sign: (message, context, deterministic) => this.#sign(object, message, context, deterministic),
      dispose: () => {},
    };
  }

  async #findIvSource(): Promise<IvSource> {
    const gcm = await capability(this.#token, AES_256_GCM.name);
    if (has(gcm)) {
      this.#ivSource = gcm.ivSource;
      return gcm.ivSource;
    }
    throw new KeyStoreError('ERR_KEYSTORE_TOKEN', `the token cannot seal any more: ${gcm.lacking}`);
  }

  /** Seals with an AES key of the token. */
  seal(id: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Promise<SealedParts> {
    return this.#seal(objectName(AES_256_GCM.name, id), aad, plaintext);
  }

  /** Opens what {@link seal} made; undefined when it was changed. */
  open(
    id: Uint8Array,
    nonce: Uint8Array,
    aad: Uint8Array,
    sealed: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    return this.#open(objectName(AES_256_GCM.name, id), nonce, aad, sealed);
  }

  async #seal(
    object: ObjectName,
    aad: Uint8Array,
    plaintext: Uint8Array,
    room?: number,
  ): Promise<SealedParts> {
    const ivSource = this.#ivSource ?? (await this.#findIvSource());
    return await this.#token.run((session) =>
      sealInToken(session, findObject(session, object), ivSource, aad, plaintext, room),
    );
  }

  #open(
    object: ObjectName,
    nonce: Uint8Array,
    aad: Uint8Array,
    sealed: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    const open = (session: Session, from: SealedParts, bound: Uint8Array) =>
      openInToken(session, findObject(session, object), from.nonce, bound, from.sealed);
    return openOrRefuse(
      () => this.#token.run((session) => open(session, { nonce, sealed }, aad)),
      async () => {
        const parts = await this.#seal(object, EMPTY, EMPTY);
        return (await this.#token.run((session) => open(session, parts, EMPTY))) !== undefined;
      },
    );
  }

  async #decapsulate(object: ObjectName, ciphertext: Uint8Array): Promise<Uint8Array> {
    const kem = await capability(this.#token, ML_KEM_1024.name);
    if (!has(kem))
      throw new KeyStoreError('ERR_KEYSTORE_TOKEN', `the token cannot decapsulate: ${kem.lacking}`);
    return this.#token.run((session) =>
      decapsulateInToken(session, findObject(session, object), ciphertext, kem.valueLen),
    );
  }

  #sign(
    object: ObjectName,
    message: Uint8Array,
    context: Uint8Array,
    deterministic: boolean,
  ): Promise<Uint8Array> {
    return this.#token.run((session) =>
      session.cryptoki.signMlDsa(
        session.handle,
        findObject(session, object),
        withPointer(copyOf(message)),
        copyOf(context),
        deterministic,
      ),
    );
  }
}

function explainImport(error: unknown, algorithm: KeystoreAlgorithm): unknown {
  if (!(error instanceof KeyStoreError) || error.ckr === undefined) return error;
  return new KeyStoreError(
    'ERR_KEYSTORE_TOKEN',
    `the token takes no ${algorithm} key from elsewhere; generate it there: ${error.message}`,
    { ckr: error.ckr, cause: error },
  );
}
