/**
 * Tokens that go away, forget us, or refuse us while they are in use. How long recovery took is printed.
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { play, start } from './support/child.ts';
import { makeToken, needsToken, type TestToken, TOKEN_KINDS } from './support/tokens.ts';

/** Recovery is a matter of milliseconds; a machine that is busy gets more. */
const RECOVERED_WITHIN_MS = 10_000;

interface Timed {
  readonly ms: number;
  readonly failure?: { readonly name: string; readonly code: string; readonly ckr?: string };
}

for (const kind of TOKEN_KINDS) {
  needsToken(kind)(`${kind} under us`, () => {
    let token: TestToken;

    beforeEach(() => {
      token = makeToken(kind);
    });

    afterEach(() => token.remove());

    function expectRecovered(what: string, { ms, failure }: Timed): void {
      expect(failure).toBeUndefined();
      expect(ms).toBeLessThan(RECOVERED_WITHIN_MS);
      console.log(`${kind}, ${what}: three operations, recovery included, took ${ms.toFixed(1)} ms`);
    }

    it('goes on after all its sessions were closed, also with 16 callers at once', async () => {
      const { rounds, together } = await play(token, 'faults', 'sessionsClosed');
      for (const round of rounds) expectRecovered('sessions closed', round);
      expect(together).toEqual(Array(16).fill(null));
    });

    it('goes on after it was logged out', async () => {
      expectRecovered('logged out', await play(token, 'faults', 'loggedOut'));
    });

    it('goes on after somebody else in the process finalised the module', async () => {
      expectRecovered('finalised', await play(token, 'faults', 'finalisedHere'));
    });

    it('goes on after its folder was away; errors say what it was, and nothing is half done', async () => {
      const { away, back, made, names } = await play(token, 'faults', 'folderMoved');
      expectRecovered('folder moved away and back', back);
      expectRecovered('a new key then', made);
      expect(names).toEqual(['data', 'dsa', 'kem', 'new']);
      const failures = (away as Timed[])
        .map(({ failure }) => failure)
        .filter((failure) => failure !== undefined);
      // What needs the folder fails; NSS has what it needs for the others in memory.
      expect(failures.length).toBeGreaterThan(0);
      for (const failure of failures) expect(failure).toMatchObject({ code: 'ERR_KEYSTORE_TOKEN' });
    });

    it('is not disturbed by another process that opens, finalises and ends', async () => {
      const first = start(token, 'faults', 'keepsUsing');
      expect(await first.next()).toBe('ready');
      expect(await play(token, 'faults', 'cameAndWent')).toBe(true);
      first.send('go on');
      expect((await first.outcome).result).toEqual({});
    });

    it('is not disturbed by another process that is killed in the middle of its work', async () => {
      const first = start(token, 'faults', 'keepsUsing');
      expect(await first.next()).toBe('ready');
      const second = start(token, 'faults', 'keepsUsing');
      expect(await second.next()).toBe('ready');
      second.kill('SIGKILL');
      expect((await second.outcome).signal).toBe('SIGKILL');
      first.send('go on');
      expect((await first.outcome).result).toEqual({});
    });

    it('gets a wrong PIN once, and never opens for one', async () => {
      const { first, second, besideOpen } = await play(token, 'faults', 'wrongPin');
      for (const failure of [first, second, besideOpen]) {
        expect(failure).toMatchObject({
          name: 'KeyStoreError',
          code: 'ERR_KEYSTORE_TOKEN',
          ckr: 'CKR_PIN_INCORRECT',
        });
      }
    });
  });
}
