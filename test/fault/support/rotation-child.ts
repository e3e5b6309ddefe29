/**
 * Does what is to be done at a moment, and is killed at one step of it: `rotation-child.ts PLACE MOMENT STEP`. Exits with 0 and
 * the steps when there is no such step.
 */
import { type Moment, openPlace, reach } from './rotation-scenario.ts';
import { describeStep, tapDisk } from './tap.ts';

const [place, moment, step] = process.argv.slice(2) as [string, Moment, string];
const store = await openPlace(place);
const steps: string[] = [];
await reach(store, moment, () => {
  tapDisk(place, async (taken, run) => {
    if (steps.push(describeStep(taken)) !== Number(step)) return run();
    // A write that is cut off leaves half of it.
    if (taken.call === 'write' && taken.bytes !== undefined) {
      await run(taken.bytes.subarray(0, taken.bytes.length >> 1));
    }
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => {});
  });
});
await store.close();
console.log(JSON.stringify(steps));
