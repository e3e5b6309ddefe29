import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadPageWriter } from '../../../bench/report/html/page.ts';
import { needs } from '../../support/require.ts';
import { fullReport } from './reports.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** What a person would stumble over, found in the browser: runs there, as a text. */
const LOOK = `(() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  const overlaps = [];
  const outside = [];
  for (const svg of document.querySelectorAll('svg')) {
    const frame = svg.getBoundingClientRect();
    if (frame.width === 0) continue;
    const texts = [...svg.querySelectorAll('text')].filter((text) => text.textContent !== '');
    const boxes = texts.map((text) => [text.textContent, text.getBoundingClientRect()]);
    for (const [i, [text, box]] of boxes.entries()) {
      if (box.left < frame.left - 1 || box.right > frame.right + 1) outside.push(text);
      for (const [other, that] of boxes.slice(i + 1)) {
        const apart = box.right <= that.left || that.right <= box.left || box.bottom - 2 <= that.top || that.bottom - 2 <= box.top;
        if (!apart) overlaps.push(text + ' | ' + other);
      }
    }
  }
  return { overflow: scrollWidth - clientWidth, overlaps, outside, background: getComputedStyle(document.body).backgroundColor };
})()`;

needs(
  'chromium',
  existsSync(CHROMIUM),
  'apt-get install chromium',
)('the page in a browser', () => {
  let browser: Browser;
  let page: string;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    page = (await loadPageWriter())(fullReport());
  });

  afterAll(async () => {
    await browser.close();
  });

  it.for([
    [390, 'light'],
    [390, 'dark'],
    [800, 'light'],
    [1280, 'light'],
    [1280, 'dark'],
  ] as const)(
    '%d pixels wide, %s: fits, no label lies on another, nothing is fetched',
    async ([width, colorScheme]) => {
      const tab = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
      const asked: string[] = [];
      tab.on('request', (request) => asked.push(request.url()));
      tab.on('console', (message) => asked.push(message.text()));
      await tab.setContent(page);
      for (const open of [false, true]) {
        await tab.evaluate(`for (const box of document.querySelectorAll('details')) box.open = ${open}`);
        expect(await tab.evaluate(LOOK)).toEqual({
          ...{ overflow: 0, overlaps: [], outside: [] },
          background: colorScheme === 'light' ? 'rgb(251, 251, 253)' : 'rgb(17, 19, 24)',
        });
      }
      expect(asked).toEqual([]);
      await tab.close();
    },
  );
});
