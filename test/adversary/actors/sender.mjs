/**
 * A process that sends in a session over Redis: `sender.mjs EPOCH_MS TTL_MS URL`. It says which message a nonce belongs to, and
 * wipes every plaintext.
 *
 * @module
 */
import { connectSender, FragmentSender } from '../../../dist/fragment/session/index.js';
import { redisTransport } from '../../../dist/fragment/transport/index.js';
import { CHANNELS, identityOf, publicKeyOf } from '../identities.mjs';
import { PLAINTEXT_BYTES, writePlaintext } from '../plaintext.mjs';

const [epochMs, ttlMs, url] = process.argv.slice(2);
const sender = await FragmentSender.create({
  identity: identityOf('sender'),
  peer: publicKeyOf('receiver'),
  maxTtlMs: Number(ttlMs),
});
const transport = await redisTransport({ url, send: CHANNELS.toReceiver, receive: CHANNELS.toSender });
connectSender(sender, transport);
await sender.ready();

const plaintext = new Uint8Array(new ArrayBuffer(PLAINTEXT_BYTES));
let number = 0;

async function once() {
  if (!sender.isReady) return;
  writePlaintext(number, plaintext);
  const [fragment] = sender.seal(plaintext);
  plaintext.fill(0);
  // docs/formats.md: the nonce stands at 73.
  console.log(JSON.stringify({ number, nonce: Buffer.from(fragment.subarray(73, 85)).toString('hex') }));
  number += 1;
  await transport.send(fragment);
}

setInterval(once, Number(epochMs) / 2);
