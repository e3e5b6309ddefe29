/**
 * What can be told of a module's file before native code loads it: loading something else may end the process.
 *
 * @module
 */

import { KeyStoreError, UnsupportedError } from '../../errors.ts';
import { node } from './node.ts';
import { mark, type TokenProblem } from './problems.ts';

function fileError(problem: TokenProblem, message: string, cause?: unknown): KeyStoreError {
  return mark(new KeyStoreError('ERR_KEYSTORE_TOKEN', message, { cause }), problem);
}

/** `e_machine` of an ELF header (System V ABI) for values of `process.arch`. */
const ELF_MACHINES: ReadonlyMap<string, number> = new Map([
  ['ia32', 3],
  ['ppc64', 21],
  ['s390x', 22],
  ['arm', 40],
  ['x64', 62],
  ['arm64', 183],
  ['riscv64', 243],
  ['loong64', 258],
]);

const ELF_MAGIC = 0x7f454c46;
const ELF_64_BIT = 2;
const ELF_BIG_ENDIAN = 2;
const ELF_SHARED_OBJECT = 3;
const ELF_LOADED_SEGMENT = 1;

/** The head of a library and its list of segments lie within this. */
const HEAD_BYTES = 4096;

/** Offsets in the header and in an entry of the list of segments (System V ABI), by the width of addresses. */
const ELF_LAYOUT = {
  32: { list: 28, entryBytes: 42, entries: 44, fileOffset: 4, fileBytes: 16, header: 52 },
  64: { list: 32, entryBytes: 54, entries: 56, fileOffset: 8, fileBytes: 32, header: 64 },
} as const;

/** Reads numbers of an ELF file in its own byte order. */
class ElfReader {
  readonly #view: DataView;
  readonly #isLittle: boolean;
  readonly bits: 32 | 64;

  constructor(head: Uint8Array) {
    this.#view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    this.bits = head[4] === ELF_64_BIT ? 64 : 32;
    this.#isLittle = head[5] !== ELF_BIG_ENDIAN;
  }

  half(offset: number): number {
    return this.#view.getUint16(offset, this.#isLittle);
  }

  word(offset: number): number {
    return this.#view.getUint32(offset, this.#isLittle);
  }

  /** As wide as an address. */
  wide(offset: number): number {
    return this.bits === 32 ? this.word(offset) : Number(this.#view.getBigUint64(offset, this.#isLittle));
  }
}

function nameOfMachine(machine: number): string {
  for (const [name, known] of ELF_MACHINES) if (known === machine) return name;
  return `machine ${machine}`;
}

/** Whether all of what the dynamic linker maps is there: it does not look, and touching what is not ends the process. */
function isWhole(reader: ElfReader, sizeBytes: number): boolean {
  const layout = ELF_LAYOUT[reader.bits];
  const list = reader.wide(layout.list);
  const entryBytes = reader.half(layout.entryBytes);
  const entries = reader.half(layout.entries);
  try {
    for (let entry = list, i = 0; i < entries; i++, entry += entryBytes) {
      if (reader.word(entry) !== ELF_LOADED_SEGMENT) continue;
      const end = reader.wide(entry + layout.fileOffset) + reader.wide(entry + layout.fileBytes);
      if (end > sizeBytes) return false;
    }
    return true;
  } catch {
    // The list is not where it should be.
    return false;
  }
}

function checkElf(path: string, head: Uint8Array, sizeBytes: number): void {
  const reader = new ElfReader(head);
  const isElf = head.length >= ELF_LAYOUT[reader.bits].header;
  if (!isElf || new DataView(head.buffer, head.byteOffset).getUint32(0) !== ELF_MAGIC) {
    throw fileError('not-a-library', `${path} is no shared library: it does not begin with an ELF header`);
  }
  const wanted = ELF_MACHINES.get(process.arch);
  const machine = reader.half(18);
  if (wanted !== undefined && machine !== wanted) {
    throw fileError(
      'wrong-architecture',
      `${path} is for ${nameOfMachine(machine)}, and this process runs on ${process.arch}`,
    );
  }
  if (reader.half(16) !== ELF_SHARED_OBJECT) throw fileError('not-a-library', `${path} is no shared library`);
  if (!isWhole(reader, sizeBytes)) throw fileError('not-a-library', `${path} is cut off, or damaged`);
}

async function readHead(path: string): Promise<Uint8Array> {
  const file = await node('fs').promises.open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * Checks that a file is there, and on Linux that it is a shared library for this process.
 *
 * @param path - Where the module is.
 * @returns Its real path, without links: the name under which this process knows it.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_TOKEN`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_RUNTIME` where the layout of native structures is not known.
 */
export async function checkModuleFile(path: string): Promise<string> {
  if (process.platform === 'win32') {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_RUNTIME',
      'the pkcs11 keystore runs on systems where a C long is as wide as a pointer, which Windows is not',
    );
  }
  let real: string;
  let head: Uint8Array;
  let sizeBytes: number;
  try {
    real = await node('fs').promises.realpath(path);
    const stats = await node('fs').promises.stat(real);
    if (!stats.isFile()) throw fileError('not-a-library', `${path} is not a file`);
    head = await readHead(real);
    sizeBytes = stats.size;
  } catch (error) {
    if (error instanceof KeyStoreError) throw error;
    const isMissing = ['ENOENT', 'ENOTDIR'].includes(String((error as NodeJS.ErrnoException).code));
    throw isMissing
      ? fileError('module-not-found', `there is no PKCS#11 module at ${path}`, error)
      : fileError('module-unreadable', `the PKCS#11 module at ${path} cannot be read`, error);
  }
  if (process.platform === 'linux') checkElf(path, head, sizeBytes);
  return real;
}
