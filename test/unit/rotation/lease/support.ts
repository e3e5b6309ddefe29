/**
 * What the tests of leases share.
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../../../src/clock.ts';
import type { Lease, LeaseProvider } from '../../../../src/rotation/lease.ts';
import { freePort } from '../../../support/redis-server.ts';

/** A clock that is set by hand; the wall and the monotonic one apart. */
export class HandClock implements Clock {
  wall = 1_800_000_000_000;
  monotonic = 5000;
  /** Called when the monotonic time is asked for. */
  onAsk: (() => void) | undefined;
  wallMs(): number {
    return this.wall;
  }
  monotonicMs(): number {
    this.onAsk?.();
    return this.monotonic;
  }
}

/** A lease that has to be granted. */
export async function granted(provider: LeaseProvider, holder: string, ttlMs: number): Promise<Lease> {
  const lease = await provider.acquire(holder, ttlMs);
  if (lease === undefined) throw new Error(`${holder} got no lease`);
  return lease;
}

/** A lease after the provider was told of a fence. */
export async function raised(provider: LeaseProvider, fence: number): Promise<Lease> {
  await provider.raise?.(fence);
  return await granted(provider, 'a', 60_000);
}

/** A folder that nobody uses. */
export function emptyFolder(): string {
  return mkdtempSync(join(tmpdir(), 'lease-'));
}

/** A Redis server on the loopback address that can be stopped, started again and made to sleep. */
export class LeaseServer {
  readonly port: number;
  readonly #folder = emptyFolder();
  readonly #persistent: boolean;
  #process: ChildProcess | undefined;

  private constructor(port: number, persistent: boolean) {
    this.port = port;
    this.#persistent = persistent;
  }

  /** @param persistent - Whether it keeps its data over restarts. */
  static async start(persistent: boolean): Promise<LeaseServer> {
    const server = new LeaseServer(await freePort(), persistent);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder, '--save', ''];
    const kept = ['--appendonly', this.#persistent ? 'yes' : 'no', '--appendfsync', 'always'];
    this.#process = spawn('redis-server', [...place, ...kept], { stdio: 'ignore' });
    while (this.#process.exitCode === null) {
      const socket = connect(this.port, '127.0.0.1');
      try {
        await once(socket, 'connect');
        return;
      } catch {
        await sleep(20);
      } finally {
        socket.destroy();
      }
    }
    throw new Error(`redis-server ended with ${this.#process.exitCode}`);
  }

  /** Runs a command by `redis-cli`. */
  cli(...command: string[]): string {
    return execFileSync('redis-cli', ['-p', String(this.port), ...command], { encoding: 'utf8' }).trim();
  }

  /** Puts it to sleep (SIGSTOP). */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  /** Wakes it (SIGCONT). */
  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.#process ?? {};
    if (exitCode !== null || signalCode !== null) return;
    this.#process?.kill('SIGKILL');
    await once(this.#process as ChildProcess, 'exit');
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
