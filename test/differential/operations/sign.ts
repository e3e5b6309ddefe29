/**
 * ML-DSA-87 with keys, messages and signatures that are right.
 *
 * @module
 */
import type { PreparedSignPrivateKey } from '../../../src/engines/engine.ts';
import { ML_DSA_87 } from '../../../src/params.ts';
import { SignPublicKey } from '../../../src/sign/keys.ts';
import { Mu, verifyMu } from '../../../src/sign/mu.ts';
import { verify } from '../../../src/sign/sign.ts';
import type { Contestants } from '../comparison.ts';
import type { Draw } from '../draw.ts';
import type { Operation } from '../operation.ts';
import { shake256, withRandomOf } from '../raw.ts';
import {
  ask,
  each,
  expandedBytesOf,
  filled,
  NAMES,
  type Name,
  publicBytesOf,
  type Signed,
  type SignKeys,
} from '../world.ts';
import { lengthOf } from './hash.ts';

const { expandedKeyBytes, muBytes, publicKeyBytes, rndBytes, seedBytes, signatureBytes, trBytes } = ML_DSA_87;

const ZERO_RND = new Uint8Array(rndBytes);

/** What the module takes of a message at once. */
const MESSAGE_EDGE = 131_072;

/** Messages: mostly short, at times in pieces. */
function messageOf(draw: Draw): Uint8Array {
  return draw.bytes(draw.chance(12) ? MESSAGE_EDGE + draw.between(-300, 300) : lengthOf(draw));
}

/** Contexts of every length. */
function contextOf(draw: Draw): Uint8Array {
  return draw.bytes(draw.pick([0, 0, 1, 255, draw.below(256)]));
}

/** μ of a message, FIPS 204 algorithm 7 step 6. */
export function muOf(publicBytes: Uint8Array, formatted: Uint8Array): Uint8Array {
  return shake256(muBytes, shake256(trBytes, publicBytes), formatted);
}

/** M′ of a message, algorithm 2 step 10. */
export function formattedOf({ context, message }: Pick<Signed, 'context' | 'message'>): Uint8Array {
  return Buffer.concat([Uint8Array.of(0, context.length), context, message]);
}

/** Everybody who verifies a signature: as a message, as μ, and as a formatted message, which of them noble only one of. */
export function verifiers(
  draw: Draw,
  keys: Pick<SignKeys, 'publicKeys' | 'publicBytes'>,
  signed: Signed,
): Contestants {
  const { message, context, signature } = signed;
  const formatted = formattedOf(signed);
  const { wasm, noble, node } = keys.publicKeys;
  const mu = muOf(keys.publicBytes, formatted);
  const nobleVerifies = draw.pick<() => boolean | undefined>([
    () => noble.verify(message, context, signature),
    () => noble.verifyMu?.(mu, signature),
    () => noble.verifyInternal?.(formatted, signature),
  ]);
  return {
    wasm: () => wasm.verify(message, context, signature),
    'wasm, μ': () => wasm.verifyMu?.(mu, signature),
    'wasm, formatted': () => wasm.verifyInternal?.(formatted, signature),
    api: () => verify(SignPublicKey.fromBytes(keys.publicBytes), message, signature, { context }),
    noble: nobleVerifies,
    node: () => node.verify(message, context, signature),
  };
}

const RIGHT = { 'FIPS 204': () => true };

/** One way to sign with given randomness: wasm and noble give the same, and node says that it is right. */
function signing(
  name: string,
  weight: number,
  randomness: (draw: Draw) => Uint8Array,
  sign: (
    key: PreparedSignPrivateKey,
    keys: SignKeys,
    signed: Omit<Signed, 'signature'>,
    rnd: Uint8Array,
    out: Uint8Array,
  ) => void,
): Operation {
  return {
    name,
    weight,
    run(draw, world, comparison) {
      const keys = world.sign;
      world.crowd(draw, 6, 'sign');
      const rnd = randomness(draw);
      const text = { message: messageOf(draw), context: contextOf(draw) };
      const { wasm, noble } = each(
        (engine) => () =>
          filled(signatureBytes, (out) => sign(keys.privateKeys[engine], keys, text, rnd, out)),
      );
      comparison.same('signature', { wasm, noble });
      const signature = wasm();
      const { node, wasm: ours } = keys.publicKeys;
      comparison.same('verification', {
        ...RIGHT,
        node: () => node.verify(text.message, text.context, signature),
        wasm: () => ours.verify(text.message, text.context, signature),
      });
    },
  };
}

