/**
 * Says of any PKCS#11 module what its token can do here, and what is wrong, with the next command to type.
 *
 * @module
 */
import { checkOptions, describe, isObject, readFrom } from '../../bytes.ts';
import { InputError, PqError } from '../../errors.ts';
import { AES_256_GCM } from '../../params.ts';
import { type Custody, KEYSTORE_ALGORITHMS, type KeystoreAlgorithm } from '../keystore.ts';
import { holdOptions } from '../options.ts';
import { capabilities } from './capabilities.ts';
import { has, type TokenCapabilities } from './capability.ts';
import { CKF } from './constants.ts';
import type { ModuleInfo } from './info.ts';
import { acquireModule, type TokenModule } from './module.ts';
import { type Pkcs11TokenOptions, readTokenOptions, TOKEN_OPTIONS } from './open.ts';
import { ALLOW_SCRIPTS, INSTALL_COMMAND, REBUILD_COMMAND } from './peers.ts';
import { problemOf, type TokenProblem } from './problems.ts';
import { type DeviceQuirks, quirksOf } from './quirks.ts';
import { type FoundToken, findToken, listTokens } from './slots.ts';
import { openToken } from './token.ts';
import type { TokenOptions } from './token-options.ts';
import { wipeUriPin } from './uri.ts';

/** A token, as it tells of itself. */
export interface DoctorToken {
  readonly label: string;
  readonly serial: string;
  readonly model: string;
  readonly manufacturer: string;
  readonly firmwareVersion: string;
  readonly slotId: number;
  readonly initialised: boolean;
}

/** Something that is wrong. */
export interface Finding {
  readonly problem: TokenProblem;
  /** What is wrong, in words; no secret in it. */
  readonly message: string;
  /** What to type next. */
  readonly next: string;
}

/** What {@link doctor} found. */
export interface DoctorReport {
  /** Whether a keystore can be opened. */
  readonly ok: boolean;
  /** Path of the module, and what it tells of itself. */
  readonly module: { readonly path: string } & Partial<ModuleInfo>;
  /** Name of the device, as far as it is known, and whether this library is tested with it. */
  readonly device: string;
  readonly tested: boolean;
  /** All tokens that the module sees. */
  readonly tokens: readonly DoctorToken[];
  /** The one that was asked for. */
  readonly token?: DoctorToken;
  /** What it can do; absent when it could not be asked. */
  readonly capabilities?: TokenCapabilities;
  /** The custody that keys of each algorithm would get; undefined where they would get none. */
  readonly custody?: Readonly<Record<KeystoreAlgorithm, Custody | undefined>>;
  readonly findings: readonly Finding[];
}

type Draft = { -readonly [Name in keyof DoctorReport]: DoctorReport[Name] } & { findings: Finding[] };

function describeToken({ slotId, info }: FoundToken): DoctorToken {
  const { label, serial, model, manufacturer, firmwareVersion, flags } = info;
  const initialised = (flags & CKF.TOKEN_INITIALIZED) !== 0;
  return { label, serial, model, manufacturer, firmwareVersion, slotId, initialised };
}

