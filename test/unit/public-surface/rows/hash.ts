import {
  createHmacSha3_512,
  createSha3_512,
  hkdfSha3_512,
  hmacSha3_512,
  sha3_512,
  verifyHmacSha3_512,
} from '@mwrasp/crypto/hash';
import { byteSecret, bytes, integer, optional, requiredOptions } from '../arguments.ts';
import { row, type Table } from '../row.ts';

function endedDigest() {
  const digest = createSha3_512();
  digest.digest();
  return digest;
}

export const HASH: Table = {
  rows: {
    'hash.sha3_512': row(sha3_512, [bytes('data')]),
    'hash.createSha3_512': row(createSha3_512, []),
    'hash.hmacSha3_512': row(hmacSha3_512, [byteSecret('key'), bytes('data')]),
    'hash.verifyHmacSha3_512': row(verifyHmacSha3_512, [byteSecret('key'), bytes('data'), bytes('tag')]),
    'hash.createHmacSha3_512': row(createHmacSha3_512, [byteSecret('key')]),
    'hash.hkdfSha3_512': row(hkdfSha3_512, [
      byteSecret('ikm'),
      requiredOptions(
        optional(bytes('options.salt')),
        optional(bytes('options.info')),
        integer('options.length', 32, 1, 16_320),
      ),
    ]),
  },
  subjects: {
    'hash.Digest': { live: createSha3_512, ended: endedDigest, methods: { update: [bytes('data')] } },
  },
};
