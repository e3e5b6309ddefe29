/**
 * The steps of the main job, each timed.
 *
 * @module
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStream, sealStream } from '@mwrasp/crypto/envelope';
import { type LagReport, TemporalVault } from '@mwrasp/crypto/fragment';
import { createSha3_512 } from '@mwrasp/crypto/hash';
import type { Keystore } from '@mwrasp/crypto/keystore';
import { SignPublicKey, verify } from '@mwrasp/crypto/sign';
import { CliError, EXIT } from '../exit.ts';
import { Progress } from '../terminal.ts';
import { LyingClock, Recording, refusal } from './adversary.ts';
import { piecesOf } from './source.ts';

/** One line of the report. */
export interface Step {
  readonly step: string;
  readonly detail: string;
  readonly bytes: number;
  readonly ms: number;
}

/** What became of the fragments. */
export interface FragmentOutcome {
  readonly ttlMs: number;
  readonly pieces: number;
  readonly recorded: number;
  /** Pieces that were late and had to be sealed again. */
  readonly late: number;
  /** After their life: recorded messages refused by the clock check. */
  readonly refusedByClock: number;
  /** The same with a clock that lies: refused because the key is gone. */
  readonly refusedKeyGone: number;
  /** Recorded messages that opened all the same; anything but 0 is a failure. */
  readonly opened: number;
  readonly lag: LagReport;
}

const TTL_MS = 100;
const FRAGMENTS_PER_PIECE = 4;
/** A piece that was not put together in time (a busy machine) is sealed again this often. */
const MAX_TRIES = 10;
/** Each time it waits so much longer: what held the machine up once is mostly not over at once. */
const RETRY_MS = 50;
const SIGNATURE_CONTEXT = new TextEncoder().encode('mwrasp-crypto demo: SHA3-512 of a file');

/** Names of the two keys in the keystore. */
export const SIGNER = 'demo-signer';
export const RECIPIENT = 'demo-recipient';

