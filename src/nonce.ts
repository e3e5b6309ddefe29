/**
 * Random nonces of AES-256-GCM.
 *
 * @module
 */
import type * as NodeV8 from 'node:v8';
import { copyFrom, randomFill } from './bytes.ts';
import { AES_256_GCM } from './params.ts';
import { builtinModule } from './runtime.ts';

/**
 * Nonces that are drawn at once on Node, where a call of the generator takes a fifth of the time of sealing 1 KiB.
 * Elsewhere each is drawn when it is used.
 */
const BATCH_NONCES = 64;

const { nonceBytes } = AES_256_GCM;

interface NodeProcess {
  readonly release?: { readonly name?: string };
  readonly versions?: Readonly<Record<string, string | undefined>>;
}

/**
 * Whether this is Node itself, whose generator (OpenSSL's) keeps its state in the process: a copy of the process would
 * repeat what comes next with and without a batch.
 */
function drawsInProcess(): boolean {
  const { process } = globalThis as { process?: NodeProcess };
  const { bun, deno, openssl } = process?.versions ?? {};
  return (
    process?.release?.name === 'node' && openssl !== undefined && bun === undefined && deno === undefined
  );
}

/** Whether what is in memory now will be that of many processes: `node --build-snapshot`. */
function isSnapshot(): boolean {
  const { startupSnapshot } = builtinModule<typeof NodeV8>('node:v8') ?? {};
  return startupSnapshot?.isBuildingSnapshot() ?? false;
}

let batch: Uint8Array | undefined;
/** Bytes of the batch that are used up. */
let used = 0;

/** A new batch, or undefined where there shall be none. */
function drawBatch(): Uint8Array | undefined {
  if (!drawsInProcess() || isSnapshot()) return undefined;
  return randomFill(new Uint8Array(BATCH_NONCES * nonceBytes));
}

/**
 * Writes a random nonce that nobody has used (SP 800-38D §8.2.2, all 96 bits random).
 *
 * @param out - Where its 12 bytes go.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_RUNTIME` when the runtime has no generator or it fails.
 */
export function drawNonce(out: Uint8Array): void {
  if (batch === undefined || used === batch.length) {
    batch = drawBatch();
    used = 0;
    if (batch === undefined) {
      randomFill(out);
      return;
    }
  }
  copyFrom(batch, used, out);
  batch.fill(0, used, used + nonceBytes);
  used += nonceBytes;
}
