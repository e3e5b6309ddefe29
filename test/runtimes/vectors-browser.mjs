// The same in a browser: the page's address names the engine, `vectors-files.mjs` brings the files.
import { runKat } from '@mwrasp/crypto/kat';

const engines = [ENGINE];
globalThis.outcome = await runKat({ vectors: '/vectors', engines, facts: true, maxMessageBytes: 2 ** 26 });
