/**
 * What a contest is: one operation at one size, and who does it.
 *
 * @module
 */
import { engineInfo, type Family } from '@mwrasp/crypto/engines';
import type { Forms, PeerName, Raw, RawKeyed } from '../peers/peer.ts';

/** Parts of the bench that are asked for by name. */
export const SUITES = ['primitives', 'keystore', 'fragment'] as const;
/** One of {@link SUITES}. */
export type SuiteName = (typeof SUITES)[number];

/** Whether keys are objects made once, or bytes on every call. */
export type Form = 'objects' | 'bytes';

/** Who does the work: this library, another implementation, or the library with less to do. */
export type Contender = 'ours' | PeerName | 'baseline';

/** Says who does the work of an operation, and how. */
export interface Entrant {
  readonly contender: Contender;
  /** Null where nothing has keys, or there is one way only. */
  readonly form: Form | null;
  /** What a private key is imported from on each call, where that makes a difference. */
  readonly keyFormat?: 'seed' | 'expanded';
}

/** An entrant and its work. */
export interface Runner extends Entrant {
  /** Whether `run` gives a promise. */
  readonly async?: boolean;
  /** Does the work once; `i` counts up, so that inputs can change from call to call. */
  run(i: number): unknown;
}

/** What a contest made of itself. */
export interface Prepared {
  /** All do the same work. Nobody, where this world can do none of it. */
  readonly runners: readonly Runner[];
  /** Removes what was made. */
  close?(): Promise<void>;
}

/** Where entrants live: a thread in which the library runs on one engine, one peer is loaded, or both. */
export interface World {
  /** Whether the library enters. */
  readonly ours: boolean;
  readonly peer: PeerName | undefined;
  readonly raw: Raw | undefined;
}

/** One operation at one size. */
export interface Contest {
  readonly suite: SuiteName;
  readonly operation: string;
  /** Bytes of the message, or of the output of HKDF; 0 where there is neither. */
  readonly sizeBytes: number;
  /** What else it depends on: `{ fragments: 3 }`. Curves are drawn over each of them, and over the size. */
  readonly parameters?: Readonly<Record<string, number>>;
  readonly family: Family;
  /** Takes long to prepare and is the same on every engine: measured on one, and left out of quick runs. */
  readonly slowToPrepare?: boolean;
  /** How much longer than usual its slices are, where single calls differ much. */
  readonly weight?: number;
  /** Makes keys and inputs. */
  prepare(world: World): Prepared | Promise<Prepared>;
}

/** Nobody can do it here. */
export const NOBODY: Prepared = { runners: [] };

/** The library's entry, where it enters. */
export function ours(world: World, runner: Omit<Runner, 'contender' | 'form'> & { form?: Form }): Runner[] {
  return world.ours ? [{ contender: 'ours', form: null, ...runner }] : [];
}

/** A peer's entry, where it has the call. */
export function theirs(world: World, run: ((i: number) => unknown) | undefined): Runner[] {
  const { peer, raw } = world;
  if (peer === undefined || run === undefined) return [];
  return [{ contender: peer, form: null, async: raw?.async ?? false, run }];
}

/** A peer's entries in each form of keys that it knows. */
export async function theirForms<Calls>(
  { peer, raw }: World,
  forms: Forms<Calls> | undefined,
  makeRun: (keyed: RawKeyed<Calls>) => ((i: number) => unknown) | Promise<(i: number) => unknown>,
): Promise<Runner[]> {
  const runners: Runner[] = [];
  if (peer === undefined) return runners;
  for (const form of ['objects', 'bytes'] as const) {
    const keyed = forms?.[form];
    if (keyed === undefined) continue;
    runners.push({ contender: peer, form, async: raw?.async ?? false, run: await makeRun(keyed) });
  }
  return runners;
}

/** Whether the library signs with noble here. */
export function signsWithNoble(): boolean {
  return engineInfo().sign.engine === 'noble';
}
