/**
 * Argon2id, version 0x13 (RFC 9106): keys from passphrases. By `node:crypto` where it has it, off the event loop;
 * elsewhere by noble, which lets the event loop run every few milliseconds.
 *
 * A module of its own, loaded on use: most programs derive no key from a passphrase.
 *
 * @module
 */
import type * as NodeCrypto from 'node:crypto';
import { argon2idAsync } from '@noble/hashes/argon2.js';
import { copySecret, equal, fromHex, wipe } from '../bytes.ts';
import { SelfTestError, UnsupportedError } from '../errors.ts';
import { builtinModule } from '../runtime.ts';
import type { EngineName } from './engine.ts';
import { registry } from './index.ts';

/** The version of Argon2 that RFC 9106 describes. */
export const ARGON2_VERSION = 0x13;

/** What a computation costs. */
export interface Argon2Cost {
  /** Memory in KiB; at least 8 a lane. */
  readonly memoryKib: number;
  /** Passes over the memory. */
  readonly passes: number;
  /** Lanes, 1 or more; they may run at the same time. */
  readonly lanes: number;
}

/** What goes in. Lengths and costs were checked by the caller. */
export interface Argon2Input extends Argon2Cost {
  readonly password: Uint8Array;
  /** At least 8 bytes. */
  readonly salt: Uint8Array;
  readonly outputBytes: number;
  /** For the known answer only. */
  readonly secret?: Uint8Array;
  readonly associatedData?: Uint8Array;
}

type Argon2id = (input: Argon2Input) => Promise<Uint8Array>;

/** Milliseconds that noble computes before it lets the event loop run. */
const TICK_MS = 8;

const byNoble: Argon2id = ({
  password,
  salt,
  memoryKib,
  passes,
  lanes,
  outputBytes,
  secret,
  associatedData,
}) =>
  argon2idAsync(password, salt, {
    t: passes,
    m: memoryKib,
    p: lanes,
    dkLen: outputBytes,
    version: ARGON2_VERSION,
    asyncTick: TICK_MS,
    ...(secret === undefined ? {} : { key: secret }),
    ...(associatedData === undefined ? {} : { personalization: associatedData }),
  });

function nodeForm(crypto: typeof NodeCrypto): Argon2id {
  return ({ password, salt, memoryKib, passes, lanes, outputBytes, secret, associatedData }) =>
    new Promise((resolve, reject) => {
      const parameters = {
        message: password,
        nonce: salt,
        parallelism: lanes,
        tagLength: outputBytes,
        memory: memoryKib,
        passes,
        ...(secret === undefined ? {} : { secret }),
        ...(associatedData === undefined ? {} : { associatedData }),
      };
      crypto.argon2('argon2id', parameters, (error, derived) => {
        if (error === null || error === undefined) resolve(derived);
        else reject(error);
      });
    });
}

/** RFC 9106 §5.3. */
const KNOWN_ANSWER = '0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659';
const KNOWN_INPUT: Argon2Input = {
  password: new Uint8Array(32).fill(1),
  salt: new Uint8Array(16).fill(2),
  secret: new Uint8Array(8).fill(3),
  associatedData: new Uint8Array(12).fill(4),
  memoryKib: 32,
  passes: 3,
  lanes: 4,
  outputBytes: 32,
};

/** Whether the answer is right; `undefined` when the runtime has no such function after all. */
async function isRight(compute: Argon2id): Promise<boolean | undefined> {
  try {
    return equal(await compute(KNOWN_INPUT), fromHex(KNOWN_ANSWER));
  } catch {
    return undefined;
  }
}

const tested = new Map<EngineName, Promise<Argon2id | undefined>>();

/** One engine's form, tested once; undefined when it has none here. */
function formOf(name: EngineName): Promise<Argon2id | undefined> {
  let form = tested.get(name);
  if (form === undefined) {
    form = (async () => {
      const crypto = name === 'node' ? builtinModule<typeof NodeCrypto>('node:crypto') : undefined;
      if (name === 'node' && typeof crypto?.argon2 !== 'function') return undefined;
      const compute = crypto === undefined ? byNoble : nodeForm(crypto);
      const right = await isRight(compute);
      if (right === undefined) return undefined;
      if (!right) throw new SelfTestError(name, 'argon2', 'Argon2id');
      return compute;
    })();
    tested.set(name, form);
  }
  return form;
}

/**
 * Derives a key from a passphrase. The engine is the one that the family `hash` was forced to, otherwise the first that
 * the runtime has.
 *
 * RFC 9106 §3, type 2 (Argon2id), version 0x13.
 *
 * @param input - Password, salt, cost and length.
 * @param only - One engine, for tests; whichever is in use when absent.
 * @returns The key, the caller's to wipe.
 * @throws {@link SelfTestError} when the engine gave a wrong known answer.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_ENGINE` when the engine that was asked for has no Argon2.
 */
export async function argon2id(input: Argon2Input, only?: EngineName): Promise<Uint8Array> {
  const { forced, engine } = registry.info('hash');
  const wanted = only ?? (forced ? engine : undefined);
  for (const name of wanted === undefined ? registry.names : [wanted]) {
    const compute = await formOf(name);
    if (compute === undefined) continue;
    const derived = await compute(input);
    // A buffer of its own, not a part of a pool.
    const out = copySecret(derived);
    wipe(derived);
    return out;
  }
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_ENGINE',
    `engine "${wanted ?? 'any'}" has no Argon2 here; Node has it from 24.7 on, with OpenSSL 3.2, and noble everywhere`,
  );
}
