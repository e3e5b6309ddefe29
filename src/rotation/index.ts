/**
 * The life cycle of keys: rotation by a policy, use by generation, rewrapping, status.
 *
 * @module
 */

export * from './directory/index.ts';
export {
  type ClockEvent,
  type DemandEvent,
  type ExpiringEvent,
  type GenerationEvent,
  type LateEvent,
  ROTATION_CHANNEL,
  type RoleEvent,
  type RotationEvent,
  type RotationFailureEvent,
} from './events.ts';
export { type FileLeaseOptions, fileLease } from './file-lease.ts';
export {
  type BytesUse,
  createKeyring,
  Keyring,
  type KeyringDataOptions,
  type KeyringEnvelopeOptions,
  type KeyringOptions,
  type KeyringSignature,
  type KeyringVerifyOptions,
} from './keyring.ts';
export { type Lease, type LeaseHolder, type LeaseProvider, MemoryLeaseProvider } from './lease.ts';
export {
  type MeterAttributes,
  type MeterCounter,
  type MeterGauge,
  type MeterInstrument,
  type MeterReading,
  type MeterRotatorOptions,
  meterRotator,
  type RotationMeter,
} from './metrics.ts';
export type { PlannedStep } from './planner.ts';
export { DEFAULT_ROTATION_POLICY, type RotationPolicy } from './policy.ts';
export type { RedisLeaseClient } from './redis.ts';
export { type RedisLeaseOptions, redisLease } from './redis-lease.ts';
export {
  type RewrapItem,
  type RewrapOptions,
  type RewrapProgress,
  type RewrapResult,
  rewrap,
} from './rewrap.ts';
export {
  createRotator,
  type RotateNowOptions,
  Rotator,
  type TickResult,
} from './rotator.ts';
export type { RotatedKey, RotatorOptions } from './rotator-options.ts';
export {
  type GenerationStatus,
  identityLinks,
  type KeyRotationStatus,
  type RotationStatus,
  rotationStatus,
} from './status.ts';
