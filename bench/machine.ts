/**
 * What the bench ran on.
 *
 * @module
 */
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, loadavg, platform } from 'node:os';
import type { BenchMachine } from './report/report.ts';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** This package's version, and those of noble's packages, on which it depends exactly. */
function packageVersions(): Record<string, string> {
  const manifest = createRequire(import.meta.url)('@mwrasp/crypto/package.json') as Manifest;
  const noble = Object.entries(manifest.dependencies).filter(([name]) => name.startsWith('@noble/'));
  return { [manifest.name]: manifest.version, ...Object.fromEntries(noble) };
}

/** Describes the machine, now. */
export function describeMachine(rounds: number, sliceMs: number): BenchMachine {
  const versions: Record<string, string | undefined> = process.versions;
  const runtime = ['bun', 'deno'].find((name) => versions[name] !== undefined) ?? 'node';
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    platform: `${platform()} ${arch()}`,
    runtime,
    runtimeVersion: versions[runtime] ?? 'unknown',
    v8: versions['v8'] ?? null,
    openssl: versions['openssl'] ?? null,
    packages: packageVersions(),
    date: new Date().toISOString(),
    loadAverage: loadavg()[0] ?? 0,
    rounds,
    sliceMs,
  };
}
