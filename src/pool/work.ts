/**
 * The worker's side: does a job with the library's own functions.
 *
 * Nothing secret outlives a job. A private key is imported for each one, which takes a hundredth of the time of the 32 signatures
 * that are made with it, and is wiped before the job ends, whether it is done, fails or is cancelled.
 *
 * @module
 */
import { equal } from '../bytes.ts';
import { configureEngines, type EngineChoice } from '../engines/index.ts';
import { generateKemKey } from '../kem/index.ts';
import { keyMaterial, type PrivateKey } from '../keypair.ts';
import { ML_DSA_87 } from '../params.ts';
import type { SecretBytes } from '../secret.ts';
import { generateSignKey, SignPrivateKey, SignPublicKey, sign, verify } from '../sign/index.ts';
import { partsOf } from './batch.ts';
import { type Failure, writeFailure } from './failure.ts';
import { endJob, isCancelled, type Job, type JobKind, RESULT_BYTES, resultStride } from './job.ts';
import { wipeShared } from './memory.ts';

/** Does one kind of job; the result of each item goes to `resultOf` its number. */
type Task = (job: Job, forEachItem: (item: (index: number, result: Uint8Array) => void) => void) => void;

/** What stands before the items. */
type KeyAndContext = [key: Uint8Array, context: Uint8Array, ...items: Uint8Array[]];

const TASKS: Readonly<Record<JobKind, Task>> = {
  verify(job, forEachItem) {
    const [keyBytes, context, ...parts] = partsOf(job.input, job.lengths) as KeyAndContext;
    const publicKey = importPublicKey(keyBytes);
    const options = { context };
    forEachItem((i, result) => {
      const isRight = verify(publicKey, parts[2 * i] as Uint8Array, parts[2 * i + 1] as Uint8Array, options);
      result[0] = isRight ? 1 : 0;
    });
  },
  sign(job, forEachItem) {
    const [material, context, ...messages] = partsOf(job.input, job.lengths) as KeyAndContext;
    const key = importSignKey(material);
    const options = { context, deterministic: job.deterministic };
    try {
      forEachItem((i, result) => result.set(sign(key, messages[i] as Uint8Array, options)));
    } finally {
      key.dispose();
    }
  },
  'generate-sign-keys'(_, forEachItem) {
    forEachItem((_, result) => writeKeyPair(generateSignKey(), result));
  },
  'generate-kem-keys'(_, forEachItem) {
    forEachItem((_, result) => writeKeyPair(generateKemKey(), result));
  },
};

let lastPublicKey: SignPublicKey | undefined;

/** The public key of the job before is kept: expanding its matrix takes as long as two verifications. */
function importPublicKey(bytes: Uint8Array): SignPublicKey {
  if (lastPublicKey === undefined || !equal(lastPublicKey.toBytes(), bytes)) {
    lastPublicKey = SignPublicKey.fromBytes(bytes);
  }
  return lastPublicKey;
}

function importSignKey(material: Uint8Array): SignPrivateKey {
  return material.length === ML_DSA_87.seedBytes
    ? SignPrivateKey.fromSeed(material)
    : SignPrivateKey.fromExpandedKey(material);
}

/** Seed, then public key; the key is disposed. */
function writeKeyPair(key: PrivateKey, result: Uint8Array): void {
  const { seed } = keyMaterial('key', key) as { seed: SecretBytes };
  try {
    result.set(seed.expose());
    result.set(key.publicKey.toBytes(), seed.length);
  } finally {
    key.dispose();
  }
}

let engines: string | undefined;

/** Forces what the main thread forces. Once an engine is in use, another choice is refused, as there. */
function useEngines(choice: EngineChoice): void {
  const wanted = JSON.stringify(choice);
  if (wanted === engines) return;
  configureEngines(choice);
  engines = wanted;
}

/**
 * Does a job.
 *
 * @param job - In shared memory; its input is wiped, and so is its output when the job is not done.
 * @returns Why it failed; nothing when it is done or cancelled.
 */
export function work(job: Job): Failure | undefined {
  const size = RESULT_BYTES[job.kind];
  const stride = resultStride(job.kind);
  let done = 0;
  try {
    useEngines(job.engines);
    TASKS[job.kind](job, (item) => {
      for (; done < job.count && !isCancelled(job); done++) {
        item(done, job.output.subarray(done * stride, done * stride + size));
      }
    });
    return undefined;
  } catch (error) {
    return writeFailure(error);
  } finally {
    wipeShared(job.input);
    if (done < job.count) wipeShared(job.output);
    endJob(job);
  }
}
