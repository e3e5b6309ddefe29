#!/usr/bin/env node
// typedoc colours its output unless told otherwise, even when it goes to a file.
if (!process.stdout.isTTY) process.env.NO_COLOR ??= '1';
await import('../node_modules/typedoc/dist/cli.js');
