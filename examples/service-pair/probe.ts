/**
 * The service that measures: it seals each line of a telemetry file to the other one's inbox, and sends it in four fragments of which
 * any three are enough.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { seal } from '@mwrasp/crypto/envelope';
import { connectSender, FragmentSender } from '@mwrasp/crypto/fragment/session';
import { redisTransport } from '@mwrasp/crypto/fragment/transport';
import { Service } from './service.ts';
import { type Report, readSettings } from './settings.ts';

const settings = readSettings();
const { redisUrl, ttlMs, channel } = settings;
const [file = '', pauseMs = '2', rounds = '1'] = process.argv.slice(2);

const service = await Service.start('probe', settings);
const transport = await redisTransport({
  url: redisUrl,
  send: `${channel}.to-analysis`,
  receive: `${channel}.to-probe`,
});
const sender = await FragmentSender.create({
  identity: () => service.identity(),
  peer: service.peer('analysis'),
  maxTtlMs: ttlMs,
});
const link = connectSender(sender, transport);
process.send?.({ kind: 'ready' } satisfies Report);

let sent = 0;
/** Generations of the inbox that were sealed to. */
const inboxes = new Set<number>();
await sender.ready();
for (let round = 0; round < Number(rounds); round++) {
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const data = new TextEncoder().encode(line);
    const { publicKey, generation } = await service.recipient('analysis');
    inboxes.add(generation);
    // Between two sessions it waits; what Redis does not take just now is lost, as telemetry may be.
    await link.send(await seal(publicKey, data), { threshold: 3, total: 4 }).then(
      () => sent++,
      (error: unknown) => console.error(`lost: ${String(error)}`),
    );
    data.fill(0);
    await sleep(Number(pauseMs));
  }
}
const { refused } = sender.counters;
process.send?.({ kind: 'sent', sent, inboxes: [...inboxes], refused } satisfies Report);

process.once('disconnect', async () => {
  await link.close();
  await transport.close();
  await service.stop();
});
