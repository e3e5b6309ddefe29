/**
 * The packages that are measured when somebody installed them; this package depends on none of them. Their keys are
 * bytes.
 *
 * @module
 */
import type { PeerName, Raw } from './peer.ts';

/** Whoever uses a name that no bundler looks for. */
function load<T>(name: PeerName): Promise<T> {
  return import(name) as Promise<T>;
}

interface MlKem {
  generateKeyPair(): unknown;
  encap(publicKey: Uint8Array): unknown;
  decap(ciphertext: Uint8Array, privateKey: Uint8Array): unknown;
}

/** mlkem: ML-KEM in pure TypeScript. */
export async function loadMlkem(): Promise<Raw> {
  const { createMlKem1024 } = await load<{ createMlKem1024(): Promise<MlKem> }>('mlkem');
  const kem = await createMlKem1024();
  return {
    kem: {
      bytes: {
        generate: () => kem.generateKeyPair(),
        withKey: ({ publicKey, expanded }) => ({
          encapsulate: () => kem.encap(publicKey),
          decapsulate: (ciphertext) => kem.decap(ciphertext, expanded),
        }),
      },
    },
  };
}

interface OqsKem {
  generateKeyPair(): unknown;
  encapsulate(publicKey: Uint8Array): unknown;
  decapsulate(ciphertext: Uint8Array, secretKey: Uint8Array): unknown;
}

interface OqsSignature {
  generateKeyPair(): unknown;
  sign(message: Uint8Array, secretKey: Uint8Array): unknown;
  verify(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): unknown;
}

interface Oqs {
  createMLKEM1024(): Promise<OqsKem>;
  createMLDSA87(): Promise<OqsSignature>;
}

/** liboqs, compiled to WebAssembly. */
export async function loadLiboqs(): Promise<Raw> {
  const { createMLKEM1024, createMLDSA87 } = await load<Oqs>('@oqs/liboqs-js');
  const [kem, signature] = [await createMLKEM1024(), await createMLDSA87()];
  return {
    kem: {
      bytes: {
        generate: () => kem.generateKeyPair(),
        withKey: ({ publicKey, expanded }) => ({
          encapsulate: () => kem.encapsulate(publicKey),
          decapsulate: (ciphertext) => kem.decapsulate(ciphertext, expanded),
        }),
      },
    },
    sign: {
      bytes: {
        generate: () => signature.generateKeyPair(),
        withKey: ({ publicKey, expanded }) => ({
          sign: (message) => signature.sign(message, expanded),
          verify: (message, bytes) => signature.verify(message, bytes, publicKey),
        }),
      },
    },
  };
}

interface PqcleanKem {
  keypair(): unknown;
  generateKey(publicKey: Uint8Array): unknown;
  decryptKey(privateKey: Uint8Array, ciphertext: Uint8Array): unknown;
}

interface PqcleanSignature {
  keypair(): unknown;
  sign(privateKey: Uint8Array, message: Uint8Array): unknown;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): unknown;
}

interface Pqclean {
  readonly KEM: new (algorithm: string) => PqcleanKem;
  readonly Sign: new (algorithm: string) => PqcleanSignature;
}

/** PQClean: a native addon, or WebAssembly where that was not built. */
export async function loadPqclean(): Promise<Raw> {
  const { default: pqclean } = await load<{ default: Pqclean }>('pqclean');
  const [kem, signature] = [new pqclean.KEM('ml-kem-1024'), new pqclean.Sign('ml-dsa-87')];
  return {
    kem: {
      bytes: {
        generate: () => kem.keypair(),
        withKey: ({ publicKey, expanded }) => ({
          encapsulate: () => kem.generateKey(publicKey),
          decapsulate: (ciphertext) => kem.decryptKey(expanded, ciphertext),
        }),
      },
    },
    sign: {
      bytes: {
        generate: () => signature.keypair(),
        withKey: ({ publicKey, expanded }) => ({
          sign: (message) => signature.sign(expanded, message),
          verify: (message, bytes) => signature.verify(publicKey, message, bytes),
        }),
      },
    },
  };
}
