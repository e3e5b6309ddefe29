/**
 * Everything that is measured in threads.
 *
 * @module
 */
import { AEAD_CONTESTS } from './aead.ts';
import type { Contest } from './contest.ts';
import { FRAGMENT_CONTESTS } from './fragment.ts';
import { HASH_CONTESTS } from './hash.ts';
import { KEM_CONTESTS } from './kem.ts';
import { KEYSTORE_CONTESTS } from './keystore.ts';
import { SESSION_CONTESTS } from './session.ts';
import { SIGN_CONTESTS } from './sign.ts';

/** All contests, in the order of the report. Main thread and workers speak of them by their place in this list. */
export const CONTESTS: readonly Contest[] = [
  ...HASH_CONTESTS,
  ...AEAD_CONTESTS,
  ...KEM_CONTESTS,
  ...SIGN_CONTESTS,
  ...KEYSTORE_CONTESTS,
  ...FRAGMENT_CONTESTS,
  ...SESSION_CONTESTS,
];
