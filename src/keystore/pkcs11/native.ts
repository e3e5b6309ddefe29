/**
 * Calls of PKCS#11 that the binding lacks, or makes on the event loop, or with a copy too many, through koffi on the same
 * module and the same sessions: `C_DecapsulateKey` of version 3.2, `C_Login` with a PIN that is bytes, the beginning of
 * operations, and reading a secret into a buffer of ours.
 *
 * Every structure is laid out here as bytes, so that what the token sees stays where it is until the call ends. The layout is
 * that of systems where a C long is as wide as a pointer.
 *
 * @module
 */
import { KeyStoreError } from '../../errors.ts';
import type { DecapsulationSource } from './capability.ts';
import { CKA, CKM, CKR } from './constants.ts';
import { tokenError } from './errors.ts';
import type { Koffi } from './peers.ts';
import { mark } from './problems.ts';
import { type Handle, type Template, ulong } from './values.ts';

/** A C function of koffi's. */
interface NativeFunction {
  (...args: unknown[]): number | bigint;
  async?(...args: unknown[]): void;
}

/** A library that koffi loaded. */
export interface NativeLibrary {
  symbol(name: string): unknown;
}

const ULONG_BYTES = 8;
const POINTER_BYTES = 8;
/** `CK_FUNCTION_LIST` begins with a CK_VERSION, padded to a pointer. */
const FIRST_FUNCTION_OFFSET = POINTER_BYTES;

/** Places in `CK_FUNCTION_LIST_3_2`: 68 functions of version 2.40, 24 of 3.0, then those of 3.2. */
const FUNCTION_INDEX = {
  C_Login: 18,
  C_GetAttributeValue: 24,
  C_EncryptInit: 29,
  C_DecryptInit: 33,
  C_SignInit: 42,
  C_DecapsulateKey: 93,
} as const;

/** The functions that begin an operation. */
export type InitFunction = 'C_EncryptInit' | 'C_DecryptInit' | 'C_SignInit';

const INTERFACE_NAME = Buffer.from('PKCS 11\0', 'latin1');

/** Loads the library by itself, bound to the libraries that it was linked with, and not to those inside Node. */
export function loadLibrary(koffi: Koffi, path: string): NativeLibrary {
  try {
    // Node exports the symbols of its OpenSSL. Without deep binding a module that needs OpenSSL is given those.
    return koffi.load(path, { deep: process.platform === 'linux' }) as unknown as NativeLibrary;
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw mark(
      new KeyStoreError('ERR_KEYSTORE_TOKEN', `the PKCS#11 module ${path} cannot be loaded: ${text}`, {
        cause,
      }),
      'module-not-loadable',
    );
  }
}

/** The additional calls of one module. */
export class NativeCalls {
  readonly #koffi: Koffi;
  readonly #login: NativeFunction;
  readonly #getAttributeValue: NativeFunction;
  readonly #inits: Readonly<Record<InitFunction, NativeFunction>>;
  readonly #decapsulate: NativeFunction | undefined;
  /** Undefined when the module cannot decapsulate. */
  readonly decapsulation: DecapsulationSource | undefined;

  /**
   * @param koffi - The peer.
   * @param library - The module, loaded.
   * @param path - Where it is, for errors.
   */
  constructor(koffi: Koffi, library: NativeLibrary, path: string) {
    this.#koffi = koffi;
    const list = this.#functionList(library, path);
    const { loginType, attributeType, initType, decapsulateType } = functionTypes(koffi);
    this.#login = this.#atIndex(list, FUNCTION_INDEX.C_Login, loginType);
    this.#getAttributeValue = this.#atIndex(list, FUNCTION_INDEX.C_GetAttributeValue, attributeType);
    const init = (name: InitFunction) => this.#atIndex(list, FUNCTION_INDEX[name], initType);
    this.#inits = {
      C_EncryptInit: init('C_EncryptInit'),
      C_DecryptInit: init('C_DecryptInit'),
      C_SignInit: init('C_SignInit'),
    };
    [this.#decapsulate, this.decapsulation] = this.#findDecapsulate(library, decapsulateType);
  }

