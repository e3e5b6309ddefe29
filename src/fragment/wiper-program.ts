/**
 * What the wiping thread runs. It is a text, not a file: the library works the same from its sources, from dist/ and out
 * of whatever bundle it ends up in, and a thread needs none of the rest of it.
 *
 * @module
 */
import { CAUSE, PAGE_LAYOUT, PAGE_SLOTS, SLOT_BYTES, STATE, STATE_MASK } from './slab.ts';
import { MAX_DRIFT, MAX_PARTING_MS, MAX_READINGS, MAX_TICK_MS, TIGHT_MS } from './wiper.ts';

/** Words of the control block that both threads read. */
export const CONTROL = {
  /** Counts what the wiping thread should look at; it sleeps on this word. */
  bell: 0,
  /** 1 while it sleeps until something is due, 0 while nothing is. */
  watching: 1,
  /** When it wants to run again, whole milliseconds on the clock of the thread that uses the keys. */
  planned: 2,
  /** Counts its ticks; who cannot go on without one sleeps on this word. */
  ticks: 3,
} as const;

/** Words of the control block. */
export const CONTROL_WORDS = 16;

/** What the thread is given beside its pages. */
export interface WiperData {
  readonly control: SharedArrayBuffer;
  /** `process.hrtime()` minus the monotonic clock of the thread that uses the keys, milliseconds. */
  readonly originMs: number;
}

/** What the thread says. */
export type WiperMessage = 'ready' | 'late' | 'clocks-parted';

/** JavaScript for a worker thread: takes {@link WiperData}, and pages as messages. */
export const WIPER_PROGRAM = `'use strict';
const { parentPort, receiveMessageOnPort, workerData } = require('node:worker_threads');
const control = new Int32Array(workerData.control);
const pages = [];
const now = () => {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6 - workerData.originMs;
};
const open = (buffer) => ({
  states: new Int32Array(buffer, ${PAGE_LAYOUT.states}, ${PAGE_SLOTS}),
  causes: new Int32Array(buffer, ${PAGE_LAYOUT.causes}, ${PAGE_SLOTS}),
  dueMs: new Float64Array(buffer, ${PAGE_LAYOUT.dueMs}, ${PAGE_SLOTS}),
  ttlMs: new Float64Array(buffer, ${PAGE_LAYOUT.ttlMs}, ${PAGE_SLOTS}),
  wipedMs: new Float64Array(buffer, ${PAGE_LAYOUT.wipedMs}, ${PAGE_SLOTS}),
  keys: new Uint8Array(buffer, ${PAGE_LAYOUT.keys}, ${PAGE_SLOTS * SLOT_BYTES}),
});
const wipe = (page, i, cause) => {
  const word = Atomics.load(page.states, i);
  if ((word & ${STATE_MASK}) !== ${STATE.live}) return 0;
  const generation = word & ~${STATE_MASK};
  if (Atomics.compareExchange(page.states, i, word, generation | ${STATE.dying}) !== word) return 0;
  page.keys.fill(0, i * ${SLOT_BYTES}, (i + 1) * ${SLOT_BYTES});
  page.causes[i] = cause;
  page.wipedMs[i] = now();
  Atomics.exchange(page.states, i, generation | ${STATE.dead});
  return 1;
};
const ticked = () => {
  Atomics.add(control, ${CONTROL.ticks}, 1);
  Atomics.notify(control, ${CONTROL.ticks});
};
let plannedMs = Infinity;
let lastMs = now();
let partingMs = Date.now() - lastMs;
parentPort.postMessage('ready');
for (;;) {
  const bell = Atomics.load(control, ${CONTROL.bell});
  for (let got = receiveMessageOnPort(parentPort); got; got = receiveMessageOnPort(parentPort)) {
    pages.push(open(got.message));
  }
  const nowMs = now();
  const watched = plannedMs !== Infinity;
  const lateMs = watched ? nowMs - plannedMs : 0;
  const allowedMs = ${MAX_PARTING_MS} + ${MAX_DRIFT} * (nowMs - lastMs);
  let newPartingMs = Date.now() - nowMs;
  const isTooFar = () => Math.abs(newPartingMs - partingMs) > allowedMs;
  // A thread that is held up between the two readings sees them part; only a pair that is close together counts.
  for (let i = 0; isTooFar() && i < ${MAX_READINGS}; i++) {
    const beforeMs = now();
    newPartingMs = Date.now() - beforeMs;
    if (now() - beforeMs < ${TIGHT_MS}) break;
  }
  const parted = watched && isTooFar();
  partingMs = newPartingMs;
  lastMs = nowMs;
  let lost = 0;
  let nextMs = Infinity;
  for (const page of pages) {
    for (let i = 0; i < ${PAGE_SLOTS}; i++) {
      if ((page.states[i] & ${STATE_MASK}) !== ${STATE.live}) continue;
      const dueMs = page.dueMs[i];
      if (parted || lateMs > page.ttlMs[i]) lost += wipe(page, i, parted ? ${CAUSE.parted} : ${CAUSE.late});
      else if (dueMs <= nowMs) wipe(page, i, ${CAUSE.due});
      else if (dueMs < nextMs) nextMs = dueMs;
    }
  }
  if (lost > 0) parentPort.postMessage(parted ? 'clocks-parted' : 'late');
  plannedMs = nextMs === Infinity ? Infinity : Math.min(nextMs, nowMs + ${MAX_TICK_MS});
  if (plannedMs === Infinity) {
    Atomics.store(control, ${CONTROL.watching}, 0);
    ticked();
    Atomics.wait(control, ${CONTROL.bell}, bell);
  } else {
    Atomics.store(control, ${CONTROL.planned}, Math.floor(plannedMs) | 0);
    Atomics.store(control, ${CONTROL.watching}, 1);
    ticked();
    Atomics.wait(control, ${CONTROL.bell}, bell, Math.max(0, plannedMs - now()));
  }
}`;
