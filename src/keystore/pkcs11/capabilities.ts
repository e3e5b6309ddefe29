/**
 * What a token can do, found out by doing it. Versions, lists of mechanisms and their flags say too much with some modules and
 * too little with others.
 *
 * Keys of a probe are objects of its session, and destroyed before it ends.
 *
 * @module
 */
import { equal, randomFill, wipe } from '../../bytes.ts';
import { KeyStoreError, PqError, UnsupportedError } from '../../errors.ts';
import { encapsulate, KemPublicKey } from '../../kem/index.ts';
import { AES_256_GCM, ML_DSA_87, ML_KEM_1024 } from '../../params.ts';
import { SignPublicKey, verify } from '../../sign/index.ts';
import type { Custody, KeystoreAlgorithm } from '../keystore.ts';
import {
  type GcmCapability,
  has,
  type KemCapability,
  type Lacking,
  type SignCapability,
  type TokenCapabilities,
} from './capability.ts';
import { isLost, resultOf } from './errors.ts';
import { openInToken, sealInToken } from './gcm.ts';
import { decapsulateInToken, isTemplateRefused } from './kem.ts';
import { generateObject, importObject, type MadeKey } from './objects.ts';
import type { IvSource } from './quirks.ts';
import type { Session, Token } from './token.ts';
import { copyOf, withPointer } from './values.ts';

const PROBE_LABEL = 'mwrasp-crypto probe';

const probeOptions = () => ({ id: randomFill(new Uint8Array(16)), label: PROBE_LABEL, persistent: false });

/** What a probe of each algorithm gives. */
type Probes = { [Algorithm in KeystoreAlgorithm]: (token: Token) => Promise<TokenCapabilities[Algorithm]> };

/** Runs with a key that is gone afterwards. */
async function withKey<T>(
  session: Session,
  algorithm: KeystoreAlgorithm,
  work: (key: MadeKey) => Promise<T>,
): Promise<T> {
  const key = generateObject(session, algorithm, probeOptions());
  try {
    return await work(key);
  } finally {
    session.cryptoki.destroyObject(session.handle, key.handle);
  }
}

function importsSeed(session: Session, algorithm: KeystoreAlgorithm, seedBytes: number): boolean {
  const seed = randomFill(new Uint8Array(seedBytes));
  try {
    const object = importObject(session, algorithm, probeOptions(), seed);
    session.cryptoki.destroyObject(session.handle, object);
    return true;
  } catch (error) {
    if (isLost(error)) throw error;
    return false;
  } finally {
    wipe(seed);
  }
}

/** What a token said to a probe that failed; a token that is away has not said anything. */
function lackingOf(error: unknown): Lacking {
  if (isLost(error) || !(error instanceof PqError)) throw error;
  return { lacking: error.message };
}

function wrong(what: string): KeyStoreError {
  return new KeyStoreError('ERR_KEYSTORE_TOKEN', `the token ${what}`);
}

async function probeGcm(token: Token): Promise<GcmCapability | Lacking> {
  let first: Lacking | undefined;
  for (const ivSource of token.quirks.ivSources) {
    try {
      await token.run((session) =>
        withKey(session, AES_256_GCM.name, (key) => tryGcm(session, key, ivSource)),
      );
      return { ivSource };
    } catch (error) {
      first ??= lackingOf(error);
    }
  }
  return first ?? { lacking: 'no way to draw a nonce' };
}

/** Seals and opens with and without plaintext, and looks whether a wrong tag is noticed. */
async function tryGcm(session: Session, { handle }: MadeKey, ivSource: IvSource): Promise<void> {
  const aad = randomFill(new Uint8Array(20));
  for (const length of [0, 33]) {
    const plaintext = randomFill(new Uint8Array(length));
    const { nonce, sealed } = await sealInToken(session, handle, ivSource, aad, plaintext);
    const opened = await openInToken(session, handle, nonce, aad, sealed);
    if (opened === undefined || !equal(opened, plaintext)) throw wrong('does not open what it sealed');
  }
}

async function probeKem(token: Token): Promise<KemCapability | Lacking> {
  const { decapsulation } = token.module.cryptoki.native;
  if (decapsulation === undefined) return { lacking: 'the module has no C_DecapsulateKey (PKCS#11 3.2)' };
  try {
    return await token.run((session) =>
      withKey(session, ML_KEM_1024.name, async (key) => {
        const valueLen = await tryKem(session, key, token.quirks.valueLen);
        return {
          decapsulation,
          valueLen,
          importsSeed: importsSeed(session, ML_KEM_1024.name, ML_KEM_1024.seedBytes),
        };
      }),
    );
  } catch (error) {
    return lackingOf(error);
  }
}

