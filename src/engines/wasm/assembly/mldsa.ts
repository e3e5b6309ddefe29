/**
 * ML-DSA-87 (FIPS 204): what JavaScript calls.
 */
import { makeMatrixTable } from './mldsa-matrix';
import { makeNttTables } from './mldsa-ntt';
import { makeSampleTables } from './mldsa-sample';
import { makeSmallNttTables } from './mldsa-small-ntt';

export { dsaExpand, dsaGenerate, dsaImport } from './mldsa-keys';
export { dsaAbsorb } from './mldsa-message';
export { dsaSign } from './mldsa-sign';
export { dsaFill, dsaVerify } from './mldsa-verify';

/** Makes all tables; called once, at the start. */
export function mldsaTables(): void {
  makeNttTables();
  makeSmallNttTables();
  makeMatrixTable();
  makeSampleTables();
}