/** What to type about each problem. */
function nextStep(problem: TokenProblem, { commands }: DeviceQuirks, module: string): string {
  const list = 'pkcs11-tool --module MODULE --list-token-slots';
  const steps: Readonly<Record<TokenProblem, string>> = {
    'peer-missing': INSTALL_COMMAND,
    'addon-not-built': `npm pkg set --json allowScripts.pkcs11js=true && ${REBUILD_COMMAND}   # ${ALLOW_SCRIPTS} in package.json`,
    'peer-broken': 'npm rebuild pkcs11js koffi',
    'module-not-found': commands.install,
    'module-unreadable': 'ls -l MODULE',
    'not-a-library': 'file -L MODULE',
    'wrong-architecture': 'file -L MODULE   # wanted: the architecture of this Node',
    'module-not-loadable': 'ldd MODULE',
    'not-a-pkcs11-module': 'nm -D MODULE | grep C_GetFunctionList',
    'module-not-initialised': commands.initialiseModule,
    'no-token': commands.initialiseToken,
    'token-not-found': list,
    'several-tokens': list,
    'token-not-initialised': commands.initialiseToken,
    'pin-not-initialised': commands.initialisePin,
    'pin-missing': 'give pin, or pin-source=file:/path/of/the/pin in the URI',
    'pin-wrong': 'look up the PIN before the next try: a few wrong ones lock the token',
    'pin-locked': commands.resetPin,
    'pin-final-try': `look up the PIN: one more wrong one locks the token; if it does: ${commands.resetPin}`,
    'no-aes-gcm': 'pkcs11-tool --module MODULE --list-mechanisms',
    'token-failed': list,
  };
  return steps[problem].replaceAll('MODULE', module);
}

function note(draft: Draft, quirks: DeviceQuirks, error: unknown, problem = problemOf(error)): void {
  // What is no error of ours is a defect, and not a finding.
  if (!(error instanceof PqError) || error instanceof InputError) throw error;
  const next = nextStep(problem, quirks, draft.module.path);
  draft.findings.push({ problem, message: error.message, next });
}

/**
 * Looks at a token: reads what it tells, logs in if there is a PIN, and makes, uses and destroys keys of a session to see
 * what it can do. Leaves nothing behind.
 *
 * A PIN is tried once; not at all when the token says that one more wrong one locks it.
 *
 * @param options - Which token, as for `openKeystore`. A PIN in bytes is copied at the call, and stays the caller's to wipe.
 * @returns What was found. That something is wrong with the token or the way to it is no error: it stands in `findings`.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`, `ERR_INPUT_LENGTH` (PIN), `ERR_INPUT_RANGE`,
 * `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_TOKEN` when no module has the name that the URI gives, or the module cannot be
 * let go of.
 * @throws What a function `options.pin` throws, as it is.
 * @example const { ok, findings, custody } = await doctor({ uri, pin: { env: 'PIN' } });
 */
export async function doctor(options: Pkcs11TokenOptions): Promise<DoctorReport> {
  const held = holdOptions(options, ['pin']);
  try {
    return await diagnose(held.options);
  } finally {
    held.dispose();
  }
}

async function diagnose(options: Pkcs11TokenOptions): Promise<DoctorReport> {
  const { token: wanted, fromUri } = readTokenOptions(
    checkOptions('options', options as object, TOKEN_OPTIONS),
  );
  const quirks = quirksOf(wanted.module);
  const draft: Draft = {
    ok: false,
    module: { path: wanted.module },
    device: quirks.device,
    tested: quirks.tested,
    tokens: [],
    findings: [],
  };
  try {
    const module = await acquireModule(wanted.module, wanted.libraryParameters).catch((error: unknown) => {
      note(draft, quirks, error);
      return undefined;
    });
    if (module !== undefined) {
      try {
        await examine(draft, module, wanted);
      } finally {
        await module.release();
      }
    }
  } finally {
    wipeUriPin(fromUri);
  }
  draft.ok = draft.findings.length === 0;
  return draft;
}

async function examine(draft: Draft, module: TokenModule, wanted: TokenOptions): Promise<void> {
  const { quirks, cryptoki } = module;
  draft.module = { path: wanted.module, ...module.info };
  draft.device = quirks.device;
  draft.tested = quirks.tested;
  try {
    draft.tokens = (await listTokens(cryptoki)).map(describeToken);
    const found = await findToken(cryptoki, wanted);
    draft.token = describeToken(found);
    const isFinalTry = (found.info.flags & CKF.USER_PIN_FINAL_TRY) !== 0;
    if (isFinalTry && wanted.pin !== undefined) {
      const message = `token "${found.info.label}" says that one more wrong PIN locks it: the PIN was not tried`;
      draft.findings.push({
        problem: 'pin-final-try',
        message,
        next: nextStep('pin-final-try', quirks, wanted.module),
      });
      return;
    }
    await ask(draft, wanted, quirks);
  } catch (error) {
    note(draft, quirks, error);
  }
}

