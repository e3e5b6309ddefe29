import { type DoctorReport, doctor, formatReport, parsePkcs11Uri } from '@mwrasp/crypto/keystore/pkcs11';

declare const report: DoctorReport;
declare const bytes: Uint8Array;

// A token is chosen by options.
// @ts-expect-error the options are missing
await doctor();
// @ts-expect-error a URI has its name
await doctor('pkcs11:token=app');
// @ts-expect-error nothing is opened, so there is no folder
await doctor({ module: 'p11.so', path: 'keys' });
// @ts-expect-error a PIN in a text would be neither wiped nor kept out of logs
await doctor({ module: 'p11.so', pin: '1234' });
// @ts-expect-error a function gives bytes or a text
await doctor({ module: 'p11.so', pin: () => 1234 });
// @ts-expect-error a slot is a number
await doctor({ module: 'p11.so', slotId: '1' });
// @ts-expect-error a report is a promise until it is awaited
formatReport(doctor({ module: 'p11.so' }));
// @ts-expect-error a finding alone is no report
formatReport(report.findings);
// @ts-expect-error a URI is a text
parsePkcs11Uri(bytes);
// @ts-expect-error and no object
parsePkcs11Uri(new URL('pkcs11:token=app'));

// What is told is read-only, and some of it may be missing.
// @ts-expect-error a report does not change
report.ok = true;
// @ts-expect-error nor what was found
report.findings.push({ problem: 'pin-wrong', message: '', next: '' });
// @ts-expect-error there may be no token
export const label: string = report.token.label;
// @ts-expect-error nor any capabilities
export const gcm: object = report.capabilities['AES-256-GCM'];
// @ts-expect-error a URI may say nothing of a module
export const module: string = parsePkcs11Uri('pkcs11:').module;
