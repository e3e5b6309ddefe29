/**
 * Processes that are killed, or stopped, between a change in the token and one in the folder beside it: whoever opens the store
 * next leaves no object in the token that nobody can use, and takes none that somebody does.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { play, start } from './support/child.ts';
import { custodyIn, makeToken, needsToken, type TestToken, TOKEN_KINDS } from './support/tokens.ts';

/** What a store has in its token beside its keys: the one that wraps its root key. */
const ROOT = 1;

for (const [index, kind] of TOKEN_KINDS.entries()) {
  needsToken(kind)(`what is left in ${kind}`, () => {
    let token: TestToken;

    beforeEach(() => {
      token = makeToken(kind);
    });

    afterEach(() => token.remove());

    const look = (extra: object = {}) => play(token, 'orphans', 'look', extra);

    /** Runs a scenario up to where it stops, and kills it there. */
    async function killAt(name: string, where: string, extra: object = {}): Promise<void> {
      const cut = start(token, 'orphans', name, extra);
      expect(await cut.next()).toBe(where);
      cut.kill('SIGKILL');
      expect((await cut.outcome).signal).toBe('SIGKILL');
    }

    it.each(['AES-256-GCM', 'ML-DSA-87', 'ML-KEM-1024'] as const)(
      'by a process that was killed before it committed a key of %s, goes',
      async (algorithm) => {
        await killAt('stopsWhileMaking', 'made', { algorithm });
        await killAt('stopsWhileMaking', 'made', { algorithm });
        expect(await look()).toEqual({ names: [], objects: ROOT, notes: [] });
      },
    );

    it('by a process that was killed after it committed that a key is destroyed, goes', async () => {
      await killAt('stopsWhileDestroying', 'committed');
      expect(await look()).toEqual({ names: [], objects: ROOT, notes: [] });
    });

    it('by a process that was killed before it committed that a key is destroyed, stays', async () => {
      await killAt('stopsBeforeDestroying', 'linking');
      const before = { names: ['kept 1'], objects: ROOT + 1, notes: ['gone'] };
      expect(await look()).toEqual(before);
      expect(await look()).toEqual(before);
    });

    it('by a process that was killed before its store was there, goes', async () => {
      await killAt('stopsWhileOpening', 'linking');
      expect(await look()).toEqual({ names: [], objects: ROOT, notes: [] });
    });

    it('of one store is no business of another one', async () => {
      await killAt('stopsWhileMaking', 'made');
      const both = { names: [], objects: 2 * ROOT + 1, notes: [] };
      expect(await look({ store: 'other' })).toEqual(both);
      expect(await look()).toEqual({ ...both, objects: 2 * ROOT });
    });

    it('is not what somebody says who may write to the folder of another store', async () => {
      await play(token, 'orphans', 'make', { store: 'other' });
      await look();
      const notes = join(token.folder, 'store/intents');
      for (const name of readdirSync(join(token.folder, 'other/keys'))) {
        for (const note of ['root', 'made', 'dead', 'gone']) {
          writeFileSync(join(notes, `${note}-${name.slice(0, 32)}`), randomBytes(32));
        }
      }
      expect(readdirSync(notes)).toHaveLength(4);
      expect(await look()).toMatchObject({ objects: 2 * ROOT + 1 });
      expect(await look({ store: 'other' })).toMatchObject({ names: ['kept 1'], objects: 2 * ROOT + 1 });
    });

    it('is not what a process that is at work has made', async () => {
      const maker = start(token, 'orphans', 'stopsWhileMaking');
      expect(await maker.next()).toBe('made');
      const looker = start(token, 'orphans', 'look');
      maker.send('go on');
      expect((await maker.outcome).result).toEqual({});
      expect((await looker.outcome).result).toMatchObject({ notes: [] });
      expect(await look()).toEqual({ names: ['cut 1'], objects: ROOT + 1, notes: [] });
    });

    // Ten seconds each, and no matter of the token: one will do.
    const sleepers = [
      ['stopsWhileMaking', 'made'],
      ['stopsWhileCommitting', 'linking'],
    ] as const;
    for (const [name, where] of index === 0 ? sleepers : []) {
      it(`by a process that slept until it was taken for dead (${name}), goes, and that process is told`, async () => {
        const sleeper = start(token, 'orphans', name);
        expect(await sleeper.next()).toBe(where);
        sleeper.kill('SIGSTOP');
        expect(await look()).toEqual({ names: [], objects: ROOT, notes: [] });
        sleeper.kill('SIGCONT');
        sleeper.send('go on');
        const { result } = await sleeper.outcome;
        expect(result.failure).toMatchObject({ name: 'KeyStoreError', code: 'ERR_KEYSTORE_LOCKED' });
        expect(await look()).toEqual({ names: [], objects: ROOT, notes: [] });
      });
    }

    it('is nothing, when all goes well', async () => {
      expect(await play(token, 'life', 'wholeLife')).toMatchObject({ listed: 6, custodies: custodyIn(kind) });
      expect(await look()).toMatchObject({ objects: ROOT + 5, notes: [] });
    });
  });
}
