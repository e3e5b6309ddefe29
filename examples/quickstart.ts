/**
 * The main job in one file, with the published import paths: an encrypted keystore, a signed envelope of a file, and
 * fragments that nobody can open after 100 ms.
 *
 * Run it with `node examples/quickstart.ts [FILE]` after `npm run build`.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Clock, ExpiredError, engineInfo } from '@mwrasp/crypto';
import { openStream, sealStream } from '@mwrasp/crypto/envelope';
import { TemporalVault } from '@mwrasp/crypto/fragment';
import { openKeystore } from '@mwrasp/crypto/keystore';

const file = process.argv[2] ?? fileURLToPath(import.meta.url);
const folder = await mkdtemp(join(tmpdir(), 'quickstart-'));
console.log(`${file}, ${(await stat(file)).size} bytes, ML-DSA-87 by ${engineInfo().sign.engine}`);

// An encrypted keystore in a folder. In production the root key comes from a secret store; without it the keys are lost.
const rootKey = crypto.getRandomValues(new Uint8Array(32));
const highWaterMark = join(folder, 'keys.mark');
const keystore = await openKeystore({ backend: 'file', path: join(folder, 'keys'), rootKey, highWaterMark });
await keystore.generate({ name: 'signer', algorithm: 'ML-DSA-87' });
await keystore.generate({ name: 'recipient', algorithm: 'ML-KEM-1024' });
const signer = await keystore.signer('signer');
const recipient = await keystore.recipient('recipient');

// Seal the file to the recipient, signed; then open it and verify the sender, both in constant memory.
const envelope = join(folder, 'envelope.mwe');
await pipeline(
  sealStream(recipient.publicKey, createReadStream(file), { signer }),
  createWriteStream(envelope),
);
const copy = join(folder, 'copy');
await pipeline(
  openStream(recipient, createReadStream(envelope), { sender: signer.publicKey }),
  createWriteStream(copy),
);
const same = Buffer.compare(await readFile(file), await readFile(copy)) === 0;
console.log(`sealed, opened, sender verified, same bytes: ${same}`);

// Fragments that live 100 ms. The clock is ours, so that we can make it lie below.
const [start, startWall] = [performance.now(), Date.now()];
let lies = false;
const clock: Clock = {
  wallMs: () => (lies ? startWall : Date.now()),
  monotonicMs: () => (lies ? start : performance.now()),
};
const vault = await TemporalVault.create({ ttlMs: 100, clock });
const data = (await readFile(file)).subarray(0, 1024 * 1024);
const recorded = vault.split(data, { total: 4 });
console.log(`reassembled in time: ${Buffer.compare(vault.reassemble(recorded), data) === 0}`);

await sleep(150);
for (lies of [false, true]) {
  try {
    vault.reassemble(recorded);
    throw new Error('a dead fragment was opened');
  } catch (error) {
    if (!(error instanceof ExpiredError)) throw error;
    console.log(`${lies ? 'with a clock that lies' : 'after 150 ms'}: ${error.code}`);
  }
}
console.log(`key destroyed ${vault.lag().maxMs.toFixed(2)} ms after its time`);

vault.dispose();
await keystore.close();
await rm(folder, { recursive: true });
