import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combineShares, createCeremony, type PresentedShare } from '../../../src/ceremony/index.ts';
import { QuorumError } from '../../../src/errors.ts';
import { hold, holders, subsets } from './support.ts';

const pick = (shares: readonly PresentedShare[], chosen: readonly number[]): PresentedShare[] =>
  chosen.map((i) => shares[i] as PresentedShare);

/** A few choices of a size, the same in every run. */
function sampled(total: number, size: number, count: number): number[][] {
  const order = fc.shuffledSubarray([...Array(total).keys()], { minLength: size, maxLength: size });
  return fc.sample(order, { numRuns: count, seed: total * 100 + size });
}

describe('every M of N up to 16', () => {
  let rules = 0;
  let combined = 0;
  let refused = 0;

  for (let total = 1; total <= 16; total++) {
    it(`N = ${total}`, async () => {
      for (let threshold = Math.min(2, total); threshold <= total; threshold++) {
        rules++;
        const { transcript, rootKey, shares } = await hold(threshold, total);
        // Every choice of every size where there are few of them; otherwise one of as many as are needed, one of one less.
        const sizes = total <= 4 ? [...Array(total + 1).keys()] : [threshold - 1, threshold];
        for (const size of sizes) {
          const all = total <= 4 ? [...subsets(total, size)] : sampled(total, size, 1);
          for (const chosen of all) {
            const combine = combineShares({ transcript, shares: pick(shares, chosen) });
            if (size >= threshold) {
              using again = await combine;
              expect(again.expose(), `${threshold} of ${total}: ${chosen}`).toEqual(rootKey);
              combined++;
            } else {
              await expect(combine).rejects.toEqual(new QuorumError(size, threshold));
              refused++;
            }
          }
        }
      }
    });
  }

  it('were all there', () => {
    // 1 of 1, and M from 2 to N for N from 2 to 16.
    expect(rules).toBe(1 + (15 * 16) / 2);
    expect({ combined, refused }).toEqual({ combined: 138, refused: 160 });
  });
});

describe('a rule', () => {
  it.each([
    [1, 2],
    [0, 1],
    [3, 2],
    [1, 16],
    [17, 16],
  ])('%i of %i is none', async (threshold, total) => {
    const custodians = holders(total).map(({ known }) => known);
    await expect(createCeremony({ threshold, custodians })).rejects.toMatchObject({
      code: 'ERR_INPUT_RANGE',
      argument: 'options.threshold',
    });
  });

  it('changes with another ceremony only, which has another key', async () => {
    const first = await hold(2, 3);
    const second = await hold(2, 3);
    expect(second.rootKey).not.toEqual(first.rootKey);
    await expect(
      combineShares({ transcript: second.transcript, shares: first.shares }),
    ).rejects.toMatchObject({ code: 'ERR_CEREMONY_SHARE_FOREIGN', custodian: 'alice', index: 1 });
  });

  it('has custodians with names and keys of their own', async () => {
    const [alice, bob] = holders(2).map(({ known }) => known) as [never, never];
    const refused = (custodians: object[]) =>
      createCeremony({ threshold: 2, custodians: custodians as never }).then(
        () => undefined,
        (error: unknown) => error,
      );
    for (const name of ['name', 'recipient', 'signer'] as const) {
      const twin = { ...(bob as object), [name]: (alice as Record<string, unknown>)[name] };
      expect(await refused([alice, twin])).toMatchObject({
        code: 'ERR_INPUT_FORMAT',
        argument: 'options.custodians[1]',
        expected: `a ${name} of its own`,
      });
    }
    expect(await refused([])).toMatchObject({ code: 'ERR_INPUT_LENGTH' });
  });
});
