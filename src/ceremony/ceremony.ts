/**
 * A ceremony from its beginning to its commit.
 *
 * @module
 */
import {
  allocateSecret,
  checkBytes,
  checkInternal,
  checkOptions,
  describe,
  equal,
  INTERNAL,
  randomFill,
  wipe,
} from '../bytes.ts';
import { type Clock, checkClock } from '../clock.ts';
import type { Recipient, Signer } from '../envelope/index.ts';
import { toDecapsulator, toSigner } from '../envelope/session.ts';
import { CeremonyError, InputError, QuorumError } from '../errors.ts';
import { sha3_512 } from '../hash/index.ts';
import { checkName } from '../keystore/keystore.ts';
import { SecretBytes, SecretHolder } from '../secret.ts';
import { combine, type Share, split } from '../shamir.ts';
import type { SignPrivateKey } from '../sign/index.ts';
import { type Custodian, checkCustodians, checkRule, wrongStep } from './custodian.ts';
import { ROOT_KEY_BYTES, rootCheckOf, SET_ID_BYTES } from './root.ts';
import { MAX_SHARE_BYTES, writeShare } from './share.ts';
import {
  type DealtShare,
  isCommitted,
  isLabel,
  MAX_LABEL_BYTES,
  startTranscript,
  type Transcript,
  type TranscriptInfo,
  transcriptInfo,
} from './transcript.ts';
import { signFor, timeOf, type Verification } from './verify.ts';

/** Options of {@link createCeremony}. */
export interface CeremonyOptions {
  /** How many shares give the root key: 2 to the number of custodians; 1 of 1 with a single one. */
  readonly threshold: number;
  /** 1 to 16, each with a name and keys of its own. */
  readonly custodians: readonly Custodian[];
  /** What the ceremony is for: a line of up to 255 bytes of UTF-8; public. Empty by default. */
  readonly label?: string;
  /** Where time comes from; the system's clocks by default. */
  readonly clock?: Clock;
}

/** The file of one custodian. */
export interface CeremonyShare {
  /** Whose it is. */
  readonly custodian: string;
  /** Its number, from 1. */
  readonly index: number;
  /** The file: nothing in it can be read without the custodian's key. */
  readonly bytes: Uint8Array;
}

/** The keys of a custodian who verifies. */
export interface CustodianKeys {
  /** The custodian's ML-KEM-1024 key, or what decapsulates with it. */
  readonly recipient: Recipient;
  /** The custodian's ML-DSA-87 key, or what signs with it. */
  readonly signer: SignPrivateKey | Signer;
}

/** Where a ceremony is: shares are out and some are not read back; all custodians have signed; its key was handed over. */
export type CeremonyState = 'dealt' | 'verified' | 'committed';

/** What {@link Ceremony.commit} gives. */
export interface CommittedCeremony {
  /** The root key, 32 bytes, yours to dispose. */
  readonly rootKey: SecretBytes;
  /** The transcript with every signature: keep it beside the shares and beside the backups. It is public. */
  readonly transcript: Uint8Array;
}

/** What a ceremony is made of. */
interface CeremonyParts {
  readonly rootKey: SecretBytes;
  readonly shares: readonly CeremonyShare[];
  readonly transcript: Transcript;
  readonly clock: Clock;
}

let makeCeremony: (parts: CeremonyParts) => Ceremony;

/**
 * A ceremony under way, as {@link createCeremony} begins it. It holds the root key until {@link commit} hands it over; one
 * that is disposed before has left nothing but shares that no transcript lets anybody combine.
 */
export class Ceremony extends SecretHolder {
  readonly #rootKey: SecretBytes;
  readonly #shares: readonly CeremonyShare[];
  readonly #clock: Clock;
  #transcript: Transcript;
  #state: CeremonyState = 'dealt';
  /** Verifications follow one another: each signs for what came before. */
  #tail: Promise<unknown> = Promise.resolve();

  static {
    makeCeremony = (parts) => new Ceremony(INTERNAL, parts);
  }

  private constructor(token: typeof INTERNAL, parts: CeremonyParts) {
    super();
    checkInternal(token, 'Ceremony');
    const { rootKey, shares, transcript, clock } = parts;
    this.#rootKey = rootKey;
    this.#shares = shares;
    this.#transcript = transcript;
    this.#clock = clock;
  }

