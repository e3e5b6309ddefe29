/**
 * Grade E3 in separate processes: a sender, a receiver, and three brokers of which two are needed. Then one broker is killed,
 * which costs nothing; then another, after which nobody opens anything.
 *
 * Run it with `node examples/broker.ts` after `npm run build`. It starts its brokers itself.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { QuorumError } from '@mwrasp/crypto';
import { brokeredReceiver, brokeredSender, FragmentBroker } from '@mwrasp/crypto/fragment/broker';
import { socketTransport } from '@mwrasp/crypto/fragment/transport';
import { generateSignKey, SignPublicKey } from '@mwrasp/crypto/sign';

/** How long a message can be opened; MWRASP_TTL_MS is for machines that have much else to do. */
const ttlMs = Number(process.env['MWRASP_TTL_MS'] ?? 250);
const BROKERS = 3;
const THRESHOLD = 2;

/** What a broker has to know of the others, and they of it: public keys, hexadecimal, and ports. */
interface Peers {
  readonly sender: string;
  readonly receiver: string;
}
interface Ready {
  readonly publicKey: string;
  readonly fromSender: number;
  readonly toReceiver: number;
}

const toKey = (hex: string) => SignPublicKey.fromBytes(Buffer.from(hex, 'hex'));
const toText = (key: SignPublicKey) => Buffer.from(key.toBytes()).toString('hex');

/** The program of a broker. In production its key comes from a keystore. */
async function serve(): Promise<void> {
  const signer = generateSignKey();
  const broker = await FragmentBroker.create({ identity: { signer } });
  const [peers] = (await once(process, 'message')) as [Peers];
  const listen = async (onSocket: (socket: Socket) => Promise<void>): Promise<number> => {
    const server: Server = createServer((socket) => void onSocket(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const fromSender = await listen((socket) =>
    broker.serveSender(socketTransport(socket), { peer: toKey(peers.sender), ttlMs }),
  );
  const toReceiver = await listen((socket) =>
    broker.serveReceiver(socketTransport(socket), { peer: toKey(peers.receiver), maxTtlMs: ttlMs }),
  );
  process.send?.({ publicKey: toText(signer.publicKey), fromSender, toReceiver } satisfies Ready);
  process.on('disconnect', () => process.exit());
}

interface BrokerProcess extends Ready {
  readonly process: ChildProcess;
}

async function startBroker(peers: Peers): Promise<BrokerProcess> {
  const child = fork(fileURLToPath(import.meta.url), ['serve']);
  child.send(peers);
  const [ready] = (await once(child, 'message')) as [Ready];
  return { ...ready, process: child };
}

async function main(): Promise<void> {
  const [senderKey, receiverKey] = [generateSignKey(), generateSignKey()];
  const peers = { sender: toText(senderKey.publicKey), receiver: toText(receiverKey.publicKey) };
  const brokers = await Promise.all(Array.from({ length: BROKERS }, () => startBroker(peers)));
  console.log(`${brokers.length} brokers run, ${THRESHOLD} are needed`);

  const sockets: Socket[] = [];
  const open = (port: number) => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    return socketTransport(socket);
  };

  // The way from the sender to the receiver: a socket too, although both are in this process here.
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const left = open((server.address() as AddressInfo).port);
  const [right] = (await once(server, 'connection')) as [Socket];
  server.close();

  const received: string[] = [];
  const receiver = await brokeredReceiver({
    identity: { signer: receiverKey },
    sender: { transport: socketTransport(right), peer: senderKey.publicKey },
    brokers: brokers.map(({ toReceiver, publicKey }) => ({
      transport: open(toReceiver),
      peer: toKey(publicKey),
    })),
    ttlMs,
    onMessage: (data) => {
      received.push(new TextDecoder().decode(data));
      data.fill(0);
    },
  });
  const sender = await brokeredSender({
    identity: { signer: senderKey },
    receiver: { transport: left, peer: receiverKey.publicKey },
    brokers: brokers.map(({ fromSender, publicKey }) => ({
      transport: open(fromSender),
      peer: toKey(publicKey),
    })),
    threshold: THRESHOLD,
    maxTtlMs: ttlMs,
  });

  /** Sends until a message arrives: each send is another message, since one that was late is gone for good. */
  async function deliver(text: string): Promise<void> {
    for (let attempt = 1; attempt <= 50; attempt++) {
      const before = received.length;
      const shares = await sender.send(new TextEncoder().encode(text));
      const endMs = performance.now() + ttlMs;
      while (received.length === before && performance.now() < endMs) await sleep(2);
      if (received.length > before) {
        console.log(`"${text}" arrived with ${shares} shares given out`);
        return;
      }
    }
    throw new Error(`"${text}" did not arrive`);
  }

  async function kill(broker: BrokerProcess): Promise<void> {
    broker.process.kill('SIGKILL');
    await once(broker.process, 'exit');
  }

  await sender.ready();
  while (sender.brokersReady < BROKERS) await sleep(5);
  await deliver('position 51.5, -0.1');

  await kill(brokers[0] as BrokerProcess);
  await deliver('position 51.6, -0.2');

  await kill(brokers[1] as BrokerProcess);
  const before = received.length;
  for (;;) {
    try {
      // Until the sender notices, it gives shares to nobody who is there; the receiver gets one, which is nothing.
      await sender.send(new TextEncoder().encode('position 51.7, -0.3'));
      await sleep(ttlMs);
    } catch (error) {
      if (!(error instanceof QuorumError)) throw error;
      console.log(
        `with ${error.have} of ${error.need} brokers: ${error.code}, opened ${received.length - before}`,
      );
      break;
    }
  }

  await Promise.all([sender.close(), receiver.close()]);
  for (const socket of sockets) socket.destroy();
  right.destroy();
  brokers[2]?.process.kill();
}

await (process.argv[2] === 'serve' ? serve() : main());
