/**
 * Key directories: the public keys of a service, signed with its identity, for peers that know one generation of it.
 *
 * @module
 */
export { type DirectoryIdentity, type IdentityPin, KeyDirectory } from './directory.ts';
export { DirectoryFollower, type DirectoryFollowerOptions } from './follower.ts';
export type { DirectoryKey, PublishedState } from './key.ts';
export { inspectLink, type LinkInfo, type LinkOptions, linkIdentity } from './link.ts';
export { type PublishOptions, publishDirectory } from './publish.ts';
export { type DirectoryResolver, directoryResolver, type ResolverOptions } from './resolver.ts';
export { type VerifyDirectoryOptions, verifyDirectory } from './verify.ts';
