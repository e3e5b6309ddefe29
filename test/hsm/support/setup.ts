/**
 * Fetches tokens before the first test.
 *
 * @module
 */
import { fetchTokens } from './tokens.ts';

export default function setup(): void {
  fetchTokens();
}
