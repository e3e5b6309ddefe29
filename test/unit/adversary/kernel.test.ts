/**
 * The adversary finds every secret that it is shown, wherever it lies, and nothing else: or finding nothing would say nothing.
 */
import { createCipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { compileKernel, type Handshake, Kernel, type Target } from '../../adversary/kernel.ts';
import { keyWindows } from '../../adversary/windows.ts';

const sha3 = (...parts: Uint8Array[]) => {
  const hash = createHash('sha3-512');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const uint32 = (value: number) => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
};
const hkdf = (secret: Uint8Array, salt: Uint8Array, info: string, length: number) =>
  Buffer.from(hkdfSync('sha3-512', secret, salt, info, length));

const EPOCHS = 6;
const transcript = randomBytes(64);
const seed = randomBytes(32);
const rho = sha3(seed, Uint8Array.of(4)).subarray(0, 32);
const encapsulationKey = Buffer.concat([randomBytes(1536), rho]);
const keyHash = createHash('sha3-256').update(encapsulationKey).digest();
const randomness = randomBytes(32);
const shared = sha3(randomness, keyHash).subarray(0, 32);
const handshake: Handshake = { transcript, encapsulationKey, keyHash };

const chainKeys = [hkdf(shared, transcript, 'mwrasp-crypto/tf1/keys', 128).subarray(0, 32)];
const messageKeys: Buffer[] = [];
const encryptionKeys: Buffer[] = [];
const targets: Target[] = [];
for (let epoch = 0; epoch < EPOCHS; epoch++) {
  const out = sha3(
    Buffer.from('mwrasp-crypto/fragment/v1/ratchet'),
    uint32(epoch),
    chainKeys[epoch] as Buffer,
  );
  messageKeys.push(out.subarray(0, 32));
  chainKeys.push(out.subarray(32));
  const okm = hkdf(out.subarray(0, 32), Buffer.alloc(0), 'mwrasp-crypto/fragment/v1/key', 64);
  encryptionKeys.push(okm.subarray(0, 32));
  const counterBlock = Buffer.concat([randomBytes(12), uint32(2)]);
  const cipher = createCipheriv('aes-256-ecb', okm.subarray(0, 32), null).setAutoPadding(false);
  // Nothing was sealed in epoch 3: a chain key of it has to be walked on.
  if (epoch === 3) continue;
  targets.push({ epoch, commitment: okm.subarray(32), counterBlock, keystream: cipher.update(counterBlock) });
}

/** FIPS 197 §5.2, the first 64 bytes of the schedule, each word in either order. */
function scheduleOf(key: Buffer, swapped: boolean): Buffer {
  const sbox = (byte: number): number => {
    let inverse = 0;
    for (let x = 1; x < 256; x++) if (times(byte, x) === 1) inverse = x;
    let out = 0x63;
    for (let turn = 0; turn < 5; turn++) out ^= ((inverse << turn) | (inverse >> (8 - turn))) & 255;
    return out;
  };
  const words = Array.from({ length: 8 }, (_, i) => key.readUInt32BE(4 * i));
  const substitute = (word: number) =>
    [24, 16, 8, 0].reduce((sum, shift) => (sum | (sbox((word >>> shift) & 255) << shift)) >>> 0, 0);
  for (let i = 8; i < 16; i++) {
    let word = words[i - 1] as number;
    if (i === 8) word = (substitute(((word << 8) | (word >>> 24)) >>> 0) ^ 0x01000000) >>> 0;
    if (i === 12) word = substitute(word);
    words.push(((words[i - 8] as number) ^ word) >>> 0);
  }
  const out = Buffer.alloc(64);
  for (const [i, word] of words.entries())
    swapped ? out.writeUInt32LE(word, 4 * i) : out.writeUInt32BE(word, 4 * i);
  return out;
}

function times(a: number, b: number): number {
  let product = 0;
  for (let i = 0; i < 8; i++) {
    if ((b >> i) & 1) product ^= a << i;
  }
  for (let bit = 14; bit >= 8; bit--) if ((product >> bit) & 1) product ^= 0x11b << (bit - 8);
  return product;
}

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await compileKernel();
});

/** What is found in random memory that holds some bytes at an offset. */
function found(secret: Uint8Array, offset: number): string[] {
  const memory = randomBytes(4096);
  memory.set(secret, offset);
  const kernel = new Kernel(module, targets, handshake);
  return kernel
    .scan(memory)
    .map((hit) => `${hit.kind} ${hit.epoch}${hit.offset === offset ? '' : ' elsewhere'}`);
}

it('finds nothing in random bytes', () => {
  expect(found(randomBytes(32), 64)).toEqual([]);
});

it('finds each secret at any multiple of 8', () => {
  expect(found(messageKeys[2] as Buffer, 8)).toEqual(['message key 2']);
  expect(found(encryptionKeys[4] as Buffer, 4064)).toEqual(['encryption key 4']);
  expect(found(chainKeys[1] as Buffer, 800)).toEqual(['chain key 1']);
  expect(found(chainKeys[3] as Buffer, 808)).toEqual(['chain key 4']);
  expect(found(chainKeys[6] as Buffer, 808)).toEqual([]);
  expect(found(shared, 1024)).toEqual(['KEM shared secret 0']);
  expect(found(randomness, 1032)).toEqual(['KEM randomness 0']);
  expect(found(seed, 1040)).toEqual(['KEM seed 0']);
});

it('finds schedules of AES-256 at any multiple of 4, in both byte orders', () => {
  expect(found(scheduleOf(encryptionKeys[5] as Buffer, false), 1028)).toEqual(['AES key schedule 5']);
  expect(found(scheduleOf(encryptionKeys[5] as Buffer, true), 1036)).toEqual(['AES key schedule 5']);
  const kernel = new Kernel(module, targets);
  expect(kernel.scan(Buffer.concat([Buffer.alloc(100), scheduleOf(randomBytes(32), true)]))).toEqual([]);
  expect(kernel.schedules).toBe(1);
});

it('passes over what cannot be random, and no random key', () => {
  const kernel = new Kernel(module, targets);
  kernel.scan(Buffer.alloc(4096));
  kernel.scan(Buffer.from('text that somebody could read, '.repeat(100)));
  kernel.scan(
    Buffer.from(
      new BigUint64Array(Array.from({ length: 400 }, (_, i) => 0x00003a4b12345679n + BigInt(i) * 8n)).buffer,
    ),
  );
  expect(kernel.tried).toBe(0);
  kernel.scan(randomBytes(32 * 1000));
  expect(kernel.tried).toBe(keyWindows(32 * 1000));
});

it('knows the vectors that its tables are made for', () => {
  // A HMAC of node:crypto and one of the kernel meet in every test above; this one is of the test itself.
  const prk = createHmac('sha3-512', Buffer.alloc(64))
    .update(messageKeys[0] as Buffer)
    .digest();
  const okm = createHmac('sha3-512', prk)
    .update('mwrasp-crypto/fragment/v1/key')
    .update(Uint8Array.of(1))
    .digest();
  expect(okm.subarray(0, 32)).toEqual(encryptionKeys[0]);
});
