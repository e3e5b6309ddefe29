/**
 * What the cases of a period share: one key pair of each algorithm, in every engine.
 *
 * @module
 */
import type {
  FamilyEngines,
  PreparedKemPrivateKey,
  PreparedKemPublicKey,
  PreparedSignPrivateKey,
  PreparedSignPublicKey,
} from '../../src/engines/engine.ts';
import { registry } from '../../src/engines/index.ts';
import { KemPrivateKey } from '../../src/kem/keys.ts';
import { ML_DSA_87, ML_KEM_1024 } from '../../src/params.ts';
import { SignPrivateKey } from '../../src/sign/keys.ts';
import { Draw, type Stream } from './draw.ts';

/** The engines. */
export const NAMES = ['wasm', 'noble', 'node'] as const;
export type Name = (typeof NAMES)[number];

/** Something of each engine. */
export type Each<T> = Readonly<Record<Name, T>>;

/** Does something for each engine. */
export function each<T>(make: (name: Name) => T): Each<T> {
  return { wasm: make('wasm'), noble: make('noble'), node: make('node') };
}

/** A call for each engine, as a comparison asks it. */
export function ask<T>(make: (name: Name) => T): Each<() => T> {
  return each((name) => () => make(name));
}

function family<F extends 'hash' | 'kem' | 'sign'>(name: F): Each<FamilyEngines[F]> {
  return each((engine) => registry.named(engine, name));
}

/** The engines of each family, tested. */
export class Engines {
  readonly hash: Each<FamilyEngines['hash']> = family('hash');
  readonly kem: Each<FamilyEngines['kem']> = family('kem');
  readonly sign: Each<FamilyEngines['sign']> = family('sign');
}

/** Buffers that an engine fills, full of what does not belong there. */
export function filled(length: number, fill: (out: Uint8Array) => void): Uint8Array {
  const out = new Uint8Array(length).fill(0x5a);
  fill(out);
  return out;
}

interface HasPublicKey {
  publicKey(out: Uint8Array): void;
  expanded?(out: Uint8Array): void;
}

/** A key pair of ML-KEM-1024 in every engine. */
export interface KemKeys {
  readonly seed: Uint8Array;
  readonly publicBytes: Uint8Array;
  readonly expanded: Uint8Array;
  readonly privateKeys: Each<PreparedKemPrivateKey>;
  /** Imported from the expanded form. */
  readonly imported: Each<PreparedKemPrivateKey>;
  readonly publicKeys: Each<PreparedKemPublicKey>;
  /** Through the API, on the engine in WebAssembly. */
  readonly api: KemPrivateKey;
}

/** A key pair of ML-DSA-87 in every engine. */
export interface SignKeys {
  readonly seed: Uint8Array;
  readonly publicBytes: Uint8Array;
  readonly expanded: Uint8Array;
  readonly privateKeys: Each<PreparedSignPrivateKey>;
  readonly publicKeys: Each<PreparedSignPublicKey>;
  readonly api: SignPrivateKey;
  /** Signatures that are right. */
  readonly signed: readonly Signed[];
}

/** A message and its signature. */
export interface Signed {
  readonly message: Uint8Array;
  readonly context: Uint8Array;
  readonly signature: Uint8Array;
}

/** More keys than the engine in WebAssembly keeps expanded. */
const CROWD = { kem: 40, sign: 10 } as const;

/** How many signatures a period has for its cases to change. */
const SIGNED = 6;

/** The raw public key. */
export function publicBytesOf(key: HasPublicKey, length: number): Uint8Array {
  return filled(length, (out) => key.publicKey(out));
}

/** The expanded key, of an engine that writes it. */
export function expandedBytesOf(key: HasPublicKey, length: number): Uint8Array {
  return filled(length, (out) => key.expanded?.(out));
}

