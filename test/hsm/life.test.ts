/**
 * Keys in real tokens: made, used, unreadable, destroyed.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { play } from './support/child.ts';
import { custodyIn, makeToken, needsToken, type TestToken, TOKEN_KINDS } from './support/tokens.ts';

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

for (const kind of TOKEN_KINDS) {
  needsToken(kind)(`keys in ${kind}`, () => {
    let token: TestToken;

    beforeEach(() => {
      token = makeToken(kind);
    });

    afterEach(() => token.remove());

    it('sign with every context, hedged and deterministic, as noble verifies it', async () => {
      const { custody, rows, messages } = await play(token, 'life', 'sign');
      expect(custody).toBe(custodyIn(kind)['ML-DSA-87']);
      const expected = [0, 1, 255].flatMap((length) =>
        [false, true].map((deterministic) => ({
          length,
          deterministic,
          verifies: true,
          verifiesElsewhere: false,
          same: deterministic,
          isPlain: true,
        })),
      );
      expect(rows).toEqual(expected);
      expect(messages).toEqual([true, true, true]);
    });

    it('decapsulate what noble encapsulated, and open envelopes; no shared secret stays', async () => {
      const result = await play(token, 'life', 'decapsulate');
      expect(result).toEqual({
        custody: custodyIn(kind)['ML-KEM-1024'],
        same: true,
        implicit: true,
        envelope: true,
        left: 0,
      });
    });

    it('cannot be read', async () => {
      const results: string[] = await play(token, 'life', 'readSecrets');
      expect(results.length).toBeGreaterThanOrEqual(4);
      for (const result of results) {
        expect(result).toMatch(/^CKR_(ATTRIBUTE_SENSITIVE|ATTRIBUTE_TYPE_INVALID|KEY_UNEXTRACTABLE)$/);
      }
    });

    it('live from import or generation over several openings until they are destroyed', async () => {
      const { secretHex, destroyed, wrongTag, wrongAad, ...rest } = await play(token, 'life', 'wholeLife');
      expect(rest).toEqual({
        custodies: custodyIn(kind),
        signature: true,
        secret: true,
        opened: true,
        empty: 0,
        unwrapped: true,
        listed: 6,
      });
      expect(wrongTag).toMatchObject({ name: 'AuthenticationError', code: 'ERR_AUTHENTICATION' });
      expect(wrongAad).toMatchObject({ name: 'AuthenticationError', code: 'ERR_AUTHENTICATION' });
      expect(destroyed).toMatchObject({ code: 'ERR_KEYSTORE_NOT_FOUND' });

      const files = filesBelow(token.folder);
      expect(files.length).toBeGreaterThan(5);
      for (const hex of secretHex as string[]) {
        const secret = Buffer.from(hex, 'hex');
        // Half of it is as bad.
        for (const part of [secret.subarray(0, 16), secret.subarray(16, 32)]) {
          for (const file of files) expect(readFileSync(file).includes(part), file).toBe(false);
        }
      }

      // Only the key that wraps the root key of the folder is left.
      expect(await play(token, 'life', 'destroyAll')).toEqual({ privateKeys: 0, secretKeys: 1 });
    });
  });
}
