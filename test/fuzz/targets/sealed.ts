/**
 * Sealed messages and streams, envelopes, sealed data of keystores.
 *
 * @module
 */
import {
  AeadKey,
  open,
  openStream,
  readStreamHeader,
  seal,
  sealedKeyId,
  sealStream,
} from '../../../src/aead/index.ts';
import { concat, equal, fromBase64Url, utf8 } from '../../../src/bytes.ts';
import { headerLength, readParts, writePrefix } from '../../../src/envelope/header.ts';
import {
  open as openEnvelope,
  openStream as openEnvelopeStream,
  readHeader,
  seal as sealEnvelope,
  sealStream as sealEnvelopeStream,
} from '../../../src/envelope/index.ts';
import { openKeystore } from '../../../src/keystore/index.ts';
import { testKeys } from '../../support/keys.ts';
import { collect } from '../../support/streams.ts';
import { must, type Target } from '../target.ts';
import { SEALED } from './codes.ts';

const key = AeadKey.fromBytes(Uint8Array.from({ length: 32 }, (_, i) => i));
const MESSAGE = utf8('a message that was sealed');
const LONG = Uint8Array.from({ length: 2500 }, (_, i) => i * 7);
const aad = utf8('aad');
const messages = [seal(key, MESSAGE, { aad }), seal(key, new Uint8Array(0), { aad })];

const aeadMessage: Target = {
  name: 'aead-message',
  maxBytes: 512,
  seeds: messages,
  words: [utf8('MWA\x01'), utf8('MWS\x01'), utf8('MWA\x00')],
  refusals: SEALED,
  run(input) {
    must(/^[0-9a-f]{32}$/.test(sealedKeyId(input)), 'a key id');
    const opened = open(key, input, { aad });
    must(equal(opened, MESSAGE) || opened.length === 0, 'opens only what was sealed');
  },
};

const streams = [
  concat(...(await collect(sealStream(key, [LONG], { chunkSizeBytes: 1024 })))),
  concat(...(await collect(sealStream(key, [])))),
];

const aeadStreamHeader: Target = {
  name: 'aead-stream-header',
  maxBytes: 256,
  seeds: streams.map((stream) => stream.subarray(0, 85)),
  words: [utf8('MWS\x01')],
  refusals: SEALED,
  run(input) {
    const { chunkSizeBytes, keyId, headerBytes } = readStreamHeader(input);
    must(2 ** (input[4] as number) === chunkSizeBytes && chunkSizeBytes <= 2 ** 24, 'the chunk size');
    must(headerBytes <= input.length && keyId.length === 32, 'a whole header');
  },
};

const aeadStream: Target = {
  name: 'aead-stream',
  maxBytes: 4096,
  seeds: streams,
  refusals: SEALED,
  async run(input) {
    // In two pieces, as it comes from a network.
    const at = input.length >> 1;
    const released: Uint8Array[] = [];
    try {
      for await (const piece of openStream(key, [input.subarray(0, at), input.subarray(at)]))
        released.push(piece);
    } finally {
      const bytes = concat(...released);
      must(equal(bytes, LONG.subarray(0, bytes.length)), 'releases the beginning of what was sealed');
    }
  },
};

const { recipient, recipientPublic, signer, signerPublic } = testKeys();
const envelopes = [
  await sealEnvelope(recipientPublic, MESSAGE),
  await sealEnvelope(recipientPublic, MESSAGE, { signer }),
  concat(...(await collect(sealEnvelopeStream(recipientPublic, [LONG], { chunkSizeBytes: 1024 })))),
  concat(...(await collect(sealEnvelopeStream(recipientPublic, [LONG], { chunkSizeBytes: 1024, signer })))),
];

const envelopeHeader: Target = {
  name: 'envelope-header',
  maxBytes: 8192,
  seeds: envelopes,
  words: [utf8('MWE\x01')],
  refusals: SEALED,
  run(input) {
    const { recipient: to, sender, chunkSizeBytes, headerBytes } = readHeader(input);
    must(headerLength('input', input) === headerBytes && headerBytes <= input.length, 'a whole header');
    const prefix = writePrefix(
      fromBase64Url(to),
      sender === undefined ? undefined : fromBase64Url(sender),
      chunkSizeBytes === undefined ? undefined : Math.log2(chunkSizeBytes),
    );
    must(equal(prefix, readParts('input', input).prefix), 'writes again what it read');
  },
};

const REFUSED_ENVELOPE = [...SEALED, 'ERR_INPUT_KEY', 'ERR_INPUT_ALGORITHM'];

const envelopeMessage: Target = {
  name: 'envelope-message',
  maxBytes: 8192,
  seeds: envelopes,
  refusals: REFUSED_ENVELOPE,
  allocates: 2 ** 18,
  async run(input) {
    const signed = input[4] === 1;
    const opened = await openEnvelope(recipient, input, signed ? { sender: signerPublic } : {});
    must(equal(opened, MESSAGE), 'opens only what was sealed');
  },
};

const envelopeStream: Target = {
  name: 'envelope-stream',
  maxBytes: 10_240,
  seeds: envelopes,
  refusals: REFUSED_ENVELOPE,
  // A chunk of the largest size is made room for before anything is authenticated.
  allocates: 2 ** 24 + 2 ** 18,
  async run(input) {
    const signed = input[4] === 1;
    const released: Uint8Array[] = [];
    try {
      const pieces = openEnvelopeStream(recipient, [input], signed ? { sender: signerPublic } : {});
      for await (const piece of pieces) released.push(piece);
    } finally {
      const bytes = concat(...released);
      const isStart = (whole: Uint8Array) => equal(bytes, whole.subarray(0, bytes.length));
      must(isStart(LONG) || isStart(MESSAGE), 'releases the beginning of what was sealed');
    }
  },
};

const keystore = await openKeystore({ backend: 'memory' });
await keystore.generate({ name: 'data', algorithm: 'AES-256-GCM' });
const data = await keystore.sealData({ name: 'data', generation: 1 }, MESSAGE);

const sealedData: Target = {
  name: 'sealed-data',
  maxBytes: 512,
  seeds: [data],
  words: [utf8('MWD\x01')],
  refusals: [...SEALED, 'ERR_KEYSTORE_NOT_FOUND'],
  async run(input) {
    must(equal(await keystore.openData(input), MESSAGE), 'opens only what was sealed');
  },
};

export const SEALED_FORMATS: readonly Target[] = [
  aeadMessage,
  aeadStreamHeader,
  aeadStream,
  envelopeHeader,
  envelopeMessage,
  envelopeStream,
  sealedData,
];
