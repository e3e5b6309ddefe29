/*
 * A PKCS#11 module that forwards to another one and changes one behaviour, as a device does that is not at hand.
 *
 * SHIM_MODULE   the module that does the work
 * SHIM_PRELOAD  a library that it needs, if any
 * SHIM_MODE     what is changed; see below. Nothing by default.
 * SHIM_LOG      a file that gets one line for each C_Login
 *
 * Built with -DSHIM_V240 it has no C_GetInterface; with -DSHIM_CA none either, and CA_DecapsulateKey.
 *
 * Structures are those of systems where a C long is as wide as a pointer; numbers are those of PKCS#11 3.2.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long ulong_t;
typedef unsigned char byte_t;
typedef ulong_t (*call_t)();

typedef struct { ulong_t mechanism; void *parameter; ulong_t length; } mechanism_t;
typedef struct { byte_t *iv; ulong_t ivLength, ivBits; byte_t *aad; ulong_t aadLength, tagBits; } gcm_t;
typedef struct { ulong_t type; void *value; ulong_t length; } attribute_t;
typedef struct { byte_t major, minor; call_t calls[104]; } list_t;
typedef struct { const char *name; void *list; ulong_t flags; } interface_t;

enum { GET_FUNCTION_LIST = 3, GET_TOKEN_INFO = 6, OPEN_SESSION = 12, CLOSE_SESSION = 13, CLOSE_ALL = 14, LOGIN = 18,
       GET_ATTRIBUTE = 24, ENCRYPT_INIT = 29, ENCRYPT = 30, DECRYPT = 34, SIGN_INIT = 42, SIGN = 43, GENERATE_KEY = 58,
       GENERATE_RANDOM = 64, DECAPSULATE = 93 };
enum { OK = 0, MECHANISM_INVALID = 0x70, PARAM_INVALID = 0x71, PIN_LOCKED = 0xa4, SESSION_COUNT = 0xb1,
       SESSION_INVALID = 0xb3, TEMPLATE_INCOMPLETE = 0xd0, TEMPLATE_INCONSISTENT = 0xd1 };
enum { CKM_AES_GCM = 0x1087, CKA_VALUE_LEN = 0x161, CKA_VALUE = 0x11, FINAL_TRY = 0x20000 };
enum { SESSIONS = 4096, IV_BYTES = 12 };

static list_t list, list32;
static call_t real[104], real32[104];
static int has32;
static byte_t ivs[SESSIONS][IV_BYTES];
static byte_t appends[SESSIONS];
static int sessions, calls;

static int mode(const char *name) {
  const char *wanted = getenv("SHIM_MODE");
  return wanted != NULL && strcmp(wanted, name) == 0;
}

static ulong_t draw(ulong_t session, byte_t *iv) { return real[GENERATE_RANDOM](session, iv, (ulong_t)IV_BYTES); }

/* Luna in FIPS mode: no nonce is taken, and the one that is drawn follows the ciphertext. CloudHSM: a zeroed buffer is
   filled. */
static ulong_t encryptInit(ulong_t session, mechanism_t *mechanism, ulong_t key) {
  if (mechanism->mechanism != CKM_AES_GCM) return real[ENCRYPT_INIT](session, mechanism, key);
  gcm_t gcm = *(gcm_t *)mechanism->parameter;
  mechanism_t own = { mechanism->mechanism, &gcm, sizeof gcm };
  byte_t *iv = ivs[session % SESSIONS];
  appends[session % SESSIONS] = 0;
  if (mode("no-gcm")) return MECHANISM_INVALID;
  if (mode("iv-appended")) {
    if (gcm.ivLength != 0 || draw(session, iv) != OK) return PARAM_INVALID;
    appends[session % SESSIONS] = 1;
    gcm.iv = iv;
    gcm.ivLength = IV_BYTES;
    return real[ENCRYPT_INIT](session, &own, key);
  }
  if (mode("iv-written")) {
    static const byte_t zeros[IV_BYTES];
    if (gcm.ivLength != IV_BYTES || memcmp(gcm.iv, zeros, IV_BYTES) != 0) return PARAM_INVALID;
    if (draw(session, gcm.iv) != OK) return PARAM_INVALID;
  }
  /* A device that takes a nonce, does not use it, and says nothing. */
  if (mode("iv-ignored")) {
    if (draw(session, iv) != OK) return PARAM_INVALID;
    gcm.iv = iv;
    gcm.ivLength = IV_BYTES;
    return real[ENCRYPT_INIT](session, &own, key);
  }
  return real[ENCRYPT_INIT](session, mechanism, key);
}

static ulong_t encrypt(ulong_t session, byte_t *in, ulong_t inLength, byte_t *out, ulong_t *outLength) {
  ulong_t result = real[ENCRYPT](session, in, inLength, out, outLength);
  if (result == OK && out != NULL && appends[session % SESSIONS]) {
    memcpy(out + *outLength, ivs[session % SESSIONS], IV_BYTES);
    *outLength += IV_BYTES;
  }
  return result;
}

static int hasValueLen(const attribute_t *attributes, ulong_t count) {
  for (ulong_t i = 0; i < count; i++) if (attributes[i].type == CKA_VALUE_LEN) return 1;
  return 0;
}

