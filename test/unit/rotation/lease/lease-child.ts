/** Takes the lease of a folder, says so, and holds it: `lease-child.ts PATH TTL_MS`. */
import { fileLease } from '../../../../src/rotation/file-lease.ts';

const [path, ttlMs] = process.argv.slice(2) as [string, string];
const lease = await fileLease({ path }).acquire('child', Number(ttlMs));
console.log(lease?.fence ?? 'none');
setInterval(() => {}, 1000);
