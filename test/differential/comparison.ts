/**
 * Whether all contestants said the same.
 *
 * @module
 */
import { PqError } from '../../src/errors.ts';

/** What a contestant says; undefined when it has nothing to say, but did not refuse. */
export type Answer = Uint8Array | boolean | undefined;

/** Contestants by name, each asked by a call. */
export type Contestants = Readonly<Record<string, () => Answer>>;

/** What stands for an exception that a contestant is allowed. */
export const REFUSED = 'refused';

/** How much of an answer a difference shows. */
const SHOWN = 96;

function textOf(answer: Answer): string {
  return answer instanceof Uint8Array ? Buffer.from(answer).toString('hex') : String(answer);
}

/** A trap of the module, or an error of ours that is none of the documented ones, is no way to refuse. */
function refusalOf(name: string, error: unknown): string {
  const isDocumented = name !== 'api' || error instanceof PqError;
  if (isDocumented && !(error instanceof WebAssembly.RuntimeError)) return REFUSED;
  return `crashed: ${String(error)}`;
}

/** The comparisons of one case. */
export class Comparison {
  readonly differences: string[] = [];
  /** Whether anything was refused or said to be false, by all. */
  refused = false;

  /** All have to give the same. An exception is a difference. */
  same(what: string, contestants: Contestants): void {
    this.#compare(what, contestants, (_, error) => `threw: ${String(error)}`);
  }

  /**
   * All have to give the same, or to refuse by an exception.
   *
   * @returns Whether all accepted.
   */
  decide(what: string, contestants: Contestants): boolean {
    return this.#compare(what, contestants, refusalOf);
  }

  /** What has to hold. */
  holds(what: string, condition: boolean): void {
    if (!condition) this.differences.push(`${what}: does not hold`);
  }

  #compare(
    what: string,
    contestants: Contestants,
    failure: (name: string, error: unknown) => string,
  ): boolean {
    const answers = Object.entries(contestants).map(([name, ask]) => {
      try {
        return [name, textOf(ask())] as const;
      } catch (error) {
        return [name, failure(name, error)] as const;
      }
    });
    const first = answers[0]?.[1];
    if (answers.every(([, answer]) => answer === first)) {
      const accepted = first !== REFUSED && first !== 'false';
      this.refused ||= !accepted;
      return accepted;
    }
    const shown = answers.map(([name, answer]) => `${name} ${answer.slice(0, SHOWN)}`);
    this.differences.push(`${what}: ${shown.join(', ')}`);
    return false;
  }
}
