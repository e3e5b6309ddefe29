import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel as NodeMessageChannel } from 'node:worker_threads';
import {
  type MessageEndpoint,
  messagePortTransport,
  redisTransport,
  socketTransport,
  type TransportOptions,
  transportPair,
} from '@mwrasp/crypto/fragment/transport';
import { createClient, createCluster } from 'redis';
import { afterAll, beforeAll, describe } from 'vitest';
import { kafkaTransport } from '../../../../examples/kafka-transport.ts';
import {
  needsRedis,
  type RedisServer,
  startRedis,
  startRedisCluster,
} from '../../../support/redis-server.ts';
import { describeTransport } from './contract.ts';
import { KafkaStandIn } from './kafka-stand-in.ts';

describeTransport('a pair in one process', {
  open: async (left, right) => transportPair(left, right),
  hearsClose: true,
});

describeTransport('ports of Node', {
  open: async (left, right) => {
    const { port1, port2 } = new NodeMessageChannel();
    return [messagePortTransport(port1, left), messagePortTransport(port2, right)];
  },
  hearsClose: true,
});

/** An end that has only what a port of the web has. */
function webPort(port: MessagePort): MessageEndpoint {
  return {
    postMessage: (message, transfer) => port.postMessage(message, transfer),
    addEventListener: (type, listener) => port.addEventListener(type, listener as EventListener),
    removeEventListener: (type, listener) => port.removeEventListener(type, listener as EventListener),
    start: () => port.start(),
    close: () => port.close(),
  };
}

describeTransport('ports of the web', {
  open: async (left, right) => {
    const { port1, port2 } = new MessageChannel();
    return [messagePortTransport(webPort(port1), left), messagePortTransport(webPort(port2), right)];
  },
  hearsClose: true,
});

/** Two ends of a connection over a server of the test. */
async function socketPair(listenOn: { port: number; host: string } | { path: string }) {
  const server = createServer().listen(listenOn);
  await once(server, 'listening');
  const address = server.address() as AddressInfo | string;
  const client = typeof address === 'string' ? connect(address) : connect(address.port, '127.0.0.1');
  const [[other]] = (await Promise.all([once(server, 'connection'), once(client, 'connect')])) as [
    [Socket],
    unknown,
  ];
  server.close();
  return [client, other] as const;
}

describeTransport('a TCP socket', {
  open: async (left, right) => {
    const [client, other] = await socketPair({ port: 0, host: '127.0.0.1' });
    return [socketTransport(client, left), socketTransport(other, right)];
  },
  hearsClose: true,
});

describe('in a folder', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'socket-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  describeTransport('a Unix socket', {
    open: async (left, right) => {
      const [client, other] = await socketPair({ path: join(folder, 's') });
      return [socketTransport(client, left), socketTransport(other, right)];
    },
    hearsClose: true,
  });
});

describeTransport('the example for Kafka', {
  open: async (left, right) => {
    const kafka = new KafkaStandIn();
    const end = (send: string, receive: string, options: TransportOptions) =>
      kafkaTransport({ producer: kafka.producer(), consumer: kafka.consumer(), send, receive, ...options });
    return [await end('a', 'b', left), await end('b', 'a', right)];
  },
  hearsClose: false,
});

needsRedis('Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  describeTransport('a URL of Redis', {
    open: (left, right) => {
      const { url } = server;
      return Promise.all([
        redisTransport({ url, send: 'a', receive: 'b', ...left }),
        redisTransport({ url, send: 'b', receive: 'a', ...right }),
      ]);
    },
    hearsClose: false,
  });

  describe.each([2, 3] as const)('with protocol %i', (RESP) => {
    const client = () => createClient({ url: server.url, RESP });
    let shared: ReturnType<typeof client>;
    beforeAll(async () => {
      shared = client();
      await shared.connect();
    });
    afterAll(() => shared.close());

    describeTransport('a client of Redis', {
      open: (left, right) =>
        Promise.all([
          redisTransport({ client: shared, send: 'a', receive: 'b', ...left }),
          redisTransport({ client: shared, send: 'b', receive: 'a', ...right }),
        ]),
      hearsClose: false,
    });
  });
});

needsRedis(
  'a cluster of Redis',
  () => {
    let cluster: Awaited<ReturnType<typeof startRedisCluster>>;
    const makeClient = () => createCluster({ rootNodes: cluster.servers.map(({ url }) => ({ url })) });
    let client: ReturnType<typeof makeClient>;
    beforeAll(async () => {
      cluster = await startRedisCluster();
      client = makeClient();
      await client.connect();
    });
    afterAll(async () => {
      await client.close();
      await cluster.stop();
    });

    for (const sharded of [false, true]) {
      describeTransport(sharded ? 'sharded channels' : 'channels', {
        open: (left, right) =>
          Promise.all([
            redisTransport({ client, send: 'a', receive: 'b', sharded, ...left }),
            redisTransport({ client, send: 'b', receive: 'a', sharded, ...right }),
          ]),
        hearsClose: false,
      });
    }
    // Between the nodes of a cluster a message is lost now and then while they get to know each other.
  },
  { retry: 2 },
);
