/**
 * A process that seals and opens with a vault of its own: `vault.mjs EPOCH_MS TTL_MS`. It writes a line of JSON for each
 * fragment, and wipes every plaintext. The package is the built one.
 *
 * @module
 */
import { TemporalVault } from '../../../dist/fragment/index.js';
import { PLAINTEXT_BYTES, writePlaintext } from '../plaintext.mjs';

const [epochMs, ttlMs] = process.argv.slice(2).map(Number);
const vault = await TemporalVault.create({ ttlMs, epochMs });
const plaintext = new Uint8Array(new ArrayBuffer(PLAINTEXT_BYTES));
let number = 0;

/** Seals one message, opens it, and tells what went over the wire. */
function once() {
  writePlaintext(number, plaintext);
  const fragments = vault.split(plaintext);
  plaintext.fill(0);
  const opened = vault.reassemble(fragments);
  writePlaintext(number, plaintext);
  const isRight = opened.every((byte, i) => byte === plaintext[i]);
  plaintext.fill(0);
  opened.fill(0);
  const hex = Buffer.from(fragments[0]).toString('hex');
  console.log(JSON.stringify({ number, fragment: hex, isRight }));
  number += 1;
}

once();
setInterval(once, epochMs / 2);
