/**
 * A service: an identity that signs handshakes and an inbox that others seal to, in a keystore, rotated while it runs and
 * published in a signed directory.
 *
 * Who knows the key id of one generation of the identity follows it to the next ones, and finds the inbox's key in the same place.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PeerResolver, SessionIdentity } from '@mwrasp/crypto/fragment/session';
import type { KemPublicKey } from '@mwrasp/crypto/kem';
import { type Keystore, openKeystore } from '@mwrasp/crypto/keystore';
import {
  createKeyring,
  createRotator,
  DirectoryFollower,
  directoryResolver,
  type IdentityPin,
  identityLinks,
  type Keyring,
  publishDirectory,
  type RotationPolicy,
  type Rotator,
} from '@mwrasp/crypto/rotation';
import type { Settings } from './settings.ts';

/** The two services. */
export type ServiceName = 'probe' | 'analysis';

const KEYS = { identity: { algorithm: 'ML-DSA-87' }, inbox: { algorithm: 'ML-KEM-1024' } } as const;
/** Looks at the directory of the other one in a period, so that what is published is known before it is used. */
const LOOKS = 8;
const MAX_TICK_MS = 10_000;

/**
 * Opens a service's keystore: in an HSM when `HSM_MODULE` names one (with `HSM_TOKEN`, and the PIN in the file
 * `HSM_PIN_FILE`), otherwise in a folder.
 */
async function openServiceKeystore(name: ServiceName, folder: string): Promise<Keystore> {
  const path = join(folder, `${name}-keys`);
  const { HSM_MODULE, HSM_TOKEN, HSM_PIN_FILE } = process.env;
  if (HSM_MODULE === undefined) {
    return openKeystore({
      backend: 'file',
      path,
      highWaterMark: join(folder, `${name}.mark`),
      keyFile: join(folder, `${name}.root`),
    });
  }
  return openKeystore({
    backend: 'pkcs11',
    module: HSM_MODULE,
    path,
    ...(HSM_TOKEN === undefined ? {} : { token: HSM_TOKEN }),
    ...(HSM_PIN_FILE === undefined ? {} : { pin: { file: HSM_PIN_FILE } }),
  });
}

/** The usual policy in proportion to another period. */
function policyOf(periodMs: number): Partial<RotationPolicy> {
  const part = (share: number) => Math.ceil(periodMs * share);
  return {
    periodMs,
    leadMs: part(1 / 2),
    minLeadMs: part(1 / 4),
    overlapMs: periodMs,
    noticeMs: part(1 / 4),
    lastNoticeMs: part(1 / 24),
  };
}

/** One of the two. */
export class Service {
  readonly #name: ServiceName;
  readonly #settings: Settings;
  readonly #keystore: Keystore;
  readonly #rotator: Rotator;
  readonly #inbox: Keyring;
  #publishing: Promise<void> = Promise.resolve();
  #sequence = 0;
  #peer: DirectoryFollower | undefined;
  #looking: ReturnType<typeof setInterval> | undefined;

  private constructor(name: ServiceName, settings: Settings, keystore: Keystore) {
    const { periodMs } = settings;
    this.#name = name;
    this.#settings = settings;
    this.#keystore = keystore;
    this.#inbox = createKeyring({ keystore, name: 'inbox' });
    this.#rotator = createRotator({
      keystore,
      keys: KEYS,
      policy: policyOf(periodMs),
      tickMs: Math.min(Math.ceil(periodMs / 16), MAX_TICK_MS),
    });
  }

  /** Has keys, publishes them, and rotates from now on. */
  static async start(name: ServiceName, settings: Settings): Promise<Service> {
    const service = new Service(name, settings, await openServiceKeystore(name, settings.folder));
    await service.#rotator.tick();
    await service.#publish();
    service.#keystore.onChange(() => {
      service.#publishing = service.#publishing.then(() => service.#publish());
      service.#publishing.catch((error: unknown) => console.error(`not published: ${String(error)}`));
    });
    service.#rotator.start();
    return service;
  }

  /** The identity of the next handshake. */
  async identity(): Promise<SessionIdentity> {
    const { ref } = await this.#keystore.get('identity');
    return { signer: await this.#keystore.signer(ref), generation: ref.generation };
  }

  /** Finds the identity of the other service, as handshakes name it. */
  peer(name: ServiceName): PeerResolver {
    const overlapMs = policyOf(this.#settings.periodMs).overlapMs as number;
    return async (keyId, generation) => {
      const follower = await this.#follow(name);
      return directoryResolver(follower, { overlapMs })(keyId, generation);
    };
  }

  /** The newest key to seal to the other service with, as far as it is known. */
  async recipient(
    name: ServiceName,
  ): Promise<{ readonly publicKey: KemPublicKey; readonly generation: number }> {
    const follower = await this.#follow(name);
    const inbox = (follower.current ?? (await follower.refresh())).active('inbox');
    if (inbox?.publicKey.algorithm !== 'ML-KEM-1024') throw new Error(`${name} has published no inbox`);
    return { publicKey: inbox.publicKey as KemPublicKey, generation: inbox.ref.generation };
  }

  /** Opens what was sealed to the inbox. */
  async open(envelope: Uint8Array): Promise<Uint8Array> {
    return this.#inbox.openEnvelope(envelope, { use: 'received' });
  }

  async stop(): Promise<void> {
    clearInterval(this.#looking);
    await this.#rotator.stop();
    await this.#publishing;
    await this.#keystore.close();
  }

  #path(name: ServiceName, what: string): string {
    return join(this.#settings.folder, `${name}.${what}`);
  }

  async #publish(): Promise<void> {
    this.#sequence = Math.max(this.#sequence + 1, Date.now());
    const bytes = await publishDirectory(this.#keystore, {
      identity: 'identity',
      sequence: this.#sequence,
      links: await identityLinks(this.#keystore, 'identity'),
    });
    const temporary = this.#path(this.#name, `directory.${process.pid}`);
    await writeFile(temporary, bytes);
    await rename(temporary, this.#path(this.#name, 'directory'));
    const { keyId, ref } = await this.#keystore.get('identity');
    // In production the first key id comes to a peer over a way that it trusts.
    const pin: IdentityPin = { keyId, generation: ref.generation };
    await writeFile(this.#path(this.#name, 'pin.json'), JSON.stringify(pin), { flag: 'wx' }).catch(() => {});
  }

  async #follow(name: ServiceName): Promise<DirectoryFollower> {
    if (this.#peer !== undefined) return this.#peer;
    const everyMs = this.#settings.periodMs / LOOKS;
    const pinned = JSON.parse(await readFile(this.#path(name, 'pin.json'), 'utf8')) as IdentityPin;
    const follower = new DirectoryFollower({
      fetch: () => readFile(this.#path(name, 'directory')),
      pinned,
      cooldownMs: Math.min(everyMs, MAX_TICK_MS),
    });
    await follower.refresh();
    this.#looking = setInterval(() => void follower.tryRefresh(), Math.min(everyMs, 2 ** 31 - 1));
    this.#peer = follower;
    return follower;
  }
}
