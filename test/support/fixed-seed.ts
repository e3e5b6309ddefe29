/**
 * For Stryker: property tests draw the same cases in every run, so that a mutant dies in all of them or in none.
 *
 * @module
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: 20_260 });
