import type { AeadKey } from '@mwrasp/crypto/aead';
import { backupKeyOf, createBackup, restoreBackup, verifyBackup } from '@mwrasp/crypto/backup';
import type { Keystore } from '@mwrasp/crypto/keystore';

declare const keystore: Keystore;
declare const rootKey: Uint8Array;
declare const backup: Uint8Array;
declare const aeadKey: AeadKey;

// @ts-expect-error what it is sealed under must be said
await createBackup(keystore);
// @ts-expect-error a root key is 32 bytes, not a key object
await createBackup(keystore, { rootKey: aeadKey });
// @ts-expect-error nor a passphrase
await createBackup(keystore, { rootKey: 'passphrase' });
// @ts-expect-error a time is computed for each key
await createBackup(keystore, { rootKey, destroyAfterMs: 1000 });
// @ts-expect-error a backup is its bytes and what is in it
await verifyBackup(await createBackup(keystore, { rootKey }), { rootKey });
// @ts-expect-error newer backups are many
await restoreBackup(backup, keystore, { rootKey, newer: backup });
// @ts-expect-error the store comes second
await restoreBackup(keystore, backup, { rootKey });
// @ts-expect-error a derived key is a secret
export const bytes: Uint8Array = backupKeyOf(rootKey);
