/**
 * One row of the table: how to call something, and what its arguments are.
 *
 * @module
 */
import { inspect } from 'node:util';
import { InputError, PqError } from '@mwrasp/crypto';
import { collect } from '../../support/streams.ts';
import { type Argument, type Variant, variantsOf } from './arguments.ts';
import type { Codes } from './documented.ts';
import { Hostile, type Maker, showsSecret } from './values.ts';

/** How to call something. */
export interface Row {
  readonly call: (...args: unknown[]) => unknown;
  readonly args: readonly Argument[];
  /** What the call throws of the caller's, when that is so documented. */
  readonly passes: (error: unknown) => boolean;
}

/** A row of the table; `call` takes the arguments in their order. */
export function row(
  call: (...args: never[]) => unknown,
  args: readonly Argument[],
  passes: Row['passes'] = () => false,
): Row {
  return { call: call as Row['call'], args, passes };
}

/** Something with methods: an instance of a class, or what stands behind an interface. */
export interface Subject {
  /** One that is in use, made anew for each call. */
  readonly live: Maker;
  /** One whose time is over. */
  readonly ended?: Maker;
  /** Methods with arguments; those without, and accessors, are called as they are. */
  readonly methods: Readonly<Record<string, readonly Argument[]>>;
}

/** The table of one entry: everything that it shows, by id. */
export interface Table {
  /** One row, or several where there are several ways to call it. */
  readonly rows: Readonly<Record<string, Row | readonly Row[]>>;
  readonly subjects: Readonly<Record<string, Subject>>;
}

/** A method as a row, on a receiver that is made for each call. */
export function methodRow(receiver: Maker, name: string, args: readonly Argument[]): Row {
  return row(async (...values: unknown[]) => {
    const object = (await receiver()) as Record<PropertyKey, unknown>;
    const member = object[memberKey(name)];
    return typeof member === 'function' ? Reflect.apply(member, object, values) : member;
  }, args);
}

/** `[Symbol.dispose]` is that symbol; any other name is a name. */
function memberKey(name: string): PropertyKey {
  return name === '[Symbol.dispose]' ? Symbol.dispose : name;
}

/** One call. */
export interface Call {
  readonly label: string;
  readonly values: readonly Maker[];
  readonly outcome: Variant['outcome'];
  /** The argument that is wrong, or may be. */
  readonly blamed: string | undefined;
  readonly isShown: boolean;
}

/** The call with valid arguments. */
export function validCall({ args }: Row, outcome: Call['outcome'] = 'works'): Call {
  return {
    label: 'valid arguments',
    values: args.map((argument) => argument.valid),
    outcome,
    blamed: undefined,
    isShown: false,
  };
}

/** Every call of a row: one argument at a time is another than the valid one. */
export function callsOf(subject: Row): Call[] {
  const valid = validCall(subject);
  const others = subject.args.flatMap((argument, i) =>
    variantsOf(argument).map(({ make, ...variant }) => ({
      ...variant,
      values: valid.values.map((maker, at) => (at === i ? make : maker)),
    })),
  );
  return [valid, ...others];
}

/** What is wrong with the outcome of one call; nothing when it is as documented. */
export async function problemOf({ call, passes }: Row, one: Call, codes: Codes): Promise<string | undefined> {
  const values = one.values.map((make) => make());
  let told: string | undefined;
  try {
    await settle(call(...values));
    told = isAccepting(one) ? undefined : 'was accepted';
  } catch (error) {
    if (!passes(error)) told = complaintOf(error, one, codes);
    else if (!isAccepting(one)) told = 'was accepted';
  }
  return told === undefined ? undefined : `${one.label}: ${told}`;
}

function isAccepting({ outcome }: Call): boolean {
  return outcome === 'works' || outcome === 'either';
}

function complaintOf(error: unknown, one: Call, codes: Codes): string | undefined {
  if (one.outcome === 'throws' && (error instanceof Hostile || error instanceof TypeError)) return undefined;
  if (!(error instanceof PqError)) return `threw what is none of our errors: ${inspect(error)}`;
  const { name, code, message } = error;
  if (one.outcome === 'works') return `was refused: ${message}`;
  if (codes.get(name)?.has(code) !== true) return `threw an undocumented ${name} ${code}: ${message}`;
  if (error instanceof InputError && one.outcome === 'wrong' && !isPart(error.argument, one.blamed)) {
    return `blames ${error.argument}: ${message}`;
  }
  if (message.length > 500) return `has a message of ${message.length} characters`;
  if (!one.isShown && showsSecret(inspect(error) + JSON.stringify(error)))
    return `shows a secret: ${message}`;
  return undefined;
}

/** Whether a name is that of an argument, or of a part of it. */
function isPart(name: string, argument: string | undefined): boolean {
  return name === argument || name.startsWith(`${argument}.`) || name.startsWith(`${argument}[`);
}

/** Waits for promises, and reads iterations to their end. */
async function settle(result: unknown): Promise<void> {
  const value = await result;
  if (typeof value === 'object' && value !== null && Symbol.asyncIterator in value) {
    await collect(value as AsyncIterable<unknown>);
  }
}

/** Whatever comes out of a transform stream that pieces go through. */
export async function through(transform: TransformStream, pieces: Iterable<unknown>): Promise<unknown[]> {
  const writer = transform.writable.getWriter();
  const write = async () => {
    for (const piece of pieces) await writer.write(piece);
    await writer.close();
  };
  const [read, written] = await Promise.allSettled([collect(transform.readable), write()]);
  if (read.status === 'rejected') throw read.reason;
  if (written.status === 'rejected') throw written.reason;
  return read.value;
}
