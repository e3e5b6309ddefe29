import type { BenchReport } from './report.ts';
export async function loadPageWriter(): Promise<(report: BenchReport) => string> {
  return (report) => JSON.stringify(report);
}
