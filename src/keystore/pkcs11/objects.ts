/**
 * Keys inside a token: how they are made, proven, found and destroyed. Each has the id of its entry in the manifest, and there
 * is one of a class and id, or none.
 *
 * @module
 */
import { toHex, utf8 } from '../../bytes.ts';
import { KeyStoreError } from '../../errors.ts';
import { AES_256_GCM, ML_DSA_87, ML_KEM_1024 } from '../../params.ts';
import type { KeystoreAlgorithm } from '../keystore.ts';
import { CKA, CKK, CKM, CKO, CKP, CKR } from './constants.ts';
import { isResult } from './errors.ts';
import type { Session } from './token.ts';
import { bool, copyOf, type Handle, identity, type Template, ulong } from './values.ts';

/** What makes a key of an algorithm. */
interface KeyKind {
  readonly objectClass: typeof CKO.PRIVATE_KEY | typeof CKO.SECRET_KEY;
  readonly keyType: number;
  readonly generation: number;
  /** What the key may do. */
  readonly uses: Template;
  /** What the public key may do, and its parameter set. */
  readonly publicPart?: Template;
  readonly parameterSet?: number;
}

const AES_USES: Template = [
  [CKA.ENCRYPT, bool(true)],
  [CKA.DECRYPT, bool(true)],
  [CKA.WRAP, bool(false)],
  [CKA.UNWRAP, bool(false)],
  [CKA.SIGN, bool(false)],
  [CKA.VERIFY, bool(false)],
  [CKA.DERIVE, bool(false)],
];

/** How keys of each algorithm are made. */
export const KEY_KINDS: Readonly<Record<KeystoreAlgorithm, KeyKind>> = {
  [AES_256_GCM.name]: {
    objectClass: CKO.SECRET_KEY,
    keyType: CKK.AES,
    generation: CKM.AES_KEY_GEN,
    uses: AES_USES,
  },
  [ML_KEM_1024.name]: {
    objectClass: CKO.PRIVATE_KEY,
    keyType: CKK.ML_KEM,
    generation: CKM.ML_KEM_KEY_PAIR_GEN,
    uses: [[CKA.DECAPSULATE, bool(true)]],
    publicPart: [
      [CKA.ENCAPSULATE, bool(true)],
      [CKA.PARAMETER_SET, ulong(CKP.ML_KEM_1024)],
    ],
    parameterSet: CKP.ML_KEM_1024,
  },
  [ML_DSA_87.name]: {
    objectClass: CKO.PRIVATE_KEY,
    keyType: CKK.ML_DSA,
    generation: CKM.ML_DSA_KEY_PAIR_GEN,
    uses: [[CKA.SIGN, bool(true)]],
    publicPart: [
      [CKA.VERIFY, bool(true)],
      [CKA.PARAMETER_SET, ulong(CKP.ML_DSA_87)],
    ],
    parameterSet: CKP.ML_DSA_87,
  },
};

/** How an object is made. */
export interface ObjectOptions {
  /** The id of its entry. */
  readonly id: Uint8Array;
  /** CKA_LABEL, for people who look into the token. */
  readonly label: string;
  /** Whether it outlives the session. */
  readonly persistent: boolean;
}

/** A key that was made. */
export interface MadeKey {
  readonly handle: Handle;
  /** Raw, of a key pair. */
  readonly publicKey: Uint8Array | undefined;
}

/** What every secret object has: it stays in the token, and nobody may change that. */
function secretTemplate(kind: KeyKind, { id, label, persistent }: ObjectOptions): Template {
  return [
    ...identity(kind.objectClass, id),
    [CKA.KEY_TYPE, ulong(kind.keyType)],
    [CKA.TOKEN, bool(persistent)],
    [CKA.PRIVATE, bool(true)],
    [CKA.SENSITIVE, bool(true)],
    [CKA.EXTRACTABLE, bool(false)],
    [CKA.LABEL, copyOf(utf8(label))],
    ...kind.uses,
  ];
}

/** Makes a key in the token. The public half of a pair is read and let go of: it is kept beside the token. */
export function generateObject(
  session: Session,
  algorithm: KeystoreAlgorithm,
  options: ObjectOptions,
): MadeKey {
  const { cryptoki, handle } = session;
  const kind = KEY_KINDS[algorithm];
  const template = secretTemplate(kind, options);
  if (kind.publicPart === undefined) {
    const value: Template = [...template, [CKA.VALUE_LEN, ulong(AES_256_GCM.keyBytes)]];
    return { handle: cryptoki.generateKey(handle, kind.generation, value), publicKey: undefined };
  }
  const publicTemplate: Template = [
    ...identity(CKO.PUBLIC_KEY, options.id),
    [CKA.KEY_TYPE, ulong(kind.keyType)],
    [CKA.TOKEN, bool(false)],
    ...kind.publicPart,
  ];
  const pair = cryptoki.generateKeyPair(handle, kind.generation, publicTemplate, template);
  const publicKey = Uint8Array.from(cryptoki.attribute(handle, pair.publicKey, CKA.VALUE));
  cryptoki.destroyObject(handle, pair.publicKey);
  return { handle: pair.privateKey, publicKey };
}