/** The keys of a period, made when a case asks for them. */
export class World {
  readonly engines: Engines;
  readonly #draw: Draw;
  readonly #seeds: { readonly kem: Uint8Array; readonly sign: Uint8Array };
  #kem: KemKeys | undefined;
  #sign: SignKeys | undefined;
  readonly #open: { dispose(): void }[] = [];

  constructor(engines: Engines, seed: string, stream: Stream, period: number) {
    this.engines = engines;
    this.#draw = new Draw(seed, stream, period);
    // Drawn in this order, whatever is asked for first.
    this.#seeds = {
      kem: this.#draw.bytes(ML_KEM_1024.seedBytes),
      sign: this.#draw.bytes(ML_DSA_87.seedBytes),
    };
  }

  /** The key pair of ML-KEM-1024. */
  get kem(): KemKeys {
    this.#kem ??= this.#makeKem();
    return this.#kem;
  }

  /** The key pair of ML-DSA-87. */
  get sign(): SignKeys {
    this.#sign ??= this.#makeSign();
    return this.#sign;
  }

  /**
   * One time in so many, the engine in WebAssembly gets so many other keys to use that it gives away the places of all that it had
   * expanded: then the next operation finds its key as it was at the beginning.
   */
  crowd(draw: Draw, oneIn: number, name: 'kem' | 'sign'): void {
    if (!draw.chance(oneIn)) return;
    const { wasm } = this.engines[name];
    const seedBytes = name === 'kem' ? ML_KEM_1024.seedBytes : ML_DSA_87.seedBytes;
    const others = Array.from({ length: CROWD[name] }, () => wasm.prepareSeed(draw.bytes(seedBytes)));
    for (const other of others) other.dispose();
  }

  /** Lets go of the keys. */
  dispose(): void {
    for (const key of this.#open) key.dispose();
  }

  #keep<T extends { dispose(): void }>(key: T): T {
    this.#open.push(key);
    return key;
  }

  #makeKem(): KemKeys {
    const { kem } = this.engines;
    const { kem: seed } = this.#seeds;
    const privateKeys = each((name) => this.#keep(kem[name].prepareSeed(seed)));
    const publicBytes = publicBytesOf(privateKeys.noble, ML_KEM_1024.publicKeyBytes);
    const expanded = expandedBytesOf(privateKeys.noble, ML_KEM_1024.expandedKeyBytes);
    return {
      seed,
      publicBytes,
      expanded,
      privateKeys,
      imported: each((name) => this.#keep(kem[name].prepareExpanded(expanded))),
      publicKeys: each((name) => this.#keep(kem[name].preparePublic(publicBytes))),
      api: this.#keep(KemPrivateKey.fromSeed(seed)),
    };
  }

  #makeSign(): SignKeys {
    const { sign } = this.engines;
    const { sign: seed } = this.#seeds;
    const privateKeys = each((name) => this.#keep(sign[name].prepareSeed(seed)));
    const publicBytes = publicBytesOf(privateKeys.noble, ML_DSA_87.publicKeyBytes);
    return {
      seed,
      publicBytes,
      expanded: expandedBytesOf(privateKeys.noble, ML_DSA_87.expandedKeyBytes),
      privateKeys,
      publicKeys: each((name) => this.#keep(sign[name].preparePublic(publicBytes))),
      api: this.#keep(SignPrivateKey.fromSeed(seed)),
      signed: Array.from({ length: SIGNED }, () => this.#makeSigned(privateKeys.wasm)),
    };
  }

  #makeSigned(key: PreparedSignPrivateKey): Signed {
    const draw = this.#draw;
    const message = draw.bytes(draw.below(200));
    const context = draw.bytes(draw.chance(2) ? 0 : draw.below(256));
    const rnd = draw.bytes(ML_DSA_87.rndBytes);
    const signature = filled(ML_DSA_87.signatureBytes, (out) => key.signWith?.(message, context, rnd, out));
    return { message, context, signature };
  }
}
