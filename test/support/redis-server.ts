/**
 * Real servers of Redis on the loopback address, started by a test and stopped by it.
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { needs, type Suite } from './require.ts';

function isInstalled(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** `describe` where there is a Redis server to start. */
export const needsRedis: Suite = needs('redis-server', isInstalled(), 'apt-get install redis-server');

/** A server that runs. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Stops it and removes its files. */
  stop(): Promise<void>;
}

/** A port that nobody listens on; below 55535, since a node of a cluster also takes the one 10000 above it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    if (port < 55_535) return port;
  }
}

/**
 * Starts a server.
 *
 * @param options - A port, instead of any free one; arguments for the server.
 */
export async function startRedis(
  options: { readonly port?: number; readonly args?: readonly string[] } = {},
): Promise<RedisServer> {
  const port = options.port ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const fixed = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ];
  const server = spawn('redis-server', [...fixed, ...(options.args ?? [])], { stdio: 'ignore' });
  await untilListening(port, server);
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    stop: async () => {
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGKILL');
        await once(server, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function untilListening(port: number, server: ChildProcess): Promise<void> {
  while (server.exitCode === null) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await sleep(20);
    } finally {
      socket.destroy();
    }
  }
  throw new Error(`redis-server ended with ${server.exitCode}`);
}

/** A cluster of three servers, which share the slots. */
export async function startRedisCluster(): Promise<{
  readonly servers: readonly RedisServer[];
  stop(): Promise<void>;
}> {
  const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '15000'];
  const servers = await Promise.all([startRedis({ args }), startRedis({ args }), startRedis({ args })]);
  const stop = async () => void (await Promise.all(servers.map((server) => server.stop())));
  const cli = (port: number, ...command: string[]) =>
    execFileSync('redis-cli', ['-p', String(port), ...command], { encoding: 'utf8' });
  try {
    const [first] = servers;
    for (const [i, { port }] of servers.entries()) {
      const [from, to] = [Math.floor((16384 * i) / 3), Math.floor((16384 * (i + 1)) / 3) - 1];
      cli(port, 'cluster', 'addslotsrange', String(from), String(to));
      if (i > 0) cli(first.port, 'cluster', 'meet', '127.0.0.1', String(port));
    }
    const isUp = ({ port }: RedisServer) => {
      const info = cli(port, 'cluster', 'info');
      return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3');
    };
    while (!servers.every(isUp)) await sleep(100);
  } catch (error) {
    await stop();
    throw error;
  }
  return { servers, stop };
}
