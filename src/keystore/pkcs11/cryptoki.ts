/**
 * One module's functions, each with the values that it takes and an error of this library when it fails. Nothing else calls
 * the binding.
 *
 * @module
 */
import type { Mechanism, PKCS11 } from 'pkcs11js';
import { KeyStoreError } from '../../errors.ts';
import { ML_DSA_87 } from '../../params.ts';
import { CKF, CKH, CKM, CKU_USER } from './constants.ts';
import { fromBinding } from './errors.ts';
import type { GcmMechanism } from './gcm-mechanism.ts';
import type { ModuleInfo, TokenInfo } from './info.ts';
import type { NativeCalls } from './native.ts';
import type { Handle, Template } from './values.ts';

const versionText = ({ major, minor }: { major: number; minor: number }) => `${major}.${minor}`;
/** Fields are padded with spaces, by some modules with zeros. */
const trimmed = (text: string) => text.replace(/[\s\0]+$/, '');

function mechanismOf(mechanism: number): Mechanism {
  return { mechanism };
}

/** The functions of one module. */
export class Cryptoki {
  readonly #binding: PKCS11;
  readonly native: NativeCalls;
  readonly #initOffLoop: boolean;

  /**
   * @param binding - Has loaded the module.
   * @param native - The same module.
   * @param initOffLoop - Whether beginning an operation may take long.
   */
  constructor(binding: PKCS11, native: NativeCalls, initOffLoop: boolean) {
    this.#binding = binding;
    this.native = native;
    this.#initOffLoop = initOffLoop;
  }

  #call<T>(name: string, work: (binding: PKCS11) => T): T {
    try {
      return work(this.#binding);
    } catch (error) {
      throw fromBinding(name, error);
    }
  }

  async #callAsync<T>(name: string, work: (binding: PKCS11) => Promise<T>): Promise<T> {
    try {
      return await work(this.#binding);
    } catch (error) {
      throw fromBinding(name, error);
    }
  }

  /** @param parameters - NSS takes a text; no other module does. */
  initialise(parameters: string | undefined): void {
    const flags = CKF.OS_LOCKING_OK;
    // The binding drops the last character.
    const options = parameters === undefined ? { flags } : { flags, libraryParameters: `${parameters} ` };
    this.#call('C_Initialize', (binding) => binding.C_Initialize(options));
  }

  finalise(): void {
    this.#call('C_Finalize', (binding) => binding.C_Finalize());
  }

  info(): ModuleInfo {
    const info = this.#call('C_GetInfo', (binding) => binding.C_GetInfo());
    return {
      description: trimmed(info.libraryDescription),
      manufacturer: trimmed(info.manufacturerID),
      version: versionText(info.libraryVersion),
      cryptokiVersion: versionText(info.cryptokiVersion),
    };
  }

  /** Slots that hold a token. */
  slots(): Handle[] {
    return this.#call('C_GetSlotList', (binding) => binding.C_GetSlotList(true));
  }

  tokenInfo(slot: Handle): TokenInfo {
    const info = this.#call('C_GetTokenInfo', (binding) => binding.C_GetTokenInfo(slot));
    return {
      label: trimmed(info.label),
      manufacturer: trimmed(info.manufacturerID),
      model: trimmed(info.model),
      serial: trimmed(info.serialNumber),
      flags: info.flags,
      maxSessions: info.maxSessionCount,
      firmwareVersion: versionText(info.firmwareVersion),
      hardwareVersion: versionText(info.hardwareVersion),
    };
  }

  /** Numbers of the mechanisms that a token lists. */
  mechanisms(slot: Handle): number[] {
    return this.#call('C_GetMechanismList', (binding) => binding.C_GetMechanismList(slot));
  }

  openSession(slot: Handle): Handle {
    const flags = CKF.RW_SESSION | CKF.SERIAL_SESSION;
    return this.#call('C_OpenSession', (binding) => binding.C_OpenSession(slot, flags));
  }

  closeSession(session: Handle): void {
    this.#call('C_CloseSession', (binding) => binding.C_CloseSession(session));
  }

  login(session: Handle, pin: Uint8Array | undefined): Promise<void> {
    return this.native.login(session, CKU_USER, pin);
  }

