/**
 * A fragment as this release writes it, kept for later ones.
 */
import { readFileSync } from 'node:fs';
import { inspectFragment, TemporalVault } from '@mwrasp/crypto/fragment';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../src/bytes.ts';
import { InputError, UnsupportedError } from '../../../src/errors.ts';
import { expectError } from '../../contract/support/errors.ts';

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/fragment-v0.json', import.meta.url), 'utf8'));
const fragment = fromHex(fixture.fragment);

describe('fragment-v0.json', () => {
  it('is read as it was written', () => {
    expect(inspectFragment(fragment)).toEqual(fixture.header);
    expect(fixture.header).toMatchObject({
      epoch: 2,
      threshold: 3,
      total: 3,
      index: 1,
      ttlMs: 250,
      messageBytes: 28,
    });
  });

  it('is opened by no vault', async () => {
    using vault = await TemporalVault.create();
    await expectError(() => vault.reassemble([fragment]), InputError, 'ERR_INPUT_KEY');
  });

  it('as a fragment of version 1 is refused with a clear error', async () => {
    using vault = await TemporalVault.create();
    const later = fragment.with(3, 1);
    for (const read of [() => inspectFragment(later), () => vault.reassemble([later])]) {
      const error = await expectError(read, UnsupportedError, 'ERR_UNSUPPORTED_VERSION');
      expect(error.message).toContain('fragment version 1; this release reads version 0');
    }
  });
});
