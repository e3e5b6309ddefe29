/**
 * Kinds of arguments: what is right for each, and what of everything else is right by chance.
 *
 * @module
 */
import {
  aeadKey,
  COMMON,
  type CommonLabel,
  formsOf,
  kemPrivate,
  kemPublic,
  lying,
  type Maker,
  mu,
  SECRETS,
  sample,
  secret,
  signPrivate,
  signPublic,
  throwingGetters,
} from './values.ts';

/** One argument of a function. */
export interface Argument {
  /** As errors name it. */
  readonly name: string;
  /** A right value, made anew for each call. */
  readonly valid: Maker;
  /** Other right values: the call must do its work. */
  readonly right: Readonly<Record<string, Maker>>;
  /** Names of the common values that are not wrong by their type; what comes of them is for the function to say. */
  readonly takes: readonly CommonLabel[];
  /** Wrong values beside the common ones. */
  readonly wrong: Readonly<Record<string, Maker>>;
  /** Values whose own code throws while they are used; what it throws passes through as it is. */
  readonly throwing: Readonly<Record<string, Maker>>;
  /** Whether an error may show the value: a path is no secret. */
  readonly isShown: boolean;
  /** What an options object holds: each option is an argument of its own. */
  readonly fields: readonly Argument[];
}

const PLAIN: Omit<Argument, 'name' | 'valid'> = {
  right: {},
  takes: [],
  wrong: {},
  throwing: {},
  isShown: false,
  fields: [],
};

/** A value for an argument, and what it has to lead to. */
export interface Variant {
  readonly label: string;
  readonly make: Maker;
  /**
   * `works`: the call does its work. `wrong`: it blames `blamed`. `either`: it does its work, or says what is wrong.
   * `throws`: an error of the value's own comes out.
   */
  readonly outcome: 'works' | 'wrong' | 'either' | 'throws';
  readonly blamed: string;
  readonly isShown: boolean;
}

/** Every value that is tried for an argument. */
export function variantsOf(of: Argument): Variant[] {
  const { name, right, takes, wrong, throwing, isShown, fields } = of;
  const all = (values: Readonly<Record<string, Maker>>, outcomeOf: (label: string) => Variant['outcome']) =>
    Object.entries(values).map(([label, make]) => ({
      label: `${name}: ${label}`,
      make,
      outcome: outcomeOf(label),
      blamed: name,
      isShown,
    }));
  const common = Object.fromEntries(
    Object.entries(COMMON).filter(([label]) => !Object.hasOwn(throwing, label)),
  );
  return [
    ...all(right, () => 'works'),
    ...all(common, (label) => (isIn(takes, label) ? 'either' : 'wrong')),
    ...all(wrong, () => 'wrong'),
    ...all(throwing, () => 'throws'),
    ...fields.flatMap((field) =>
      variantsOf(field).map(({ make, ...variant }) => ({
        ...variant,
        make: () => ({ ...valuesOf(fields), [fieldName(field)]: make() }),
      })),
    ),
  ];
}

function isIn(takes: readonly CommonLabel[], label: string): boolean {
  return (takes as readonly string[]).includes(label);
}

/** Some of the common values. */
export function pick(...labels: readonly CommonLabel[]): Record<string, Maker> {
  return Object.fromEntries(labels.map((label) => [label, COMMON[label]]));
}

/** Any argument. */
export function argument(name: string, valid: Maker, more: Partial<Argument> = {}): Argument {
  return { ...PLAIN, ...more, name, valid };
}

/** The same argument, which may be left out. */
export function optional(kind: Argument): Argument {
  return {
    ...kind,
    right: { ...kind.right, 'left out': () => undefined },
    takes: [...kind.takes, 'undefined'],
  };
}

/** The same argument, which may be left out; what comes of that depends on the others. */
export function omissible(kind: Argument): Argument {
  return also(kind, { takes: ['undefined'] });
}

