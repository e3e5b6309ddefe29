/**
 * Sizes of messages.
 *
 * @module
 */
export const KIB = 1024;
export const MIB = 1024 * KIB;

/** Where a table is enough. */
export const MESSAGE_SIZES: readonly number[] = [64, KIB, 16 * KIB, MIB];
/** Where a curve is wanted. */
export const CURVE_SIZES: readonly number[] = [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, MIB];