  /** Where the ceremony is. */
  get state(): CeremonyState {
    return this.#state;
  }

  /** One file for each custodian, in their order; copies. */
  get shares(): CeremonyShare[] {
    return this.#shares.map((share) => ({ ...share, bytes: Uint8Array.from(share.bytes) }));
  }

  /** The transcript so far; a copy. */
  get transcript(): Uint8Array {
    return Uint8Array.from(this.#transcript.bytes);
  }

  /** What the transcript tells so far. */
  get info(): TranscriptInfo {
    return transcriptInfo(this.#transcript);
  }

  /**
   * A custodian's part: verifies the share, as it was read back from where it is kept, and signs for it.
   *
   * @param custodian - Who it is.
   * @param share - The share's file, read back.
   * @param keys - The custodian's keys.
   * @throws What {@link verifyShare} throws of the same share and keys; the ceremony is as before then.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT`; `ERR_INPUT_RANGE`
   * when the clock gives no time; `ERR_INPUT_KEY` when `keys.signer` is not the custodian's, or signs wrongly;
   * `ERR_INPUT_DISPOSED`, also when the ceremony was broken off.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a share of another release.
   * @throws {@link CeremonyError} `ERR_CEREMONY_STATE` when the custodian has signed already, or is none of this ceremony;
   * `ERR_CEREMONY_SHARE_DAMAGED`, `ERR_CEREMONY_SHARE_FOREIGN`, `ERR_CEREMONY_SHARE_SWAPPED`, `ERR_CEREMONY_SHARE_WRONG`.
   * @example await ceremony.verify('alice', await readFile('alice.mwc'), { recipient, signer });
   */
  async verify(custodian: string, share: Uint8Array, keys: CustodianKeys): Promise<void> {
    checkName('custodian', custodian);
    checkBytes('share', share, { max: MAX_SHARE_BYTES });
    if (keys === undefined) throw new InputError('ERR_INPUT_TYPE', 'keys', 'an options object', 'undefined');
    const { recipient, signer } = checkOptions('keys', keys, ['recipient', 'signer']);
    const verification: Verification = {
      custodian,
      share: { argument: 'share', bytes: Uint8Array.from(share) },
      recipient: toDecapsulator(recipient as Recipient, 'keys.recipient'),
      signer: { argument: 'keys.signer', ...toSigner(signer as Signer, 'keys.signer') },
      clock: this.#clock,
    };
    const done = this.#tail.then(() => this.#verify(verification));
    this.#tail = done.catch(() => {});
    await done;
  }

  async #verify(verification: Verification): Promise<void> {
    this.#checkLive();
    const transcript = await signFor(this.#transcript, verification);
    this.#checkLive();
    this.#transcript = transcript;
    if (isCommitted(transcript)) this.#state = 'verified';
  }

  /**
   * Hands the root key over, when every custodian has verified a share and signed for it. Once only.
   *
   * @returns The root key and the transcript.
   * @throws {@link QuorumError} `ERR_QUORUM` when not all custodians have signed: `have` of `need`, which is all of them.
   * @throws {@link CeremonyError} `ERR_CEREMONY_STATE` when it was committed already.
   * @throws {@link InputError} `ERR_INPUT_DISPOSED`.
   */
  commit(): CommittedCeremony {
    if (this.#state === 'committed') throw wrongStep('this ceremony was committed already');
    this.#checkLive();
    if (this.#state === 'dealt') {
      const { verifiedAtMs, shares } = this.#transcript;
      throw new QuorumError(verifiedAtMs.size, shares.length);
    }
    this.#state = 'committed';
    const rootKey = SecretBytes.from(this.#rootKey.expose());
    this.#rootKey.dispose();
    return { rootKey, transcript: this.transcript };
  }

  /** Wipes the root key, unless it was handed over. A ceremony that was not committed is broken off. */
  override dispose(): void {
    this.#rootKey.dispose();
  }

  #checkLive(): void {
    if (this.#state !== 'committed' && this.#rootKey.disposed) {
      throw new InputError('ERR_INPUT_DISPOSED', 'ceremony', 'a live ceremony', 'one that was broken off');
    }
  }
}

function checkLabel(label: unknown): string {
  if (label === undefined) return '';
  if (typeof label !== 'string') {
    throw new InputError('ERR_INPUT_TYPE', 'options.label', 'a string', describe(label));
  }
  if (!isLabel(label)) {
    throw new InputError(
      'ERR_INPUT_FORMAT',
      'options.label',
      `a line of at most ${MAX_LABEL_BYTES} bytes of UTF-8`,
      describe(label),
    );
  }
  return label;
}

/** Deals: splits, seals each share to its custodian, and begins the transcript. */
async function deal(
  rootKey: Uint8Array,
  threshold: number,
  custodians: readonly Custodian[],
  about: { readonly label: string; readonly timeMs: number },
): Promise<Omit<CeremonyParts, 'rootKey' | 'clock'>> {
  const total = custodians.length;
  const setId = randomFill(new Uint8Array(SET_ID_BYTES));
  const parts = split(rootKey, threshold, total);
  try {
    checkSplit(parts, threshold, rootKey);
    const shares: CeremonyShare[] = [];
    const dealt: DealtShare[] = [];
    for (const [i, custodian] of custodians.entries()) {
      const { x, y } = parts[i] as Share;
      const { bytes, digest } = await writeShare({ setId, index: x, threshold, total }, custodian, y);
      const { name, recipient, signer } = custodian;
      shares.push({ custodian: name, index: x, bytes });
      dealt.push({ name, recipientId: recipient.thumbprint(), signer, digest, fileDigest: sha3_512(bytes) });
    }
    const rootCheck = rootCheckOf(rootKey, setId);
    const transcript = startTranscript({ ...about, setId, threshold, rootCheck, shares: dealt });
    return { shares, transcript };
  } finally {
    wipe(...parts.map(({ y }) => y));
  }
}

/** All shares together must give the key: those that are not needed have to agree with the others. */
function checkSplit(parts: readonly Share[], threshold: number, rootKey: Uint8Array): void {
  const again = combine(parts, threshold);
  const isSame = equal(again, rootKey);
  wipe(again);
  if (!isSame) throw new CeremonyError('ERR_CEREMONY_STATE', 'the shares do not give the key that was split');
}

/**
 * Begins a ceremony: draws a new root key of 256 bits, splits it so that any `threshold` of the custodians have it together
 * and fewer know nothing of it, and seals each share to its custodian. **Nothing is committed** before every custodian has read
 * the own share back and signed for it. To change the rule or a custodian is to hold another ceremony, with another root key.
 *
 * Shamir, How to share a secret, CACM 22 (1979), over GF(2^8); the shares are HPKE envelopes.
 *
 * @param options - Rule and custodians.
 * @returns The ceremony, yours to dispose. Hand each of its `shares` to its custodian, `verify` each, then `commit`.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE` (rule; also when the clock gives no time),
 * `ERR_INPUT_LENGTH` (number of custodians), `ERR_INPUT_OPTION`; `ERR_INPUT_FORMAT` for a name or a label that is none, and
 * when two custodians have a name or a key in common.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_RUNTIME` when the runtime has no random generator.
 * @example using ceremony = await createCeremony({ threshold: 3, custodians });
 */
export async function createCeremony(options: CeremonyOptions): Promise<Ceremony> {
  if (options === undefined) {
    throw new InputError('ERR_INPUT_TYPE', 'options', 'an options object', 'undefined');
  }
  const wanted = checkOptions('options', options, ['threshold', 'custodians', 'label', 'clock']);
  const custodians = checkCustodians('options.custodians', wanted.custodians);
  const { threshold } = wanted;
  checkRule('options.threshold', threshold, custodians.length);
  const label = checkLabel(wanted.label);
  const clock = checkClock('options.clock', wanted.clock);
  const timeMs = timeOf(clock);
  const rootKey = SecretBytes.adopt(randomFill(allocateSecret(ROOT_KEY_BYTES)));
  try {
    const parts = await deal(rootKey.expose(), threshold, custodians, { label, timeMs });
    return makeCeremony({ rootKey, clock, ...parts });
  } catch (error) {
    rootKey.dispose();
    throw error;
  }
}
