/**
 * Makes one change of a store, and is killed at one step of it: `cut-child.ts PLACE CHANGE STEP`. Exits with 0 and the
 * number of steps when there is no such step.
 */
import { type ChangeName, change, openPlace } from './scenario.ts';
import { tapDisk } from './tap.ts';

const [place, name, step] = process.argv.slice(2) as [string, ChangeName, string];
const store = await openPlace(place);
let steps = 0;
tapDisk(place, async ({ call, bytes }, run) => {
  if (++steps !== Number(step)) return run();
  // A write that is cut off leaves half of it.
  if (call === 'write' && bytes !== undefined) await run(bytes.subarray(0, bytes.length >> 1));
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => {});
});
await change(store, name);
await store.close();
console.log(steps);
