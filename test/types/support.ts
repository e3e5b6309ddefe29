import { needs } from '../support/require.ts';

// @ts-expect-error the command that meets the need is not optional: a skipped test tells what to type
needs('something', false);
