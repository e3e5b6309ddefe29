/**
 * Picks an engine for each family: the first in order of preference that the runtime can run, or the one that was asked
 * for. An engine is tested before it is handed out; one that answers wrongly is never replaced in silence.
 *
 * @module
 */
import { checkOptions, describe } from '../bytes.ts';
import { InputError, SelfTestError, UnsupportedError } from '../errors.ts';
import {
  Absent,
  type Capability,
  type Engine,
  type EngineName,
  FAMILIES,
  type Family,
  type FamilyEngines,
} from './engine.ts';
import { hashBySize, SHORT_HASH } from './preference.ts';
import { selfTest } from './selftest.ts';

/** Which engine to use: one for everything, or one a family; families left out are picked automatically. */
export type EngineChoice = EngineName | { readonly [F in Family]?: EngineName };

/** State of a self-test: not needed so far, passed, or failed. */
export type SelfTestState = 'pending' | 'passed' | 'failed';

/** What one engine offers for one family. */
export interface EngineStatus {
  readonly engine: EngineName;
  /** Whether the runtime can run it. */
  readonly available: boolean;
  /** What is missing, when it cannot. */
  readonly reason?: string;
  readonly selfTest: SelfTestState;
  /** What it can do beyond the basic operations. */
  readonly capabilities: readonly Capability[];
}

/** What is used for one family, and what there would be beside it. */
export interface FamilyInfo {
  /** The engine in use. */
  readonly engine: EngineName;
  /** Whether it was forced by an option or the environment. */
  readonly forced: boolean;
  /** Another engine that hashes short messages, where that is faster: up to so many bytes. */
  readonly short?: { readonly engine: EngineName; readonly maxBytes: number };
  /** Every engine, in order of preference. */
  readonly engines: readonly EngineStatus[];
}

/** The environment variable that forces engines: `noble`, or `kem=noble,sign=node`. */
export const ENGINE_VARIABLE = 'MWRASP_CRYPTO_ENGINE';

type Choice = { [F in Family]?: EngineName };

/** Engines of each family, the one that is used first. */
export type Preference = Readonly<Record<Family, readonly EngineName[]>>;

/** All engines, with what is known of each. */
export class EngineRegistry {
  readonly #engines: readonly Engine[];
  readonly #readEnvironment: () => string | undefined;
  readonly #preference: Preference | undefined;
  readonly #tested = new Map<string, SelfTestError | 'passed'>();
  readonly #handedOut = new Set<Family>();
  /** The engine handed out for a family or a capability of it, so that the usual way is one look-up. */
  readonly #picked = new Map<string, FamilyEngines[Family]>();
  #choice: Choice | undefined;

  /**
   * @param engines - All there are.
   * @param readEnvironment - Value of {@link ENGINE_VARIABLE}, read on first use.
   * @param preference - Which is used for what; for everything the first, when undefined.
   */
  constructor(
    engines: readonly Engine[],
    readEnvironment: () => string | undefined,
    preference?: Preference,
  ) {
    this.#engines = engines;
    this.#readEnvironment = readEnvironment;
    this.#preference = preference;
  }

  /**
   * Forces engines. Allowed until a family that the choice changes was used.
   *
   * @param choice - One engine for everything, or one a family.
   * @throws {@link InputError} for unknown names (`ERR_INPUT_OPTION`), or when it comes too late (`ERR_INPUT_STATE`).
   */
  configure(choice: EngineChoice): void {
    const wanted = this.#expand('choice', choice);
    const current = this.#currentChoice();
    for (const family of FAMILIES) {
      if (wanted[family] !== current[family] && this.#handedOut.has(family)) {
        throw new InputError(
          'ERR_INPUT_STATE',
          'choice',
          `a call before the first use of ${family}`,
          'a later one',
        );
      }
    }
    this.#choice = wanted;
  }

  /**
   * The engine in use for a family, tested.
   *
   * @param family - Which part.
   * @param capability - What it must be able to do beyond the basic operations.
   * @throws {@link SelfTestError} when the engine gave a wrong answer.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_ENGINE`, `ERR_UNSUPPORTED_OPERATION` when a forced engine cannot
   * do it.
   */
  get<F extends Family>(family: F, capability?: Capability): FamilyEngines[F] {
    const cacheKey = capability === undefined ? family : `${family}/${capability}`;
    const known = this.#picked.get(cacheKey);
    if (known !== undefined) return known as FamilyEngines[F];
    const name = this.#pick(family, capability);
    let engine = this.named(name, family);
    if (capability !== undefined && !engine.capabilities.has(capability)) {
      throw new UnsupportedError(
        'ERR_UNSUPPORTED_OPERATION',
        `engine "${name}" has no ${capability}; use another one (${ENGINE_VARIABLE} or configureEngines)`,
      );
    }
    if (capability === undefined && this.#short(family) !== undefined) {
      const [short, long] = [this.named(SHORT_HASH.engine, 'hash'), engine as FamilyEngines['hash']];
      engine = hashBySize(short, long) as FamilyEngines[F];
    }
    this.#handedOut.add(family);
    this.#picked.set(cacheKey, engine);
    return engine;
  }

  /**
   * One engine by name, tested, whatever is in use.
   *
   * @throws {@link SelfTestError} when it gave a wrong answer.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_ENGINE` when the runtime cannot run it.
   */
  named<F extends Family>(name: EngineName, family: F): FamilyEngines[F] {
    const engine = this.#offer(this.#find(name), family);
    if (engine instanceof Absent) {
      throw new UnsupportedError(
        'ERR_UNSUPPORTED_ENGINE',
        `engine "${name}" has no ${family} here: ${engine.reason}`,
      );
    }
    this.#ensureTested(name, family, engine);
    return engine;
  }

