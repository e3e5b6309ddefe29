/**
 * Lets a Node that does not run this project's TypeScript by itself (before 24) run it: `node --import` this file.
 *
 * @module
 */
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
