import { describe, expect } from 'vitest';
import { expectDone, it } from './support.ts';

describe.concurrent('bench', () => {
  it('prints for machines one object and nothing else', async ({ place }) => {
    const outcome = await place.run(['bench', '--quick', '--json']);
    expectDone(outcome);
    const report = JSON.parse(outcome.stdout);
    expect(outcome.stdout).toBe(`${JSON.stringify(report)}\n`);
    expect(Object.keys(report)).toEqual(['machine', 'results']);
    expect(report.machine).toMatchObject({ runtime: 'node', cores: expect.any(Number) });
    for (const result of report.results) {
      expect(result).toEqual({
        suite: expect.any(String),
        operation: expect.any(String),
        // What runs on no engine in particular has none.
        engine: result.engine === null ? null : expect.stringMatching(/^(node|noble)$/),
        sizeBytes: expect.any(Number),
        opsPerSecond: expect.any(Number),
        ratioToNoble: expect.any(Number),
        ratioToBare: expect.any(Number),
      });
      expect(result.opsPerSecond).toBeGreaterThan(0);
      if (result.engine === 'noble') expect(result.ratioToNoble).toBe(1);
    }
    const operations = (engine: string) =>
      report.results
        .filter((result: { engine: string }) => result.engine === engine)
        .map(
          ({ operation, sizeBytes }: { operation: string; sizeBytes: number }) => `${operation} ${sizeBytes}`,
        );
    expect(operations('node').length).toBeGreaterThan(10);
    expect(operations('node')).toEqual(operations('noble'));
  });

  it('measures a part', async ({ place }) => {
    const outcome = await place.run(['bench', '--quick', '--json', '--only', 'hkdf', '--engine', 'noble']);
    expectDone(outcome);
    const { results } = JSON.parse(outcome.stdout);
    expect(results.map(({ operation, engine }: Record<string, string>) => `${operation} ${engine}`)).toEqual([
      'HKDF-SHA3-512 noble',
      'HKDF-SHA3-512 noble',
    ]);
  });

  it('names what can be measured when nothing has the name', async ({ place }) => {
    const outcome = await place.run(['bench', '--only', 'rsa']);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toContain('no operation contains "rsa"');
    expect(outcome.stderr).toContain('ML-DSA-87 sign');
  });
});
