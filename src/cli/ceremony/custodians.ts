/**
 * Custodians as `ceremony` commands name them: `NAME=RECIPIENT.pub,SIGNER.pub`.
 *
 * @module
 */
import type { Custodian, KnownSigner } from '@mwrasp/crypto/ceremony';
import { CliError, EXIT } from '../exit.ts';
import { readRecipientPublic, readVerifier } from '../keys.ts';

/** Gathers an option that may come several times. */
export function gathered(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function takeApart(option: string, text: string, form: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw new CliError(EXIT.usage, `${option}: expected ${form}, got "${text.slice(0, 64)}"`);
}

/** Reads a custodian's public keys. */
export async function readCustodian(text: string): Promise<Custodian> {
  const form = 'NAME=RECIPIENT.pub,SIGNER.pub';
  const [name, files] = takeApart('--custodian', text, form);
  const [recipient, signer, ...rest] = files.split(',');
  if (!recipient || !signer || rest.length > 0) {
    throw new CliError(EXIT.usage, `--custodian: expected ${form}, got "${text.slice(0, 64)}"`);
  }
  return { name, recipient: await readRecipientPublic(recipient), signer: await readVerifier(signer) };
}

/** Reads the signing key of a custodian whom one knows; undefined when none is given. */
export async function readKnown(texts: readonly string[] | undefined): Promise<KnownSigner[] | undefined> {
  if (texts === undefined) return undefined;
  const known: KnownSigner[] = [];
  for (const text of texts) {
    const [name, file] = takeApart('--custodian', text, 'NAME=SIGNER.pub');
    known.push({ name, signer: await readVerifier(file) });
  }
  return known;
}

/** A share and its custodian's key, as `--share` names them. */
export function readShareOption(text: string): [share: string, key: string] {
  return takeApart('--share', text, 'SHARE=KEY');
}
