#!/usr/bin/env node
/**
 * Measures what sealing and opening a stream takes in memory, with the built package, in a fresh process. Prints one line
 * of JSON: what was measured and `{ passedBytes, idleBytes, peakBytes, growthBytes, elapsedMs }`.
 *
 *     node scripts/measure-stream-memory.mjs [--form aead|envelope] [--direction both|seal|open]
 *       [--source generated|file] [--engine auto|noble] [--size BYTES]
 *
 * `idleBytes` is the resident memory with the package loaded, its self-tests run, the key made and a first tiny stream
 * done; `peakBytes` the most that the process ever held; `growthBytes` the difference; `passedBytes` what came out at the
 * end.
 *
 * A `generated` source makes pieces of 64 KiB as fast as they are taken, and what comes out is dropped: nothing ever
 * waits. With `file`, the source is a file and what comes out is written to the null device. To open alone, a file that
 * another process has sealed is read either way.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import {
  createReadStream,
  createWriteStream,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const PIECE_BYTES = 65536;

/** What each option may be; the first is the default. */
const CHOICES = {
  form: ['aead', 'envelope'],
  direction: ['both', 'seal', 'open'],
  source: ['generated', 'file'],
  engine: ['auto', 'noble'],
};

/** What a direction does, in order. */
const STEPS = { both: ['seal', 'open'], seal: ['seal'], open: ['open'] };

/** Resident memory now, and the most there was. Linux says both in one place; elsewhere the runtime knows. */
function residentBytes() {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const field = (name) => 1024 * Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)[1]);
    return { now: field('VmRSS'), peak: field('VmHWM') };
  } catch {
    return { now: process.memoryUsage.rss(), peak: 1024 * process.resourceUsage().maxRSS };
  }
}

/** Pieces as a file stream gives them: each in memory of its own. */
async function* generate(sizeBytes) {
  for (let offset = 0; offset < sizeBytes; offset += PIECE_BYTES) {
    yield new Uint8Array(Math.min(PIECE_BYTES, sizeBytes - offset)).fill(offset / PIECE_BYTES);
  }
}

const load = (entry) => import(new URL(`../dist/${entry}/index.js`, import.meta.url).href);

/** The same key in every process, so that one opens what another has sealed. */
const KEY_BYTES = new Uint8Array(64).fill(7);

/** Makes the key of a form and returns what seals and what opens a source with it. */
const FORMS = {
  async aead() {
    const { AeadKey, openStream, sealStream } = await load('aead');
    const key = AeadKey.fromBytes(KEY_BYTES.subarray(0, 32));
    return { seal: (source) => sealStream(key, source), open: (source) => openStream(key, source) };
  },
  async envelope() {
    const { openStream, sealStream } = await load('envelope');
    const { KemPrivateKey } = await load('kem');
    const key = KemPrivateKey.fromSeed(KEY_BYTES);
    return { seal: (source) => sealStream(key.publicKey, source), open: (source) => openStream(key, source) };
  },
};

/** Files of a measurement, where it needs any: what the first tiny stream reads, and what the one measured reads. */
const TINY = 'tiny';
const WHOLE = 'whole';

/** Writes the files: sealed ones to be opened, sparse ones to be sealed. */
async function prepare({ form, direction, source, sizeBytes }, folder) {
  const { seal } = await FORMS[form]();
  for (const [name, length] of [
    [TINY, 1],
    [WHOLE, sizeBytes],
  ]) {
    const path = join(folder, name);
    if (direction === 'open') await pipeline(generate(length), seal, createWriteStream(path));
    else if (source === 'file') {
      writeFileSync(path, '');
      truncateSync(path, length);
    }
  }
}

