/**
 * Values of every wrong type, through the public interface: none of them may reach native code, where it would end the
 * process.
 *
 * @module
 */
import { openKeystore } from '../../../src/keystore/index.ts';
import { doctor } from '../../../src/keystore/pkcs11/index.ts';
import { type Failure, failureOf, open, type ScenarioContext } from './scenario.ts';

// biome-ignore lint/suspicious/noExplicitAny: what plain JavaScript may pass
type Any = any;

const detached = new Uint8Array(8);
structuredClone(detached, { transfer: [detached.buffer] });

// Resizable buffers are in newer versions of the language than this project is written in.
const resizable = new (ArrayBuffer as Any)(32, { maxByteLength: 64 });
const shrunk = new Uint8Array(resizable, 0, 32);
resizable.resize(0);

/** What native code, or a careless binding, stumbles over. */
const WRONG: readonly [label: string, value: Any][] = [
  ['a BigInt', 5n],
  ['a negative number', -1],
  ['a fraction', 0.5],
  ['NaN', Number.NaN],
  ['a number beyond 32 bits', 2 ** 40],
  ['null', null],
  ['true', true],
  ['a symbol', Symbol('x')],
  ['an empty object', {}],
  ['an array', [1, 2]],
  ['a Date', new Date(0)],
  ['a text with a zero byte', 'a\0b'],
  ['an empty text', ''],
  ['bytes that were transferred', detached],
  ['bytes that were shrunk', shrunk],
  ['a DataView', new DataView(new ArrayBuffer(8))],
  ['16-bit numbers', new Uint16Array(4)],
  ['a proxy', new Proxy({}, { get: () => { throw new Error('trap'); }, ownKeys: () => { throw new Error('trap'); } })], // biome-ignore format: one value a line
  ['shared bytes of no length', new Uint8Array(new SharedArrayBuffer(0))],
];

const OPTIONS = [
  'uri',
  'module',
  'token',
  'serial',
  'manufacturer',
  'model',
  'slotId',
  'pin',
  'sessions',
  'libraryParameters',
  'path',
  'create',
  'label',
  'lockTimeoutMs',
  'requireCustody',
  'clock',
] as const;

interface Row {
  readonly what: string;
  readonly failure: Failure | undefined;
}

/** Every wrong value in the place of every argument. */
export async function everything(context: ScenarioContext): Promise<Row[]> {
  const rows: Row[] = [];
  const attempt = async (what: string, call: () => unknown) => {
    rows.push({ what, failure: await failureOf(call) });
  };
  const { options, pin, path } = context;
  for (const name of OPTIONS) {
    for (const [label, value] of WRONG) {
      const given: Any = { backend: 'pkcs11', path, ...options, pin: Buffer.from(pin), [name]: value };
      await attempt(`${name}: ${label}`, () => openKeystore(given));
      if (name === 'path' || name === 'create' || name === 'label') continue;
      if (name === 'lockTimeoutMs' || name === 'requireCustody' || name === 'clock') continue;
      await attempt(`doctor, ${name}: ${label}`, () => doctor({ ...options, [name]: value } as Any));
    }
  }
  const store = await open(context);
  await store.generate({ name: 'dsa', algorithm: 'ML-DSA-87' });
  await store.generate({ name: 'kem', algorithm: 'ML-KEM-1024' });
  await store.generate({ name: 'data', algorithm: 'AES-256-GCM' });
  for (const [label, value] of [...WRONG, ['undefined', undefined], ['a text', 'text']] as [string, Any][]) {
    const calls: Record<string, () => Promise<unknown>> = {
      'sign: message': () => store.sign('dsa', value),
      'sign: key': () => store.sign(value, new Uint8Array(1)),
      'decapsulate: ciphertext': () => store.decapsulate('kem', value),
      'sealData: plaintext': () => store.sealData('data', value),
      'openData: sealed': () => store.openData(value),
      'wrap: secret': () => store.wrap('data', value),
      'unwrap: wrapped': () => store.unwrap(value),
      'generate: name': () => store.generate({ name: value === 'text' ? '' : value, algorithm: 'ML-DSA-87' }),
      'generate: algorithm': () => store.generate({ name: 'new', algorithm: value }),
      'import: key': () => store.import({ name: 'new', algorithm: 'AES-256-GCM', key: value }),
      'destroy: ref': () => store.destroy(value),
      'destroy: generation': () => store.destroy({ name: 'dsa', generation: value }),
      'openEnvelope: envelope': () => store.openEnvelope(value),
    };
    for (const [what, call] of Object.entries(calls)) await attempt(`${what}: ${label}`, call);
    if (value === undefined) continue;
    await attempt(`sign: context: ${label}`, () => store.sign('dsa', new Uint8Array(1), { context: value }));
    await attempt(`sealData: aad: ${label}`, () => store.sealData('data', new Uint8Array(1), { aad: value }));
    await attempt(`sign: deterministic: ${label}`, () =>
      store.sign('dsa', new Uint8Array(1), { deterministic: value }),
    );
  }
  // The store is as good as before.
  await store.sign('dsa', new Uint8Array(1));
  await store.openData(await store.sealData('data', new Uint8Array(0)));
  rows.push({ what: 'names', failure: { names: (await store.list()).map(({ ref }) => ref.name) } as Any });
  await store.close();
  return rows;
}

/** A module that fails to load, and calls after that. */
export async function wrongModules(context: ScenarioContext): Promise<Row[]> {
  const rows: Row[] = [];
  for (const module of context.extra.modules as string[]) {
    for (let i = 0; i < 2; i++) {
      const given = { backend: 'pkcs11', path: context.path, module, pin: Buffer.from('1') } as const;
      rows.push({ what: module, failure: await failureOf(() => openKeystore(given)) });
    }
  }
  // A good one after all these.
  const store = await open(context);
  await store.close();
  return rows;
}