/** The same argument with more right values, more wrong ones, or more common ones that it takes. */
export function also(kind: Argument, more: Partial<Omit<Argument, 'name' | 'valid'>>): Argument {
  return {
    ...kind,
    right: { ...kind.right, ...more.right },
    takes: [...kind.takes, ...(more.takes ?? [])],
    wrong: { ...kind.wrong, ...more.wrong },
    throwing: { ...kind.throwing, ...more.throwing },
  };
}

/** Bytes of one length. */
export function bytesOf(name: string, value: Uint8Array): Argument {
  return argument(name, () => value, {
    right: formsOf(value),
    wrong: {
      'a byte less': () => value.slice(1),
      'a byte more': () => Uint8Array.of(...value, 0),
      'bytes that say they are more': () => lying(value.slice(1), value.length),
      'bytes that say they are fewer': () => lying(value, value.length - 1),
    },
  });
}

/** Bytes of any length, or of any up to a maximum. */
export function bytes(name: string, value: Uint8Array = sample(100), maxBytes?: number): Argument {
  return argument(name, () => value, {
    right: formsOf(value),
    takes: ['no bytes', 'seven bytes'],
    wrong: maxBytes === undefined ? {} : { 'a byte too many': () => new Uint8Array(maxBytes + 1) },
  });
}

/** Bytes or a secret, of any length. */
export function byteSecret(name: string): Argument {
  return also(bytes(name, SECRETS.bytes), { takes: ['a secret'] });
}

/** Bytes or a secret, of one length. */
export function byteSecretOf(name: string, value: Uint8Array): Argument {
  const takes: CommonLabel[] = value.length === secret.length ? ['a secret'] : [];
  return also(bytesOf(name, value), { takes });
}

export const kemPublicKey = (name: string): Argument =>
  argument(name, () => kemPublic, { takes: ['a KEM public key'] });
export const kemPrivateKey = (name: string): Argument =>
  argument(name, () => kemPrivate, { takes: ['a KEM private key'] });
export const signPublicKey = (name: string): Argument =>
  argument(name, () => signPublic, {
    // A prototype changes nothing about what a key is.
    takes: ['a public key for signatures', 'a key with the prototype of the other algorithm'],
  });
export const signPrivateKey = (name: string): Argument =>
  argument(name, () => signPrivate, { takes: ['a private key for signatures'] });
export const liveAeadKey = (name: string): Argument =>
  argument(name, () => aeadKey, { takes: ['an AEAD key'] });
export const muOf = (name: string): Argument => argument(name, () => mu, { takes: ['a Mu'] });

/** Integers of a range. */
export function integer(name: string, value: number, min: number, max: number): Argument {
  const common = (['0', '-1', '2^53'] as const).filter((label) => {
    const number = COMMON[label]();
    return Number.isSafeInteger(number) && number >= min && number <= max;
  });
  return argument(name, () => value, {
    takes: common,
    wrong: {
      'one less than there may be': () => min - 1,
      'one more than there may be': () => max + 1,
      'a fraction': () => value + 0.5,
      'the number as a text': () => String(value),
    },
  });
}

export const flag = (name: string): Argument =>
  argument(name, () => true, { takes: ['true', 'false'], wrong: { 'a text': () => 'true' } });

/** One of several texts. */
export function oneOf(name: string, ...texts: readonly string[]): Argument {
  return argument(name, () => texts[0], {
    right: Object.fromEntries(texts.map((text) => [`"${text}"`, () => text])),
    wrong: { 'a text of other case': () => texts[0]?.toUpperCase().replace('-', '_') },
  });
}

