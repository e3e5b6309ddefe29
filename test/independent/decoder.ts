/**
 * A reader of fragments and handshakes that shares no code with the library, written from docs/formats.md,
 * docs/k-of-n.md and docs/temporal-fragmentation.md alone, so that the golden vectors are checked against
 * what is documented and not against themselves.
 *
 * It is made to be read beside the documentation: nothing here is fast, wipes a key, runs in constant time,
 * or knows about clocks. Whatever is malformed, forged, changed or does not fit is thrown as an Error.
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

/**
 * Helpers.
 */

/** Throws an error with the message unless the condition holds. */
function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Says whether two byte strings are the same. */
function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Hashes all parts, one after the other, with SHA3-512. */
function sha3(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha3-512');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Derives bytes with HKDF-SHA3-512. */
function hkdf(ikm: Uint8Array, salt: Uint8Array, info: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha3-512', ikm, salt, info, length));
}

/** Returns an integer as four big-endian bytes. */
function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Opens AES-256-GCM, where the tag is behind the ciphertext, and throws when it does not verify. */
function openGcm(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Buffer {
  check(sealed.length >= 16, 'There is no room for a tag.');
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(sealed.length - 16));
  return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - 16)), decipher.final()]);
}

/** Reads fields in their order from bytes, and never beyond their end. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes);
  }

  /** Returns a copy of the next bytes. */
  take(length: number): Buffer {
    check(length <= this.#bytes.length - this.#at, 'The bytes end too early.');
    const taken = Buffer.from(this.#bytes.subarray(this.#at, this.#at + length));
    this.#at += length;
    return taken;
  }

  /** Returns the next big-endian integer, of at most six bytes. */
  uint(length: number): number {
    return this.take(length).readUIntBE(0, length);
  }

  /** Returns the next integer, which has to be in a range. */
  ranged(length: number, least: number, most: number, what: string): number {
    const value = this.uint(length);
    check(value >= least && value <= most, `${what} is ${value}, which is not in ${least} to ${most}.`);
    return value;
  }

  /** Reads the four bytes that every format begins with. */
  format(letter: string, version: number): void {
    const expected = Buffer.concat([Buffer.from(`MW${letter}`), Buffer.of(version)]);
    check(same(this.take(4), expected), `This is no format ${letter} of version ${version}.`);
  }

  /** Returns how many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }
}

/**
 * Arithmetic and codes (docs/k-of-n.md).
 */

/** The polynomial of the Reed–Solomon code. */
const REED_SOLOMON = 0x11d;

/** The polynomial of Shamir's scheme. */
const SHAMIR = 0x11b;

/** Multiplies two elements modulo a polynomial, bit by bit. */
function multiply(a: number, b: number, polynomial: number): number {
  let product = 0;
  let shifted = a;
  for (let bits = b; bits > 0; bits >>= 1) {
    if (bits & 1) product ^= shifted;
    shifted <<= 1;
    if (shifted & 0x100) shifted ^= polynomial;
  }
  return product;
}

/** Returns the inverse of an element other than 0, found by trying all. */
function invert(a: number, polynomial: number): number {
  for (let candidate = 1; candidate < 256; candidate += 1) {
    if (multiply(a, candidate, polynomial) === 1) return candidate;
  }
  throw new Error('The element 0 has no inverse.');
}

/** Returns the coefficient L_j(x) of the interpolation through the points. */
function lagrange(points: readonly number[], j: number, x: number, polynomial: number): number {
  const own = points[j] as number;
  let coefficient = 1;
  for (const [m, point] of points.entries()) {
    if (m === j) continue;
    coefficient = multiply(coefficient, x ^ point, polynomial);
    coefficient = multiply(coefficient, invert(own ^ point, polynomial), polynomial);
  }
  return coefficient;
}

/** Returns what the polynomials through the values at the points are at x, for each position of a byte. */
function interpolate(
  points: readonly number[],
  values: readonly Uint8Array[],
  x: number,
  polynomial: number,
): Buffer {
  const result = Buffer.alloc((values[0] as Uint8Array).length);
  for (const [j, value] of values.entries()) {
    const coefficient = lagrange(points, j, x, polynomial);
    for (const [i, byte] of value.entries()) {
      result[i] = (result[i] as number) ^ multiply(byte, coefficient, polynomial);
    }
  }
  return result;
}

/** Throws unless every value lies on the polynomials through the first k. */
function checkAgreement(
  points: readonly number[],
  values: readonly Uint8Array[],
  k: number,
  polynomial: number,
): void {
  const [first, rest] = [points.slice(0, k), points.slice(k)];
  for (const [i, point] of rest.entries()) {
    const expected = interpolate(first, values.slice(0, k), point, polynomial);
    check(same(expected, values[k + i] as Uint8Array), 'Different fragments decode to different messages.');
  }
}

/** Puts data of a length together from pieces, of which at least k are given with their numbers. */
function decodePieces(
  numbers: readonly number[],
  pieces: readonly Uint8Array[],
  k: number,
  length: number,
): Buffer {
  checkAgreement(numbers, pieces, k, REED_SOLOMON);
  const data: Buffer[] = [];
  for (let piece = 0; piece < k; piece += 1) {
    data.push(interpolate(numbers.slice(0, k), pieces.slice(0, k), piece, REED_SOLOMON));
  }
  return Buffer.concat(data).subarray(0, length);
}

/** Returns the secret that at least k shares with their points are of. */
function combineShares(points: readonly number[], shares: readonly Uint8Array[], k: number): Buffer {
  checkAgreement(points, shares, k, SHAMIR);
  return interpolate(points.slice(0, k), shares.slice(0, k), 0, SHAMIR);
}

/**
 * A fragment as it lies there (docs/formats.md, "Fragment").
 */

/** The largest message that the format allows. */
const MAX_MESSAGE_BYTES = 2 ** 24;

/** The offset of the byte with the fragment's index, the last one of the nonce. */
const INDEX_OFFSET = 84;

/** Where a piece of a stream belongs. */
export interface StreamPlace {
  readonly id: Buffer;
  readonly number: number;
  readonly last: boolean;
}

/** What a fragment says; nothing of it is authenticated before the fragment was opened. */
export interface Parsed {
  /** This is 0 for the normal form and 1 for the threshold form. */
  readonly secrecy: number;
  /** This is 0 for a message, 1 for a batch, and 2 for a piece of a stream. */
  readonly content: number;
  /** So many fragments are needed. */
  readonly k: number;
  /** So many fragments were made. */
  readonly n: number;
  readonly ttlMs: number;
  readonly epoch: number;
  /** This is the id of the vault or the session. */
  readonly id: Buffer;
  /** This is L, the length of the plaintext of the message. */
  readonly messageBytes: number;
  /** This is p, the length of a piece. */
  readonly pieceBytes: number;
  /** This is the commitment to the epoch's key. */
  readonly commitment: Buffer;
  /** These are the twelve bytes of the nonce, the index among them. */
  readonly nonce: Buffer;
  /** This is the number of the message in its epoch. */
  readonly number: number;
  /** This is the index of the fragment, from 0. */
  readonly index: number;
  /** This is the commitment to the message's secret, in the threshold form only. */
  readonly secretCommitment: Buffer | undefined;
  /** This is where a piece of a stream belongs, and nothing for other contents. */
  readonly stream: StreamPlace | undefined;
  /** These are all bytes before the ciphertext. */
  readonly header: Buffer;
  /** These are the ciphertext and the tag. */
  readonly sealed: Buffer;
}

/** Reads where a piece of a stream belongs. */
function readStreamPlace(reader: Reader): StreamPlace {
  const id = reader.take(16);
  const number = reader.uint(4);
  const last = reader.ranged(1, 0, 1, 'The mark of the last piece') === 1;
  return { id, number, last };
}

/** Reads one fragment and checks everything that needs no key. */
export function parse(bytes: Uint8Array): Parsed {
  const reader = new Reader(bytes);
  reader.format('F', 1);
  reader.ranged(1, 1, 1, 'The suite');
  const secrecy = reader.ranged(1, 0, 1, 'The secrecy');
  const content = reader.ranged(1, 0, 2, 'The content');
  const k = reader.ranged(1, 1, 255, 'The number of fragments needed');
  const n = reader.ranged(1, k, 255, 'The number of fragments made');
  const ttlMs = reader.uint(4);
  const epoch = reader.uint(4);
  const id = reader.take(16);
  const messageBytes = reader.ranged(4, 0, MAX_MESSAGE_BYTES, 'The length of the message');
  const coded = messageBytes + (secrecy === 1 ? 16 : 0);
  const expected = Math.ceil(coded / k);
  const pieceBytes = reader.ranged(4, expected, expected, 'The length of a piece');
  const commitment = reader.take(32);
  const nonce = reader.take(12);
  const number = nonce.readUIntBE(6, 5);
  const index = nonce.readUInt8(11);
  check(index < n, 'There is no fragment with this index.');
  const secretCommitment = secrecy === 1 ? reader.take(32) : undefined;
  const stream = content === 2 ? readStreamPlace(reader) : undefined;
  const header = Buffer.from(bytes.subarray(0, bytes.length - reader.left));
  const sealed = reader.take(reader.left);
  check(sealed.length === pieceBytes + (secrecy === 1 ? 32 : 0) + 16, 'The fragment has another length.');
  return {
    secrecy,
    content,
    k,
    n,
    ttlMs,
    epoch,
    id,
    messageBytes,
    pieceBytes,
    commitment,
    nonce,
    number,
    index,
    secretCommitment,
    stream,
    header,
    sealed,
  };
}

/**
 * The keys of an epoch (docs/formats.md, "Keys").
 */

/** No chain is ratcheted further. The bound is not documented; it ends a loop that a forgery asks for. */
const MAX_RATCHETS = 2 ** 21;

/** Returns the message key of an epoch, from the chain key of that epoch or of an earlier one. */
export function messageKeyOf(chainKey: Uint8Array, chainEpoch: number, epoch: number): Buffer {
  check(chainKey.length === 32, 'A chain key has 32 bytes.');
  check(epoch >= chainEpoch, 'The epoch is before that of the chain key.');
  check(epoch - chainEpoch <= MAX_RATCHETS, 'The epoch is too far from that of the chain key.');
  let chain: Buffer = Buffer.from(chainKey);
  for (let e = chainEpoch; ; e += 1) {
    const okm = sha3('mwrasp-crypto/fragment/v1/ratchet', uint32(e), chain);
    if (e === epoch) return okm.subarray(0, 32);
    chain = okm.subarray(32, 64);
  }
}

/** Returns the binding of a vault, which seals for itself. */
export function localBinding(id: Uint8Array): Buffer {
  check(id.length === 16, 'The id of a vault has 16 bytes.');
  return sha3('mwrasp-crypto/fragment/v1/local', id).subarray(0, 32);
}

/**
 * Opening a message.
 */

/** What a reader of fragments knows. */
export interface Keys {
  /** This is the chain key of the epoch that `chainEpoch` says. */
  readonly chainKey: Uint8Array;
  readonly chainEpoch: number;
  /** This is the binding of the parties, of a vault that of `localBinding`. */
  readonly binding: Uint8Array;
  /** This is the context that the application gave. */
  readonly context: Uint8Array;
}

/** Returns the header and the nonce of a message's fragment with another index. */
function withIndex(fragment: Parsed, index: number): { readonly header: Buffer; readonly nonce: Buffer } {
  const [header, nonce] = [Buffer.from(fragment.header), Buffer.from(fragment.nonce)];
  header[INDEX_OFFSET] = index;
  nonce[11] = index;
  return { header, nonce };
}

/** Returns the AAD that goes with a header. */
function aadOf(header: Uint8Array, { binding, context }: Keys): Buffer {
  check(binding.length === 32, 'A binding has 32 bytes.');
  const hash = sha3('mwrasp-crypto/fragment/v1/context', context);
  return Buffer.concat([header, binding, hash.subarray(0, 32)]);
}

/** Throws unless the fragments are different ones of one message, and enough of it. */
function checkTogether(fragments: readonly Parsed[]): Parsed {
  const first = fragments[0];
  check(first !== undefined && fragments.length >= first.k, 'There are too few fragments.');
  const common = withIndex(first, 0).header;
  for (const fragment of fragments) {
    check(same(withIndex(fragment, 0).header, common), 'The fragments are of different messages.');
  }
  check(new Set(fragments.map(({ index }) => index)).size === fragments.length, 'A fragment is there twice.');
  return first;
}

/** Opens the inner seal of the threshold form. */
function openThreshold(
  first: Parsed,
  keys: Keys,
  messageKey: Buffer,
  secret: Buffer,
  sealed: Buffer,
): Buffer {
  const okm = hkdf(messageKey, secret, 'mwrasp-crypto/fragment/v1/threshold', 64);
  check(same(okm.subarray(32), first.secretCommitment as Buffer), 'The commitment is to another secret.');
  const { header, nonce } = withIndex(first, 255);
  return openGcm(okm.subarray(0, 32), nonce, aadOf(header, keys), sealed);
}

/**
 * Opens a message from at least k of its fragments, in any order. All that are given have to be authentic and
 * to agree with each other, also those beyond k, which a receiver would do without.
 */
export function open(fragments: readonly Uint8Array[], keys: Keys): Buffer {
  const parsed = fragments.map(parse);
  const first = checkTogether(parsed);
  const { k, messageBytes, pieceBytes } = first;
  const messageKey = messageKeyOf(keys.chainKey, keys.chainEpoch, first.epoch);
  const okm = hkdf(messageKey, Buffer.alloc(0), 'mwrasp-crypto/fragment/v1/key', 64);
  check(same(okm.subarray(32), first.commitment), 'The commitment is to the key of another epoch or chain.');
  const plain = parsed.map(({ header, nonce, sealed }) =>
    openGcm(okm.subarray(0, 32), nonce, aadOf(header, keys), sealed),
  );
  const numbers = parsed.map(({ index }) => index);
  const pieces = plain.map((bytes) => bytes.subarray(0, pieceBytes));
  if (first.secrecy === 0) return decodePieces(numbers, pieces, k, messageBytes);
  const points = numbers.map((number) => number + 1);
  const shares = plain.map((bytes) => bytes.subarray(pieceBytes));
  const secret = combineShares(points, shares, k);
  const sealed = decodePieces(numbers, pieces, k, messageBytes + 16);
  return openThreshold(first, keys, messageKey, secret, sealed);
}

/** Cuts a batch into its messages. */
export function unpack(batch: Uint8Array): Buffer[] {
  const reader = new Reader(batch);
  const messages: Buffer[] = [];
  while (reader.left > 0) messages.push(reader.take(reader.uint(4)));
  return messages;
}

/**
 * Messages of a handshake (docs/formats.md, "Session messages").
 */

/** The lengths of an offer and of an accept up to their signatures, of a signature, and of a MAC. */
const OFFER_BODY_BYTES = 1711;
const ACCEPT_BODY_BYTES = 1658;
const SIGNATURE_BYTES = 4627;
const MAC_BYTES = 32;

/** The kinds of messages. */
const OFFER = 1;
const ACCEPT = 2;
const CONFIRM = 3;
const HEARTBEAT = 4;
const ACK = 5;
const REQUEST = 6;

/** Begins to read a session message of a kind, which has one length. */
function startMessage(bytes: Uint8Array, kind: number, length: number): Reader {
  check(bytes.length === length, `The message has ${bytes.length} bytes and not ${length}.`);
  const reader = new Reader(bytes);
  reader.format('T', 1);
  reader.ranged(1, kind, kind, 'The kind of the message');
  return reader;
}

/** What an offer says. */
export interface Offer {
  readonly offerId: Buffer;
  readonly receiverId: Buffer;
  readonly receiverGeneration: number;
  /** This is the key id of the sender that is meant; zeros mean any. */
  readonly meantSenderId: Buffer;
  /** These are epoch, time to live, heartbeat, renewal, longest message and most fragments. */
  readonly policy: readonly number[];
  readonly encapsulationKey: Buffer;
  /** These are the bytes before the signature. */
  readonly body: Buffer;
  readonly signature: Buffer;
}

/** Reads the policy of an offer, and refuses one outside of its bounds. */
function readPolicy(reader: Reader): readonly number[] {
  const epochMs = reader.ranged(4, 5, 30_000, 'The epoch');
  const ttlMs = reader.ranged(4, 20, 60_000, 'The time to live');
  check(ttlMs >= 2 * epochMs, 'The time to live is shorter than two epochs.');
  const heartbeatMs = reader.ranged(4, 50, 60_000, 'The heartbeat');
  const renewMs = reader.ranged(4, 1_000, 3_600_000, 'The renewal');
  const maxMessageBytes = reader.ranged(4, 1, 2 ** 20, 'The longest message');
  const maxFragments = reader.ranged(1, 1, 255, 'The number of fragments');
  return [epochMs, ttlMs, heartbeatMs, renewMs, maxMessageBytes, maxFragments];
}

/** Reads an offer; its signature is not verified here. */
export function readOffer(bytes: Uint8Array): Offer {
  const reader = startMessage(bytes, OFFER, OFFER_BODY_BYTES + SIGNATURE_BYTES);
  reader.ranged(1, 1, 1, 'The suite');
  const offerId = reader.take(16);
  reader.take(32);
  const receiverId = reader.take(32);
  const receiverGeneration = reader.uint(4);
  const meantSenderId = reader.take(32);
  const policy = readPolicy(reader);
  const encapsulationKey = reader.take(1568);
  const body = Buffer.from(bytes.subarray(0, OFFER_BODY_BYTES));
  const signature = reader.take(SIGNATURE_BYTES);
  return {
    offerId,
    receiverId,
    receiverGeneration,
    meantSenderId,
    policy,
    encapsulationKey,
    body,
    signature,
  };
}

/** What an accept says. */
export interface Accept {
  readonly offerId: Buffer;
  readonly senderId: Buffer;
  readonly senderGeneration: number;
  readonly ciphertext: Buffer;
  /** These are the bytes before the signature. */
  readonly body: Buffer;
  readonly signature: Buffer;
}

/** Reads an accept; neither its signature nor its MAC is verified here. */
export function readAccept(bytes: Uint8Array): Accept {
  const reader = startMessage(bytes, ACCEPT, ACCEPT_BODY_BYTES + SIGNATURE_BYTES + MAC_BYTES);
  reader.ranged(1, 1, 1, 'The suite');
  const offerId = reader.take(16);
  reader.take(32);
  const senderId = reader.take(32);
  const senderGeneration = reader.uint(4);
  const ciphertext = reader.take(1568);
  const body = Buffer.from(bytes.subarray(0, ACCEPT_BODY_BYTES));
  return { offerId, senderId, senderGeneration, ciphertext, body, signature: reader.take(SIGNATURE_BYTES) };
}

/** What a confirmation, a heartbeat or an ack says. */
export interface Report {
  readonly sessionId: Buffer;
  /** This counts confirmations and heartbeats together; in an ack it is that of what it answers. */
  readonly counter: number;
  /** This is the age of epoch 0 in microseconds, which an ack does not have. */
  readonly ageMicroseconds: bigint | undefined;
  /** This says whether the session ends. */
  readonly ends: boolean;
}

/** Reads a confirmation, a heartbeat or an ack; its MAC is not verified here. */
function readReport(bytes: Uint8Array, kind: number): Report {
  const reader = startMessage(bytes, kind, kind === ACK ? 58 : 66);
  const sessionId = reader.take(16);
  const counter = reader.ranged(4, 1, 2 ** 32 - 1, 'The counter');
  const ageMicroseconds = kind === ACK ? undefined : reader.take(8).readBigUInt64BE();
  const ends = reader.ranged(1, 0, 1, 'The mark of the end') === 1;
  return { sessionId, counter, ageMicroseconds, ends };
}

/** What a request says, which nobody authenticates. */
export interface SessionRequest {
  readonly senderId: Buffer;
  /** These are zeros when the sender looks its peers up. */
  readonly receiverId: Buffer;
}

/** Reads a request. */
export function readRequest(bytes: Uint8Array): SessionRequest {
  const reader = startMessage(bytes, REQUEST, 70);
  reader.ranged(1, 1, 1, 'The suite');
  return { senderId: reader.take(32), receiverId: reader.take(32) };
}

/** Throws unless the last 32 bytes of a message are the MAC of those before them. */
function checkMac(message: Uint8Array, key: Uint8Array): void {
  const end = message.length - MAC_BYTES;
  const mac = createHmac('sha3-512', key).update(message.subarray(0, end)).digest();
  check(same(mac.subarray(0, MAC_BYTES), message.subarray(end)), 'The MAC of a message is wrong.');
}

/**
 * Identities and the KEM.
 */

/** The PKCS#8 of a private key is one of these prefixes and then the seed (RFC 9881, RFC 9935). */
const ML_DSA_87_PKCS8 = '3034020100300b060960864801650304031304228020';
const ML_KEM_1024_PKCS8 = '3054020100300b060960864801650304040304428040';

/** The SubjectPublicKeyInfo of a public key is this prefix and then the raw key (RFC 9881). */
const ML_DSA_87_SPKI = '30820a32300b060960864801650304031303820a2100';

/** The length of an ML-KEM-1024 encapsulation key, the end of its SubjectPublicKeyInfo. */
const ENCAPSULATION_KEY_BYTES = 1568;

/** Returns the private key that a seed stands for. */
function privateKeyOf(prefix: string, seed: Uint8Array, seedBytes: number): KeyObject {
  check(seed.length === seedBytes, `The seed has ${seed.length} bytes and not ${seedBytes}.`);
  return createPrivateKey({
    key: Buffer.concat([Buffer.from(prefix, 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });
}

/** Returns the public JWK of the ML-DSA-87 key that a seed of 32 bytes stands for. */
export function publicJwkOfSeed(seed: Uint8Array): object {
  return createPublicKey(privateKeyOf(ML_DSA_87_PKCS8, seed, 32)).export({ format: 'jwk' });
}

/** A public ML-DSA-87 key with its id. */
interface Identity {
  readonly key: KeyObject;
  readonly id: Buffer;
}

/** Reads a public JWK; its id is the JWK thumbprint by SHA-256, which a `kid` has to be. */
function readIdentity(jwk: object): Identity {
  const { kty, alg, pub, kid } = jwk as { kty?: unknown; alg?: unknown; pub?: unknown; kid?: unknown };
  check(kty === 'AKP' && alg === 'ML-DSA-87' && typeof pub === 'string', 'This is no JWK of ML-DSA-87.');
  const raw = Buffer.from(pub, 'base64url');
  const canonical = raw.length === 2592 && raw.toString('base64url') === pub;
  check(canonical, 'The public key is not written as it must be.');
  const spki = Buffer.concat([Buffer.from(ML_DSA_87_SPKI, 'hex'), raw]);
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const id = createHash('sha256').update(JSON.stringify({ alg, kty, pub })).digest();
  check(kid === undefined || kid === id.toString('base64url'), 'The kid is not the thumbprint.');
  return { key, id };
}

/** Throws unless a signature is by the key, over the data and with the context. */
function checkSignature(signer: Identity, context: string, data: Uint8Array, signature: Uint8Array): void {
  const options = { key: signer.key, context: Buffer.from(context) };
  check(verify(null, data, options, signature), `The signature with the context ${context} is wrong.`);
}

/** Returns the shared secret, after a check that the seed is that of the key that was offered. */
function sharedSecretOf(seed: Uint8Array, encapsulationKey: Buffer, ciphertext: Buffer): Buffer {
  const key = privateKeyOf(ML_KEM_1024_PKCS8, seed, 64);
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  check(
    same(spki.subarray(spki.length - ENCAPSULATION_KEY_BYTES), encapsulationKey),
    'The seed is not that of the key in the offer.',
  );
  return decapsulate(key, ciphertext);
}

/**
 * The handshake (docs/temporal-fragmentation.md, "Handshake").
 */

/** What the two messages of an agreement lead to without any key. */
export interface Agreement {
  readonly offerHash: Buffer;
  readonly transcript: Buffer;
  readonly id: Buffer;
  readonly binding: Buffer;
}

/** Hashes an offer and an accept, and throws when the one is no answer to the other. */
export function agreementOf(offer: Offer, accept: Accept): Agreement {
  check(same(offer.offerId, accept.offerId), 'The answer is to another offer.');
  check(!same(offer.receiverId, accept.senderId), 'Sender and receiver are the same.');
  const anySender = same(offer.meantSenderId, Buffer.alloc(32));
  check(anySender || same(offer.meantSenderId, accept.senderId), 'The offer is for another sender.');
  const offerHash = sha3('mwrasp-crypto/tf1/offer', offer.body);
  const transcript = sha3('mwrasp-crypto/tf1/transcript', offerHash, accept.body);
  const parties = sha3(
    'mwrasp-crypto/tf1/parties',
    offer.receiverId,
    uint32(offer.receiverGeneration),
    accept.senderId,
    uint32(accept.senderGeneration),
  );
  return { offerHash, transcript, id: transcript.subarray(0, 16), binding: parties.subarray(0, 32) };
}

/** The four keys of a session. */
interface SessionKeys {
  readonly chainKey: Buffer;
  readonly receiverConfirmation: Buffer;
  readonly senderConfirmation: Buffer;
  readonly heartbeat: Buffer;
}

/** Derives the keys of a session. */
function sessionKeysOf(sharedSecret: Uint8Array, transcript: Uint8Array): SessionKeys {
  const okm = hkdf(sharedSecret, transcript, 'mwrasp-crypto/tf1/keys', 128);
  return {
    chainKey: okm.subarray(0, 32),
    receiverConfirmation: okm.subarray(32, 64),
    senderConfirmation: okm.subarray(64, 96),
    heartbeat: okm.subarray(96, 128),
  };
}

/** A handshake as it went over the wire, with what is needed to verify all of it. */
export interface Handshake {
  readonly offer: Uint8Array;
  readonly accept: Uint8Array;
  readonly confirm: Uint8Array;
  readonly ack: Uint8Array;
  /** This is a heartbeat that came after the confirmation, if there was one. */
  readonly heartbeat?: Uint8Array | undefined;
  /** This is the request that asked for the offer, if there was one. */
  readonly request?: Uint8Array | undefined;
  /** This is the receiver's public key as a JWK. */
  readonly receiver: object;
  /** This is the sender's public key as a JWK. */
  readonly sender: object;
  /** These are the 64 bytes d ‖ z of the key in the offer; a wrong z is not noticed, as nothing needs it. */
  readonly kemSeed: Uint8Array;
}

/** What a handshake that verifies leads to. */
export interface Session {
  readonly id: Buffer;
  readonly binding: Buffer;
  /** This is the chain key of epoch 0. */
  readonly chainKey: Buffer;
  readonly generations: { readonly receiver: number; readonly sender: number };
  /** These are epoch, time to live, heartbeat, renewal, longest message and most fragments. */
  readonly policy: readonly number[];
  /** This says whether a message of those that were verified ends the session. */
  readonly ended: boolean;
}

/** Verifies a report under its key, and that it is about the session. */
function verifyReport(bytes: Uint8Array, kind: number, key: Uint8Array, sessionId: Uint8Array): Report {
  const report = readReport(bytes, kind);
  checkMac(bytes, key);
  check(same(report.sessionId, sessionId), 'The message is of another session.');
  return report;
}

/**
 * Verifies what follows on the accept: the confirmation, a heartbeat if there is one, and the ack of the last
 * of these. Returns whether one of them ends the session.
 */
function verifyReports(handshake: Handshake, keys: SessionKeys, id: Uint8Array): boolean {
  const confirmation = verifyReport(handshake.confirm, CONFIRM, keys.receiverConfirmation, id);
  let last = confirmation;
  if (handshake.heartbeat !== undefined) {
    last = verifyReport(handshake.heartbeat, HEARTBEAT, keys.heartbeat, id);
    check(last.counter > confirmation.counter, 'The heartbeat does not count on.');
    const [before, after] = [confirmation.ageMicroseconds as bigint, last.ageMicroseconds as bigint];
    check(after >= before, 'Epoch 0 became younger.');
  }
  const ack = verifyReport(handshake.ack, ACK, keys.heartbeat, id);
  check(ack.counter === last.counter, 'The ack answers something else.');
  return confirmation.ends || last.ends || ack.ends;
}

/** Throws unless a request is by the sender, and to the receiver or to one that the sender looks up. */
function verifyRequest(bytes: Uint8Array, receiver: Identity, sender: Identity): void {
  const { senderId, receiverId } = readRequest(bytes);
  check(same(senderId, sender.id), 'The request is by another sender.');
  const anyReceiver = same(receiverId, Buffer.alloc(32));
  check(anyReceiver || same(receiverId, receiver.id), 'The request is to another receiver.');
}

/** Verifies a whole handshake, and returns what it leads to. */
export function verifyHandshake(handshake: Handshake): Session {
  const [receiver, sender] = [readIdentity(handshake.receiver), readIdentity(handshake.sender)];
  const [offer, accept] = [readOffer(handshake.offer), readAccept(handshake.accept)];
  check(same(offer.receiverId, receiver.id), 'The offer is by another receiver.');
  check(same(accept.senderId, sender.id), 'The answer is by another sender.');
  const { offerHash, transcript, id, binding } = agreementOf(offer, accept);
  checkSignature(receiver, 'tf1/offer', offerHash, offer.signature);
  checkSignature(sender, 'tf1/accept', transcript, accept.signature);
  const keys = sessionKeysOf(
    sharedSecretOf(handshake.kemSeed, offer.encapsulationKey, accept.ciphertext),
    transcript,
  );
  checkMac(handshake.accept, keys.senderConfirmation);
  const ended = verifyReports(handshake, keys, id);
  if (handshake.request !== undefined) verifyRequest(handshake.request, receiver, sender);
  return {
    id,
    binding,
    chainKey: keys.chainKey,
    generations: { receiver: offer.receiverGeneration, sender: accept.senderGeneration },
    policy: offer.policy,
    ended,
  };
}

/** Throws unless a fragment is of a session, and within what was agreed on there. */
export function checkAgreed(fragment: Parsed, session: Session): void {
  const [, ttlMs, , , maxMessageBytes, maxFragments] = session.policy as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  check(same(fragment.id, session.id), 'The fragment is of another session.');
  check(fragment.ttlMs === ttlMs, 'The fragment has another time to live.');
  check(fragment.messageBytes <= maxMessageBytes, 'The message is longer than was agreed on.');
  check(fragment.n <= maxFragments, 'The message has more fragments than was agreed on.');
}