static ulong_t decapsulate(ulong_t session, mechanism_t *mechanism, ulong_t key, attribute_t *attributes, ulong_t count,
                           byte_t *ciphertext, ulong_t length, ulong_t *secret) {
  if (mode("valuelen-refused") && hasValueLen(attributes, count)) return TEMPLATE_INCONSISTENT;
  if (mode("valuelen-required") && !hasValueLen(attributes, count)) return TEMPLATE_INCOMPLETE;
  return real32[DECAPSULATE](session, mechanism, key, attributes, count, ciphertext, length, secret);
}

static ulong_t login(ulong_t session, ulong_t user, byte_t *pin, ulong_t length) {
  const char *path = getenv("SHIM_LOG");
  FILE *log = path == NULL ? NULL : fopen(path, "a");
  if (log != NULL) {
    fputs("login\n", log);
    fclose(log);
  }
  if (mode("pin-locked")) return PIN_LOCKED;
  return real[LOGIN](session, user, pin, length);
}

static ulong_t getTokenInfo(ulong_t slot, byte_t *info) {
  ulong_t result = real[GET_TOKEN_INFO](slot, info);
  /* label 32, manufacturer 32, model 16, serial number 16, then the flags */
  if (result == OK && mode("final-try")) *(ulong_t *)(info + 96) |= FINAL_TRY;
  return result;
}

/* A device with three sessions that says it has no limit. */
static ulong_t openSession(ulong_t slot, ulong_t flags, void *application, void *notify, ulong_t *session) {
  if (mode("three-sessions") && sessions >= 3) return SESSION_COUNT;
  ulong_t result = real[OPEN_SESSION](slot, flags, application, notify, session);
  if (result == OK) sessions++;
  return result;
}

static ulong_t closeSession(ulong_t session) {
  sessions--;
  return real[CLOSE_SESSION](session);
}

/* A device that drops sessions: at the first use, and at each fifth after it. */
static ulong_t signInit(ulong_t session, mechanism_t *mechanism, ulong_t key) {
  if (mode("drops-sessions") && calls++ % 5 == 0) return SESSION_INVALID;
  return real[SIGN_INIT](session, mechanism, key);
}

/* A device that keeps nothing secret. */
static ulong_t getAttribute(ulong_t session, ulong_t object, attribute_t *attributes, ulong_t count) {
  ulong_t result = real[GET_ATTRIBUTE](session, object, attributes, count);
  if (mode("leaks") && result != OK && count == 1 && attributes[0].type == CKA_VALUE) {
    if (attributes[0].value != NULL) memset(attributes[0].value, 7, 32);
    attributes[0].length = 32;
    return OK;
  }
  return result;
}

static void change(list_t *own) {
  own->calls[GET_TOKEN_INFO] = (call_t)getTokenInfo;
  own->calls[OPEN_SESSION] = (call_t)openSession;
  own->calls[CLOSE_SESSION] = (call_t)closeSession;
  own->calls[LOGIN] = (call_t)login;
  own->calls[GET_ATTRIBUTE] = (call_t)getAttribute;
  own->calls[ENCRYPT_INIT] = (call_t)encryptInit;
  own->calls[ENCRYPT] = (call_t)encrypt;
  own->calls[SIGN_INIT] = (call_t)signInit;
}

static int load(void) {
  static int loaded;
  if (loaded) return 1;
  const char *preload = getenv("SHIM_PRELOAD");
  if (preload != NULL && dlopen(preload, RTLD_NOW | RTLD_DEEPBIND) == NULL) return 0;
  void *module = dlopen(getenv("SHIM_MODULE"), RTLD_NOW | RTLD_DEEPBIND);
  if (module == NULL) return 0;
  list_t *theirs = NULL;
  call_t getList = (call_t)dlsym(module, "C_GetFunctionList");
  if (getList == NULL || getList(&theirs) != OK) return 0;
  memcpy(&list, theirs, 8 + 68 * sizeof(call_t));
  memcpy(real, theirs->calls, 68 * sizeof(call_t));
  change(&list);
  call_t getInterface = (call_t)dlsym(module, "C_GetInterface");
  byte_t version[2] = { 3, 2 };
  interface_t *found = NULL;
  if (getInterface != NULL && getInterface("PKCS 11", version, &found, 0UL) == OK && found != NULL) {
    has32 = 1;
    memcpy(&list32, found->list, sizeof list32);
    memcpy(real32, list32.calls, sizeof real32);
    change(&list32);
    list32.calls[DECAPSULATE] = (call_t)decapsulate;
  }
  return loaded = 1;
}

ulong_t C_GetFunctionList(list_t **out) {
  if (!load()) return 5;
  *out = &list;
  return OK;
}

#if !defined(SHIM_V240) && !defined(SHIM_CA)
ulong_t C_GetInterface(const char *name, const byte_t *version, interface_t **out, ulong_t flags) {
  static interface_t own = { "PKCS 11", &list32, 0 };
  (void)name, (void)version, (void)flags;
  if (!load() || !has32) return 5;
  *out = &own;
  return OK;
}
#endif

#ifdef SHIM_CA
ulong_t CA_DecapsulateKey(ulong_t session, mechanism_t *mechanism, ulong_t key, attribute_t *attributes, ulong_t count,
                          byte_t *ciphertext, ulong_t length, ulong_t *secret) {
  if (!load() || !has32) return 0x54;
  return decapsulate(session, mechanism, key, attributes, count, ciphertext, length, secret);
}
#endif