async function digestOf(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const digest = createSha3_512();
  for await (const piece of source) digest.update(piece);
  return digest.digest();
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function read(path: string, label: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
  return new Progress(label, sizeBytes).count(createReadStream(path, { highWaterMark: 1024 * 1024 }));
}

/** Runs the steps one after the other and times them. */
export class Job {
  readonly steps: Step[] = [];
  readonly #keystore: Keystore;
  readonly #file: string;
  readonly #sizeBytes: number;

  /** @param sizeBytes - Length of the file. */
  constructor(keystore: Keystore, file: string, sizeBytes: number) {
    this.#keystore = keystore;
    this.#file = file;
    this.#sizeBytes = sizeBytes;
  }

  async #time<T>(step: string, bytes: number, work: () => Promise<{ detail: string; value: T }>): Promise<T> {
    const start = performance.now();
    const { detail, value } = await work();
    this.steps.push({ step, detail, bytes, ms: performance.now() - start });
    return value;
  }

  /** Hashes the file and signs the hash; verifies with the public key alone. */
  async sign(): Promise<Uint8Array> {
    const size = this.#sizeBytes;
    const digest = await this.#time('hash', size, async () => {
      return { detail: 'SHA3-512', value: await digestOf(read(this.#file, 'hash', size)) };
    });
    const options = { context: SIGNATURE_CONTEXT };
    const signature = await this.#time('sign', digest.length, async () => {
      const value = await this.#keystore.sign(SIGNER, digest, options);
      return { detail: `ML-DSA-87, ${value.length} B`, value };
    });
    await this.#time('verify', digest.length, async () => {
      const key = await this.#keystore.publicKey(SIGNER);
      const good = key instanceof SignPublicKey && verify(key, digest, signature, options);
      if (!good) throw new CliError(EXIT.negative, 'the signature does not verify');
      return { detail: 'good', value: undefined };
    });
    return digest;
  }

  /** Seals the file to the recipient, signed, and opens it again; what comes out must hash to the same. */
  async envelope(envelopePath: string, digest: Uint8Array): Promise<void> {
    const signer = await this.#keystore.signer(SIGNER);
    const recipient = await this.#keystore.recipient(RECIPIENT);
    const size = this.#sizeBytes;
    await this.#time('seal', size, async () => {
      const sealed = sealStream(recipient.publicKey, read(this.#file, 'seal', size), { signer });
      await pipeline(sealed, createWriteStream(envelopePath, { mode: 0o600 }));
      const overhead = (await stat(envelopePath)).size - size;
      return { detail: `HPKE ML-KEM-1024, signed, +${overhead} B`, value: undefined };
    });
    await this.#time('open', size, async () => {
      const options = { sender: signer.publicKey };
      const opened = await digestOf(openStream(recipient, read(envelopePath, 'open', size), options));
      if (!sameBytes(opened, digest))
        throw new CliError(EXIT.negative, 'the envelope opened to something else');
      return { detail: 'sender verified, same bytes', value: undefined };
    });
  }

  /** Sends the file through fragments that live 100 ms, records them, and tries the recording when they are dead. */
  async fragments(recordingPath: string): Promise<FragmentOutcome> {
    const clock = new LyingClock();
    using vault = await TemporalVault.create({ ttlMs: TTL_MS, clock });
    const recording = new Recording(recordingPath);
    const counts = { pieces: 0, late: 0, refusedByClock: 0, refusedKeyGone: 0, opened: 0 };
    const split = this.#splitAll(vault, counts);
    await this.#time('fragment', this.#sizeBytes, async () => {
      await recording.write(split);
      return {
        detail: `${recording.count} fragments of ${counts.pieces} pieces, all reassembled`,
        value: undefined,
      };
    });
    await this.#time('wait', 0, async () => {
      await sleep(TTL_MS + vault.epochMs);
      return { detail: `until the last key is ${TTL_MS} ms old`, value: undefined };
    });
    await this.#time('adversary', this.#sizeBytes, async () => {
      using progress = new Progress('adversary', 2 * counts.pieces);
      let tried = 0;
      for (clock.lies of [false, true]) {
        for await (const message of recording.messages(FRAGMENTS_PER_PIECE)) {
          progress.update(++tried);
          const code = refusal(() => vault.reassemble(message));
          if (code === 'ERR_EXPIRED_DEADLINE') counts.refusedByClock++;
          // On a machine that stood still, keys died all at once: they are gone as well.
          else if (code !== undefined) counts.refusedKeyGone++;
          else counts.opened++;
        }
      }
      return { detail: `${counts.opened} of ${2 * counts.pieces} attempts opened`, value: undefined };
    });
    return { ttlMs: TTL_MS, recorded: recording.count, ...counts, lag: vault.lag() };
  }

  async *#splitAll(
    vault: TemporalVault,
    counts: { pieces: number; late: number },
  ): AsyncGenerator<Uint8Array> {
    using progress = new Progress('fragment', this.#sizeBytes);
    let done = 0;
    for await (const piece of piecesOf(this.#file)) {
      yield* await this.#throughFragments(vault, piece, counts);
      counts.pieces++;
      done += piece.length;
      progress.update(done);
    }
  }

  /** Fragments of one piece that was put together again in time. */
  async #throughFragments(
    vault: TemporalVault,
    piece: Uint8Array,
    counts: { late: number },
  ): Promise<Uint8Array[]> {
    for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
      let fragments: Uint8Array[] = [];
      let together: Uint8Array | undefined;
      const code = refusal(() => {
        fragments = vault.split(piece, { total: FRAGMENTS_PER_PIECE });
        together = vault.reassemble(fragments);
      });
      if (code !== undefined) {
        counts.late++;
        await sleep(RETRY_MS * attempt);
        continue;
      }
      if (together === undefined || !sameBytes(together, piece)) {
        throw new CliError(EXIT.negative, 'the fragments came together as something else');
      }
      return fragments;
    }
    throw new CliError(
      EXIT.negative,
      `this machine is too busy: ${MAX_TRIES} times, a piece was late by ${TTL_MS} ms`,
    );
  }
}
