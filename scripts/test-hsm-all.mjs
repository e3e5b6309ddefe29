#!/usr/bin/env node
/**
 * Everything that is tested with tokens. Needs root, debootstrap and a compiler.
 *
 *     node scripts/test-hsm-all.mjs
 *
 * @module
 */
import { runSteps } from './steps.mjs';

const steps = ['test:hsm', 'test:hsm:contract', 'test:hsm:nodes', 'test:hsm:opencryptoki'];

await runSteps(steps, new Set(steps));
