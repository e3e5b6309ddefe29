/**
 * The runtimes that the package is tested on, and how each runs a program.
 *
 * @module
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';
import { NODE_LINES, pinned } from './node-lines.mjs';

/** Runtimes that run a file: the command before the file's name, and how they tell their version. */
export const FILE_RUNTIMES = {
  ...Object.fromEntries(Object.entries(NODE_LINES).map(([name, command]) => [name, { command }])),
  Bun: { command: pinned('bun', '1.4.5') },
  // Node's variables are what Deno lets a program see only when told so.
  Deno: {
    command: pinned('deno', '2.9.6'),
    before: ['run', '--no-prompt', '--allow-read', '--allow-env'],
  },
};

/** Chromium must be installed, or be named by `CHROMIUM`. */
export const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Without these flags Chromium talks to its maker's servers at every start. */
const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Runs a module in a page of headless Chromium until it has set `globalThis.outcome`.
 *
 * @param script - The module's text.
 * @param timeoutMs - How long it may take.
 * @param files - Bodies of further files, JSON, by path.
 * @returns `{ version, outcome }`.
 */
export async function runInChromium(script, timeoutMs, files = new Map()) {
  const served = new Map([
    ...files,
    ['/', '<!doctype html><title>runtimes</title><script type="module" src="/page.js"></script>'],
    ['/page.js', script],
  ]);
  const server = createServer(({ url }, response) => {
    const type = url === '/' ? 'text/html' : url.endsWith('.js') ? 'text/javascript' : 'application/json';
    response.writeHead(served.has(url) ? 200 : 404, { 'content-type': type });
    response.end(served.get(url));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    headless: true,
    args: CHROMIUM_FLAGS,
  });
  try {
    const page = await browser.newPage();
    const failure = new Promise((_, reject) => page.on('pageerror', reject));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await Promise.race([
      failure,
      page.waitForFunction('globalThis.outcome !== undefined', undefined, { timeout: timeoutMs }),
    ]);
    return { version: browser.version(), outcome: await page.evaluate('globalThis.outcome') };
  } finally {
    await browser.close();
    server.close();
  }
}
