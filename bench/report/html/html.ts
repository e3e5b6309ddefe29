/**
 * Pieces of HTML that cannot be put together wrongly: whatever is not HTML already is escaped.
 *
 * @module
 */

/** HTML that is safe to stand in a page. */
export class Html {
  readonly text: string;

  /** @param text - HTML, not a text of anybody's. */
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | null | readonly Html[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text as HTML, for elements and for quoted attributes. */
export function escapeText(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] as string);
}

function render(part: Part): string {
  if (part === null) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(render).join('');
  return escapeText(String(part));
}

/** A template of HTML; texts put into it are escaped. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const text = strings.map((string, i) => string + (i < parts.length ? render(parts[i] as Part) : ''));
  return new Html(text.join(''));
}