  /** Objects that have all these attributes, two at most unless more are asked for: a second one is one too many. */
  find(session: Handle, template: Template, max = 2): Handle[] {
    return this.#call('C_FindObjects', (binding) => {
      binding.C_FindObjectsInit(session, toTemplate(template));
      try {
        return binding.C_FindObjects(session, max);
      } finally {
        binding.C_FindObjectsFinal(session);
      }
    });
  }

  /** One attribute. */
  attribute(session: Handle, object: Handle, type: number): Buffer {
    const [attribute] = this.#call('C_GetAttributeValue', (binding) =>
      binding.C_GetAttributeValue(session, object, [{ type }]),
    );
    return attribute?.value as unknown as Buffer;
  }

  createObject(session: Handle, template: Template): Handle {
    return this.#call('C_CreateObject', (binding) => binding.C_CreateObject(session, toTemplate(template)));
  }

  destroyObject(session: Handle, object: Handle): void {
    this.#call('C_DestroyObject', (binding) => binding.C_DestroyObject(session, object));
  }

  /** Synchronous: the binding's other form leaks. */
  generateKey(session: Handle, mechanism: number, template: Template): Handle {
    return this.#call('C_GenerateKey', (binding) =>
      binding.C_GenerateKey(session, mechanismOf(mechanism), toTemplate(template)),
    );
  }

  /** Synchronous: the binding's other form leaks. */
  generateKeyPair(
    session: Handle,
    mechanism: number,
    publicTemplate: Template,
    privateTemplate: Template,
  ): { publicKey: Handle; privateKey: Handle } {
    return this.#call('C_GenerateKeyPair', (binding) =>
      binding.C_GenerateKeyPair(
        session,
        mechanismOf(mechanism),
        toTemplate(publicTemplate),
        toTemplate(privateTemplate),
      ),
    );
  }

  /**
   * Signs with ML-DSA-87 (FIPS 204 algorithm 2).
   *
   * @param message - A copy that nobody else writes to.
   * @param context - The same; 0 to 255 bytes.
   */
  async signMlDsa(
    session: Handle,
    key: Handle,
    message: Uint8Array,
    context: Buffer,
    deterministic: boolean,
  ): Promise<Uint8Array> {
    const hedge = deterministic ? CKH.DETERMINISTIC_REQUIRED : CKH.HEDGE_PREFERRED;
    // What needs no parameter gets none: not every token knows them all.
    const isPlain = !deterministic && context.length === 0;
    const parameter = isPlain ? Buffer.alloc(0) : this.native.signContext(hedge, context);
    const out = Buffer.allocUnsafeSlow(ML_DSA_87.signatureBytes);
    const mechanism = this.native.mechanism(CKM.ML_DSA, parameter);
    await this.native.init('C_SignInit', session, mechanism, key, this.#initOffLoop);
    const signature = await this.#callAsync('C_Sign', (binding) =>
      binding.C_SignAsync(session, message as Buffer, out),
    );
    keep(mechanism, parameter, context);
    checkLength('C_Sign', signature, ML_DSA_87.signatureBytes);
    return asBytes(signature);
  }

  /**
   * Encrypts or decrypts with AES-256-GCM.
   *
   * @param mechanism - Nonce and AAD.
   * @param data - Nobody else writes to it or moves it; `withPointer` of it.
   * @param out - Where the result goes, which may be shorter. One without a byte would be a question for the length, which all
   * tokens answer without looking at a tag.
   * @returns The result, in `out`.
   */
  async runGcm(
    direction: 'C_Encrypt' | 'C_Decrypt',
    session: Handle,
    key: Handle,
    mechanism: GcmMechanism,
    data: Uint8Array,
    out: Uint8Array,
  ): Promise<Uint8Array> {
    if (out.length === 0) throw new RangeError(`${direction} needs room for its result`);
    const begun = this.native.init(`${direction}Init`, session, mechanism.bytes, key, this.#initOffLoop);
    if (begun !== undefined) await begun;
    return this.#finish(direction, session, data, out);
  }

  /** The call itself, off the event loop, without a promise more than there must be. */
  #finish(
    call: 'C_Encrypt' | 'C_Decrypt',
    session: Handle,
    data: Uint8Array,
    out: Uint8Array,
  ): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const done = (error: Error | null, result: Uint8Array) => {
        // The token was given a pointer to the data: until here they had to be there.
        void data.length;
        if (error === null) resolve(result);
        else reject(fromBinding(call, error));
      };
      try {
        // The binding says Buffer, and takes any array of bytes.
        this.#binding[call](session, data as Buffer, out as Buffer, done);
      } catch (error) {
        reject(fromBinding(call, error));
      }
    });
  }
}

function toTemplate(template: Template): { type: number; value: Buffer }[] {
  return template.map(([type, value]) => ({ type, value }));
}

/** The token was given pointers to these: they had to be there until now. */
function keep(...buffers: readonly Buffer[]): void {
  void buffers.length;
}

/** Refuses a result of another length than is due. */
export function checkLength(call: string, bytes: Uint8Array, expected: number): void {
  if (bytes.length !== expected) {
    throw new KeyStoreError(
      'ERR_KEYSTORE_TOKEN',
      `${call}: the token gave ${bytes.length} bytes, not ${expected}`,
    );
  }
}

/** A Buffer has methods that a Uint8Array has not, and callers compare classes. */
function asBytes({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}