  /**
   * Any engine with a capability, tested, whatever engine was asked for: for checks of input that have to be possible
   * everywhere, not for operations.
   *
   * @throws {@link SelfTestError} when it gave a wrong answer.
   */
  capable<F extends Family>(family: F, capability: Capability): FamilyEngines[F] {
    return this.named(this.#pickFree(family, capability), family);
  }

  /** What one engine offers for one family, without testing it. */
  status(name: EngineName, family: Family): EngineStatus {
    const offer = this.#offer(this.#find(name), family);
    const tested = this.#tested.get(`${name}/${family}`);
    return {
      engine: name,
      available: !(offer instanceof Absent),
      ...(offer instanceof Absent ? { reason: offer.reason } : {}),
      selfTest: tested === undefined ? 'pending' : tested === 'passed' ? 'passed' : 'failed',
      capabilities: offer instanceof Absent ? [] : [...offer.capabilities],
    };
  }

  /** What is used for a family. */
  info(family: Family): FamilyInfo {
    const short = this.#short(family);
    return {
      engine: this.#pick(family, undefined),
      forced: this.#currentChoice()[family] !== undefined,
      ...(short === undefined ? {} : { short }),
      engines: this.#order(family).map((name) => this.status(name, family)),
    };
  }

  /** Names of all engines. */
  get names(): EngineName[] {
    return this.#engines.map((engine) => engine.name);
  }

  #pick(family: Family, capability: Capability | undefined): EngineName {
    return this.#currentChoice()[family] ?? this.#pickFree(family, capability);
  }

  #order(family: Family): readonly EngineName[] {
    return this.#preference?.[family] ?? this.names;
  }

  /** What is used for short messages, when it is another engine than the one in use. */
  #short(family: Family): typeof SHORT_HASH | undefined {
    if (family !== 'hash' || this.#preference === undefined) return undefined;
    if (this.#currentChoice().hash !== undefined || this.#pickFree('hash', undefined) === SHORT_HASH.engine) {
      return undefined;
    }
    return this.status(SHORT_HASH.engine, 'hash').available ? SHORT_HASH : undefined;
  }

  #pickFree(family: Family, capability: Capability | undefined): EngineName {
    for (const name of this.#order(family)) {
      const offer = this.#offer(this.#find(name), family);
      if (offer instanceof Absent) continue;
      if (capability === undefined || offer.capabilities.has(capability)) return name;
    }
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_ENGINE',
      `no engine has ${capability ?? family} in this runtime`,
    );
  }

  #ensureTested<F extends Family>(name: EngineName, family: F, engine: FamilyEngines[F]): void {
    const id = `${name}/${family}`;
    let result = this.#tested.get(id);
    if (result === undefined) {
      const hash = family === 'hash' ? (engine as FamilyEngines['hash']) : this.get('hash');
      const wrong = selfTest(family, engine, hash);
      result = wrong === undefined ? 'passed' : new SelfTestError(name, family, wrong);
      this.#tested.set(id, result);
    }
    if (result !== 'passed') throw result;
  }

  #find(name: EngineName): Engine {
    const engine = this.#engines.find((candidate) => candidate.name === name);
    if (engine === undefined) throw this.#unknownName('name', name);
    return engine;
  }

  #offer<F extends Family>(engine: Engine, family: F): FamilyEngines[F] | Absent {
    return engine[family]() as FamilyEngines[F] | Absent;
  }

  #currentChoice(): Choice {
    this.#choice ??= this.#parse(this.#readEnvironment());
    return this.#choice;
  }

  /** `noble` or `kem=noble,sign=node`. */
  #parse(text: string | undefined): Choice {
    if (text === undefined || text === '') return {};
    if (!text.includes('=')) return this.#expand(ENGINE_VARIABLE, text as EngineName);
    const pairs = text.split(',').map((pair) => pair.split('=').map((part) => part.trim()));
    const malformed = pairs.find((pair) => pair.length !== 2);
    if (malformed !== undefined) {
      const got = `"${malformed.join('=').slice(0, 64)}"`;
      throw new InputError('ERR_INPUT_OPTION', ENGINE_VARIABLE, 'pairs such as kem=noble,sign=node', got);
    }
    return this.#expand(ENGINE_VARIABLE, Object.fromEntries(pairs) as Choice);
  }

  #expand(argument: string, choice: EngineChoice): Choice {
    if (typeof choice === 'string') {
      this.#checkName(argument, choice);
      return Object.fromEntries(FAMILIES.map((family) => [family, choice]));
    }
    if (choice === undefined) {
      throw new InputError('ERR_INPUT_TYPE', argument, 'an engine name or an object', 'undefined');
    }
    const wanted = checkOptions(argument, choice, FAMILIES);
    const expanded: Choice = {};
    for (const family of FAMILIES) {
      const name = wanted[family];
      if (name === undefined) continue;
      this.#checkName(argument, name);
      expanded[family] = name;
    }
    return expanded;
  }

  #checkName(argument: string, name: unknown): void {
    if (!this.names.includes(name as EngineName)) throw this.#unknownName(argument, name);
  }

  #unknownName(argument: string, name: unknown): InputError {
    const got = typeof name === 'string' ? `"${name.slice(0, 64)}"` : describe(name);
    return new InputError('ERR_INPUT_OPTION', argument, `one of ${this.names.join(', ')}`, got);
  }
}
