/**
 * Key files: PEM, DER or JWK, told apart by what is in them.
 *
 * @module
 */
import { InputError } from '@mwrasp/crypto';
import {
  importPrivateKey,
  importPublicKey,
  type PrivateKeyInput,
  type PublicKeyInput,
} from '@mwrasp/crypto/encodings';
import type { Decapsulator, Signer } from '@mwrasp/crypto/envelope';
import type { KemPrivateKey, KemPublicKey } from '@mwrasp/crypto/kem';
import type { SignPrivateKey, SignPublicKey } from '@mwrasp/crypto/sign';
import { CliError, EXIT } from './exit.ts';
import { nameOf, readSmall } from './files.ts';
import { type StoreOptions, withStore } from './store/open.ts';
import { readSelector } from './store/selector.ts';

/** Bytes of a file as the form that they are in. */
export function detectForm(bytes: Uint8Array): Uint8Array | string | object {
  const first = bytes.find((byte) => byte > 0x20);
  if (first !== 0x2d && first !== 0x7b) return bytes;
  const text = new TextDecoder().decode(bytes);
  if (first === 0x2d) return text;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Not JSON after all: DER never starts with a brace, so the importers will say what they expect.
    return bytes;
  }
  return typeof parsed === 'object' && parsed !== null ? parsed : bytes;
}

/** Wraps an importer's error with the file's name. */
export async function inFile<T>(path: string, work: () => T): Promise<T> {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    // The importers call it "data"; whoever typed the command knows the file.
    throw new CliError(EXIT.usage, `${nameOf(path)}: ${error.message.replace(/^data(\.|: )/, '')}`);
  }
}

/** Reads an ML-DSA-87 private key. */
export async function readSigner(path: string): Promise<SignPrivateKey> {
  const form = detectForm(await readSmall(path));
  return inFile(path, () => importPrivateKey(form as PrivateKeyInput, 'ML-DSA-87'));
}

/** Reads an ML-KEM-1024 private key. */
export async function readRecipient(path: string): Promise<KemPrivateKey> {
  const form = detectForm(await readSmall(path));
  return inFile(path, () => importPrivateKey(form as PrivateKeyInput, 'ML-KEM-1024'));
}

/** Reads an ML-DSA-87 public key. */
export async function readVerifier(path: string): Promise<SignPublicKey> {
  const form = detectForm(await readSmall(path));
  return inFile(path, () => importPublicKey(form as PublicKeyInput, 'ML-DSA-87'));
}

/** Reads an ML-KEM-1024 public key. */
export async function readRecipientPublic(path: string): Promise<KemPublicKey> {
  const form = detectForm(await readSmall(path));
  return inFile(path, () => importPublicKey(form as PublicKeyInput, 'ML-KEM-1024'));
}

/** Does work with a signer of envelopes: a key file, or a key of the keystore that `--store` names. */
export async function withSigner<T>(
  key: string,
  options: StoreOptions,
  work: (signer: SignPrivateKey | Signer) => Promise<T>,
): Promise<T> {
  if (options.store !== undefined) {
    return await withStore(options, async (keystore) => work(await keystore.signer(readSelector(key))));
  }
  using signer = await readSigner(key);
  return await work(signer);
}

/** Does work with a recipient of envelopes: a key file, or a key of the keystore that `--store` names. */
export async function withRecipient<T>(
  key: string,
  options: StoreOptions,
  work: (recipient: KemPrivateKey | Decapsulator) => Promise<T>,
): Promise<T> {
  if (options.store !== undefined) {
    return await withStore(options, async (keystore) => work(await keystore.recipient(readSelector(key))));
  }
  using recipient = await readRecipient(key);
  return await work(recipient);
}
