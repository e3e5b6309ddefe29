/**
 * Messages and streams sealed to a recipient's ML-KEM-1024 key (HPKE), signed by the sender's ML-DSA-87 key if wanted.
 *
 * @module
 */
export { type EnvelopeHeader, readHeader } from './header.ts';
export type { Decapsulator } from './hpke.ts';
export { open, seal } from './message.ts';
export type {
  EnvelopeOpenOptions,
  EnvelopeSealOptions,
  ExpectedSender,
  Recipient,
  Signer,
} from './session.ts';
export { type EnvelopeStreamSealOptions, openStream, sealStream } from './stream.ts';