/** Sends one stream through and returns how many bytes came out. */
async function pass(stream, { direction, source }, path, sizeBytes) {
  let passedBytes = 0;
  async function* count(pieces) {
    for await (const piece of pieces) {
      passedBytes += piece.length;
      yield piece;
    }
  }
  const isFile = source === 'file' || direction === 'open';
  const input = isFile ? createReadStream(path) : generate(sizeBytes);
  const steps = [...STEPS[direction].map((step) => stream[step]), count];
  if (source === 'file') await pipeline(input, ...steps, createWriteStream(devNull));
  else for await (const _ of steps.reduce((pieces, step) => step(pieces), input));
  return passedBytes;
}

async function measure(options, folder) {
  const stream = await FORMS[options.form]();
  // The first stream of a process loads and tests what later ones use.
  await pass(stream, options, join(folder, TINY), 1);
  const idleBytes = residentBytes().now;
  const startedMs = performance.now();
  const passedBytes = await pass(stream, options, join(folder, WHOLE), options.sizeBytes);
  const elapsedMs = Math.round(performance.now() - startedMs);
  const peakBytes = residentBytes().peak;
  return { ...options, passedBytes, idleBytes, peakBytes, growthBytes: peakBytes - idleBytes, elapsedMs };
}

/** The two halves of a measurement; each runs in a process of its own, which gets its name, the options and the folder. */
const HALVES = { prepare, measure };

function runHalf(half, options, folder) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [fileURLToPath(import.meta.url), half, JSON.stringify(options), folder],
    {
      encoding: 'utf8',
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        MWRASP_CRYPTO_ENGINE: options.engine === 'auto' ? '' : options.engine,
      },
    },
  );
  if (status !== 0) {
    throw new Error(`${half} of ${JSON.stringify(options)} failed (exit code ${status}): ${stderr}`);
  }
  return stdout;
}

/**
 * Measures in a fresh process. Needs room for a file of the size given in the temporary folder when `direction` is `open`.
 *
 * @param {{ form?: string, direction?: string, source?: string, engine?: string, sizeBytes: number }} options - What
 * kind of stream, and its plaintext bytes.
 * @returns {{ form: string, direction: string, source: string, engine: string, sizeBytes: number, passedBytes: number,
 * idleBytes: number, peakBytes: number, growthBytes: number, elapsedMs: number }} What the process held.
 */
export function measureStreamMemory({ sizeBytes, ...choices }) {
  const defaults = Object.fromEntries(Object.entries(CHOICES).map(([name, [first]]) => [name, first]));
  const options = { ...defaults, ...choices, sizeBytes };
  const folder = mkdtempSync(join(tmpdir(), 'mwrasp-stream-memory-'));
  try {
    runHalf('prepare', options, folder);
    return JSON.parse(runHalf('measure', options, folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The options of the command line, or undefined when they are not understood. */
function readArguments() {
  try {
    const strings = Object.fromEntries(
      [...Object.keys(CHOICES), 'size'].map((name) => [name, { type: 'string' }]),
    );
    const { size = String(2 ** 28), ...choices } = parseArgs({ options: strings }).values;
    const sizeBytes = Number(size);
    const isKnown = Object.entries(choices).every(([name, value]) => CHOICES[name].includes(value));
    return isKnown && Number.isSafeInteger(sizeBytes) && sizeBytes > 0
      ? { ...choices, sizeBytes }
      : undefined;
  } catch {
    return undefined;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [half, options, folder] = process.argv.slice(2);
  if (Object.hasOwn(HALVES, half ?? '')) {
    const figures = await HALVES[half](JSON.parse(options), folder);
    if (figures !== undefined) console.log(JSON.stringify(figures));
  } else {
    const wanted = readArguments();
    if (wanted === undefined) {
      const usage = Object.entries(CHOICES).map(([name, values]) => `[--${name} ${values.join('|')}]`);
      console.error(`usage: measure-stream-memory.mjs ${usage.join(' ')} [--size BYTES]`);
      process.exit(2);
    }
    console.log(JSON.stringify(measureStreamMemory(wanted)));
  }
}
