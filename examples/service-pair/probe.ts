/**
 * The service that measures: it sends each line of a telemetry file, in four fragments of which any three are enough.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectSender, FragmentSender } from '@mwrasp/crypto/fragment/session';
import { redisTransport } from '@mwrasp/crypto/fragment/transport';
import { currentIdentity, openServiceKeystore, peerIn } from './identity.ts';
import { type Report, readSettings } from './settings.ts';

const { redisUrl, folder, ttlMs, channel } = readSettings();
const [file = '', pauseMs = '2', rounds = '1'] = process.argv.slice(2);

const keystore = await openServiceKeystore('probe', folder);
// The other one finds the key from the beginning.
await currentIdentity(keystore, 'probe', folder);
const transport = await redisTransport({
  url: redisUrl,
  send: `${channel}.to-analysis`,
  receive: `${channel}.to-probe`,
});
const sender = await FragmentSender.create({
  identity: () => currentIdentity(keystore, 'probe', folder),
  peer: peerIn('analysis', folder),
  maxTtlMs: ttlMs,
});
const link = connectSender(sender, transport);
process.send?.({ kind: 'ready' } satisfies Report);

let sent = 0;
await sender.ready();
for (let round = 0; round < Number(rounds); round++) {
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const data = new TextEncoder().encode(line);
    // Between two sessions it waits; what Redis does not take just now is lost, as telemetry may be.
    await link.send(data, { threshold: 3, total: 4 }).then(
      () => sent++,
      (error: unknown) => console.error(`lost: ${String(error)}`),
    );
    data.fill(0);
    await sleep(Number(pauseMs));
  }
}
process.send?.({ kind: 'sent', sent } satisfies Report);

process.once('disconnect', async () => {
  await link.close();
  await transport.close();
  await keystore.close();
});
