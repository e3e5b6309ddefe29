/** Bytes that are no directory, and directories that were changed: each is refused, and nothing else happens. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../../../src/bytes.ts';
import { PqError } from '../../../../src/errors.ts';
import {
  DIRECTORY_CONTEXT,
  MAX_DIRECTORY_BYTES,
  writeDirectoryContent,
} from '../../../../src/rotation/directory/format.ts';
import { inspectLink, verifyDirectory } from '../../../../src/rotation/directory/index.ts';
import { sign } from '../../../../src/sign/index.ts';
import { generateSignKey } from '../../../../src/sign/keys.ts';
import { Service } from './support.ts';

let service: Service;
let bytes: Uint8Array;

beforeAll(async () => {
  service = await Service.open();
  for (let i = 0; i < 4; i++) await service.rotate();
  bytes = await service.publish();
}, 120_000);

/** What a directory is refused with; undefined when it is taken. */
function refusal(directory: Uint8Array, behind = 4): string | undefined {
  try {
    verifyDirectory(directory, { pinned: service.pin(service.generation - behind), nowMs: service.nowMs });
    return undefined;
  } catch (error) {
    return error instanceof PqError ? error.code : String(error);
  }
}

const REFUSALS = ['ERR_AUTHENTICATION', 'ERR_INPUT_FORMAT', 'ERR_UNSUPPORTED_VERSION', 'ERR_DIRECTORY_REPIN'];

describe('a directory', () => {
  it('that was cut or made longer is refused', () => {
    for (let length = 0; length < bytes.length; length += length < 100 ? 1 : 97) {
      expect(REFUSALS, `${length} bytes`).toContain(refusal(bytes.subarray(0, length)));
    }
    expect(REFUSALS).toContain(refusal(concat(bytes, Uint8Array.of(0))));
    expect(refusal(new Uint8Array(MAX_DIRECTORY_BYTES + 1))).toBe('ERR_INPUT_LENGTH');
  });

  it('is nothing that any bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), (any) => {
        expect(refusal(any)).toMatch(/^ERR_(INPUT_FORMAT|UNSUPPORTED_VERSION)$/);
        expect(REFUSALS).toContain(refusal(concat(bytes.subarray(0, any.length), any)));
        expect(() => inspectLink(any)).toThrow(PqError);
      }),
      { numRuns: 300 },
    );
  });

  it('is refused when the right identity signed what is no set of keys', () => {
    const key = generateSignKey();
    const { publicKey } = key;
    const head = {
      name: 'service',
      sequence: 1,
      issuedAtMs: service.nowMs,
      expiresAtMs: service.nowMs + 1000,
    };
    const refused = (body: Uint8Array): string | undefined => {
      const content = writeDirectoryContent(head, { generation: 1, publicKey }, [], body);
      const forged = concat(content, sign(key, content, { context: DIRECTORY_CONTEXT }));
      try {
        verifyDirectory(forged, { pinned: publicKey, nowMs: service.nowMs });
        return undefined;
      } catch (error) {
        return (error as PqError).code;
      }
    };
    const bodies = [
      '',
      'null',
      '[]',
      '{}',
      '{"keys":1}',
      '{"keys":[]}',
      '{"keys":[null]}',
      '{"keys":[{}]}',
      '[[[',
    ];
    for (const body of bodies) expect(refused(utf8(body)), body).toBe('ERR_INPUT_FORMAT');
    expect(refused(Uint8Array.of(0xff, 0xfe))).toBe('ERR_INPUT_FORMAT');
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(refused(utf8(`{"keys":[${json}]}`))).toBe('ERR_INPUT_FORMAT');
      }),
      { numRuns: 50 },
    );
  });
});
