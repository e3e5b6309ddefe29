/**
 * The codes that cut a message into pieces: Reed–Solomon for its bytes, Shamir for its secret.
 *
 * @module
 */
export { combine as combineSecret, type Share as SecretShare, split as splitSecret } from '../shamir.ts';
export { encodeParity, reconstruct } from './erasure/index.ts';
