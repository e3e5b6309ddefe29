/**
 * What the active generation of a signing key signs about the one that follows it. Its private half is gone when it retires;
 * the link stays, so that whoever knows the older key can follow to the newer one.
 *
 * Format `I`: preamble (4), length and name, generation (4) and public key (2592) of the older, the same of the newer, time (8),
 * signature (4627) of all before it.
 *
 * @module
 */
import { concat, uintBytes, utf8 } from '../bytes.ts';
import { KeyStoreError } from '../errors.ts';
import type { KeyRef, Keystore } from '../keystore/keystore.ts';
import { PREAMBLE_BYTES, writePreamble } from '../preamble.ts';
import { type SignPublicKey, verify } from '../sign/index.ts';

const CONTEXT = /* @__PURE__ */ utf8('mwrasp-crypto/identity-link/v1');

/**
 * Signs that one generation follows another.
 *
 * @param keystore - The store of both.
 * @param from - The active generation.
 * @param to - The pending one.
 * @param nowMs - The time, milliseconds since the Unix epoch.
 * @throws What {@link Keystore.sign} throws.
 */
export async function makeLink(
  keystore: Keystore,
  from: KeyRef,
  to: KeyRef,
  nowMs: number,
): Promise<Uint8Array> {
  const preamble = new Uint8Array(PREAMBLE_BYTES);
  writePreamble(preamble, 'I');
  const name = utf8(from.name);
  const fromKey = (await keystore.publicKey(from)) as SignPublicKey;
  const toKey = await keystore.publicKey(to);
  const content = concat(
    preamble,
    uintBytes(name.length, 1),
    name,
    uintBytes(from.generation, 4),
    fromKey.toBytes(),
    uintBytes(to.generation, 4),
    toKey.toBytes(),
    uintBytes(nowMs, 8),
  );
  const signature = await keystore.sign(from, content, { context: CONTEXT });
  if (!verify(fromKey, content, signature, { context: CONTEXT })) {
    throw new KeyStoreError(
      'ERR_KEYSTORE_CORRUPT',
      `key "${from.name}", generation ${from.generation}, signs what its public key refuses`,
    );
  }
  return concat(content, signature);
}
