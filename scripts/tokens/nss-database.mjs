#!/usr/bin/env node
/**
 * Makes an NSS database with a user PIN, as `certutil -N` of libnss3-tools does, with nothing but the module.
 *
 *     node scripts/tokens/nss-database.mjs MODULE FOLDER PIN
 *
 * Prints the parameters with which the module is to be initialised.
 *
 * @module
 */
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const [modulePath, folder, pin] = process.argv.slice(2);
if (pin === undefined) {
  console.error('usage: node scripts/tokens/nss-database.mjs MODULE FOLDER PIN');
  process.exit(2);
}
const require = createRequire(import.meta.url);
const koffi = require('koffi');
const pkcs11js = require('pkcs11js');

const path = resolve(modulePath);
mkdirSync(folder, { recursive: true, mode: 0o700 });
const parameters = `configdir='sql:${resolve(folder)}' certPrefix='' keyPrefix='' secmod='secmod.db' flags=`;

// Libraries beside the module, which the dynamic linker would look for in the system's folders only.
koffi.load(join(dirname(path), 'libnssutil3.so'), { deep: true });
koffi.load(path, { deep: true });
const module = new pkcs11js.PKCS11();
module.load(path);
// The binding drops the last character of the parameters.
module.C_Initialize({ libraryParameters: `${parameters} `, flags: pkcs11js.CKF_OS_LOCKING_OK });
// The first slot computes only; the second one has the database.
const slot = module.C_GetSlotList(true)[1];
const session = module.C_OpenSession(slot, pkcs11js.CKF_RW_SESSION | pkcs11js.CKF_SERIAL_SESSION);
if ((module.C_GetTokenInfo(slot).flags & pkcs11js.CKF_USER_PIN_INITIALIZED) === 0) {
  module.C_Login(session, pkcs11js.CKU_SO, '');
  module.C_InitPIN(session, pin);
  module.C_Logout(session);
}
module.C_CloseSession(session);
module.C_Finalize();
console.log(parameters);
