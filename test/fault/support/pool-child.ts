/**
 * Uses a pool, and ends or waits: `pool-child.ts exit` or `pool-child.ts search`.
 *
 * `exit` calls `process.exit()` while workers sign, and tells what is left in the memory of their jobs. `search` reads seeds
 * as one line of hexadecimal, each byte changed, signs and generates with them, and waits until its memory was searched.
 */
import { createPool } from '../../../src/pool/index.ts';
import { generateSignKey, SignPrivateKey } from '../../../src/sign/index.ts';

/** What every byte of a seed is changed by on its way here. */
export const MASK = 0x5a;
/** Bytes of a seed. */
export const SEED_BYTES = 32;

const collect = (globalThis as { gc?: () => void }).gc;

function nextLine(): Promise<string> {
  return new Promise((resolve) => {
    process.stdin.once('data', (data) => resolve(data.toString().trim()));
  });
}

/** Lets the runtime collect what nobody holds, and use its memory for young objects again. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    const ring: Uint8Array[] = [];
    for (let j = 0; j < 1_000_000; j++) ring[j % 100_000] = new Uint8Array(40).fill(i);
    collect?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const message = new Uint8Array(1000).fill(1);

function* endless() {
  for (;;) yield message;
}

/** Signs for ever, and exits in the middle. */
async function exit(): Promise<void> {
  const jobs: Buffer[] = [];
  const states: Int32Array[] = [];
  const Shared = SharedArrayBuffer;
  globalThis.SharedArrayBuffer = class extends Shared {
    constructor(sizeBytes = 0) {
      super(sizeBytes);
      // What is smaller says how far a job is, or belongs to piscina.
      if (sizeBytes >= 4096) jobs.push(Buffer.from(this));
      else if (sizeBytes === 4) states.push(new Int32Array(this));
    }
  };
  const filled = () => jobs.filter((bytes) => bytes.some((byte) => byte !== 0)).length;
  const results = createPool({ threads: 2 }).signMany(generateSignKey(), endless())[Symbol.asyncIterator]();
  await results.next();
  const before = filled();
  process.on('exit', () => {
    const running = states.filter(([state]) => state !== 2).length;
    console.log(JSON.stringify({ before, after: filled(), running, jobs: states.length }));
  });
  process.exit(7);
}

async function search(): Promise<void> {
  const masked = Buffer.from(await nextLine(), 'hex');
  const seed = (index: number): Uint8Array => {
    const bytes = new Uint8Array(new ArrayBuffer(SEED_BYTES));
    for (let i = 0; i < SEED_BYTES; i++) bytes[i] = (masked[index * SEED_BYTES + i] as number) ^ MASK;
    return bytes;
  };
  const importKey = (index: number) => {
    const bytes = seed(index);
    const key = SignPrivateKey.fromSeed(bytes);
    bytes.fill(0);
    return key;
  };
  const pool = createPool({ threads: 2 });
  const [signed, aborted, live] = [0, 1, 2].map(importKey) as [
    SignPrivateKey,
    SignPrivateKey,
    SignPrivateKey,
  ];
  await pool.signMany(signed, Array(20).fill(message));
  const controller = new AbortController();
  const results = pool.signMany(aborted, endless(), { signal: controller.signal })[Symbol.asyncIterator]();
  await results.next();
  controller.abort();
  await results.next().catch(() => {});
  // The jobs of an operation that was aborted end before the next one's.
  await pool.signMany(live, Array(20).fill(message));
  signed.dispose();
  aborted.dispose();
  await settle();
  console.log('open');
  await nextLine();
  live.dispose();
  await pool.close();
  do {
    await settle();
    console.log('closed');
  } while ((await nextLine()) === 'again');
  process.exit(0);
}

if (process.argv[1] === import.meta.filename) await (process.argv[2] === 'exit' ? exit() : search());
