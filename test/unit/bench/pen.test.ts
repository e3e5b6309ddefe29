import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.doUnmock('@observablehq/plot');
  vi.resetModules();
});

it('a missing library that draws is named, with the command that installs it', async () => {
  vi.doMock('@observablehq/plot', () => {
    throw Object.assign(new Error('not here'), { code: 'ERR_MODULE_NOT_FOUND' });
  });
  const { loadPageWriter } = await import('../../../bench/report/html/page.ts');
  await expect(loadPageWriter()).rejects.toMatchObject({
    name: 'UnsupportedError',
    code: 'ERR_UNSUPPORTED_PEER',
    message: expect.stringContaining('npm install @observablehq/plot linkedom'),
  });
});
