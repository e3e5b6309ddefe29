/** What JavaScript calls: one function an operation. */
import { kemTables } from './mlkem-tables';

export { hashFinish, hashOnce, hashSqueeze, hashUpdate, hmacFinish, hmacOnce, hmacStart } from './digest';
export { OUT, SECRETS, SECRETS_END, STATE as HASH_STATE, WORK as HASH_INPUT, KEM_SLOTS } from './memory';
export { kemDecapsulate, kemEncapsulate, kemGenerate } from './mlkem';
export { CT as KEM_CT, DK as KEM_DK, DK_EK as KEM_EK, SEED as KEM_SEED, SLOT_BYTES as KEM_SLOT_BYTES } from './mlkem-memory';

kemTables();
