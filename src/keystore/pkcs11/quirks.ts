/**
 * How devices differ, as data: code asks for a property, never for a vendor.
 *
 * What is said of devices that are not marked tested comes from their vendors' pages.
 *
 * @module
 */
import { CKR } from './constants.ts';

/** Who draws the nonce of AES-GCM, and where it is found afterwards. */
export type IvSource =
  /** The caller, as the standard has it. */
  | 'caller'
  /** The token writes it into the caller's zeroed buffer (AWS CloudHSM). */
  | 'token-writes'
  /** The caller gives none, and the token appends it to the ciphertext (Thales Luna in FIPS mode). */
  | 'token-appends';

/** What to type about a device, for its own kind of trouble. MODULE stands for the module's path. */
export interface DeviceCommands {
  readonly install: string;
  readonly initialiseModule: string;
  readonly initialiseToken: string;
  readonly initialisePin: string;
  readonly resetPin: string;
}

/** What is particular about a device. */
export interface DeviceQuirks {
  /** Name of the device, for people. */
  readonly device: string;
  /** Whether this library is tested with it. */
  readonly tested: boolean;
  /** Finds the device by the module's file name or the manufacturer that it tells. */
  readonly matches: RegExp;
  /** Libraries that have to be loaded before the module, each only where it is: paths relative to the module's folder. */
  readonly preload: readonly string[];
  /** Ways to draw the nonce of AES-GCM, in the order in which they are tried. */
  readonly ivSources: readonly IvSource[];
  /** Whether the template of a decapsulated secret gives its length; where the first way is refused, the other is tried. */
  readonly valueLen: readonly boolean[];
  /**
   * Whether beginning an operation may take long, and so is kept off the event loop: it may ask a device, read a database or
   * wait for operations of others. Where it does not, keeping it on the loop spares a change of threads.
   */
  readonly initOffLoop: boolean;
  /** Results beside the usual ones after which sessions or login are made anew. */
  readonly lostResults: readonly number[];
  /** Whether logging in writes to the token's files: processes that do so at once get CKR_GENERAL_ERROR. */
  readonly loginWrites: boolean;
  /** What to type: to install the module, to initialise it, a token, its PIN, and to reset a locked PIN. */
  readonly commands: DeviceCommands;
}

const STANDARD: DeviceQuirks = {
  device: 'a PKCS#11 token',
  tested: false,
  matches: /^/,
  preload: [],
  // Forgetting to look for a nonce of the token's own would lose data: a caller's nonce that is ignored shows in the probe.
  ivSources: ['caller', 'token-writes', 'token-appends'],
  valueLen: [true, false],
  initOffLoop: true,
  lostResults: [],
  loginWrites: false,
  commands: {
    install: 'ls /usr/lib/*/pkcs11 /usr/lib/*/*pkcs11*.so',
    initialiseModule: 'pkcs11-tool --module MODULE --show-info',
    initialiseToken: 'pkcs11-tool --module MODULE --init-token --label LABEL',
    initialisePin: 'pkcs11-tool --module MODULE --login --login-type so --init-pin',
    resetPin: 'pkcs11-tool --module MODULE --login --login-type so --init-pin',
  },
};

const DEVICES: readonly DeviceQuirks[] = [
  {
    ...STANDARD,
    device: 'SoftHSM',
    tested: true,
    matches: /softhsm/i,
    initOffLoop: false,
    loginWrites: true,
    commands: {
      ...STANDARD.commands,
      install: 'apt-get install -y softhsm2',
      initialiseModule: 'softhsm2-util --show-slots   # reads SOFTHSM2_CONF, as the module does',
      initialiseToken: 'softhsm2-util --init-token --free --label LABEL',
    },
  },
  {
    ...STANDARD,
    device: 'NSS softokn',
    tested: true,
    matches: /softokn|mozilla|nss/i,
    // Found beside the module, which the dynamic linker would look for in the system's folders only.
    preload: ['libnssutil3.so'],
    // Its answer when a private key is used after somebody logged out.
    lostResults: [CKR.HOST_MEMORY],
    commands: {
      ...STANDARD.commands,
      install: 'apt-get install -y libnss3   # 3.131 or later has ML-KEM and ML-DSA: see docs/hsm.md',
      initialiseModule:
        "certutil -N -d sql:FOLDER   # then libraryParameters: configdir='sql:FOLDER' certPrefix='' keyPrefix='' secmod='secmod.db' flags=",
      initialiseToken: 'certutil -N -d sql:FOLDER',
      initialisePin: 'certutil -W -d sql:FOLDER',
      resetPin: 'certutil -N -d sql:FOLDER   # a new database: nobody can reset this one',
    },
  },
  {
    ...STANDARD,
    device: 'openCryptoki',
    tested: true,
    matches: /opencryptoki|pkcs11_api/i,
    // The part that computes, which would otherwise be bound to the OpenSSL inside Node.
    preload: ['stdll/libpkcs11_sw.so', 'opencryptoki/stdll/libpkcs11_sw.so'],
    commands: {
      install: 'apt-get install -y opencryptoki',
      initialiseModule: 'systemctl start pkcsslotd   # and be in the group pkcs11',
      initialiseToken: 'pkcsconf -c SLOT -I',
      initialisePin: 'pkcsconf -c SLOT -u',
      resetPin: 'pkcsconf -c SLOT -u',
    },
  },
  {
    ...STANDARD,
    device: 'Thales Luna',
    matches: /cryptoki2|luna|safenet|thales/i,
    ivSources: ['caller', 'token-appends'],
    valueLen: [false, true],
    commands: {
      install: 'lunacm   # of the Luna HSM client',
      initialiseModule: 'lunacm -q slot list',
      initialiseToken: 'lunacm -q partition init -label LABEL',
      initialisePin: 'lunacm -q role init -name co',
      resetPin: 'lunacm -q role resetpw -name co',
    },
  },
  {
    ...STANDARD,
    device: 'AWS CloudHSM',
    matches: /cloudhsm|cavium|marvell/i,
    ivSources: ['token-writes', 'caller'],
    commands: {
      install: 'apt-get install -y cloudhsm-pkcs11',
      initialiseModule: '/opt/cloudhsm/bin/configure-pkcs11 -a ADDRESS',
      initialiseToken: 'cloudhsm-cli cluster activate',
      initialisePin: 'cloudhsm-cli user create --username USER --role crypto-user',
      resetPin: 'cloudhsm-cli user change-password --username USER --role crypto-user',
    },
  },
  {
    ...STANDARD,
    device: 'Entrust nShield',
    matches: /cknfast|ncipher|nshield|entrust/i,
    commands: {
      install: 'ls /opt/nfast/toolkits/pkcs11/libcknfast.so',
      initialiseModule: 'ckcheckinst',
      initialiseToken: 'ppmk --new LABEL',
      initialisePin: 'ppmk --new LABEL',
      resetPin: 'cardpp --recover',
    },
  },
];

/**
 * What is particular about a module.
 *
 * @param hints - Its path; what it and its tokens tell of themselves, where that is known.
 */
export function quirksOf(...hints: readonly string[]): DeviceQuirks {
  for (const hint of hints) {
    // Of a path only the name: a folder says who built a system, not who built the module.
    const name = hint.slice(hint.lastIndexOf('/') + 1);
    const found = DEVICES.find(({ matches }) => matches.test(name));
    if (found !== undefined) return found;
  }
  return STANDARD;
}