  /** @throws {@link KeyStoreError} when the library is no PKCS#11 module: the binding must not see such a one. */
  #functionList(library: NativeLibrary, path: string): bigint {
    const getList = this.#symbol(library, 'C_GetFunctionList', ['void *']);
    const out = Buffer.alloc(POINTER_BYTES);
    const list = getList !== undefined && Number(getList(out)) === CKR.OK ? out.readBigUInt64LE() : 0n;
    if (list !== 0n) return list;
    throw mark(
      new KeyStoreError('ERR_KEYSTORE_TOKEN', `${path} is no PKCS#11 module: it offers no C_GetFunctionList`),
      'not-a-pkcs11-module',
    );
  }

  #symbol(library: NativeLibrary, name: string, parameters: string[]): NativeFunction | undefined {
    let address: unknown;
    try {
      address = library.symbol(name);
    } catch {
      return undefined;
    }
    return this.#koffi.decode(address, this.#koffi.proto('ulong', parameters)) as NativeFunction;
  }

  #atIndex(list: bigint, index: number, type: unknown): NativeFunction {
    const address: unknown = this.#koffi.decode(
      list,
      FIRST_FUNCTION_OFFSET + index * POINTER_BYTES,
      'void *',
    );
    if (address === null) return () => CKR.FUNCTION_NOT_SUPPORTED;
    return this.#koffi.decode(address, type as string) as NativeFunction;
  }

  #findDecapsulate(
    library: NativeLibrary,
    type: unknown,
  ): [NativeFunction | undefined, DecapsulationSource | undefined] {
    const list = this.#interface32(library);
    if (list !== undefined) {
      const offset = FIRST_FUNCTION_OFFSET + FUNCTION_INDEX.C_DecapsulateKey * POINTER_BYTES;
      const address: unknown = this.#koffi.decode(list, offset, 'void *');
      if (address !== null)
        return [this.#koffi.decode(address, type as string) as NativeFunction, 'interface 3.2'];
    }
    for (const name of ['C_DecapsulateKey', 'CA_DecapsulateKey'] as const) {
      try {
        const address = library.symbol(name);
        return [this.#koffi.decode(address, type as string) as NativeFunction, `symbol ${name}`];
      } catch {
        // The next name.
      }
    }
    return [undefined, undefined];
  }

  /** The function list of version 3.2, where the module has one. */
  #interface32(library: NativeLibrary): bigint | undefined {
    const getInterface = this.#symbol(library, 'C_GetInterface', ['void *', 'void *', 'void *', 'ulong']);
    if (getInterface === undefined) return undefined;
    const version = Buffer.from([3, 2]);
    const out = Buffer.alloc(POINTER_BYTES);
    if (Number(getInterface(INTERFACE_NAME, version, out, 0)) !== CKR.OK) return undefined;
    const found = out.readBigUInt64LE();
    if (found === 0n) return undefined;
    // CK_INTERFACE: name, function list, flags.
    const list: unknown = this.#koffi.decode(found, POINTER_BYTES, 'void *');
    if (typeof list !== 'bigint') return undefined;
    const major = Number(this.#koffi.decode(list, 'uint8_t'));
    const minor = Number(this.#koffi.decode(list, 1, 'uint8_t'));
    // Some modules answer with the list that they have. Beyond the end of an older one lies whatever lies there.
    return major === 3 && minor >= 2 ? list : undefined;
  }

  /**
   * `C_Login`, off the event loop.
   *
   * @param pin - Bytes, not kept; undefined where the token has a keypad of its own.
   */
  login(session: Handle, userType: number, pin: Uint8Array | undefined): Promise<void> {
    return callAsync('C_Login', this.#login, [
      session.readBigUInt64LE(),
      userType,
      pin ?? null,
      pin?.length ?? 0,
    ]);
  }

  /** Where memory is, which has to stay there. */
  address(bytes: Uint8Array): bigint {
    return BigInt(this.#koffi.address(bytes));
  }

  /**
   * Begins an operation.
   *
   * @param mechanism - `CK_MECHANISM`; it and all that it points at has to stay where it is until the operation has ended.
   * @param offLoop - Whether the call may take long: it fetches the key from a database, or waits for other operations.
   * @returns Undefined when it has begun already.
   */
  init(
    name: InitFunction,
    session: Handle,
    mechanism: Uint8Array,
    key: Handle,
    offLoop: boolean,
  ): Promise<void> | undefined {
    const call = this.#inits[name];
    const [sessionHandle, keyHandle] = [session.readBigUInt64LE(), key.readBigUInt64LE()];
    if (offLoop) return callAsync(name, call, [sessionHandle, mechanism, keyHandle]);
    const result = Number(call(sessionHandle, mechanism, keyHandle));
    if (result !== CKR.OK) throw tokenError(name, result);
    return undefined;
  }

  /** CK_SIGN_ADDITIONAL_CONTEXT: hedge, pointer to the context, its length. */
  signContext(hedge: number, context: Buffer): Buffer {
    return Buffer.concat([ulong(hedge), this.#pointer(context), ulong(context.length)]);
  }

  #pointer(bytes: Buffer): Buffer {
    const out = Buffer.alloc(POINTER_BYTES);
    if (bytes.length > 0) out.writeBigUInt64LE(BigInt(this.#koffi.address(bytes)));
    return out;
  }

  /** CK_MECHANISM: number, pointer to the parameter, its length. */
  mechanism(mechanism: number, parameter: Buffer): Buffer {
    return Buffer.concat([ulong(mechanism), this.#pointer(parameter), ulong(parameter.length)]);
  }

  /**
   * `C_DecapsulateKey` with ML-KEM, off the event loop.
   *
   * @returns The handle of the shared secret.
   */
  async decapsulate(
    session: Handle,
    key: Handle,
    template: Template,
    ciphertext: Uint8Array,
  ): Promise<Handle> {
    if (this.#decapsulate === undefined) throw tokenError('C_DecapsulateKey', CKR.FUNCTION_NOT_SUPPORTED);
    const mechanism = this.mechanism(CKM.ML_KEM, Buffer.alloc(0));
    const attributes = this.#attributes(template);
    const out: Handle = Buffer.alloc(ULONG_BYTES);
    await callAsync('C_DecapsulateKey', this.#decapsulate, [
      session.readBigUInt64LE(),
      mechanism,
      key.readBigUInt64LE(),
      attributes,
      template.length,
      ciphertext,
      ciphertext.length,
      out,
    ]);
    // The call has ended: until here the values had to stay where they are.
    void template.length;
    return out;
  }

  /** Reads the value of an object into a buffer; fails when it has another length. */
  readValue(session: Handle, object: Handle, out: Uint8Array): void {
    const template = this.#attributes([[CKA.VALUE, Buffer.from(out.buffer, out.byteOffset, out.byteLength)]]);
    const result = Number(
      this.#getAttributeValue(session.readBigUInt64LE(), object.readBigUInt64LE(), template, 1),
    );
    if (result !== CKR.OK) throw tokenError('C_GetAttributeValue', result);
    const length = template.readBigUInt64LE(2 * ULONG_BYTES);
    if (length !== BigInt(out.length)) {
      throw new KeyStoreError(
        'ERR_KEYSTORE_TOKEN',
        `the token gave ${length} bytes where ${out.length} are due`,
      );
    }
  }

  /** An array of CK_ATTRIBUTE: type, pointer to the value, its length. */
  #attributes(template: Template): Buffer {
    const out = Buffer.alloc(3 * ULONG_BYTES * template.length);
    template.forEach(([type, value], index) => {
      const offset = 3 * ULONG_BYTES * index;
      out.set(ulong(type), offset);
      out.writeBigUInt64LE(BigInt(this.#koffi.address(value)), offset + ULONG_BYTES);
      out.set(ulong(value.length), offset + 2 * ULONG_BYTES);
    });
    return out;
  }
}

/** The types of the functions that are called. */
function functionTypes(koffi: Koffi) {
  return {
    loginType: koffi.proto('ulong', ['ulong', 'ulong', 'void *', 'ulong']),
    attributeType: koffi.proto('ulong', ['ulong', 'ulong', 'void *', 'ulong']),
    initType: koffi.proto('ulong', ['ulong', 'void *', 'ulong']),
    decapsulateType: koffi.proto('ulong', [
      'ulong',
      'void *',
      'ulong',
      'void *',
      'ulong',
      'void *',
      'ulong',
      'void *',
    ]),
  };
}

function callAsync(name: string, call: NativeFunction, args: unknown[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error: unknown, result: number | bigint) => {
      if (error)
        reject(new KeyStoreError('ERR_KEYSTORE_TOKEN', `${name}: the call failed`, { cause: error }));
      else if (Number(result) !== CKR.OK) reject(tokenError(name, Number(result)));
      // The buffers are referred to here, so that they are there until the call has ended.
      else resolve(void args.length);
    };
    if (typeof call.async === 'function') call.async(...args, done);
    else done(undefined, call(...args));
  });
}
