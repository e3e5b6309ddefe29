/**
 * Asks an implementation for answers that are known: what answers wrongly is not worth measuring.
 *
 * @module
 */
import { sha3_512 } from '@mwrasp/crypto/hash';
import { encapsulate, generateKemKey } from '@mwrasp/crypto/kem';
import { generateSignKey, sign, verify } from '@mwrasp/crypto/sign';
import { keyForms } from '../contests/inputs.ts';
import type { Forms, Raw, RawKemCalls, RawSignCalls } from './peer.ts';

/** An implementation gave a wrong answer. */
class WrongAnswerError extends Error {
  override name = 'WrongAnswerError';
}

function expect(right: boolean, what: string): void {
  if (!right) throw new WrongAnswerError(what);
}

function isSame(a: unknown, b: Uint8Array): boolean {
  return Buffer.compare(Buffer.from(a as Uint8Array), b) === 0;
}

/** The forms that are there. */
function formsOf<Calls>({ objects, bytes }: Forms<Calls>) {
  return [objects, bytes].filter((form) => form !== undefined);
}

async function checkKem(forms: Forms<RawKemCalls> | undefined): Promise<void> {
  if (forms === undefined) return;
  using key = generateKemKey();
  for (const form of formsOf(forms)) {
    await form.generate();
    const calls = await form.withKey(keyForms(key));
    await calls.encapsulate();
    const { ciphertext, sharedSecret } = encapsulate(key.publicKey);
    expect(isSame(await calls.decapsulate(ciphertext), sharedSecret.expose()), 'decapsulate');
  }
}

async function checkSign(forms: Forms<RawSignCalls> | undefined): Promise<void> {
  if (forms === undefined) return;
  using key = generateSignKey();
  const message = Uint8Array.of(1, 2, 3);
  for (const form of formsOf(forms)) {
    await form.generate();
    const calls = await form.withKey(keyForms(key));
    const signature = new Uint8Array((await calls.sign(message)) as ArrayBuffer);
    expect(verify(key.publicKey, message, signature), 'sign');
    expect((await calls.verify(message, sign(key, message))) === true, 'verify');
    expect((await calls.verify(Uint8Array.of(1, 2, 4), signature)) === false, 'verify');
  }
}

/**
 * Compares answers with the library's.
 *
 * @param raw - An implementation.
 * @throws When one is wrong.
 */
export async function checkAnswers(raw: Raw): Promise<void> {
  const data = Uint8Array.of(1, 2, 3);
  if (raw.sha3_512) expect(isSame(await raw.sha3_512(data), sha3_512(data)), 'SHA3-512');
  const aead = await raw.aead?.(new Uint8Array(32));
  if (aead) expect(isSame(await aead.open(await aead.seal(data)), data), 'AES-256-GCM');
  await checkKem(raw.kem);
  await checkSign(raw.sign);
}
