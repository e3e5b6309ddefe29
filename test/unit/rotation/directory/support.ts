/**
 * A service that rotates its identity by hand, as the life cycle has it, and publishes directories.
 *
 * @module
 */
import { type Keystore, openKeystore } from '../../../../src/keystore/index.ts';
import {
  linkIdentity,
  type PublishOptions,
  publishDirectory,
} from '../../../../src/rotation/directory/index.ts';
import type { SignPublicKey } from '../../../../src/sign/index.ts';

/** When it all begins. */
export const START_MS = 1_800_000_000_000;
export const HOUR_MS = 3_600_000;

/** A service with an identity `service` and a recipient key `inbox`. */
export class Service {
  readonly keystore: Keystore;
  readonly links: Uint8Array[] = [];
  /** Public keys of the identity, by generation. */
  readonly publicKeys = new Map<number, SignPublicKey>();
  generation = 1;
  sequence = 0;
  nowMs = START_MS;

  private constructor(keystore: Keystore) {
    this.keystore = keystore;
  }

  static async open(): Promise<Service> {
    const service = new Service(await openKeystore({ backend: 'memory' }));
    await service.keystore.generate({ name: 'inbox', algorithm: 'ML-KEM-1024' });
    await service.keystore.generate({ name: 'service', algorithm: 'ML-DSA-87' });
    await service.#note();
    return service;
  }

  async #note(): Promise<void> {
    const { generation } = this;
    this.publicKeys.set(
      generation,
      (await this.keystore.publicKey({ name: 'service', generation })) as SignPublicKey,
    );
  }

  /** Key id and generation of an identity. */
  pin(generation: number): { keyId: string; generation: number } {
    return { keyId: (this.publicKeys.get(generation) as SignPublicKey).keyId, generation };
  }

  /** Makes the next generation and the link to it. */
  async prepare(): Promise<void> {
    const { ref } = await this.keystore.generate({
      name: 'service',
      algorithm: 'ML-DSA-87',
      state: 'pending',
    });
    const from = { name: 'service', generation: this.generation };
    this.links.push(await linkIdentity(this.keystore, { from, to: ref, nowMs: this.nowMs }));
  }

  /** Activates the pending generation; the one before is retired, and that before destroyed. */
  async activate(): Promise<void> {
    const old = { name: 'service', generation: this.generation };
    this.generation++;
    this.nowMs += 24 * HOUR_MS;
    const { nowMs: activatedAtMs } = this;
    await this.keystore.update({ ...old, generation: this.generation }, { state: 'active', activatedAtMs });
    await this.keystore.update(old, { state: 'retired', retiredAtMs: activatedAtMs });
    if (old.generation > 1) await this.keystore.destroy({ ...old, generation: old.generation - 1 });
    await this.#note();
  }

  async rotate(): Promise<void> {
    await this.prepare();
    await this.activate();
  }

  publish(options?: Partial<PublishOptions>): Promise<Uint8Array> {
    this.sequence++;
    const { sequence, links, nowMs } = this;
    return publishDirectory(this.keystore, { identity: 'service', sequence, links, nowMs, ...options });
  }
}
