/** What JavaScript calls: one function an operation. */
import { kemTables } from './mlkem-tables';

export { kemDecapsulate, kemEncapsulate, kemGenerate } from './mlkem';

kemTables();
