/**
 * Who the processes of the test are, and where they meet.
 *
 * @module
 */
import { SignPrivateKey } from '../../dist/sign/index.js';

/** Channels of Redis. */
export const CHANNELS = { toReceiver: 'adversary.to-receiver', toSender: 'adversary.to-sender' };

const SEEDS = { sender: 1, receiver: 2 };

/** @param {'sender' | 'receiver'} name */
function keyOf(name) {
  return SignPrivateKey.fromSeed(new Uint8Array(32).fill(SEEDS[name]));
}

/** @param {'sender' | 'receiver'} name */
export function identityOf(name) {
  return { signer: keyOf(name), generation: 1 };
}

/** @param {'sender' | 'receiver'} name */
export function publicKeyOf(name) {
  return keyOf(name).publicKey;
}
