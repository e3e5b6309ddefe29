import { open, openStream, readHeader, type Signer, seal, sealStream } from '@mwrasp/crypto/envelope';
import { decapsulate } from '@mwrasp/crypto/kem';
import { openKeystore } from '@mwrasp/crypto/keystore';
import { collect } from '../../../support/streams.ts';
import {
  argument,
  bytes,
  bytesOf,
  expectedSender,
  integer,
  kemPublicKey,
  omissible,
  omissibleOptions,
  optional,
  options,
  source,
} from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { kemPrivate, kemPublic, sample, signPrivate, signPublic, throwingGetters } from '../values.ts';

const context = sample(9);
const signer = signPrivate;
const sealed = await seal(kemPublic, sample(100), { context, signer });
const sealedStream = await collect(
  sealStream(kemPublic, [sample(3000)], { context, signer, chunkSizeBytes: 1024 }),
);

const store = await openKeystore({ backend: 'memory' });
await store.generate({ name: 'kem', algorithm: 'ML-KEM-1024' });
await store.generate({ name: 'sign', algorithm: 'ML-DSA-87' });
const storeSigner: Signer = await store.signer('sign');
const storeRecipient = await store.recipient('kem');
const storeCiphertext = sample(1568);

const newContext = optional(bytes('options.context', context, 16384));

const anySigner = optional(
  argument('options.signer', () => signPrivate, {
    takes: ['a private key for signatures'],
    right: { 'a signer': () => storeSigner },
    wrong: {
      'half a signer': () => ({ publicKey: signPublic }),
      'the other half': () => ({ sign: () => sample(4627) }),
      'a signer with a KEM key': () => ({ publicKey: kemPublic, sign: () => sample(4627) }),
      'a signer whose method throws when it is read': () =>
        Object.defineProperty(throwingGetters('sign'), 'publicKey', { value: signPublic }),
      'a signer that signs with too little': () => ({ publicKey: signPublic, sign: () => sample(7) }),
      'a signer that signs with nothing': () => ({ publicKey: signPublic, sign: () => undefined }),
    },
  }),
);

const recipient = argument('recipient', () => kemPrivate, {
  takes: ['a KEM private key'],
  right: {
    'a decapsulator': () => ({ publicKey: kemPublic, decapsulate: decapsulateWith }),
    'a decapsulator that answers later': () => ({
      publicKey: kemPublic,
      decapsulate: async (ciphertext: Uint8Array) => decapsulateWith(ciphertext),
    }),
  },
  wrong: {
    'half a decapsulator': () => ({ publicKey: kemPublic }),
    'the other half': () => ({ decapsulate: decapsulateWith }),
    'a decapsulator with a key for signatures': () => ({
      publicKey: signPublic,
      decapsulate: decapsulateWith,
    }),
    'a decapsulator whose method throws when it is read': () =>
      Object.defineProperty(throwingGetters('decapsulate'), 'publicKey', { value: kemPublic }),
    'a decapsulator that returns bytes': () => ({ publicKey: kemPublic, decapsulate: () => sample(32) }),
    'a decapsulator that returns nothing': () => ({ publicKey: kemPublic, decapsulate: () => undefined }),
  },
});

function decapsulateWith(ciphertext: Uint8Array) {
  return decapsulate(kemPrivate, ciphertext);
}

const openOptions = omissibleOptions(expectedSender, omissible(bytes('options.context', context, 16384)));
const chunkSize = optional(integer('options.chunkSizeBytes', 1024, 2 ** 10, 2 ** 24));

export const ENVELOPE: Table = {
  rows: {
    'envelope.seal': row(seal, [
      kemPublicKey('recipient'),
      bytes('plaintext'),
      options(anySigner, newContext),
    ]),
    'envelope.open': row(open, [recipient, bytes('envelope', sealed), openOptions]),
    'envelope.readHeader': row(readHeader, [bytes('head', sealed)]),
    'envelope.sealStream': row(sealStream, [
      kemPublicKey('recipient'),
      source('source'),
      options(anySigner, newContext, chunkSize),
    ]),
    'envelope.openStream': row(openStream, [recipient, source('source', sealedStream), openOptions]),
  },
  subjects: {
    'envelope.Signer': {
      live: () => storeSigner,
      methods: {
        sign: [bytes('message'), options(optional(bytes('options.context', sample(9), 255)))],
      },
    },
    'envelope.Decapsulator': {
      live: () => storeRecipient,
      methods: { decapsulate: [bytesOf('ciphertext', storeCiphertext)] },
    },
  },
};