/** @returns Which template the token takes. */
async function tryKem(session: Session, key: MadeKey, ways: readonly boolean[]): Promise<boolean> {
  const publicKey = KemPublicKey.fromBytes(key.publicKey as Uint8Array);
  const { ciphertext, sharedSecret } = encapsulate(publicKey);
  using expected = sharedSecret;
  let refused: unknown;
  for (const withLength of ways) {
    try {
      const secret = await decapsulateInToken(session, key.handle, ciphertext, withLength);
      const isRight = equal(secret, expected.expose());
      wipe(secret);
      if (!isRight) throw wrong('decapsulates another secret than was encapsulated');
      return withLength;
    } catch (error) {
      if (!isTemplateRefused(error)) throw error;
      refused = error;
    }
  }
  throw refused;
}

async function probeSign(token: Token): Promise<SignCapability | Lacking> {
  try {
    return await token.run((session) =>
      withKey(session, ML_DSA_87.name, async (key) => ({
        deterministic: await trySign(session, key),
        importsSeed: importsSeed(session, ML_DSA_87.name, ML_DSA_87.seedBytes),
      })),
    );
  } catch (error) {
    return lackingOf(error);
  }
}

/** @returns Whether two deterministic signatures are the same. */
async function trySign(session: Session, { handle: key, publicKey: raw }: MadeKey): Promise<boolean> {
  const { cryptoki, handle } = session;
  const publicKey = SignPublicKey.fromBytes(raw as Uint8Array);
  const message = randomFill(new Uint8Array(40));
  const context = randomFill(new Uint8Array(10));
  const sign = (deterministic: boolean) =>
    cryptoki.signMlDsa(handle, key, withPointer(copyOf(message)), copyOf(context), deterministic);
  if (!verify(publicKey, message, await sign(false), { context })) {
    throw wrong('gives signatures with a context that do not verify');
  }
  try {
    const signature = await sign(true);
    return verify(publicKey, message, signature, { context }) && equal(signature, await sign(true));
  } catch (error) {
    if (isLost(error) || resultOf(error) === undefined) throw error;
    return false;
  }
}

const PROBES: Probes = {
  [AES_256_GCM.name]: probeGcm,
  [ML_KEM_1024.name]: probeKem,
  [ML_DSA_87.name]: probeSign,
};

/** What was found out, by token and firmware, module and its version. */
const known = new Map<string, Promise<unknown>>();

function keyOf({ module, info }: Token, algorithm: KeystoreAlgorithm): string {
  const { manufacturer, model, serial, label, firmwareVersion, hardwareVersion } = info;
  return JSON.stringify([
    algorithm,
    module.path,
    module.info,
    manufacturer,
    model,
    serial,
    label,
    firmwareVersion,
    hardwareVersion,
  ]);
}

/** What a token can do with an algorithm; found out once in a process. */
export function capability<A extends KeystoreAlgorithm>(
  token: Token,
  algorithm: A,
): Promise<TokenCapabilities[A]> {
  const key = keyOf(token, algorithm);
  const found = known.get(key) ?? PROBES[algorithm](token);
  known.set(key, found);
  // A token that was away is asked again.
  found.catch(() => known.delete(key));
  return found as Promise<TokenCapabilities[A]>;
}

/** All that a token can do. */
export async function capabilities(token: Token): Promise<TokenCapabilities> {
  return {
    [AES_256_GCM.name]: await capability(token, AES_256_GCM.name),
    [ML_KEM_1024.name]: await capability(token, ML_KEM_1024.name),
    [ML_DSA_87.name]: await capability(token, ML_DSA_87.name),
  };
}

/**
 * The custody that keys of an algorithm get.
 *
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` when the token can neither run the algorithm nor keep a key that
 * seals.
 */
export async function custodyIn(token: Token, algorithm: KeystoreAlgorithm): Promise<Custody> {
  if (has<object>(await capability<KeystoreAlgorithm>(token, algorithm))) return 'in-token';
  const gcm = await capability(token, AES_256_GCM.name);
  if (algorithm !== AES_256_GCM.name && has<object>(gcm)) return 'sealed';
  const why = 'lacking' in gcm ? gcm.lacking : '';
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_OPERATION',
    `the token has no AES-256-GCM that can be used here, and so keeps no keys: ${why}`,
  );
}
