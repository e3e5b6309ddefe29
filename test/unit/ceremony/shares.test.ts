import { describe, expect, it, vi } from 'vitest';
import {
  combineShares,
  createCeremony,
  inspectShare,
  type PresentedShare,
  verifyShare,
  verifyTranscript,
} from '../../../src/ceremony/index.ts';
import { CeremonyError, QuorumError } from '../../../src/errors.ts';
import { sha3_512 } from '../../../src/hash/index.ts';
import { openKeystore } from '../../../src/keystore/index.ts';
import { SecretBytes } from '../../../src/secret.ts';
import { flipped } from '../../support/keys.ts';
import { type Held, type Holder, hold, holders, still } from './support.ts';

const holder = (i: number) => holders(i + 1)[i] as Holder;

const held: Held = await hold(2, 3);
const foreign: Held = await hold(2, 3);
const [alice, bob, carol] = held.shares as [PresentedShare, PresentedShare, PresentedShare];
const { transcript } = held;

/** What comes of putting shares together. */
async function outcome(shares: readonly PresentedShare[], of = transcript): Promise<unknown> {
  try {
    using rootKey = await combineShares({ transcript: of, shares });
    return Uint8Array.from(rootKey.expose());
  } catch (error) {
    return error;
  }
}

function refused(code: string, custodian?: string, index?: number) {
  return expect.objectContaining({ name: 'CeremonyError', code, custodian, index });
}

/** The code of what is thrown. */
function codeOf(work: () => unknown): string {
  try {
    work();
    return 'nothing thrown';
  } catch (error) {
    return (error as CeremonyError).code;
  }
}

const withShare = (from: PresentedShare, share: Uint8Array): PresentedShare => ({ ...from, share });

describe('a share that is wrong is named', () => {
  it('one byte of it changed, wherever', async () => {
    for (let offset = 0; offset < bob.share.length; offset++) {
      const changed = flipped(bob.share, offset, 1 + (offset % 255));
      // The preamble says which format it is; everything else is damage.
      const expected =
        offset < 4
          ? /^ERR_(CEREMONY_SHARE_DAMAGED|UNSUPPORTED_VERSION|INPUT_FORMAT)$/
          : /^ERR_CEREMONY_SHARE_DAMAGED$/;
      expect(
        codeOf(() => inspectShare(changed)),
        `byte ${offset}`,
      ).toMatch(expected);
      if (offset % 97 !== 0) continue;
      const error = (await outcome([alice, withShare(bob, changed)])) as CeremonyError;
      expect(error.code, `byte ${offset}`).toMatch(expected);
      expect(error.message).toContain('options.shares[1].share');
    }
    expect(await outcome([alice, withShare(bob, flipped(bob.share, 400))])).toEqual(
      refused('ERR_CEREMONY_SHARE_DAMAGED', 'bob', 2),
    );
  });

  it('truncated, at any length, or longer than it was', async () => {
    for (let length = 0; length < bob.share.length; length++) {
      const cut = bob.share.subarray(0, length);
      expect(
        codeOf(() => inspectShare(cut)),
        `${length} bytes`,
      ).toBe('ERR_CEREMONY_SHARE_DAMAGED');
    }
    expect(await outcome([alice, withShare(bob, bob.share.subarray(0, 500))])).toEqual(
      refused('ERR_CEREMONY_SHARE_DAMAGED', 'bob', 2),
    );
    expect(await outcome([alice, withShare(bob, Uint8Array.of(...bob.share, 0))])).toEqual(
      refused('ERR_CEREMONY_SHARE_DAMAGED', 'bob', 2),
    );
  });

  it('repeated', async () => {
    expect(await outcome([alice, bob, alice])).toEqual(refused('ERR_CEREMONY_SHARE_REPEATED', 'alice', 1));
  });

  it('of another ceremony', async () => {
    expect(await outcome([alice, foreign.shares[1] as PresentedShare])).toEqual(
      refused('ERR_CEREMONY_SHARE_FOREIGN', 'bob', 2),
    );
  });

  it("swapped: one custodian's share with another's key", async () => {
    const [one, two] = [withShare(alice, bob.share), withShare(bob, alice.share)];
    const error = await outcome([one, two]);
    expect(error).toEqual(refused('ERR_CEREMONY_SHARE_SWAPPED', 'bob', 2));
    expect((error as Error).message).toContain('custodian "alice"');
    const stranger = { ...bob, recipient: holder(3).recipient };
    expect(await outcome([alice, stranger])).toEqual(refused('ERR_CEREMONY_SHARE_SWAPPED', 'bob', 2));
  });

  it('made anew, and nothing but its checksum right', async () => {
    // Dealt under the same name by somebody else, with the set's id in it.
    using other = await createCeremony({ threshold: 2, custodians: holders(3).map(({ known }) => known) });
    const forged = Uint8Array.from((other.shares[1] as { bytes: Uint8Array }).bytes);
    forged.set(bob.share.subarray(4, 20), 4);
    const body = forged.subarray(0, -32);
    const label = new TextEncoder().encode('mwrasp-crypto/ceremony/v1/checksum');
    forged.set(sha3_512(Uint8Array.of(...label, ...body)).subarray(0, 32), body.length);
    expect(inspectShare(forged)).toMatchObject({ custodian: 'bob', index: 2 });
    expect(await outcome([alice, withShare(bob, forged)])).toEqual(
      refused('ERR_CEREMONY_SHARE_WRONG', 'bob', 2),
    );
  });

  it('too few', async () => {
    expect(await outcome([])).toEqual(new QuorumError(0, 2));
    expect(await outcome([carol])).toEqual(new QuorumError(1, 2));
  });

  it('opened by a key that answers wrongly', async () => {
    const recipient = {
      publicKey: holder(1).recipient.publicKey,
      decapsulate: () => SecretBytes.from(new Uint8Array(32)),
    };
    expect(await outcome([alice, { ...bob, recipient }])).toEqual(
      refused('ERR_CEREMONY_SHARE_WRONG', 'bob', 2),
    );
  });

  it('and right ones give the key, in any order and more than needed', async () => {
    expect(await outcome([carol, alice])).toEqual(held.rootKey);
    expect(await outcome([carol, bob, alice])).toEqual(held.rootKey);
  });
});