async function ask(draft: Draft, wanted: TokenOptions, quirks: DeviceQuirks): Promise<void> {
  const token = await openToken(wanted);
  try {
    const found = await capabilities(token);
    const sealing = has<object>(found[AES_256_GCM.name]);
    const custodyOf = (algorithm: KeystoreAlgorithm): Custody | undefined => {
      if (has<object>(found[algorithm])) return 'in-token';
      return sealing ? 'sealed' : undefined;
    };
    draft.capabilities = found;
    draft.custody = Object.fromEntries(
      KEYSTORE_ALGORITHMS.map((algorithm) => [algorithm, custodyOf(algorithm)]),
    ) as Record<KeystoreAlgorithm, Custody | undefined>;
    const gcm = found[AES_256_GCM.name];
    if (!has(gcm)) {
      draft.findings.push({
        problem: 'no-aes-gcm',
        message: `the token has no AES-256-GCM that can be used here, and so keeps no keys: ${gcm.lacking}`,
        next: nextStep('no-aes-gcm', quirks, wanted.module),
      });
    }
  } finally {
    await token.close();
  }
}

/** What a table says of one algorithm. */
function detailsOf(capability: TokenCapabilities[KeystoreAlgorithm]): string {
  if ('lacking' in capability) return capability.lacking;
  const parts = Object.entries(capability).map(([name, value]) => {
    if (name === 'ivSource') return `nonce: ${value}`;
    if (name === 'decapsulation') return `through ${value}`;
    if (name === 'valueLen') return value ? 'with CKA_VALUE_LEN' : 'without CKA_VALUE_LEN';
    if (name === 'importsSeed') return value ? 'takes seeds' : 'takes no seeds';
    return value ? 'deterministic on request' : 'hedged only';
  });
  return parts.join(', ');
}

/**
 * A report as text for people: one line each for module and token, a table of capabilities, and what is wrong.
 *
 * @param report - What {@link doctor} found.
 * @returns Lines, each with its end.
 * @throws {@link InputError} `ERR_INPUT_TYPE`.
 * @example console.log(formatReport(await doctor({ uri })));
 */
export function formatReport(report: DoctorReport): string {
  const expected = 'a report of doctor';
  if (!isObject(report)) throw new InputError('ERR_INPUT_TYPE', 'report', expected, describe(report));
  // What is no report lacks something that is looked for.
  return readFrom('report', expected, () => format(report));
}

function format(report: DoctorReport): string {
  const { module, token, findings, custody, capabilities: found } = report;
  const about = module.description === undefined ? '' : `: ${module.description} ${module.version}`;
  const lines = [
    `module  ${module.path}${about}`,
    `device  ${report.device}${report.tested ? '' : ' (untested)'}`,
  ];
  if (token !== undefined) {
    lines.push(`token   "${token.label}", serial ${token.serial}, ${token.model}, slot ${token.slotId}`);
  } else {
    for (const { label, serial, slotId } of report.tokens)
      lines.push(`sees    "${label}", serial ${serial}, slot ${slotId}`);
  }
  if (custody !== undefined && found !== undefined) {
    lines.push('', 'algorithm    custody   details');
    for (const algorithm of KEYSTORE_ALGORITHMS) {
      lines.push(
        `${algorithm.padEnd(13)}${(custody[algorithm] ?? 'none').padEnd(10)}${detailsOf(found[algorithm])}`,
      );
    }
  }
  for (const { problem, message, next } of findings)
    lines.push('', `${problem}: ${message}`, `  next: ${next}`);
  return `${lines.join('\n')}\n`;
}
