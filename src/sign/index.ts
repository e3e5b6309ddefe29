/**
 * ML-DSA-87 (FIPS 204): key pairs, signatures with context, signatures of streams.
 *
 * @module
 */
export { generateSignKey, SignPrivateKey, SignPublicKey } from './keys.ts';
export { createMu, Mu, MuBuilder, signMu, signStream, verifyMu, verifyStream } from './mu.ts';
export { type ContextOptions, type SigningOptions, type SignOptions, sign, verify } from './sign.ts';
