/**
 * What holds of every page.
 *
 * @module
 */
import { parseHTML } from 'linkedom';
import { expect } from 'vitest';

/** Elements without an end tag. */
const VOID = new Set(['meta', 'br', 'hr', 'img', 'link', 'input']);
/** Attributes whose value a browser may load. */
const LOADING = [
  'src',
  'href',
  'xlink:href',
  'srcset',
  'data',
  'poster',
  'action',
  'background',
  'formaction',
];

/** Checks that each tag is closed, in order; quoted attributes may hold anything. */
function checkTags(page: string): void {
  const open: string[] = [];
  const withoutStyle = page.replace(/<style>[^<]*<\/style>/, '');
  for (const [, close, name = '', rest = ''] of withoutStyle.matchAll(
    /<(\/?)([a-zA-Z][\w:-]*)((?:"[^"]*"|[^">])*)>/g,
  )) {
    if (close) expect(open.pop()).toBe(name);
    else if (!VOID.has(name.toLowerCase()) && !rest.endsWith('/')) open.push(name);
  }
  expect(open).toEqual([]);
}

/** Checks that a page is well-formed, and that a browser has nothing to load for it. */
export function checkPage(page: string): void {
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  checkTags(page);
  const { document } = parseHTML(page);
  const elements = [...document.querySelectorAll('*')];
  const loading = elements.flatMap((element) => LOADING.filter((name) => element.hasAttribute(name)));
  expect(loading).toEqual([]);
  const names = new Set(elements.map(({ localName }) => localName));
  for (const name of ['script', 'link', 'iframe', 'object', 'embed', 'img', 'image', 'use', 'base']) {
    expect(names).not.toContain(name);
  }
  const styles = [...document.querySelectorAll('style')].map(({ textContent }) => textContent).join('');
  expect(styles).not.toMatch(/url\(|@import/);
  expect(page).not.toMatch(/https?:/);
  const ids = elements.map(({ id }) => id).filter((id) => id !== '');
  expect(new Set(ids).size).toBe(ids.length);
}
