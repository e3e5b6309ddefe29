/**
 * A reader of fragments and handshakes that shares no code with the library: `node:crypto`, and what docs/formats.md,
 * docs/k-of-n.md and docs/temporal-fragmentation.md say. It needs a Node with ML-KEM and ML-DSA (24.7).
 *
 * @module
 */
import {
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  decapsulate,
  hkdfSync,
  type KeyObject,
  verify,
} from 'node:crypto';

const ascii = (text: string) => Buffer.from(text, 'ascii');

function sha3(...parts: readonly Uint8Array[]): Buffer {
  return createHash('sha3-512').update(Buffer.concat(parts)).digest();
}

function hkdf(secret: Uint8Array, salt: Uint8Array, info: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha3-512', secret, salt, ascii(info), length));
}

/** Product of two elements of GF(2^8) modulo a polynomial, by the schoolbook. */
function product(a: number, b: number, polynomial: number): number {
  let sum = 0;
  for (let i = 7; i >= 0; i--) {
    sum = (sum << 1) ^ (sum & 0x80 ? polynomial : 0);
    if ((b >> i) & 1) sum ^= a;
  }
  return sum & 255;
}

function quotient(a: number, b: number, polynomial: number): number {
  for (let x = 0; x < 256; x++) if (product(x, b, polynomial) === a) return x;
  throw new Error('division by zero');
}

/** The value at a point of the polynomial through others. */
function interpolate(points: ReadonlyMap<number, Uint8Array>, at: number, polynomial: number): Buffer {
  const [any] = points.values();
  const out = Buffer.alloc((any as Uint8Array).length);
  for (const [p, bytes] of points) {
    let factor = 1;
    for (const m of points.keys()) {
      if (m !== p) factor = product(factor, quotient(at ^ m, p ^ m, polynomial), polynomial);
    }
    for (const [i, byte] of bytes.entries()) out[i] = (out[i] as number) ^ product(byte, factor, polynomial);
  }
  return out;
}

