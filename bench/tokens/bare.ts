/**
 * The raw calls of a token that the keystore is compared with: pkcs11js in a loop, and koffi for `C_DecapsulateKey`, as
 * somebody writes them who uses no library. One session a caller; nothing is checked, nothing is tried again.
 *
 * @module
 */
import { randomFillSync } from 'node:crypto';
import koffi from 'koffi';
import pkcs11 from 'pkcs11js';

const CKM_ML_KEM = 0x17;
const CKM_ML_DSA = 0x1d;
const CKM_AES_GCM = 0x1087;
const CKK_AES = 0x1f;
const CKK_ML_KEM = 0x49;
const CKK_ML_DSA = 0x4a;
const SECRET_BYTES = 32;
const SIGNATURE_BYTES = 4627;
const TAG_BYTES = 16;

type Handle = Buffer;
type NativeFunction = ReturnType<ReturnType<typeof koffi.load>['func']>;

/** What one caller does, again and again. */
export interface BareCaller {
  seal(plaintext: Buffer): Promise<unknown>;
  sign(message: Buffer): Promise<unknown>;
  decapsulate(ciphertext: Buffer): Promise<unknown>;
}

const DECAPSULATE_PROTOTYPE = koffi.proto(
  'ulong DecapsulateKey(ulong session, void *mechanism, ulong key, void *template, ulong count, void *ciphertext, ulong length, void *out)',
);

function ulong(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeUInt32LE(value);
  return out;
}

/** `C_DecapsulateKey` of the module's list of functions of version 3.2, where it has one. */
function findDecapsulate(path: string): NativeFunction | undefined {
  const library = koffi.load(path, { deep: true });
  let getInterface: NativeFunction;
  try {
    getInterface = library.func(
      'ulong C_GetInterface(const char *name, void *version, void *out, ulong flags)',
    );
  } catch {
    return undefined;
  }
  const out = Buffer.alloc(8);
  if (Number(getInterface('PKCS 11', Buffer.from([3, 2]), out, 0)) !== 0) return undefined;
  const list = koffi.decode(out.readBigUInt64LE(), 8, 'void *');
  // Behind a version, padded to a pointer: 68 functions of 2.40, 24 of 3.0, C_EncapsulateKey.
  return koffi.decode(koffi.decode(list, 8 + 93 * 8, 'void *'), DECAPSULATE_PROTOTYPE);
}

/** Raw access to a module that this process has initialised and logged in to. */
export class BareToken {
  readonly #module = new pkcs11.PKCS11();
  readonly #slot: Handle;
  readonly #decapsulate: NativeFunction | undefined;

  constructor(path: string, label: string) {
    this.#module.load(path);
    const slots = this.#module.C_GetSlotList(true);
    this.#slot = slots.find((slot) => this.#module.C_GetTokenInfo(slot).label.trim() === label) as Handle;
    this.#decapsulate = findDecapsulate(path);
  }

  #find(session: Handle, objectClass: number, keyType: number): Handle {
    const template = [
      { type: pkcs11.CKA_CLASS, value: objectClass },
      { type: pkcs11.CKA_KEY_TYPE, value: keyType },
      { type: pkcs11.CKA_TOKEN, value: true },
    ];
    this.#module.C_FindObjectsInit(session, template);
    const [object] = this.#module.C_FindObjects(session, 1);
    this.#module.C_FindObjectsFinal(session);
    return object as Handle;
  }

  /** A caller with a session of its own. */
  caller(): BareCaller {
    const module = this.#module;
    const session = module.C_OpenSession(this.#slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION);
    const [aes, dsa, kem] = [
      this.#find(session, pkcs11.CKO_SECRET_KEY, CKK_AES),
      this.#find(session, pkcs11.CKO_PRIVATE_KEY, CKK_ML_DSA),
      this.#find(session, pkcs11.CKO_PRIVATE_KEY, CKK_ML_KEM),
    ];
    return {
      seal(plaintext) {
        const iv = randomFillSync(Buffer.allocUnsafe(12));
        const parameter = { type: pkcs11.CK_PARAMS_AES_GCM_v240, iv, ivBits: 96, tagBits: 8 * TAG_BYTES };
        module.C_EncryptInit(session, { mechanism: CKM_AES_GCM, parameter }, aes);
        return module.C_EncryptAsync(session, plaintext, Buffer.alloc(plaintext.length + TAG_BYTES));
      },
      sign(message) {
        module.C_SignInit(session, { mechanism: CKM_ML_DSA }, dsa);
        return module.C_SignAsync(session, message, Buffer.alloc(SIGNATURE_BYTES));
      },
      decapsulate: (ciphertext) => this.#decapsulateWith(session, kem, ciphertext),
    };
  }

  async #decapsulateWith(session: Handle, key: Handle, ciphertext: Buffer): Promise<unknown> {
    const values: [number, Buffer][] = [
      [pkcs11.CKA_CLASS, ulong(pkcs11.CKO_SECRET_KEY)],
      [pkcs11.CKA_KEY_TYPE, ulong(pkcs11.CKK_GENERIC_SECRET)],
      [pkcs11.CKA_SENSITIVE, Buffer.from([0])],
      [pkcs11.CKA_EXTRACTABLE, Buffer.from([1])],
      [pkcs11.CKA_VALUE_LEN, ulong(SECRET_BYTES)],
    ];
    const pointer = (bytes: Buffer) => {
      const out = Buffer.alloc(8);
      out.writeBigUInt64LE(BigInt(koffi.address(bytes)));
      return out;
    };
    const template = Buffer.concat(values.flatMap(([type, v]) => [ulong(type), pointer(v), ulong(v.length)]));
    const mechanism = Buffer.concat([ulong(CKM_ML_KEM), Buffer.alloc(16)]);
    const out: Handle = Buffer.alloc(8);
    await new Promise<void>((resolve, reject) => {
      this.#decapsulate?.async(
        session.readBigUInt64LE(),
        mechanism,
        key.readBigUInt64LE(),
        template,
        values.length,
        ciphertext,
        ciphertext.length,
        out,
        (error: unknown, result: number) =>
          error || Number(result) !== 0 || values.length === 0
            ? reject(new Error(`C_DecapsulateKey: ${error ?? result}`))
            : resolve(),
      );
    });
    const secret = this.#module.C_GetAttributeValue(session, out, [{ type: pkcs11.CKA_VALUE }]);
    this.#module.C_DestroyObject(session, out);
    return secret;
  }
}
