/**
 * Custodians whose keys never change, and ceremonies among them.
 *
 * @module
 */
import {
  type Custodian,
  type CustodianKeys,
  createCeremony,
  type PresentedShare,
} from '../../../src/ceremony/index.ts';
import { KemPrivateKey } from '../../../src/kem/index.ts';
import { SignPrivateKey } from '../../../src/sign/index.ts';

/** A custodian with the private keys. */
export interface Holder extends Omit<CustodianKeys, 'recipient' | 'signer'> {
  readonly name: string;
  readonly recipient: KemPrivateKey;
  readonly signer: SignPrivateKey;
  /** What others know. */
  readonly known: Custodian;
}

const NAMES = 'alice bob carol dave erin frank grace heidi ivan judy kim leo mallory nina oscar peggy'.split(
  ' ',
);

function makeHolder(name: string, i: number): Holder {
  const recipient = KemPrivateKey.fromSeed(new Uint8Array(64).fill(i + 1));
  const signer = SignPrivateKey.fromSeed(new Uint8Array(32).fill(i + 1));
  return {
    name,
    recipient,
    signer,
    known: { name, recipient: recipient.publicKey, signer: signer.publicKey },
  };
}

const made: Holder[] = [];

/** The first of 16 custodians. */
export function holders(count: number): Holder[] {
  for (let i = made.length; i < count; i++) made.push(makeHolder(NAMES[i] as string, i));
  return made.slice(0, count);
}

/** A time that does not pass. */
export const NOW_MS: number = Date.UTC(2026, 10, 30);
export const still = { wallMs: () => NOW_MS, monotonicMs: () => 0 };

/** What a ceremony left. */
export interface Held {
  readonly transcript: Uint8Array;
  readonly rootKey: Uint8Array;
  /** One a custodian, in their order. */
  readonly shares: readonly PresentedShare[];
}

/** A ceremony from its beginning to its commit. */
export async function hold(threshold: number, total: number): Promise<Held> {
  const all = holders(total);
  using ceremony = await createCeremony({
    threshold,
    custodians: all.map(({ known }) => known),
    label: 'test',
    clock: still,
  });
  const shares = ceremony.shares;
  for (const [i, { name, recipient, signer }] of all.entries()) {
    await ceremony.verify(name, (shares[i] as { bytes: Uint8Array }).bytes, { recipient, signer });
  }
  const { rootKey, transcript } = ceremony.commit();
  using secret = rootKey;
  return {
    transcript,
    rootKey: Uint8Array.from(secret.expose()),
    shares: all.map(({ recipient }, i) => ({ share: (shares[i] as { bytes: Uint8Array }).bytes, recipient })),
  };
}

/** Every choice of some of the first numbers, as arrays of indexes. */
export function* subsets(total: number, size: number, from = 0): Generator<number[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let first = from; first <= total - size; first++) {
    for (const rest of subsets(total, size - 1, first + 1)) yield [first, ...rest];
  }
}
