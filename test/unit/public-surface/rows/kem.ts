import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import { decapsulate, encapsulate, generateKemKey, KemPrivateKey, KemPublicKey } from '@mwrasp/crypto/kem';
import { argument, byteSecretOf, bytesOf, kemPrivateKey, kemPublicKey } from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { COMMON, type CommonLabel, kemPrivate, kemPublic, SECRETS } from '../values.ts';

const expanded = exportPrivateKey(kemPrivate, 'expanded').expose();
const { ciphertext } = encapsulate(kemPublic);

/** An expanded key of the right length, with other bits in one place. */
const changed = (bytes: Uint8Array, offset: number) => {
  const copy = Uint8Array.from(bytes);
  copy[offset] = (copy[offset] as number) ^ 0xff;
  return copy;
};

/** Whatever else it may be, it is another key, or none. */
export const anything = (name: string, value: unknown) =>
  argument(name, () => value, { takes: Object.keys(COMMON) as CommonLabel[] });

export const KEM: Table = {
  rows: {
    'kem.generateKemKey': row(generateKemKey, []),
    'kem.encapsulate': row(encapsulate, [kemPublicKey('publicKey')]),
    'kem.decapsulate': row(decapsulate, [kemPrivateKey('privateKey'), bytesOf('ciphertext', ciphertext)]),
    'kem.KemPublicKey.fromBytes': row(KemPublicKey.fromBytes, [
      {
        ...bytesOf('bytes', kemPublic.toBytes()),
        wrong: {
          ...bytesOf('bytes', kemPublic.toBytes()).wrong,
          'a coefficient that is too large': () => new Uint8Array(1568).fill(0xff),
        },
      },
    ]),
    'kem.KemPrivateKey.fromSeed': row(KemPrivateKey.fromSeed, [byteSecretOf('seed', SECRETS.kemSeed)]),
    'kem.KemPrivateKey.fromExpandedKey': row(KemPrivateKey.fromExpandedKey, [
      {
        ...byteSecretOf('expandedKey', expanded),
        wrong: {
          ...byteSecretOf('expandedKey', expanded).wrong,
          'another private part': () => changed(expanded, 0),
          'another public part': () => changed(expanded, 1600),
          'another hash': () => changed(expanded, 3110),
          'nothing but ones': () => new Uint8Array(3168).fill(0xff),
        },
      },
    ]),
  },
  subjects: {
    'kem.KemPublicKey': {
      live: () => KemPublicKey.fromBytes(kemPublic.toBytes()),
      methods: { equals: [anything('other', kemPublic)] },
    },
    'kem.KemPrivateKey': {
      live: () => KemPrivateKey.fromSeed(SECRETS.kemSeed),
      ended: COMMON['a disposed KEM private key'],
      methods: {},
    },
  },
};
