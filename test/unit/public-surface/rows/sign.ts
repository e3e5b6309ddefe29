import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import {
  createMu,
  generateSignKey,
  Mu,
  SignPrivateKey,
  SignPublicKey,
  sign,
  signMu,
  signStream,
  verify,
  verifyMu,
  verifyStream,
} from '@mwrasp/crypto/sign';
import {
  byteSecretOf,
  bytes,
  bytesOf,
  flag,
  muOf,
  optional,
  options,
  signPrivateKey,
  signPublicKey,
  source,
} from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { COMMON, SECRETS, sample, signPrivate, signPublic } from '../values.ts';
import { anything } from './kem.ts';

const expanded = exportPrivateKey(signPrivate, 'expanded').expose();
const signature = sign(signPrivate, sample(100));

const context = optional(bytes('options.context', sample(9), 255));
const deterministic = optional(flag('options.deterministic'));

export const SIGN: Table = {
  rows: {
    'sign.generateSignKey': row(generateSignKey, []),
    'sign.sign': row(sign, [signPrivateKey('privateKey'), bytes('message'), options(context, deterministic)]),
    'sign.verify': row(verify, [
      signPublicKey('publicKey'),
      bytes('message'),
      bytes('signature', signature),
      options(context),
    ]),
    'sign.createMu': row(createMu, [signPublicKey('publicKey'), options(context)]),
    'sign.signMu': row(signMu, [signPrivateKey('privateKey'), muOf('mu'), options(deterministic)]),
    'sign.verifyMu': row(verifyMu, [signPublicKey('publicKey'), muOf('mu'), bytes('signature', signature)]),
    'sign.signStream': row(signStream, [
      signPrivateKey('privateKey'),
      source('source'),
      options(context, deterministic),
    ]),
    'sign.verifyStream': row(verifyStream, [
      signPublicKey('publicKey'),
      source('source'),
      bytes('signature', signature),
      options(context),
    ]),
    'sign.Mu.fromBytes': row(Mu.fromBytes, [bytesOf('bytes', sample(64))]),
    'sign.SignPublicKey.fromBytes': row(SignPublicKey.fromBytes, [bytesOf('bytes', signPublic.toBytes())]),
    'sign.SignPrivateKey.fromSeed': row(SignPrivateKey.fromSeed, [byteSecretOf('seed', SECRETS.signSeed)]),
    'sign.SignPrivateKey.fromExpandedKey': row(SignPrivateKey.fromExpandedKey, [
      {
        ...byteSecretOf('expandedKey', expanded),
        wrong: {
          ...byteSecretOf('expandedKey', expanded).wrong,
          'nothing but ones': () => new Uint8Array(4896).fill(0xff),
          'nothing but zeros': () => new Uint8Array(4896),
        },
      },
    ]),
  },
  subjects: {
    'sign.SignPublicKey': {
      live: () => SignPublicKey.fromBytes(signPublic.toBytes()),
      methods: { equals: [anything('other', signPublic)] },
    },
    'sign.SignPrivateKey': {
      live: () => SignPrivateKey.fromSeed(SECRETS.signSeed),
      ended: COMMON['a disposed private key for signatures'],
      methods: {},
    },
    'sign.Mu': { live: () => Mu.fromBytes(sample(64)), methods: {} },
    'sign.MuBuilder': {
      live: () => createMu(signPublic),
      ended: () => {
        const builder = createMu(signPublic);
        builder.finish();
        return builder;
      },
      methods: { update: [bytes('data')] },
    },
  },
};
