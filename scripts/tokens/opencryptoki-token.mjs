#!/usr/bin/env node
/**
 * Makes an openCryptoki token anew, empty and with a user PIN, as `pkcsconf -I`, `-P`, `-u` and `-p` do: for tests, in the
 * system of scripts/tokens/opencryptoki.sh. Whatever was in it is gone.
 *
 *     node scripts/tokens/opencryptoki-token.mjs MODULE LABEL PIN
 *
 * @module
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const [path, label, pin] = process.argv.slice(2);
if (pin === undefined) {
  console.error('usage: node scripts/tokens/opencryptoki-token.mjs MODULE LABEL PIN');
  process.exit(2);
}
const require = createRequire(import.meta.url);
const koffi = require('koffi');
const p11 = require('pkcs11js');

/** SO PINs: the factory's, which has to be changed, and what it is changed to. */
const FACTORY_SO_PIN = '87654321';
const SO_PIN = '76543210';
/** The first user PIN has to be changed as well. */
const FIRST_PIN = '00000000';

// The part that computes, which would otherwise be bound to the OpenSSL inside Node.
koffi.load(join(dirname(path), 'stdll/libpkcs11_sw.so'), { deep: true });
koffi.load(path, { deep: true });
const module = new p11.PKCS11();
module.load(path);
module.C_Initialize({ flags: p11.CKF_OS_LOCKING_OK });
const slot = module.C_GetSlotList(true)[0];
const isFactory = (module.C_GetTokenInfo(slot).flags & p11.CKF_SO_PIN_TO_BE_CHANGED) !== 0;
const soPin = isFactory ? FACTORY_SO_PIN : SO_PIN;
await initialise();
const session = module.C_OpenSession(slot, p11.CKF_RW_SESSION | p11.CKF_SERIAL_SESSION);
// Initialising a token leaves its SO PIN as it is.
module.C_Login(session, p11.CKU_SO, soPin);
if (isFactory) module.C_SetPIN(session, FACTORY_SO_PIN, SO_PIN);
module.C_InitPIN(session, FIRST_PIN);
module.C_Logout(session);
module.C_Login(session, p11.CKU_USER, FIRST_PIN);
module.C_SetPIN(session, FIRST_PIN, pin);
module.C_Logout(session);
module.C_CloseSession(session);
module.C_Finalize();

/** A process that was killed has its sessions until the daemon notices. */
async function initialise() {
  for (let attempt = 1; ; attempt++) {
    try {
      module.C_InitToken(slot, soPin, label.padEnd(32));
      return;
    } catch (error) {
      if (error.code !== p11.CKR_SESSION_EXISTS || attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
