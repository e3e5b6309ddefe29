/**
 * AES-256-GCM for messages and streams, with nonces drawn by the library, key commitment and a budget of uses.
 *
 * @module
 */
export { AeadKey, type AeadKeyOptions } from './key.ts';
export { type AeadOptions, open, SEAL_OVERHEAD_BYTES, seal, sealedKeyId } from './message.ts';
export {
  openStream,
  openTransform,
  readStreamHeader,
  type StreamHeader,
  type StreamSealOptions,
  sealStream,
  sealTransform,
} from './stream.ts';
