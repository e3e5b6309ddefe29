/**
 * Who the two services are: an ML-DSA-87 key in a keystore each, and a folder in which each finds the other's public key.
 *
 * Both are asked at every handshake, so keys can be rotated while the services run.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PeerResolver, SessionIdentity } from '@mwrasp/crypto/fragment/session';
import { type Keystore, openKeystore } from '@mwrasp/crypto/keystore';
import { SignPublicKey } from '@mwrasp/crypto/sign';

/** The two services. */
export type ServiceName = 'probe' | 'analysis';

/** A key as the folder has it. In production a verified key directory stands here. */
interface PublishedKey {
  readonly keyId: string;
  readonly generation: number;
  /** Hexadecimal. */
  readonly publicKey: string;
}

/**
 * Opens a service's keystore: in an HSM when `HSM_MODULE` names one (with `HSM_TOKEN`, and the PIN in the file
 * `HSM_PIN_FILE`), otherwise in a folder.
 */
export async function openServiceKeystore(name: ServiceName, folder: string): Promise<Keystore> {
  const path = join(folder, `${name}-keys`);
  const { HSM_MODULE, HSM_TOKEN, HSM_PIN_FILE } = process.env;
  const keystore =
    HSM_MODULE === undefined
      ? await openKeystore({
          backend: 'file',
          path,
          highWaterMark: join(folder, `${name}.mark`),
          keyFile: join(folder, `${name}.root`),
        })
      : await openKeystore({
          backend: 'pkcs11',
          module: HSM_MODULE,
          path,
          ...(HSM_TOKEN === undefined ? {} : { token: HSM_TOKEN }),
          ...(HSM_PIN_FILE === undefined ? {} : { pin: { file: HSM_PIN_FILE } }),
        });
  await keystore.generate({ name, algorithm: 'ML-DSA-87', ifAbsent: true });
  return keystore;
}

/** The newest key of a service, published before it is used. */
export async function currentIdentity(
  keystore: Keystore,
  name: ServiceName,
  folder: string,
): Promise<SessionIdentity> {
  const { ref, keyId } = await keystore.get(name);
  const signer = await keystore.signer(ref);
  const published = await readPublished(name, folder);
  if (!published.some((key) => key.keyId === keyId)) {
    const publicKey = Buffer.from(signer.publicKey.toBytes()).toString('hex');
    await writePublished(name, folder, [...published, { keyId, generation: ref.generation, publicKey }]);
  }
  return { signer, generation: ref.generation };
}

/** Finds a peer's key, as handshakes name it, among those that it published. */
export function peerIn(name: ServiceName, folder: string): PeerResolver {
  return async (keyId, generation) => {
    const published = await readPublished(name, folder);
    const found = published.find((key) => key.keyId === keyId && key.generation === generation);
    return found === undefined ? undefined : SignPublicKey.fromBytes(Buffer.from(found.publicKey, 'hex'));
  };
}

async function readPublished(name: ServiceName, folder: string): Promise<PublishedKey[]> {
  try {
    return JSON.parse(await readFile(join(folder, `${name}.keys.json`), 'utf8')) as PublishedKey[];
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return [];
    throw error;
  }
}

async function writePublished(
  name: ServiceName,
  folder: string,
  keys: readonly PublishedKey[],
): Promise<void> {
  const path = join(folder, `${name}.keys.json`);
  const temporary = `${path}.${crypto.randomUUID()}`;
  await writeFile(temporary, JSON.stringify(keys));
  await rename(temporary, path);
}
