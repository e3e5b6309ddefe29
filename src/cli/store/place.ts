/**
 * Where a keystore is that `--store` names.
 *
 * @module
 */
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parsePkcs11Uri } from '@mwrasp/crypto/keystore/pkcs11';
import { CliError, EXIT } from '../exit.ts';

/** Names the keystore where `--store` does not. */
export const STORE_VARIABLE = 'MWRASP_CRYPTO_KEYSTORE';

/** Where a keystore is. */
export interface StorePlace {
  readonly backend: 'file' | 'pkcs11';
  /** As `openKeystore` takes it. There may be a PIN in it: it is not to be shown. */
  readonly url: string;
  /** The store's folder, or the one beside its token. */
  readonly folder: string;
  /** Whether the URL says by itself what unlocks the store. */
  readonly unlocksItself: boolean;
}

/**
 * Where the keystore is that `--store` names.
 *
 * @param text - A path, or a URL.
 */
export function locate(text: string | undefined): StorePlace {
  if (text === undefined || text === '') {
    throw new CliError(EXIT.usage, `which keystore? give --store URL-OR-FOLDER, or set ${STORE_VARIABLE}`);
  }
  if (/^pkcs11:/i.test(text)) return locateInToken(text);
  if (/^file:/i.test(text)) return locateUrl(text);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    throw new CliError(EXIT.usage, '--store: expected a folder, or a URL that begins with file: or pkcs11:');
  }
  const folder = resolve(text);
  return { backend: 'file', url: pathToFileURL(folder).href, folder, unlocksItself: false };
}

function locateInToken(uri: string): StorePlace {
  const { path: folder, pin } = parsePkcs11Uri(uri);
  if (pin instanceof Uint8Array) pin.fill(0);
  if (folder === undefined) {
    throw new CliError(
      EXIT.usage,
      '--store: the folder beside the token is missing: add x-store=/ITS/PATH to the URI',
    );
  }
  return { backend: 'pkcs11', url: uri, folder, unlocksItself: pin !== undefined };
}

function locateUrl(text: string): StorePlace {
  try {
    // What is relative to a URL is not what is relative to this folder.
    if (!/^file:\//i.test(text)) throw new TypeError('relative');
    const url = new URL(text);
    const unlocksItself = url.searchParams.has('key-file');
    // Whether a store is made is what the commands say.
    url.searchParams.delete('create');
    return { backend: 'file', url: url.href, folder: fileURLToPath(url), unlocksItself };
  } catch {
    throw new CliError(
      EXIT.usage,
      '--store: expected a URL such as file:///var/lib/app/keys, or a path alone',
    );
  }
}

/** A store's URL as it may be shown: without the PIN that may be in it. */
export function showStore(text: string): string {
  return text.replace(/([?&])pin-value=[^&#]*&?/i, '$1').replace(/[?&]$/, '');
}
