/**
 * `inspect`: says what a file is, without opening anything secret.
 *
 * @module
 */
import { PqError } from '@mwrasp/crypto';
import { readStreamHeader, SEAL_OVERHEAD_BYTES, sealedKeyId } from '@mwrasp/crypto/aead';
import { type AnyPublicKey, importJwks, importPrivateKey, importPublicKey } from '@mwrasp/crypto/encodings';
import { readHeader } from '@mwrasp/crypto/envelope';
import { inspectFragment } from '@mwrasp/crypto/fragment';
import type { Command } from 'commander';
import { CliError, EXIT } from '../exit.ts';
import { openInput, STANDARD_STREAM } from '../files.ts';
import { detectForm } from '../keys.ts';
import { describeManifest, newestManifest } from '../store/folder.ts';
import { print, table } from '../terminal.ts';

/** Enough of a file to tell what it is: a whole key set or fragment, or the header of something longer. */
const HEAD_BYTES = 2 * 1024 * 1024;

type Description = Record<string, string | number | boolean | null>;

const FORMAT_NAMES: Record<string, string> = {
  A: 'sealed message (AES-256-GCM)',
  S: 'sealed stream (AES-256-GCM)',
  E: 'envelope (HPKE)',
  K: 'keystore manifest',
  B: 'keystore blob',
  D: 'data sealed by a keystore',
  H: 'high-water mark of a keystore',
  F: 'fragment',
  Z: 'receipt of the destruction of keys',
};

/** Lengths of raw things that carry no mark. */
const RAW_LENGTHS: Record<number, string> = {
  32: 'an ML-DSA-87 seed, an AES-256 key or a shared secret',
  64: 'an ML-KEM-1024 seed or a SHA3-512 digest',
  1568: 'a raw ML-KEM-1024 public key or ciphertext',
  2592: 'a raw ML-DSA-87 public key',
  3168: 'an expanded ML-KEM-1024 private key',
  4627: 'an ML-DSA-87 signature',
  4896: 'an expanded ML-DSA-87 private key',
};

/** The beginning of a file, and its length where that is known. */
interface Head {
  readonly head: Uint8Array;
  readonly sizeBytes: number | undefined;
}

async function readHead(path: string): Promise<Head> {
  const { source, sizeBytes } = await openInput(path);
  const parts: Uint8Array[] = [];
  let length = 0;
  let whole = true;
  for await (const part of source) {
    parts.push(part);
    length += part.length;
    whole = length < HEAD_BYTES;
    if (!whole) break;
  }
  return { head: new Uint8Array(Buffer.concat(parts)), sizeBytes: whole ? length : sizeBytes };
}

function describeOurs({ head, sizeBytes }: Head): Description | undefined {
  const [m, w, letter = 0, version = 0] = head;
  const format = String.fromCharCode(letter);
  const name = m === 0x4d && w === 0x57 ? FORMAT_NAMES[format] : undefined;
  if (name === undefined) return undefined;
  const base = { what: name, version };
  if (format === 'A') {
    const plaintextBytes = sizeBytes === undefined ? 'more than 2 MiB' : sizeBytes - SEAL_OVERHEAD_BYTES;
    return { ...base, keyId: sealedKeyId(head), plaintextBytes };
  }
  if (format === 'S') return { ...base, ...readStreamHeader(head) };
  if (format === 'E') {
    const { recipient, sender, chunkSizeBytes, headerBytes } = readHeader(head);
    return {
      ...base,
      recipient,
      sender: sender ?? null,
      body: chunkSizeBytes === undefined ? 'message' : `stream, chunks of ${chunkSizeBytes} bytes`,
      headerBytes,
    };
  }
  if (format === 'F') return { ...base, ...inspectFragment(head) };
  if (format === 'K') return { ...base, ...describeManifest(head) };
  return base;
}

function describePublic(key: AnyPublicKey, form: string): Description {
  return { what: `public key (${form})`, algorithm: key.algorithm, keyId: key.keyId };
}

function describeKeyFile(form: Uint8Array | string | object): Description {
  if (typeof form === 'object' && !(form instanceof Uint8Array) && 'keys' in form) {
    const keys = [...importJwks(form).values()];
    return {
      what: 'JWK set',
      keys: keys.length,
      keyIds: keys.map((key) => `${key.algorithm} ${key.keyId}`).join(', ') || null,
    };
  }
  const name = typeof form === 'string' ? 'PEM' : form instanceof Uint8Array ? 'DER' : 'JWK';
  const isPrivate =
    typeof form === 'string'
      ? form.includes('BEGIN PRIVATE KEY')
      : !(form instanceof Uint8Array) && 'priv' in form;
  if (!isPrivate) {
    try {
      return describePublic(importPublicKey(form as Uint8Array), name);
    } catch (error) {
      // Bytes may still be PKCS#8; texts and objects said what they are.
      if (!(form instanceof Uint8Array)) throw error;
    }
  }
  using key = importPrivateKey(form as Uint8Array);
  return {
    what: `private key (${name}), ${key.hasSeed ? 'with its seed' : 'expanded, without its seed'}`,
    algorithm: key.algorithm,
    keyId: key.publicKey.keyId,
  };
}

function describeBytes(input: Head): Description {
  const ours = describeOurs(input);
  if (ours !== undefined) return ours;
  const { head } = input;
  if (head.length === 0) throw new CliError(EXIT.usage, 'not recognised: the file is empty');
  try {
    return describeKeyFile(detectForm(head));
  } catch (error) {
    const guess = RAW_LENGTHS[head.length];
    if (guess !== undefined) return { what: `${head.length} bytes, which might be ${guess}` };
    const detail = error instanceof PqError ? error.message : String(error);
    throw new CliError(EXIT.usage, `not recognised: none of our formats, and no key (${detail})`);
  }
}

/** Adds the command. */
export function addInspect(program: Command): void {
  program
    .command('inspect')
    .description('say what a file is: a key in any form, an envelope, sealed data, a keystore, a fragment')
    .argument('<file>', "the file, a keystore's folder, or - for standard input")
    .option('--json', 'print one JSON object')
    .action(async (file: string, { json }: { json?: boolean }) => {
      const manifest = file === STANDARD_STREAM ? undefined : await newestManifest(file);
      const result = { file, ...describeBytes(await readHead(manifest ?? file)) };
      print(json, result, () =>
        table(
          Object.entries(result).map(([name, value]) => [name, String(value ?? 'none')]),
          ['left', 'left'],
        ),
      );
    });
}
