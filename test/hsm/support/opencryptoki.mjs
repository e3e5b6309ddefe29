#!/usr/bin/env node
/**
 * Runs the life of keys on openCryptoki, and kills its daemon under them; inside the chroot of
 * scripts/tokens/opencryptoki.sh, on the built package. Prints one line a check; exits with 1 when one failed.
 *
 *     scripts/tokens/opencryptoki.sh FOLDER . node test/hsm/support/opencryptoki.mjs
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { ml_kem1024 } from '@noble/post-quantum/ml-kem.js';

const { openKeystore } = await import('../../../dist/keystore/index.js');
const { doctor, formatReport } = await import('../../../dist/keystore/pkcs11/index.js');
const { seal } = await import('../../../dist/envelope/index.js');

const module = process.env.MODULE;
const label = 'mwrasp-test';
const pin = '12345678';
const folder = mkdtempSync(join(tmpdir(), 'opencryptoki-'));
process.env.XDG_STATE_HOME = folder;

/** Makes the token, as pkcsconf -I, -P, -u and -p do. */
function initialise() {
  const require = createRequire(import.meta.url);
  const koffi = require('koffi');
  const p11 = require('pkcs11js');
  koffi.load(join(dirname(module), 'stdll/libpkcs11_sw.so'), { deep: true });
  koffi.load(module, { deep: true });
  const binding = new p11.PKCS11();
  binding.load(module);
  binding.C_Initialize({ flags: p11.CKF_OS_LOCKING_OK });
  const slot = binding.C_GetSlotList(true)[0];
  const open = () => binding.C_OpenSession(slot, p11.CKF_RW_SESSION | p11.CKF_SERIAL_SESSION);
  const isReady = binding.C_GetTokenInfo(slot).flags & p11.CKF_USER_PIN_INITIALIZED;
  if (!isReady) {
    // The SO PIN of the factory has to be changed, and so has the first user PIN.
    binding.C_InitToken(slot, '87654321', label.padEnd(32));
    const session = open();
    binding.C_Login(session, p11.CKU_SO, '87654321');
    binding.C_SetPIN(session, '87654321', '76543210');
    binding.C_InitPIN(session, '00000000');
    binding.C_Logout(session);
    binding.C_Login(session, p11.CKU_USER, '00000000');
    binding.C_SetPIN(session, '00000000', pin);
    binding.C_Logout(session);
    binding.C_CloseSession(session);
  }
  binding.C_Finalize();
}

let failed = 0;
function check(what, isRight) {
  console.log(`${isRight ? 'ok    ' : 'FAILED'} ${what}`);
  if (!isRight) failed++;
}
const same = (a, b) => Buffer.from(a).equals(Buffer.from(b));
const failure = (call) =>
  Promise.resolve()
    .then(call)
    .then(
      () => undefined,
      (error) => error,
    );

initialise();
const options = { module, token: label, pin: Buffer.from(pin) };
const report = await doctor(options);
console.log(formatReport(report));
check('doctor finds nothing wrong', report.ok);
check(
  'everything is inside',
  Object.values(report.custody ?? {}).every((custody) => custody === 'in-token'),
);

const open = () =>
  openKeystore({ ...options, backend: 'pkcs11', path: join(folder, 'store'), requireCustody: 'in-token' });
let store = await open();
const message = Buffer.from('transfer 100 to account 7');
await store.generate({ name: 'dsa', algorithm: 'ML-DSA-87' });
await store.generate({ name: 'kem', algorithm: 'ML-KEM-1024' });
await store.generate({ name: 'data', algorithm: 'AES-256-GCM' });
const dsa = (await store.publicKey('dsa')).toBytes();
const kem = await store.publicKey('kem');
for (const length of [0, 10, 255]) {
  const context = new Uint8Array(length).fill(5);
  for (const deterministic of [false, true]) {
    const [a, b] = [0, 1].map(() => store.sign('dsa', message, { context, deterministic }));
    const isRight =
      ml_dsa87.verify(await a, message, dsa, { context }) && same(await a, await b) === deterministic;
    check(`signs, context of ${length} bytes, ${deterministic ? 'deterministic' : 'hedged'}`, isRight);
  }
}
const { cipherText, sharedSecret } = ml_kem1024.encapsulate(kem.toBytes());
check(
  'decapsulates what noble encapsulated',
  same((await store.decapsulate('kem', cipherText)).expose(), sharedSecret),
);
check('opens an envelope', same(await store.openEnvelope(await seal(kem, message)), message));
const sealed = await store.sealData('data', message);
check('opens data', same(await store.openData(sealed), message));
sealed[sealed.length - 1] ^= 1;
check('refuses changed data', (await failure(() => store.openData(sealed)))?.code === 'ERR_AUTHENTICATION');
for (const [algorithm, bytes] of [
  ['ML-DSA-87', 32],
  ['ML-KEM-1024', 64],
  ['AES-256-GCM', 32],
]) {
  const name = `taken.${algorithm.toLowerCase()}`;
  const key = crypto.getRandomValues(new Uint8Array(bytes));
  check(`takes in ${algorithm}`, (await store.import({ name, algorithm, key })).custody === 'in-token');
}
const wrong = () =>
  openKeystore({ ...options, backend: 'pkcs11', path: join(folder, 'other'), pin: Buffer.from('87654320') });
await store.close();
for (let i = 0; i < 3; i++)
  check('refuses a wrong PIN', (await failure(wrong))?.ckr?.name === 'CKR_PIN_INCORRECT');
store = await open();
check(
  'the PIN is not locked after that',
  same(
    await store.sign('dsa', message, { deterministic: true }),
    await store.sign('dsa', message, { deterministic: true }),
  ),
);

// The daemon goes, and comes back.
process.kill(Number(readFileSync('/run/opencryptoki/pkcsslotd.pid', 'utf8')), 'SIGKILL');
await new Promise((resolve) => setTimeout(resolve, 500));
const away = await failure(() => store.sign('dsa', message));
console.log(`       without its daemon: ${away === undefined ? 'goes on' : away.message}`);
check('without its daemon: goes on or says why', away === undefined || away.code === 'ERR_KEYSTORE_TOKEN');
execFileSync('sh', ['-c', 'rm -f /run/opencryptoki/pkcsslotd.pid; pkcsslotd']);
await new Promise((resolve) => setTimeout(resolve, 1500));
const startMs = performance.now();
const back = await failure(() => store.sign('dsa', message));
check(
  `the daemon is back: ${back?.message ?? `${(performance.now() - startMs).toFixed(1)} ms`}`,
  back === undefined,
);
for (const { ref } of await store.list()) await store.destroy(ref);
check('destroys all', (await store.list()).length === 0);
await store.close();
console.log(failed === 0 ? 'all right' : `${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
