/** What JavaScript calls: one function an operation. */
import { mldsaTables } from './mldsa';
import { kemTables } from './mlkem-tables';

export { hashFinish, hashOnce, hashSqueeze, hashUpdate, hmacFinish, hmacOnce, hmacStart } from './digest';
export { OUT, SECRETS, SECRETS_END, STATE as HASH_STATE, WORK as HASH_INPUT, KEM_SLOTS } from './memory';
export { dsaAbsorb, dsaExpand, dsaFill, dsaGenerate, dsaImport, dsaSign, dsaVerify } from './mldsa';
export {
  IN_PRIVATE_KEY as DSA_PRIVATE_KEY, IN_PUBLIC_KEY as DSA_PUBLIC_KEY, IN_SEED as DSA_SEED, IN_SIGNATURE as DSA_SIGNATURE,
  MESSAGE as DSA_MESSAGE, MESSAGE_BYTES as DSA_MESSAGE_BYTES, MU as DSA_MU, OUT as DSA_OUT, RND as DSA_RND,
  SLOT_BYTES as DSA_SLOT_BYTES, SLOT_TR as DSA_SLOT_TR, SLOTS as DSA_SLOTS, WORKING_KEY as DSA_WORKING_KEY,
  WORKING_KEY_BYTES as DSA_WORKING_KEY_BYTES, WORKING_TR as DSA_WORKING_TR,
} from './mldsa-memory';
export { kemDecapsulate, kemEncapsulate, kemGenerate } from './mlkem';
export { CT as KEM_CT, DK as KEM_DK, DK_EK as KEM_EK, SEED as KEM_SEED, SLOT_BYTES as KEM_SLOT_BYTES } from './mlkem-memory';

kemTables();
mldsaTables();
