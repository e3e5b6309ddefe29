// Runs a folder of vectors and the facts on one engine: `vectors.mjs ENGINE FOLDER`.
import { argv } from 'node:process';
import { runKat } from '@mwrasp/crypto/kat';

const [engine, vectors] = argv.slice(2);
// Gigabytes take minutes; they run by `npm run test:slow`.
const report = await runKat({ vectors, engines: [engine], facts: true, maxMessageBytes: 2 ** 26 });
console.log(JSON.stringify(report));