/** A fragment, taken apart. */
export interface Parsed {
  readonly secrecy: number;
  readonly content: number;
  readonly k: number;
  readonly n: number;
  readonly ttlMs: number;
  readonly epoch: number;
  readonly id: Buffer;
  readonly messageBytes: number;
  readonly pieceBytes: number;
  readonly commitment: Buffer;
  readonly nonce: Buffer;
  readonly number: number;
  readonly index: number;
  readonly secretCommitment: Buffer | undefined;
  readonly stream: { readonly id: Buffer; readonly number: number; readonly last: boolean } | undefined;
  readonly header: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** Takes a fragment apart. */
export function parse(bytes: Uint8Array): Parsed {
  const fragment = Buffer.from(bytes);
  check(fragment.subarray(0, 4).equals(Buffer.from('4d574601', 'hex')), 'magic');
  check(fragment[4] === 1, 'suite');
  const [secrecy, content, k, n] = fragment.subarray(5, 9) as unknown as [number, number, number, number];
  check(secrecy <= 1 && content <= 2 && k >= 1 && k <= n, 'numbers');
  const messageBytes = fragment.readUInt32BE(33);
  const pieceBytes = fragment.readUInt32BE(37);
  check(pieceBytes === Math.ceil((messageBytes + 16 * secrecy) / k), 'length of the pieces');
  let at = 85;
  const take = (length: number) => {
    at += length;
    return fragment.subarray(at - length, at);
  };
  const secretCommitment = secrecy === 1 ? take(32) : undefined;
  const stream =
    content === 2 ? { id: take(16), number: take(4).readUInt32BE(0), last: take(1)[0] === 1 } : undefined;
  const header = fragment.subarray(0, at);
  check(fragment.length === at + pieceBytes + 32 * secrecy + 16, 'length');
  return {
    secrecy,
    content,
    k,
    n,
    ttlMs: fragment.readUInt32BE(9),
    epoch: fragment.readUInt32BE(13),
    id: fragment.subarray(17, 33),
    messageBytes,
    pieceBytes,
    commitment: fragment.subarray(41, 73),
    nonce: fragment.subarray(73, 85),
    number: fragment.readUIntBE(79, 5),
    index: fragment[84] as number,
    secretCommitment,
    stream,
    header,
    ciphertext: fragment.subarray(at, -16),
    tag: fragment.subarray(-16),
  };
}

/** The message key of an epoch, from the chain key of an earlier one. */
export function messageKeyOf(chainKey: Uint8Array, chainEpoch: number, epoch: number): Buffer {
  let key: Buffer = Buffer.from(chainKey);
  for (let e = chainEpoch; ; e++) {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(e);
    const out = sha3(ascii('mwrasp-crypto/fragment/v1/ratchet'), number, key);
    if (e === epoch) return out.subarray(0, 32);
    key = out.subarray(32);
  }
}

function openGcm(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
  tag: Uint8Array,
): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(aad).setAuthTag(tag);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

/** What fragments are opened with. */
export interface Keys {
  readonly chainKey: Uint8Array;
  /** The epoch that the chain key is of. */
  readonly chainEpoch: number;
  readonly binding: Uint8Array;
  readonly context: Uint8Array;
}

/** The binding of a vault. */
export function localBinding(id: Uint8Array): Buffer {
  return sha3(ascii('mwrasp-crypto/fragment/v1/local'), id).subarray(0, 32);
}

const REED_SOLOMON = 0x11d;
const SHAMIR = 0x11b;

/** Opens k fragments of one message. */
export function open(fragments: readonly Uint8Array[], keys: Keys): Buffer {
  const parsed = fragments.map(parse);
  const [first] = parsed as [Parsed];
  const { k, secrecy, messageBytes, epoch } = first;
  check(parsed.length === k, `${k} fragments`);
  const withIndex = (header: Buffer, index: number) => {
    const copy = Buffer.from(header);
    copy[84] = index;
    return copy;
  };
  for (const { header } of parsed)
    check(withIndex(header, 0).equals(withIndex(first.header, 0)), 'one message');

  const messageKey = messageKeyOf(keys.chainKey, keys.chainEpoch, epoch);
  const okm = hkdf(messageKey, Buffer.alloc(0), 'mwrasp-crypto/fragment/v1/key', 64);
  check(okm.subarray(32).equals(first.commitment), 'commitment');
  const contextHash = sha3(ascii('mwrasp-crypto/fragment/v1/context'), keys.context).subarray(0, 32);
  const aadOf = (header: Buffer) => Buffer.concat([header, keys.binding, contextHash]);

  const pieces = new Map<number, Uint8Array>();
  const shares = new Map<number, Uint8Array>();
  for (const { index, nonce, header, ciphertext, tag, pieceBytes } of parsed) {
    const opened = openGcm(okm.subarray(0, 32), nonce, aadOf(header), ciphertext, tag);
    pieces.set(index, opened.subarray(0, pieceBytes));
    if (secrecy === 1) shares.set(index + 1, opened.subarray(pieceBytes));
  }
  const data = Buffer.concat(
    Array.from({ length: k }, (_, j) => pieces.get(j) ?? interpolate(pieces, j, REED_SOLOMON)),
  );
  if (secrecy === 0) return data.subarray(0, messageBytes);

  const secret = interpolate(shares, 0, SHAMIR);
  const inner = hkdf(messageKey, secret, 'mwrasp-crypto/fragment/v1/threshold', 64);
  check(inner.subarray(32).equals(first.secretCommitment as Buffer), 'commitment to the secret');
  const header = withIndex(first.header, 255);
  const coded = data.subarray(0, messageBytes + 16);
  return openGcm(
    inner.subarray(0, 32),
    header.subarray(73, 85),
    aadOf(header),
    coded.subarray(0, messageBytes),
    coded.subarray(messageBytes),
  );
}

/** The messages of a batch. */
export function unpack(batch: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < batch.length; ) {
    const length = batch.readUInt32BE(at);
    messages.push(batch.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return messages;
}

/** The messages of a handshake, and who made them. */
export interface Handshake {
  readonly offer: Uint8Array;
  readonly accept: Uint8Array;
  readonly confirm: Uint8Array;
  readonly ack: Uint8Array;
  /** JWKs of both identities. */
  readonly receiver: object;
  readonly sender: object;
  /** Seed of the offer's decapsulation key, 64 bytes. */
  readonly kemSeed: Uint8Array;
}

/** What a handshake gives. */
export interface Session {
  readonly id: Buffer;
  readonly binding: Buffer;
  readonly chainKey: Buffer;
  readonly generations: { readonly receiver: number; readonly sender: number };
  readonly policy: readonly number[];
}

/** RFC 7638 over the members of RFC 9964. */
function thumbprint(jwk: object): Buffer {
  const { alg, kty, pub } = jwk as { alg: string; kty: string; pub: string };
  return createHash('sha256').update(JSON.stringify({ alg, kty, pub })).digest();
}

/** Node's types do not know keys of this kind yet, and contexts of signatures. */
function isSigned(jwk: object, data: Uint8Array, signature: Uint8Array, context: string): boolean {
  const key: KeyObject = createPublicKey({ key: jwk as never, format: 'jwk' });
  return verify(null, data, { key, context: ascii(context) } as never, signature);
}

function macOf(key: Uint8Array, message: Buffer): Buffer {
  return createHmac('sha3-512', key).update(message.subarray(0, -32)).digest().subarray(0, 32);
}

/** RFC 9935 §6: the seed of an ML-KEM-1024 key in PKCS#8. */
function kemKey(seed: Uint8Array): KeyObject {
  const head = Buffer.from('3054020100300b060960864801650304040304428040', 'hex');
  return createPrivateKey({ key: Buffer.concat([head, seed]), format: 'der', type: 'pkcs8' });
}

/** Verifies a handshake from end to end. */
export function verifyHandshake(given: Handshake): Session {
  const [offer, accept, confirm, ack] = [given.offer, given.accept, given.confirm, given.ack].map((bytes) =>
    Buffer.from(bytes),
  ) as [Buffer, Buffer, Buffer, Buffer];
  for (const [kind, message] of [offer, accept, confirm, undefined, ack].entries()) {
    if (message === undefined) continue;
    check(message.subarray(0, 5).equals(Buffer.of(0x4d, 0x57, 0x54, 1, kind + 1)), `kind ${kind + 1}`);
  }
  check(offer.length === 5 + 1 + 16 + 32 + 36 + 32 + 21 + 1568 + 4627, 'length of the offer');
  check(accept.length === 5 + 1 + 16 + 32 + 36 + 1568 + 4627 + 32, 'length of the accept');
  check(offer[5] === 1 && accept[5] === 1, 'suite');
  check(accept.subarray(6, 22).equals(offer.subarray(6, 22)), 'offer id');
  const receiverIdentity = offer.subarray(54, 90);
  const senderIdentity = accept.subarray(54, 90);
  check(receiverIdentity.subarray(0, 32).equals(thumbprint(given.receiver)), "the receiver's key id");
  check(senderIdentity.subarray(0, 32).equals(thumbprint(given.sender)), "the sender's key id");
  const meant = offer.subarray(90, 122);
  check(meant.equals(Buffer.alloc(32)) || meant.equals(thumbprint(given.sender)), 'the sender that is meant');

  const offerHash = sha3(ascii('mwrasp-crypto/tf1/offer'), offer.subarray(0, -4627));
  check(isSigned(given.receiver, offerHash, offer.subarray(-4627), 'tf1/offer'), 'signature of the offer');
  const transcript = sha3(ascii('mwrasp-crypto/tf1/transcript'), offerHash, accept.subarray(0, -4659));
  check(
    isSigned(given.sender, transcript, accept.subarray(-4659, -32), 'tf1/accept'),
    'signature of the accept',
  );

  const key = kemKey(given.kemSeed);
  const encapsulationKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-1568);
  check(offer.subarray(143, 1711).equals(encapsulationKey), 'encapsulation key');
  const sharedSecret = decapsulate(key, accept.subarray(90, 1658));
  const keys = hkdf(sharedSecret, transcript, 'mwrasp-crypto/tf1/keys', 128);
  const keyAt = (i: number) => keys.subarray(32 * i, 32 * i + 32);
  check(macOf(keyAt(2), accept).equals(accept.subarray(-32)), 'MAC of the accept');
  check(macOf(keyAt(1), confirm).equals(confirm.subarray(-32)), 'MAC of the confirm');
  check(macOf(keyAt(3), ack).equals(ack.subarray(-32)), 'MAC of the ack');
  const id = transcript.subarray(0, 16);
  check(confirm.subarray(5, 21).equals(id) && ack.subarray(5, 21).equals(id), 'session id');
  check(ack.readUInt32BE(21) === confirm.readUInt32BE(21), 'counter');
  return {
    id,
    binding: sha3(ascii('mwrasp-crypto/tf1/parties'), receiverIdentity, senderIdentity).subarray(0, 32),
    chainKey: keyAt(0),
    generations: { receiver: receiverIdentity.readUInt32BE(32), sender: senderIdentity.readUInt32BE(32) },
    policy: [...[0, 1, 2, 3, 4].map((i) => offer.readUInt32BE(122 + 4 * i)), offer[142] as number],
  };
}
