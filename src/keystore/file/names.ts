/**
 * Names of the files of a store. Revisions have 16 digits, so that names sort as they do.
 *
 * @module
 */

/** The folder of the blobs. */
export const KEYS = 'keys';
const MANIFEST_NAME = /^manifest-([0-9]{16})\.mwk$/;

/** Name of a manifest. */
export function manifestName(revision: number): string {
  return `manifest-${String(revision).padStart(16, '0')}.mwk`;
}

/** Revisions of the manifests among some names, the newest first. */
export function revisionsOf(names: readonly string[]): number[] {
  return names
    .map((name) => Number(MANIFEST_NAME.exec(name)?.[1] ?? Number.NaN))
    .filter((revision) => Number.isSafeInteger(revision))
    .sort((a, b) => b - a);
}

/** Name of the blob of an entry (id in hex), written for a revision. */
export function blobName(id: string, revision: number): string {
  return `${id}-${String(revision).padStart(16, '0')}.mwb`;
}
