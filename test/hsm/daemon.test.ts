/**
 * openCryptoki's daemon, killed and brought back; in its own system, as there is one daemon in each.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { start } from './support/child.ts';
import { makeToken, needsToken, testedOf } from './support/tokens.ts';

const PID_FILE = '/run/opencryptoki/pkcsslotd.pid';

for (const kind of testedOf('openCryptoki')) {
  needsToken(kind)('the daemon of openCryptoki', () => {
    it('is killed: operations go on, or say why; all of them work when it is back', async () => {
      const token = makeToken(kind);
      const user = start(token, 'faults', 'daemonKilled');
      expect(await user.next()).toBe('ready');
      process.kill(Number(readFileSync(PID_FILE, 'utf8')), 'SIGKILL');
      user.send('it is gone');
      expect(await user.next()).toBe('used');
      rmSync(PID_FILE, { force: true });
      // Returns when the daemon is up.
      execFileSync('pkcsslotd');
      user.send('it is back');
      const { result } = await user.outcome;
      if (result.away.failure !== undefined) expect(result.away.failure.code).toBe('ERR_KEYSTORE_TOKEN');
      for (const timed of [result.back, result.made]) expect(timed.failure).toBeUndefined();
      expect(result.names).toEqual(['data', 'dsa', 'kem', 'new']);
      token.remove();
    });
  });
}
