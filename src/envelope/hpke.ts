/**
 * The HPKE suite of the envelope (RFC 9180, base mode): ML-KEM-1024, HKDF-SHA512, AES-256-GCM.
 *
 * The protocol is the `hpke` package's; the KEM and the AEAD are ours, so that keys stay in our key objects (or in a
 * keystore) and the engines do the work.
 *
 * @module
 */
import type { AEAD, KEM, Key, RecipientContext, SenderContext } from 'hpke';
import { describe } from '../bytes.ts';
import type { PreparedAeadKey } from '../engines/engine.ts';
import { engine } from '../engines/index.ts';
import { InputError, UnsupportedError } from '../errors.ts';
import { encapsulate, type KemPublicKey } from '../kem/index.ts';
import { AES_256_GCM, ML_KEM_1024 } from '../params.ts';
import { exposeBytes, isSecretBytes, type SecretBytes } from '../secret.ts';

/** Whatever can decapsulate: a private key in memory, or a keystore that keeps it. */
export interface Decapsulator {
  /** The key that envelopes are sealed to. */
  readonly publicKey: KemPublicKey;
  /**
   * FIPS 203 algorithm 21; the secret is the envelope's to dispose.
   *
   * @param ciphertext - The encapsulation, 1568 bytes.
   * @returns The shared secret, 32 bytes.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, where a keystore decapsulates.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND` when the key was destroyed, `ERR_KEYSTORE_STATE` when it may not
   * be used any more or the store was closed, `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`,
   * `ERR_KEYSTORE_TOKEN`.
   */
  decapsulate(ciphertext: Uint8Array): SecretBytes | Promise<SecretBytes>;
}

/**
 * Keys as `hpke` hands them around without looking inside. They stand for the key of one call, which the KEM below has
 * in its closure.
 */
const PUBLIC_KEY: Key = { algorithm: { name: ML_KEM_1024.name }, extractable: true, type: 'public' };
const PRIVATE_KEY: Key = { algorithm: { name: ML_KEM_1024.name }, extractable: false, type: 'private' };

/** The envelope never makes, reads or writes keys through HPKE, and each side does only its own half. */
async function notOffered(): Promise<never> {
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_OPERATION',
    'this KEM only encapsulates or decapsulates, for one call',
  );
}

const KEM_BASE: KEM = {
  id: ML_KEM_1024.hpkeId,
  type: 'KEM',
  name: ML_KEM_1024.name,
  Nsecret: ML_KEM_1024.sharedSecretBytes,
  Nenc: ML_KEM_1024.ciphertextBytes,
  Npk: ML_KEM_1024.publicKeyBytes,
  Nsk: ML_KEM_1024.seedBytes,
  DeriveKeyPair: notOffered,
  GenerateKeyPair: notOffered,
  SerializePublicKey: notOffered,
  DeserializePublicKey: notOffered,
  SerializePrivateKey: notOffered,
  DeserializePrivateKey: notOffered,
  Encap: notOffered,
  Decap: notOffered,
};

/** The package is loaded by the first envelope: it takes a tenth of the time of importing this library. */
const hpke = () => import('hpke');

/** One prepared cipher for each key of a context, which `hpke` keeps in one buffer. */
const ciphers = new WeakMap<Uint8Array, PreparedAeadKey>();

function cipherOf(key: Uint8Array): PreparedAeadKey {
  let cipher = ciphers.get(key);
  if (cipher === undefined) {
    cipher = engine('aead').prepare(key);
    ciphers.set(key, cipher);
  }
  return cipher;
}

const aead: AEAD = {
  id: AES_256_GCM.hpkeId,
  type: 'AEAD',
  name: AES_256_GCM.name,
  Nk: AES_256_GCM.keyBytes,
  Nn: AES_256_GCM.nonceBytes,
  Nt: AES_256_GCM.tagBytes,
  async Seal(key, nonce, aad, plaintext) {
    const out = new Uint8Array(plaintext.length + AES_256_GCM.tagBytes);
    cipherOf(key).seal(nonce, aad, plaintext, out);
    return out;
  },
  async Open(key, nonce, aad, sealed) {
    const out = new Uint8Array(Math.max(0, sealed.length - AES_256_GCM.tagBytes));
    if (sealed.length < AES_256_GCM.tagBytes || !cipherOf(key).open(nonce, aad, sealed, out)) {
      throw new Error('authentication failed');
    }
    return out;
  },
};

/**
 * Sets up the sender's side.
 *
 * @param publicKey - The recipient's key.
 * @param info - What both sides must agree on.
 * @returns The encapsulation and a context that seals in order.
 */
export async function setupSender(
  publicKey: KemPublicKey,
  info: Uint8Array,
): Promise<{ enc: Uint8Array; context: SenderContext }> {
  const { CipherSuite, KDF_HKDF_SHA512 } = await hpke();
  const { ciphertext, sharedSecret } = encapsulate(publicKey);
  try {
    const kem = async () => ({ shared_secret: sharedSecret.expose(), enc: ciphertext });
    const suite = new CipherSuite(
      () => ({ ...KEM_BASE, Encap: kem }),
      KDF_HKDF_SHA512,
      () => aead,
    );
    const { ctx } = await suite.SetupSender(PUBLIC_KEY, { info });
    return { enc: ciphertext, context: ctx };
  } finally {
    sharedSecret.dispose();
  }
}

/**
 * Sets up the recipient's side.
 *
 * @param recipient - Who can decapsulate.
 * @param enc - The encapsulation, 1568 bytes.
 * @param info - What both sides must agree on.
 * @returns A context that opens in order. A forged encapsulation gives a context that opens nothing.
 */
export async function setupRecipient(
  recipient: Decapsulator,
  enc: Uint8Array,
  info: Uint8Array,
): Promise<RecipientContext> {
  const { CipherSuite, KDF_HKDF_SHA512 } = await hpke();
  const sharedSecret = await recipient.decapsulate(enc);
  // A decapsulator of the caller's may return anything.
  if (!isSecretBytes(sharedSecret)) {
    throw new InputError(
      'ERR_INPUT_TYPE',
      'recipient',
      'a Decapsulator that returns SecretBytes',
      describe(sharedSecret),
    );
  }
  try {
    exposeBytes('recipient', sharedSecret, ML_KEM_1024.sharedSecretBytes);
    const kem = async () => sharedSecret.expose();
    const suite = new CipherSuite(
      () => ({ ...KEM_BASE, Decap: kem }),
      KDF_HKDF_SHA512,
      () => aead,
    );
    return await suite.SetupRecipient(PRIVATE_KEY, enc, { info });
  } finally {
    sharedSecret.dispose();
  }
}
