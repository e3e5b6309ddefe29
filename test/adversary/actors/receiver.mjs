/**
 * A process that receives a session over Redis: `receiver.mjs EPOCH_MS TTL_MS URL`. It says how many messages came out right,
 * and wipes every plaintext.
 *
 * @module
 */
import { connectReceiver, FragmentReceiver } from '../../../dist/fragment/session/index.js';
import { redisTransport } from '../../../dist/fragment/transport/index.js';
import { CHANNELS, identityOf, publicKeyOf } from '../identities.mjs';
import { PLAINTEXT_BYTES, writePlaintext } from '../plaintext.mjs';

const [epochMs, ttlMs, url] = process.argv.slice(2);
const expected = new Uint8Array(new ArrayBuffer(PLAINTEXT_BYTES));
const receiver = await FragmentReceiver.create({
  identity: identityOf('receiver'),
  peer: publicKeyOf('sender'),
  epochMs: Number(epochMs),
  ttlMs: Number(ttlMs),
});
const transport = await redisTransport({ url, send: CHANNELS.toSender, receive: CHANNELS.toReceiver });
let number = 0;
connectReceiver(receiver, transport, ({ data }) => {
  // Some may be lost on the way: the next one that is it.
  let isRight = false;
  for (let skipped = 0; !isRight && skipped < 100; skipped++) {
    writePlaintext(number, expected);
    number += 1;
    isRight = data.every((byte, i) => byte === expected[i]);
  }
  expected.fill(0);
  data.fill(0);
  console.log(JSON.stringify({ received: number - 1, isRight }));
});