/** Puts a seed, or an AES key, into the token. */
export function importObject(
  session: Session,
  algorithm: KeystoreAlgorithm,
  options: ObjectOptions,
  secret: Uint8Array,
): Handle {
  const kind = KEY_KINDS[algorithm];
  const value = copyOf(secret);
  const isPair = kind.parameterSet !== undefined;
  const own: Template = isPair
    ? [
        [CKA.PARAMETER_SET, ulong(kind.parameterSet)],
        [CKA.SEED, value],
      ]
    : [[CKA.VALUE, value]];
  try {
    return session.cryptoki.createObject(session.handle, [...secretTemplate(kind, options), ...own]);
  } finally {
    value.fill(0);
  }
}

function gone(): KeyStoreError {
  return new KeyStoreError('ERR_KEYSTORE_TOKEN', 'the key is not in the token', {
    ckr: { name: 'CKR_OBJECT_HANDLE_INVALID', value: CKR.OBJECT_HANDLE_INVALID },
  });
}

/** What finds a key in the token. */
export interface ObjectName {
  readonly objectClass: KeyKind['objectClass'];
  readonly id: Uint8Array;
  /** Under which its handle is kept. */
  readonly key: string;
}

/** Under which name handles of an object are kept. */
function objectKey(objectClass: number, id: Uint8Array): string {
  return `${objectClass}/${toHex(id)}`;
}

/** What finds the key of an entry. */
export function objectName(algorithm: KeystoreAlgorithm, id: Uint8Array): ObjectName {
  const { objectClass } = KEY_KINDS[algorithm];
  return { objectClass, id, key: objectKey(objectClass, id) };
}

/** The handle of a key; found once a connection. */
export function findObject(session: Session, { objectClass, id, key }: ObjectName): Handle {
  const known = session.objects.get(key);
  if (known !== undefined) return known;
  const [found, second] = session.cryptoki.find(session.handle, identity(objectClass, id));
  if (found === undefined) throw gone();
  if (second !== undefined) {
    throw new KeyStoreError('ERR_KEYSTORE_CORRUPT', 'the token has two objects with the id of one key');
  }
  session.objects.set(key, found);
  return found;
}

/** Destroys whatever has an id: the key, and what a creation that was cut off left. */
export function destroyObjects(session: Session, id: Uint8Array): void {
  const { cryptoki, handle, objects } = session;
  for (const objectClass of [CKO.PRIVATE_KEY, CKO.SECRET_KEY, CKO.PUBLIC_KEY] as const) {
    objects.delete(objectKey(objectClass, id));
    // A few at a time, until there are none: two is what a search gives.
    for (let found = cryptoki.find(handle, identity(objectClass, id)); found.length > 0; ) {
      for (const object of found) cryptoki.destroyObject(handle, object);
      found = cryptoki.find(handle, identity(objectClass, id));
    }
  }
}

/**
 * Reads a key that was just made back by its id, and proves that its secret cannot be read.
 *
 * @returns Its handle.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_TOKEN` when it is not there; `ERR_KEYSTORE_CUSTODY` when the token would give it
 * away.
 */
export function proveObject(session: Session, algorithm: KeystoreAlgorithm, id: Uint8Array): Handle {
  const object = findObject(session, objectName(algorithm, id));
  const read = (type: number) => session.cryptoki.attribute(session.handle, object, type);
  const isKept = read(CKA.SENSITIVE)[0] === 1 && read(CKA.EXTRACTABLE)[0] === 0;
  const isPair = KEY_KINDS[algorithm].parameterSet !== undefined;
  const secrets = isPair ? [CKA.VALUE, CKA.SEED] : [CKA.VALUE];
  if (isKept && secrets.every((type) => isUnreadable(() => read(type)))) return object;
  throw new KeyStoreError('ERR_KEYSTORE_CUSTODY', 'the token made the key, and would let it be read');
}

function isUnreadable(read: () => Buffer): boolean {
  try {
    const value = read();
    const isEmpty = value.length === 0;
    value.fill(0);
    return isEmpty;
  } catch (error) {
    return isResult(
      error,
      CKR.ATTRIBUTE_SENSITIVE,
      CKR.ATTRIBUTE_TYPE_INVALID,
      CKR.KEY_UNEXTRACTABLE,
      CKR.ACTION_PROHIBITED,
    );
  }
}
