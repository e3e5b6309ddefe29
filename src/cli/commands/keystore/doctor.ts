/**
 * `keystore doctor`: what a PKCS#11 token can do here, and what is wrong with it.
 *
 * @module
 */
import { resolve } from 'node:path';
import { KeyStoreError } from '@mwrasp/crypto';
import type { Pkcs11TokenOptions } from '@mwrasp/crypto/keystore';
import { type DoctorReport, doctor, formatReport } from '@mwrasp/crypto/keystore/pkcs11';
import type { Command } from 'commander';
import { EXIT } from '../../exit.ts';
import { isInteractive } from '../../prompt.ts';
import { addPinOptions, type PinOptions, pinSource, withAskedPin } from '../../store/pin.ts';
import { showStore } from '../../store/place.ts';
import { print, quote } from '../../terminal.ts';

interface Options extends PinOptions {
  readonly json?: boolean;
}

/** Examines the token; asks for its PIN when it wants one and somebody sits there. */
async function examine(target: Pkcs11TokenOptions, options: Options): Promise<DoctorReport> {
  const pin = pinSource(options);
  const report = await doctor({ ...target, ...(pin === undefined ? {} : { pin }) });
  const isPinMissing = report.findings.some(({ problem }) => problem === 'pin-missing');
  if (!isPinMissing || pin !== undefined || !isInteractive()) return report;
  return await withAskedPin((asked) => doctor({ ...target, pin: asked }));
}

/** A module that the URI names and nobody installed: there is no path to report of. */
function withoutModule(error: unknown, uri: string): DoctorReport {
  if (!(error instanceof KeyStoreError)) throw error;
  const name = /[?&]module-name=([^&#]*)/i.exec(uri)?.[1] ?? '';
  const next = 'ls /usr/lib/*/pkcs11 /usr/lib/*/*.so   # then module-path=PATH in place of module-name';
  return {
    ok: false,
    module: { path: name },
    device: 'a PKCS#11 token',
    tested: false,
    tokens: [],
    findings: [{ problem: 'module-not-found', message: error.message, next }],
  };
}

/** The report, with the next step as the command line has it. */
function inOurWords(report: DoctorReport, target: string): DoctorReport {
  const findings = report.findings.map((finding) => {
    if (finding.problem !== 'pin-missing') return finding;
    const message = finding.message.replace('options.pin', '--pin-file FILE, --pin-env NAME');
    return {
      ...finding,
      message,
      next: `mwrasp-crypto keystore doctor ${quote(showStore(target))} --pin-file FILE`,
    };
  });
  return { ...report, findings };
}

/** What to type when nothing is wrong. */
function nextCommand({ module, token }: DoctorReport): string {
  const part = (text: string) => encodeURIComponent(text).replaceAll('%2F', '/');
  const uri = `pkcs11:token=${part(token?.label ?? '')}?module-path=${part(module.path)}&x-store=/FOLDER/BESIDE/IT`;
  return `usable; make a keystore in it: mwrasp-crypto keystore init --store ${quote(uri)}`;
}

async function run(target: string, options: Options): Promise<void> {
  const isUri = /^pkcs11:/i.test(target);
  const found = await examine(isUri ? { uri: target } : { module: resolve(target) }, options).catch(
    (error: unknown) => withoutModule(error, isUri ? target : ''),
  );
  const report = inOurWords(found, target);
  print(options.json, report, () => {
    const text = formatReport(report).trimEnd();
    // A URI says more than a path does; whoever typed it knows how to go on with it.
    return report.ok && !isUri ? `${text}\n\n${nextCommand(report)}` : text;
  });
  if (!report.ok) process.exitCode = EXIT.unsupported;
}

/** Adds the command. */
export function addDoctor(keystore: Command): void {
  const command = keystore
    .command('doctor')
    .description(
      'say what a PKCS#11 token can do here, what is wrong, and what to type next; exit code 4 when it is not usable',
    )
    .argument('<module>', "the path of a token's PKCS#11 module, or a pkcs11: URI");
  addPinOptions(command).option('--json', 'print one JSON object').action(run);
}
