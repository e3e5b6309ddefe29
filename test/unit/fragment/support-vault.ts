/**
 * Vaults that are disposed after each test.
 *
 * @module
 */
import { TemporalVault, type VaultOptions } from '@mwrasp/crypto/fragment';
import { afterEach, vi } from 'vitest';

/** A life so long that no test outlasts it: only what a test does to its clock counts. */
export const LONG: VaultOptions = { ttlMs: 60_000, epochMs: 15_000 };

const vaults: TemporalVault[] = [];

export async function makeVault(options: VaultOptions = LONG): Promise<TemporalVault> {
  const vault = await TemporalVault.create(options);
  vaults.push(vault);
  return vault;
}

afterEach(() => {
  vi.restoreAllMocks();
  for (const vault of vaults.splice(0)) vault.dispose();
});

/** Bytes that differ from place to place. */
export const pattern = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