describe('a custodian verifies', () => {
  const deal = () =>
    createCeremony({ threshold: 2, custodians: holders(3).map(({ known }) => known), clock: still });
  const bytesOf = (ceremony: { shares: { bytes: Uint8Array }[] }, i: number) =>
    (ceremony.shares[i] as { bytes: Uint8Array }).bytes;

  it('the own share, with the own keys, once', async () => {
    using ceremony = await deal();
    const [one, two, three] = [holder(0), holder(1), holder(2)];
    const keysOf = ({ recipient, signer }: Holder) => ({ recipient, signer });
    const verify = (name: string, share: Uint8Array, by: Holder) =>
      ceremony.verify(name, share, keysOf(by)).then(
        () => undefined,
        (error: unknown) => error,
      );
    const before = ceremony.transcript;
    expect(await verify('alice', bytesOf(ceremony, 1), one)).toEqual(
      refused('ERR_CEREMONY_SHARE_SWAPPED', 'bob', 2),
    );
    expect(await verify('alice', bytesOf(ceremony, 0), two)).toEqual(
      refused('ERR_CEREMONY_SHARE_SWAPPED', 'alice', 1),
    );
    expect(await verify('zoe', bytesOf(ceremony, 0), one)).toEqual(refused('ERR_CEREMONY_STATE', 'zoe'));
    expect(await verify('alice', alice.share, one)).toEqual(
      refused('ERR_CEREMONY_SHARE_FOREIGN', 'alice', 1),
    );
    const { recipient } = keysOf(one);
    const { signer } = keysOf(two);
    await expect(ceremony.verify('alice', bytesOf(ceremony, 0), { recipient, signer })).rejects.toMatchObject(
      {
        code: 'ERR_INPUT_KEY',
        argument: 'keys.signer',
      },
    );
    expect(ceremony.transcript).toEqual(before);
    expect(() => ceremony.commit()).toThrow(new QuorumError(0, 3));

    expect(await verify('bob', bytesOf(ceremony, 1), two)).toBeUndefined();
    expect(await verify('bob', bytesOf(ceremony, 1), two)).toEqual(refused('ERR_CEREMONY_STATE', 'bob'));
    expect(() => ceremony.commit()).toThrow(new QuorumError(1, 3));
    // Both at once: one after the other.
    await Promise.all([
      ceremony.verify('alice', bytesOf(ceremony, 0), keysOf(one)),
      ceremony.verify('carol', bytesOf(ceremony, 2), keysOf(three)),
    ]);
    expect(ceremony.state).toBe('verified');
    const { rootKey, transcript: signed } = ceremony.commit();
    expect(ceremony.state).toBe('committed');
    expect(() => ceremony.commit()).toThrow(CeremonyError);
    expect(verifyTranscript(signed)).toMatchObject({
      committed: true,
      threshold: 2,
      total: 3,
      createdAtMs: still.wallMs(),
    });
    expect(rootKey.length).toBe(32);
    rootKey.dispose();
  });

  it('with keys that a keystore holds', async () => {
    const keystore = await openKeystore({ backend: 'memory' });
    await keystore.generate({ name: 'share', algorithm: 'ML-KEM-1024' });
    await keystore.generate({ name: 'hand', algorithm: 'ML-DSA-87' });
    const [recipient, signer] = [await keystore.recipient('share'), await keystore.signer('hand')];
    const custodians = [{ name: 'only', recipient: recipient.publicKey, signer: signer.publicKey }];
    using ceremony = await createCeremony({ threshold: 1, custodians });
    const share = bytesOf(ceremony, 0);
    await ceremony.verify('only', share, { recipient, signer });
    const committed = ceremony.commit();
    using rootKey = committed.rootKey;
    using again = await combineShares({ transcript: committed.transcript, shares: [{ share, recipient }] });
    expect(again.expose()).toEqual(rootKey.expose());
    await keystore.close();
  });

  it('and one who does not leaves nothing that can be combined', async () => {
    using ceremony = await deal();
    let signed = ceremony.transcript;
    const shares = holders(3).map(({ recipient }, i) => ({ share: bytesOf(ceremony, i), recipient }));
    for (const [i, { name, recipient, signer }] of holders(3).slice(0, 2).entries()) {
      expect(await outcome(shares, signed)).toEqual(refused('ERR_CEREMONY_STATE'));
      signed = await verifyShare({
        transcript: signed,
        share: bytesOf(ceremony, i),
        custodian: name,
        recipient,
        signer,
      });
    }
    const error = await outcome(shares, signed);
    expect(error).toEqual(refused('ERR_CEREMONY_STATE'));
    expect((error as Error).message).toContain('carol did not sign');
    // Broken off: the key is gone, and nobody can go on.
    ceremony.dispose();
    expect(() => ceremony.commit()).toThrow('one that was broken off');
    const { recipient, signer } = holder(0);
    await expect(ceremony.verify('alice', bytesOf(ceremony, 0), { recipient, signer })).rejects.toMatchObject(
      {
        code: 'ERR_INPUT_DISPOSED',
      },
    );
  });
});

describe('a dealer', () => {
  it('whose random generator fails has dealt nothing', async () => {
    const custodians = holders(3).map(({ known }) => known);
    let calls = 0;
    const spy = vi.spyOn(globalThis.crypto, 'getRandomValues');
    await createCeremony({ threshold: 2, custodians }).then((ceremony) => ceremony.dispose());
    calls = spy.mock.calls.length;
    spy.mockRestore();
    expect(calls).toBeGreaterThan(3);
    for (let failing = 0; failing < 3; failing++) {
      let left = failing;
      const real = globalThis.crypto.getRandomValues.bind(globalThis.crypto);
      const broken = vi.spyOn(globalThis.crypto, 'getRandomValues').mockImplementation((array) => {
        if (left-- === 0) throw new Error('no entropy');
        return real(array as never);
      });
      await expect(createCeremony({ threshold: 2, custodians })).rejects.toMatchObject({
        code: 'ERR_UNSUPPORTED_RUNTIME',
      });
      broken.mockRestore();
    }
  });
});
