/**
 * Where the generations of a store are in their lives, and what happens next.
 *
 * @module
 */
import { checkInteger, checkOptions, toBase64Url } from '../bytes.ts';
import { systemClock } from '../clock.ts';
import { storeAccess } from '../keystore/access.ts';
import {
  checkName,
  type KeyState,
  type Keystore,
  type KeystoreAlgorithm,
  type KeyTimes,
} from '../keystore/keystore.ts';
import type { Manifest } from '../keystore/manifest.ts';
import { generationsOf, type KeyLife, type Life } from './life.ts';
import { readLife } from './life-format.ts';
import { type Plan, type PlannedStep, plan } from './planner.ts';
import type { RotationPolicy } from './policy.ts';

/** One generation of a key. */
export interface GenerationStatus extends KeyTimes {
  readonly generation: number;
  readonly state: KeyState;
  /** JWK thumbprint of the public key, or random bytes of an AES key; base64url. */
  readonly keyId: string;
  /** Set when only the public half is left. */
  readonly publicOnly?: true;
  readonly createdAtMs: number;
  /** It is not destroyed before. */
  readonly heldUntilMs?: number;
  /** Whether holders were told that it will be destroyed, and how often. */
  readonly notices: 0 | 1 | 2;
}

/** One key that is rotated. */
export interface KeyRotationStatus {
  readonly name: string;
  readonly algorithm: KeystoreAlgorithm;
  readonly policy: RotationPolicy;
  /** The oldest first. */
  readonly generations: readonly GenerationStatus[];
  /** What comes next, the earliest first. */
  readonly next: readonly PlannedStep[];
  /** What a rotator would do at once: more than nothing means that none runs, or that it cannot. */
  readonly overdue: readonly string[];
}

/** What is known of the rotation of a store. */
export interface RotationStatus {
  /** The time that it is about, milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** The largest wall time that a rotator has seen; later than now when the clock went back. */
  readonly wallHighMs: number;
  /** How long rotators have run in all, as far as it is stored. */
  readonly runningMs: number;
  /** The highest fence under which the store was changed. */
  readonly fence: number;
  /** By name. */
  readonly keys: readonly KeyRotationStatus[];
}

/** Plans for one key of a store. */
export function planFor(
  manifest: Manifest,
  life: Life,
  key: KeyLife,
  nowMs: number,
  runningMs: number,
): Plan {
  return plan({
    algorithm: key.algorithm,
    policy: key.policy,
    generations: generationsOf(manifest, life, key.name),
    linked: new Set(key.links.keys()),
    nowMs,
    runningMs,
    wallHighMs: life.wallHighMs,
  });
}

function statusOf(
  manifest: Manifest,
  life: Life,
  key: KeyLife,
  nowMs: number,
  runningMs: number,
): KeyRotationStatus {
  const { name, algorithm, policy } = key;
  const { next, actions } = planFor(manifest, life, key, nowMs, runningMs);
  const keyIds = new Map(
    manifest.entries.flatMap(({ ref, keyId }) => (ref.name === name ? [[ref.generation, keyId]] : [])),
  );
  const generations = generationsOf(manifest, life, name).map((view): GenerationStatus => {
    const { generation, state, publicOnly, createdAtMs, heldUntilMs } = view;
    const { activatedAtMs, retiredAtMs, destroyAfterMs, noticeRunningMs, lastNoticeRunningMs } = view;
    return {
      generation,
      state,
      keyId: toBase64Url(keyIds.get(generation) as Uint8Array),
      ...(publicOnly ? { publicOnly } : {}),
      createdAtMs,
      ...(activatedAtMs === undefined ? {} : { activatedAtMs }),
      ...(retiredAtMs === undefined ? {} : { retiredAtMs }),
      ...(destroyAfterMs === undefined ? {} : { destroyAfterMs }),
      ...(heldUntilMs === undefined ? {} : { heldUntilMs }),
      notices: noticeRunningMs === undefined ? 0 : lastNoticeRunningMs === undefined ? 1 : 2,
    };
  });
  return { name, algorithm, policy, generations, next, overdue: actions.map(({ kind }) => kind) };
}

/** As {@link rotationStatus}, of a manifest. */
export function statusFrom(manifest: Manifest, nowMs: number, runningMs?: number): RotationStatus {
  const life = readLife(manifest);
  const running = runningMs ?? life.runningMs;
  const keys = [...life.keys.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    nowMs,
    wallHighMs: life.wallHighMs,
    runningMs: running,
    fence: life.fence,
    keys: keys.map((key) => statusOf(manifest, life, key, nowMs, running)),
  };
}

/**
 * Tells where the generations of a store are in their lives, and what happens next. For whoever looks; a rotator need not run here.
 *
 * @param keystore - The store.
 * @param options - `nowMs`: the time, milliseconds since the Unix epoch; by the system's clock by default.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_RANGE`.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_STATE` when the store was closed, or re-keyed by another process;
 * `ERR_KEYSTORE_CORRUPT`; of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_ROLLBACK`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` when another release rotates the store.
 * @example for (const { name, next } of (await rotationStatus(keystore)).keys) console.log(name, next[0]);
 */
export async function rotationStatus(
  keystore: Keystore,
  options?: { readonly nowMs?: number },
): Promise<RotationStatus> {
  const access = storeAccess('keystore', keystore);
  const { nowMs = Math.floor(systemClock.wallMs()) } = checkOptions('options', options, ['nowMs']);
  checkInteger('options.nowMs', nowMs, 0, Number.MAX_SAFE_INTEGER);
  return statusFrom(await access.refresh(), nowMs);
}

/**
 * The links of a signing key: what each generation signed of the one that follows it. The oldest first; as many as generations
 * are kept, and no fewer than a directory carries.
 *
 * @param keystore - The store.
 * @param name - The key.
 * @returns Links of format `I`; none when the key is not rotated.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT` (name).
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_STATE` when the store was closed, or re-keyed by another process;
 * `ERR_KEYSTORE_CORRUPT`; of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_ROLLBACK`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` when another release rotates the store.
 */
export async function identityLinks(keystore: Keystore, name: string): Promise<Uint8Array[]> {
  const access = storeAccess('keystore', keystore);
  checkName('name', name);
  const manifest = await access.refresh();
  const links = readLife(manifest).keys.get(name)?.links;
  return [...(links ?? [])].sort(([a], [b]) => a - b).map(([, link]) => Uint8Array.from(link));
}
