/**
 * Arguments of everything that opens a token. There is none: the module that the right values name does not exist, and that
 * this is told is the work done. Whatever is wrong has to be told before anybody looks for it.
 *
 * @module
 */
import { join } from 'node:path';
import { KeyStoreError } from '@mwrasp/crypto';
import { type Argument, also, argument, integer, optional } from '../arguments.ts';
import { COMMON, type CommonLabel, formsOf, SECRETS } from '../values.ts';

/** Common values that are texts, and short. */
export const TEXTS: readonly CommonLabel[] = ['a private key in PEM', 'a public key in PEM'];

/** Common values that can be called, or look like it. */
export const FUNCTIONS: readonly CommonLabel[] = [
  'a function',
  'a class',
  'a proxy of a function that throws',
];

/** Common values that are texts of any length. */
export const STRINGS: readonly CommonLabel[] = ['an empty string', 'a string', 'a long string', ...TEXTS];

/** Common values that are no texts. */
export const NO_STRINGS: readonly CommonLabel[] = (Object.keys(COMMON) as CommonLabel[]).filter(
  (label) => typeof COMMON[label]() !== 'string',
);

/** A path as long as a message may show; what is too long for any path is left as it is. */
export function shortPath(path: string): string {
  return path.length > 4096 ? path : path.slice(0, 100);
}

/** Options of which some that are texts are others; what cannot be read is left as it is. */
export function shortened(
  wanted: unknown,
  names: readonly string[],
  shorten: (text: string) => string,
): unknown {
  try {
    const options = wanted as Record<string, unknown>;
    const changed = names.flatMap((name) => {
      const value = options[name];
      return typeof value === 'string' && value !== '' ? [[name, shorten(value)] as const] : [];
    });
    return changed.length === 0 ? wanted : { ...options, ...Object.fromEntries(changed) };
  } catch {
    return wanted;
  }
}

/** A call that has done its work when it says that there is no module. */
export function unlessNoModule(
  call: (...args: unknown[]) => Promise<unknown>,
): (...args: unknown[]) => Promise<void> {
  return async (first, ...rest) => {
    try {
      await call(shortened(first, ['module'], shortPath), ...rest);
    } catch (error) {
      const isDone = error instanceof KeyStoreError && /^there is no PKCS#11 module at /.test(error.message);
      if (!isDone) throw error;
    }
  };
}

const text = (name: string, value: () => string) =>
  argument(name, value, {
    isShown: true,
    takes: ['a string', ...TEXTS],
    wrong: { 'a text with a zero': () => 'a\0b', 'a text that is too long': () => 'x'.repeat(4097) },
  });

/** What chooses a token. */
export function tokenOptions(folder: string): readonly Argument[] {
  return [
    text('options.module', () => join(folder, 'no-module.so')),
    ...['token', 'serial', 'manufacturer', 'model', 'libraryParameters'].map((name) =>
      optional(text(`options.${name}`, () => 'text')),
    ),
    optional(integer('options.slotId', 1, 0, Number.MAX_SAFE_INTEGER)),
    optional(integer('options.sessions', 8, 1, 256)),
    optional(
      argument('options.pin', () => SECRETS.bytes, {
        right: {
          ...formsOf(SECRETS.bytes),
          'a file': () => ({ file: '/run/secrets/pin' }),
          'an environment variable': () => ({ env: 'PIN' }),
          'a question': () => 'prompt',
        },
        takes: ['no bytes', 'seven bytes', 'a secret', ...FUNCTIONS],
        wrong: {
          'a PIN in a text': () => '1234',
          'a file and a variable': () => ({ file: '/run/secrets/pin', env: 'PIN' }),
          'a file without a name': () => ({ file: '' }),
          'a file in bytes': () => ({ file: SECRETS.bytes }),
          'something else': () => ({ url: 'https://example.org/pin' }),
        },
      }),
    ),
  ];
}

/** A URI of a token. */
export function tokenUri(name: string, folder: string): Argument {
  const module = `module-path=${join(folder, 'no-module.so')}`;
  const right = `pkcs11:token=t;slot-id=1?${module}`;
  return also(
    argument(name, () => right, {
      right: {
        'one with a PIN': () => `${right}&pin-value=1234`,
        'one with a file for the PIN': () => `${right}&pin-source=file:/run/secrets/pin`,
        'one in upper case': () => right.replace('pkcs11', 'PKCS11'),
      },
    }),
    {
      wrong: {
        'one of another scheme': () => right.replace('pkcs11', 'pkcs12'),
        'one with a part of another name': () => `pkcs11:x-other=1?${module}`,
        'one with a slot in words': () => `pkcs11:slot-id=one?${module}`,
        'one with half a percent': () => `pkcs11:token=%4?${module}`,
        'one with a name twice': () => `pkcs11:token=a;token=b?${module}`,
        'one with two PINs': () => `${right}&pin-value=1234&pin-source=/run/secrets/pin`,
        'one with a command': () => `${right}&pin-source=%7Ccat`,
        'one with a fragment': () => `${right}#x`,
        'one with a module that nobody has': () => 'pkcs11:?module-name=no-such-module',
        'one with a module of a name that no file can have': () => `pkcs11:?module-name=${'x'.repeat(1000)}`,
        'one that is too long': () => `${right}&x-other=${'x'.repeat(4096)}`,
      },
    },
  );
}
