/**
 * Which token, and how it is used, once it is checked.
 *
 * @module
 */
import type { PinSource } from './pin.ts';

/** What tells one token from the others; what is absent fits every one. */
export interface TokenSelector {
  /** Label. */
  readonly token?: string | undefined;
  readonly serial?: string | undefined;
  readonly manufacturer?: string | undefined;
  readonly model?: string | undefined;
  /** Number of the slot. Tokens move between slots: a serial number is better. */
  readonly slotId?: number | undefined;
}

/** What `openToken` needs. */
export interface TokenOptions extends TokenSelector {
  /** Path of the module. */
  readonly module: string;
  /** What NSS is initialised with. */
  readonly libraryParameters?: string | undefined;
  readonly pin?: PinSource | undefined;
  /** Sessions for operations, 1 to 256. */
  readonly sessions?: number | undefined;
}
