/**
 * Numbers of PKCS#11 that are used here, from the headers of OASIS PKCS#11 3.2 (`pkcs11t.h`), compared with those of NSS
 * 3.131 and openCryptoki 3.27.
 *
 * @module
 */

/** Classes of objects. */
export const CKO = { PUBLIC_KEY: 0x02, PRIVATE_KEY: 0x03, SECRET_KEY: 0x04 } as const;

/** Types of keys. */
export const CKK = { GENERIC_SECRET: 0x10, AES: 0x1f, ML_KEM: 0x49, ML_DSA: 0x4a } as const;

/** Attributes. */
export const CKA = {
  CLASS: 0x000,
  TOKEN: 0x001,
  PRIVATE: 0x002,
  LABEL: 0x003,
  VALUE: 0x011,
  KEY_TYPE: 0x100,
  ID: 0x102,
  SENSITIVE: 0x103,
  ENCRYPT: 0x104,
  DECRYPT: 0x105,
  WRAP: 0x106,
  UNWRAP: 0x107,
  SIGN: 0x108,
  VERIFY: 0x10a,
  DERIVE: 0x10c,
  VALUE_LEN: 0x161,
  EXTRACTABLE: 0x162,
  MODIFIABLE: 0x170,
  PARAMETER_SET: 0x61d,
  ENCAPSULATE: 0x633,
  DECAPSULATE: 0x634,
  SEED: 0x637,
} as const;

/** Mechanisms. */
export const CKM = {
  ML_KEM_KEY_PAIR_GEN: 0x0f,
  ML_KEM: 0x17,
  ML_DSA_KEY_PAIR_GEN: 0x1c,
  ML_DSA: 0x1d,
  SHA3_512: 0x2d0,
  AES_KEY_GEN: 0x1080,
  AES_GCM: 0x1087,
} as const;

/** Parameter sets: ML-KEM-1024 and ML-DSA-87 have the same number. */
export const CKP = { ML_KEM_1024: 3, ML_DSA_87: 3 } as const;

/** Whether ML-DSA draws fresh randomness (`CK_HEDGE_TYPE`). */
export const CKH = { HEDGE_PREFERRED: 0, HEDGE_REQUIRED: 1, DETERMINISTIC_REQUIRED: 2 } as const;

/** Flags of calls, slots and tokens. */
export const CKF = {
  /** `C_Initialize`: the module may use the locks of the operating system. */
  OS_LOCKING_OK: 0x02,
  /** `C_OpenSession`. */
  RW_SESSION: 0x02,
  SERIAL_SESSION: 0x04,
  /** `CK_TOKEN_INFO`. */
  WRITE_PROTECTED: 0x02,
  LOGIN_REQUIRED: 0x04,
  USER_PIN_INITIALIZED: 0x08,
  PROTECTED_AUTHENTICATION_PATH: 0x100,
  TOKEN_INITIALIZED: 0x400,
  USER_PIN_COUNT_LOW: 0x10000,
  USER_PIN_FINAL_TRY: 0x20000,
  USER_PIN_LOCKED: 0x40000,
} as const;

/** The ordinary user. */
export const CKU_USER = 1;

/** A count that a token does not tell: `(CK_ULONG)-1`, of which the binding gives the lower 32 bits. */
export const UNAVAILABLE_INFORMATION = 0xffffffff;

/** Results. What is not here is named by its number. */
export const CKR = {
  OK: 0x000,
  CANCEL: 0x001,
  HOST_MEMORY: 0x002,
  SLOT_ID_INVALID: 0x003,
  GENERAL_ERROR: 0x005,
  FUNCTION_FAILED: 0x006,
  ARGUMENTS_BAD: 0x007,
  CANT_LOCK: 0x00a,
  ATTRIBUTE_READ_ONLY: 0x010,
  ATTRIBUTE_SENSITIVE: 0x011,
  ATTRIBUTE_TYPE_INVALID: 0x012,
  ATTRIBUTE_VALUE_INVALID: 0x013,
  ACTION_PROHIBITED: 0x01b,
  DATA_INVALID: 0x020,
  DATA_LEN_RANGE: 0x021,
  DEVICE_ERROR: 0x030,
  DEVICE_MEMORY: 0x031,
  DEVICE_REMOVED: 0x032,
  ENCRYPTED_DATA_INVALID: 0x040,
  ENCRYPTED_DATA_LEN_RANGE: 0x041,
  AEAD_DECRYPT_FAILED: 0x042,
  FUNCTION_CANCELED: 0x050,
  FUNCTION_NOT_SUPPORTED: 0x054,
  KEY_HANDLE_INVALID: 0x060,
  KEY_SIZE_RANGE: 0x062,
  KEY_TYPE_INCONSISTENT: 0x063,
  KEY_FUNCTION_NOT_PERMITTED: 0x068,
  KEY_UNEXTRACTABLE: 0x06a,
  MECHANISM_INVALID: 0x070,
  MECHANISM_PARAM_INVALID: 0x071,
  OBJECT_HANDLE_INVALID: 0x082,
  OPERATION_ACTIVE: 0x090,
  OPERATION_NOT_INITIALIZED: 0x091,
  PIN_INCORRECT: 0x0a0,
  PIN_INVALID: 0x0a1,
  PIN_LEN_RANGE: 0x0a2,
  PIN_EXPIRED: 0x0a3,
  PIN_LOCKED: 0x0a4,
  SESSION_CLOSED: 0x0b0,
  SESSION_COUNT: 0x0b1,
  SESSION_HANDLE_INVALID: 0x0b3,
  SESSION_READ_ONLY: 0x0b5,
  SIGNATURE_INVALID: 0x0c0,
  TEMPLATE_INCOMPLETE: 0x0d0,
  TEMPLATE_INCONSISTENT: 0x0d1,
  TOKEN_NOT_PRESENT: 0x0e0,
  TOKEN_NOT_RECOGNIZED: 0x0e1,
  TOKEN_WRITE_PROTECTED: 0x0e2,
  USER_ALREADY_LOGGED_IN: 0x100,
  USER_NOT_LOGGED_IN: 0x101,
  USER_PIN_NOT_INITIALIZED: 0x102,
  USER_TYPE_INVALID: 0x103,
  USER_ANOTHER_ALREADY_LOGGED_IN: 0x104,
  BUFFER_TOO_SMALL: 0x150,
  CRYPTOKI_NOT_INITIALIZED: 0x190,
  CRYPTOKI_ALREADY_INITIALIZED: 0x191,
} as const;

/** The name of a result, or undefined when it is not one of those above. */
export function resultName(value: number): string | undefined {
  for (const [name, known] of Object.entries(CKR)) if (known === value) return `CKR_${name}`;
  return undefined;
}
