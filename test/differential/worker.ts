/**
 * Runs tasks in a thread: each message is one, and each answer what it found.
 *
 * @module
 */
import { parentPort } from 'node:worker_threads';
import { runTask, type Task } from './period.ts';

parentPort?.on('message', (task: Task) => parentPort?.postMessage(runTask(task)));
