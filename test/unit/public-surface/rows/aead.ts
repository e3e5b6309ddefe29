import {
  AeadKey,
  open,
  openStream,
  openTransform,
  readStreamHeader,
  seal,
  sealedKeyId,
  sealStream,
  sealTransform,
} from '@mwrasp/crypto/aead';
import { collect } from '../../../support/streams.ts';
import {
  type Argument,
  byteSecretOf,
  bytes,
  integer,
  liveAeadKey,
  omissible,
  omissibleOptions,
  optional,
  options,
  source,
} from '../arguments.ts';
import { row, type Table, through } from '../row.ts';
import { aeadKey, SECRETS, sample } from '../values.ts';

const aad = sample(9);
const sealed = seal(aeadKey, sample(100), { aad });
const sealedStream = await collect(sealStream(aeadKey, [sample(3000)], { aad, chunkSizeBytes: 1024 }));

const openOptions = omissibleOptions(omissible(bytes('options.aad', aad, 2 ** 30)));
const newAad = optional(bytes('options.aad', aad, 2 ** 30));
const chunkSize = optional(integer('options.chunkSizeBytes', 1024, 2 ** 10, 2 ** 24));
const keyOptions = options(
  optional(integer('options.maxUses', 10, 0, 2 ** 32)),
  optional(integer('options.uses', 1, 0, Number.MAX_SAFE_INTEGER)),
);

/** What is written to a transform stream. */
const piece = (value: Uint8Array): Argument => bytes('source', value);

export const AEAD: Table = {
  rows: {
    'aead.AeadKey.generate': row(AeadKey.generate, [keyOptions]),
    'aead.AeadKey.fromBytes': row(AeadKey.fromBytes, [byteSecretOf('bytes', SECRETS.aeadKey), keyOptions]),
    'aead.seal': row(seal, [liveAeadKey('key'), bytes('plaintext'), options(newAad)]),
    'aead.open': row(open, [liveAeadKey('key'), bytes('sealed', sealed), openOptions]),
    'aead.sealedKeyId': row(sealedKeyId, [bytes('sealed', sealed)]),
    'aead.sealStream': row(sealStream, [liveAeadKey('key'), source('source'), options(newAad, chunkSize)]),
    'aead.openStream': row(openStream, [liveAeadKey('key'), source('source', sealedStream), openOptions]),
    'aead.sealTransform': row(
      (key: AeadKey, wanted: object, written: unknown) => through(sealTransform(key, wanted), [written]),
      [liveAeadKey('key'), options(newAad, chunkSize), piece(sample(100))],
    ),
    'aead.openTransform': row(
      (key: AeadKey, wanted: object, written: unknown) => through(openTransform(key, wanted), [written]),
      [liveAeadKey('key'), openOptions, piece(Buffer.concat(sealedStream))],
    ),
    'aead.readStreamHeader': row(readStreamHeader, [bytes('head', sealedStream[0])]),
  },
  subjects: {
    'aead.AeadKey': {
      live: () => AeadKey.fromBytes(SECRETS.aeadKey),
      ended: () => {
        const key = AeadKey.fromBytes(SECRETS.aeadKey);
        key.dispose();
        return key;
      },
      methods: {},
    },
  },
};
