/**
 * How the items of an operation are shared out to jobs.
 *
 * @module
 */

/**
 * Items a job. Those of a known number are shared out evenly, so that no worker is left with the rest, nor without any;
 * but not so evenly that handing the jobs over costs much.
 *
 * @param size - How many items there are; undefined when that is not known.
 * @param batchSize - Most items a job.
 * @param least - Items from which on a job is worth its while.
 * @param threads - How many workers there are.
 */
export function itemsPerJob(
  size: number | undefined,
  batchSize: number,
  least: number,
  threads: number,
): number {
  const most = Math.max(batchSize, least);
  if (size === undefined || size === 0) return most;
  const evenJobs = threads * Math.ceil(size / (most * threads));
  const jobs = Math.max(Math.ceil(size / most), Math.min(evenJobs, Math.floor(size / least)));
  return Math.ceil(size / jobs);
}