/** A source of bytes; its pieces are an argument too. */
export function source(name: string, pieces: readonly Uint8Array[] = [sample(50), sample(50)]): Argument {
  // An iteration waits for what it yields: a promise is its bytes, and a `then` that cannot be read throws.
  const takesPieces: readonly CommonLabel[] = ['no bytes', 'seven bytes', 'a promise of bytes'];
  const throwing = pick(
    'a proxy that throws',
    'a proxy of an array that throws',
    'a proxy of a function that throws',
    'a revoked proxy',
    'a revoked proxy of an array',
    'an object whose properties throw',
  );
  const wrongPieces = Object.entries(COMMON).filter(
    ([label]) => !isIn(takesPieces, label) && !Object.hasOwn(throwing, label),
  );
  const asPiece = ([label, make]: readonly [string, Maker]) =>
    [`a piece that is ${label}`, () => [pieces[0], make()]] as const;
  return argument(name, () => pieces, {
    takes: ['an empty array', 'a map'],
    right: {
      'a set': () => new Set(pieces),
      'an async generator': async function* () {
        yield* pieces;
      },
      'a web stream': () => new Blob([...pieces] as BlobPart[]).stream(),
      ...Object.fromEntries(
        Object.entries(formsOf(pieces[0] as Uint8Array)).map(([form, make]) => [
          `a piece that is ${form}`,
          () => [make(), ...pieces.slice(1)],
        ]),
      ),
    },
    wrong: {
      'bytes in hand': () => sample(100),
      ...Object.fromEntries(wrongPieces.map(asPiece)),
    },
    throwing: {
      ...pick('a proxy of bytes', 'an imitation of bytes'),
      ...Object.fromEntries(Object.entries(throwing).map(asPiece)),
    },
  });
}

/** An array; its elements are an argument too. */
export function arrayOf(name: string, element: Argument, takes: readonly CommonLabel[] = []): Argument {
  const wrong = [...Object.entries(COMMON).filter(([label]) => !isIn(element.takes, label))];
  return argument(name, () => [element.valid()], {
    takes,
    right: Object.fromEntries(
      Object.entries(element.right).map(([label, make]) => [`one element: ${label}`, () => [make()]]),
    ),
    wrong: Object.fromEntries(
      [...wrong, ...Object.entries(element.wrong)].map(([label, make]) => [
        `an element that is ${label}`,
        () => [element.valid(), make()],
      ]),
    ),
  });
}

/** Options that may be left out. */
export function options(...fields: readonly Argument[]): Argument {
  const bare = () => Object.assign(Object.create(null), valuesOf(fields));
  const kind = also(requiredOptions(...fields), {
    takes: ['an empty object', 'an object without prototype'],
    right: { 'no option': () => ({}), 'an object without prototype that has them': bare },
  });
  return optional(kind);
}

/** Options that may be left out, though nothing opens without them. */
export function omissibleOptions(...fields: readonly Argument[]): Argument {
  return also(requiredOptions(...fields), {
    takes: ['undefined', 'an empty object', 'an object without prototype'],
  });
}

/** Options of which some must be there. */
export function requiredOptions(...fields: readonly Argument[]): Argument {
  return bagOf('options', ...fields);
}

/** An options bag of any name, of which some fields must be there. */
export function bagOf(name: string, ...fields: readonly Argument[]): Argument {
  return argument(name, () => valuesOf(fields), {
    fields,
    wrong: {
      'an option of another name': () => ({ ...valuesOf(fields), other: 1 }),
      'an option of a long other name': () => ({ ...valuesOf(fields), ['x'.repeat(1000)]: 1 }),
      ...Object.fromEntries(
        fields
          .map(fieldName)
          .map((field) => [`an option ${field} that throws`, () => throwingGetters(field)]),
      ),
    },
  });
}

function fieldName(field: Argument): string {
  return field.name.replace(/^.*\./, '');
}

function valuesOf(fields: readonly Argument[]): Record<string, unknown> {
  return Object.fromEntries(fields.map((field) => [fieldName(field), field.valid()]));
}

/** Who has to have signed an envelope. */
export const expectedSender: Argument = omissible(
  argument('options.sender', () => signPublic, {
    takes: ['a public key for signatures', 'a key with the prototype of the other algorithm', 'a function'],
    right: {
      'a function that finds the key': () => () => signPublic,
      'a function that finds it later': () => async () => signPublic,
    },
    wrong: {
      'a function that finds a KEM key': () => () => kemPublic,
      'a function that finds a text': () => () => 'key',
      'a function that finds null': () => () => null,
    },
    throwing: pick('a class', 'a proxy of a function that throws'),
  }),
);
