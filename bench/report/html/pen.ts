/**
 * What draws: Observable Plot, on a document that is no browser's. Both are loaded on use, since nothing else needs
 * them, and are optional peers.
 *
 * @module
 */
import { UnsupportedError } from '@mwrasp/crypto';
import type * as PlotModule from '@observablehq/plot';
import { escapeText, Html } from './html.ts';

const INSTALL = 'npm install @observablehq/plot linkedom';

/** Draws plots as SVG. */
export interface Pen {
  readonly Plot: typeof PlotModule;
  readonly document: Document;
}

/**
 * Loads what draws.
 *
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER`, with the command that installs it.
 */
export async function loadPen(): Promise<Pen> {
  try {
    const [Plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')]);
    return { Plot, document: parseHTML('<!doctype html><html><body></body></html>').document };
  } catch (cause) {
    const message = `plots need the packages @observablehq/plot and linkedom, which do not load here: ${INSTALL}`;
    throw new UnsupportedError('ERR_UNSUPPORTED_PEER', message, { cause });
  }
}

/** What charts look like unless they say otherwise; the style sheet knows the class. */
const USUAL: PlotModule.PlotOptions = { className: 'plot', color: { type: 'identity' }, width: 380 };

/**
 * Draws a plot.
 *
 * @param pen - What draws.
 * @param label - What it shows, for those who do not see it.
 * @param options - As Observable Plot takes them.
 */
export function draw({ Plot, document }: Pen, label: string, options: PlotModule.PlotOptions): Html {
  const svg = Plot.plot({ ...USUAL, ...options, document });
  // Said once, in the page's own style sheet.
  svg.querySelector('style')?.remove();
  svg.removeAttribute('xmlns');
  // The document leaves < as it is in attributes, which is right and looks wrong.
  const said = `<svg role="img" aria-label="${escapeText(label)}"`;
  return new Html(said + svg.outerHTML.slice('<svg'.length));
}
