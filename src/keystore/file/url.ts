/**
 * File keystores by URL: `file:///var/lib/app/keys?create=false`. Nothing secret stands in it: what unlocks the store comes
 * beside it.
 *
 * @module
 */
import type * as Url from 'node:url';
import { describe } from '../../bytes.ts';
import { InputError } from '../../errors.ts';
import { requireBuiltin } from '../../runtime.ts';
import type { FileKeystoreOptions } from './open.ts';

const ARGUMENT = 'url';

/** What may stand behind `?`: the option, and its value as text says it. */
const PARAMETERS: Readonly<Record<string, (text: string) => Record<string, unknown>>> = {
  create: (text) => ({ create: text === 'true' ? true : text === 'false' ? false : text }),
  'high-water-mark': (text) => ({ highWaterMark: text === 'false' ? false : text }),
  'lock-timeout-ms': (text) => ({ lockTimeoutMs: /^[0-9]+$/.test(text) ? Number(text) : text }),
  'require-custody': (text) => ({ requireCustody: text }),
  'key-file': (text) => ({ keyFile: text }),
};

/**
 * Options of a file keystore, from its URL and what came beside it.
 *
 * @param text - A `file:` URL.
 * @param beside - Options that stand in no URL, an options object; none may be in both.
 * @throws {@link InputError} `ERR_INPUT_FORMAT`, `ERR_INPUT_OPTION`.
 */
export function readFileUrl(text: string, beside: object): FileKeystoreOptions {
  const { fileURLToPath } = requireBuiltin<typeof Url>('node:url', 'a file keystore');
  let path: string;
  let url: URL;
  try {
    url = new URL(text);
    path = fileURLToPath(url);
  } catch (cause) {
    const expected = 'a URL such as file:///var/lib/app/keys';
    throw new InputError('ERR_INPUT_FORMAT', ARGUMENT, expected, describe(text), { cause });
  }
  const options: Record<string, unknown> = { backend: 'file', path };
  const add = (name: string, value: unknown): void => {
    if (Object.hasOwn(options, name)) {
      throw new InputError('ERR_INPUT_OPTION', ARGUMENT, `"${name.slice(0, 64)}" once`, 'it twice');
    }
    options[name] = value;
  };
  for (const [name, value] of url.searchParams) {
    const read = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    if (read === undefined) {
      const known = Object.keys(PARAMETERS).join(', ');
      throw new InputError('ERR_INPUT_OPTION', ARGUMENT, `only ${known}`, `"${name.slice(0, 64)}"`);
    }
    for (const [option, content] of Object.entries(read(value))) add(option, content);
  }
  for (const [name, value] of Object.entries(beside)) add(name, value);
  return options as unknown as FileKeystoreOptions;
}
