/**
 * Plugin of typedoc: `{@link InputError}` leads to what the root entry exports under that name, also from files that do
 * not import it.
 *
 * @module
 */
import { Converter } from 'typedoc';

const LINK_TAGS = new Set(['@link', '@linkcode', '@linkplain']);
/** Before typedoc looks for what is still without a target, and complains. */
const EARLY = 100;

/** @param {import('typedoc').Application} app - Where it is loaded. */
export function load(app) {
  app.converter.on(
    Converter.EVENT_RESOLVE_END,
    ({ project }) => {
      const everyday = project.getChildByName('index');
      for (const { comment } of Object.values(project.reflections)) {
        const parts = [comment?.summary, ...(comment?.blockTags ?? []).map(({ content }) => content)].flat();
        for (const part of parts) {
          if (part?.kind === 'inline-tag' && LINK_TAGS.has(part.tag)) {
            part.target ??= everyday.getChildByName([part.text.trim()]);
          }
        }
      }
    },
    EARLY,
  );
}
