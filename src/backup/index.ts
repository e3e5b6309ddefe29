/**
 * Backups of keystores, sealed under the root key of a ceremony, and restores that bring nothing back which was destroyed.
 *
 * @module
 */
export { type Backup, type CreateBackupOptions, createBackup } from './create.ts';
export {
  type BackedUpKey,
  type BackupContent,
  type BackupInfo,
  inspectBackup,
  type LeftOutInfo,
} from './info.ts';
export { type BackupKeyOptions, backupKeyOf } from './key.ts';
export type { DropReason } from './plan.ts';
export {
  type DroppedKey,
  type RestoreBackupOptions,
  type RestoreResult,
  restoreBackup,
  verifyBackup,
} from './restore.ts';
