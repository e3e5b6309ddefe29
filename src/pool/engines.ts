/**
 * The engines of the workers: those of the main thread.
 *
 * @module
 */
import { type EngineChoice, engineInfo } from '../engines/index.ts';

/**
 * What was forced on the main thread, by an option or the environment; the rest is picked in the worker as it is here.
 *
 * @throws {@link InputError} `ERR_INPUT_OPTION` when the environment variable names an unknown engine.
 */
export function forcedEngines(): EngineChoice {
  const forced = Object.entries(engineInfo()).filter(([, info]) => info.forced);
  return Object.fromEntries(forced.map(([family, { engine }]) => [family, engine]));
}
