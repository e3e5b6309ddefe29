import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { makeToken, needsToken } from '../hsm/support/tokens.ts';
import { needsRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { TYPESCRIPT } from '../support/run-typescript.ts';

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
const run = promisify(execFile);

/** Each starts several processes, on a machine that may do much else. */
vi.setConfig({ testTimeout: 300_000 });

/** Long lives: what is tested is that the parts fit, on a machine that may do much else. */
const TIMES = { MWRASP_TTL_MS: '5000' };

async function runExample(name: string, args: readonly string[], env: Record<string, string | undefined>) {
  const options = { env: { ...process.env, ...TIMES, ...env }, maxBuffer: 2 ** 24 };
  const { stdout, stderr } = await run(process.execPath, [...TYPESCRIPT, example(name), ...args], options);
  expect(stderr).toBe('');
  return stdout;
}

it('examples/broker.ts runs three brokers, loses two, and tells so', async () => {
  const stdout = await runExample('broker.ts', [], { MWRASP_TTL_MS: '1000' });
  expect(stdout).toContain('3 brokers run, 2 are needed');
  expect(stdout).toContain('"position 51.5, -0.1" arrived with 3 shares given out');
  expect(stdout).toMatch(/"position 51\.6, -0\.2" arrived with [23] shares given out/);
  expect(stdout).toContain('with 1 of 2 brokers: ERR_QUORUM, opened 0');
});

needsRedis('examples/service-pair.ts', () => {
  let server: RedisServer;
  const telemetry = example('data/telemetry.jsonl');
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    await server.stop();
  });

  it('sends every line of a telemetry file, and shows what was measured', async () => {
    const stdout = await runExample('service-pair.ts', [], { REDIS_URL: server.url, PAIR_CHANNEL: 'files' });
    expect(stdout).toContain('sent 240, opened in time 240, alerts 9\n');
    expect(stdout).toContain('generations of the identity 1, of the inbox 1\n');
    expect(stdout).toMatch(/^mwrasp_fragment_opened_total\{.*\} 240$/m);
    expect(stdout).toMatch(/^mwrasp_fragment_epochs_destroyed_total\{.*\} \d+$/m);
    expect(stdout).toMatch(/^mwrasp_fragment_destruction_lag.*quantile="0\.99".* [\d.]+$/m);
  });

  it('rotates identities and recipient keys while it runs, and loses no message and no session', async () => {
    const stdout = await runExample('service-pair.ts', [telemetry, '10', '4'], {
      REDIS_URL: server.url,
      PAIR_CHANNEL: 'rotation',
      PAIR_PERIOD_MS: '5000',
      PAIR_RENEW_MS: '1000',
    });
    expect(stdout).toContain('sent 960, opened in time 960, alerts 36\n');
    expect(stdout).toContain('refused by the probe 0, by the analysis 0\n');
    const [, identities = '', inboxes = ''] =
      /^generations of the identity ([\d, ]+), of the inbox ([\d, ]+)$/m.exec(stdout) ?? [];
    expect(identities.split(', ').length).toBeGreaterThan(1);
    expect(inboxes.split(', ').length).toBeGreaterThan(1);
  });

  needsToken('SoftHSM')('with keys in a token', () => {
    it('sends them too', async () => {
      const token = makeToken('SoftHSM', { label: 'pair' });
      try {
        const pinFile = join(token.folder, 'pin');
        await writeFile(pinFile, token.pin, { mode: 0o600 });
        const lines = (await readFile(telemetry, 'utf8')).split('\n').slice(0, 60);
        const some = join(token.folder, 'telemetry.jsonl');
        await writeFile(some, lines.join('\n'));
        const stdout = await runExample('service-pair.ts', [some], {
          ...token.env,
          REDIS_URL: server.url,
          PAIR_CHANNEL: 'token',
          HSM_MODULE: token.options.module as string,
          HSM_TOKEN: 'pair',
          HSM_PIN_FILE: pinFile,
        });
        expect(stdout).toMatch(/^sent 60, opened in time 60, alerts \d+\n/);
      } finally {
        token.remove();
      }
    });
  });
});