/** Signing by one engine's own randomness; all verify it. */
function signingFresh(name: Name, weight: number): Operation {
  return {
    name: `ML-DSA-87 signature of ${name}, hedged`,
    weight,
    run(draw, world, comparison) {
      const keys = world.sign;
      world.crowd(draw, 6, 'sign');
      const text = { message: messageOf(draw), context: contextOf(draw) };
      const signature = withRandomOf(draw, () =>
        filled(signatureBytes, (out) => keys.privateKeys[name].sign(text.message, text.context, out)),
      );
      comparison.same('verification', { ...RIGHT, ...verifiers(draw, keys, { ...text, signature }) });
    },
  };
}

/** Operations on inputs that are right. */
export const signOperations: readonly Operation[] = [
  {
    name: 'ML-DSA-87 keys from a seed',
    weight: 5,
    run(draw, { engines }, comparison) {
      const seed = draw.bytes(seedBytes);
      const keys = each((name) => engines.sign[name].prepareSeed(seed));
      const expanded = expandedBytesOf(keys.wasm, expandedKeyBytes);
      const imported = each((name) => engines.sign[name].prepareExpanded(expanded));
      comparison.same('public key', {
        ...ask((name) => publicBytesOf(keys[name], publicKeyBytes)),
        'wasm, expanded key': () => publicBytesOf(imported.wasm, publicKeyBytes),
        'noble, expanded key': () => publicBytesOf(imported.noble, publicKeyBytes),
        'node, expanded key': () => publicBytesOf(imported.node, publicKeyBytes),
      });
      comparison.same('expanded key', {
        wasm: () => expanded,
        noble: () => expandedBytesOf(keys.noble, expandedKeyBytes),
        'wasm, imported': () => expandedBytesOf(imported.wasm, expandedKeyBytes),
      });
      const rnd = draw.bytes(rndBytes);
      const signed = (key: PreparedSignPrivateKey) => () =>
        filled(signatureBytes, (out) => key.signWith?.(seed, rnd, rnd, out));
      comparison.same('signature', { wasm: signed(keys.wasm), 'wasm, imported': signed(imported.wasm) });
      for (const name of NAMES) {
        keys[name].dispose();
        imported[name].dispose();
      }
    },
  },
  signing(
    'ML-DSA-87 signature, deterministic',
    5,
    () => ZERO_RND,
    (key, _keys, { message, context }, rnd, out) => key.signWith?.(message, context, rnd, out),
  ),
  signing(
    'ML-DSA-87 signature, given rnd',
    5,
    (draw) => draw.bytes(rndBytes),
    (key, _keys, { message, context }, rnd, out) => key.signWith?.(message, context, rnd, out),
  ),
  signing(
    'ML-DSA-87 signature of μ',
    5,
    (draw) => draw.bytes(rndBytes),
    (key, { publicBytes }, text, rnd, out) => key.signMu?.(muOf(publicBytes, formattedOf(text)), rnd, out),
  ),
  signing(
    'ML-DSA-87 signature of a formatted message',
    5,
    (draw) => draw.bytes(rndBytes),
    (key, _keys, text, rnd, out) => key.signInternal?.(formattedOf(text), rnd, out),
  ),
  signingFresh('wasm', 6),
  signingFresh('noble', 5),
  signingFresh('node', 5),
  {
    name: 'ML-DSA-87 verification',
    weight: 14,
    run(draw, world, comparison) {
      const keys = world.sign;
      const signed = draw.pick(keys.signed);
      world.crowd(draw, 6, 'sign');
      comparison.same('verification', { ...RIGHT, ...verifiers(draw, keys, signed) });
      const mu = Mu.fromBytes(muOf(keys.publicBytes, formattedOf(signed)));
      comparison.holds('the API verifies μ', verifyMu(keys.api.publicKey, mu, signed.signature));
    },
  },
];
