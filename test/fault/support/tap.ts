/**
 * Stands between the library and the disk: every call that changes something passes through a hook.
 *
 * @module
 */
import type * as FileSystem from 'node:fs/promises';
import { dirname, sep } from 'node:path';

/** One call that changes something, or makes a change durable. */
export interface Step {
  readonly call: 'create' | 'write' | 'sync' | 'link' | 'rename' | 'unlink' | 'mkdir';
  /** The file or folder; for `link` and `rename` what there is already. */
  readonly path: string;
  /** The new name, for `link` and `rename`. */
  readonly to?: string;
  /** What is written, for `write`. */
  readonly bytes?: Uint8Array;
}

/** Sees a step before it is done, and does it by `run`. For `write`, `run` takes what is to be written instead. */
export type Hook = (step: Step, run: (bytes?: Uint8Array) => Promise<unknown>) => Promise<unknown>;

const fs = process.getBuiltinModule('node:fs/promises') as unknown as Record<string, unknown>;

/**
 * Puts a hook in front of every change of what lies in a folder, for the rest of this process or until the returned
 * function is called.
 */
export function tapDisk(folder: string, hook: Hook): () => void {
  const real = { ...fs } as unknown as typeof FileSystem;
  const isInside = (path: unknown): path is string =>
    typeof path === 'string' &&
    (path === folder || path.startsWith(folder + sep) || path === dirname(folder));

  async function open(...args: Parameters<typeof FileSystem.open>): Promise<FileSystem.FileHandle> {
    const [path, flags] = args;
    if (!isInside(path)) return real.open(...args);
    const handle = (
      flags === 'wx'
        ? await hook({ call: 'create', path }, () => real.open(...args))
        : await real.open(...args)
    ) as FileSystem.FileHandle;
    const tapped = handle as unknown as Record<string, unknown>;
    const method = (name: 'writeFile' | 'write' | 'sync' | 'datasync') => {
      const original = handle[name].bind(handle) as (...given: unknown[]) => Promise<unknown>;
      const isWrite = name === 'writeFile' || name === 'write';
      tapped[name] = (data?: Uint8Array | string, ...rest: unknown[]) => {
        if (!isWrite) return hook({ call: 'sync', path }, () => original());
        const bytes = typeof data === 'string' ? Buffer.from(data) : (data as Uint8Array);
        return hook({ call: 'write', path, bytes }, (other = bytes) =>
          name === 'writeFile' ? original(other) : original(other, 0, other.length, rest[2]),
        );
      };
    };
    for (const name of ['writeFile', 'write', 'sync', 'datasync'] as const) method(name);
    return handle;
  }
  const named =
    (call: 'link' | 'rename' | 'unlink' | 'mkdir', original: (...args: never[]) => Promise<unknown>) =>
    (...args: unknown[]) => {
      const run = () => original(...(args as never[]));
      if (!isInside(args[0])) return run();
      const to = call === 'link' || call === 'rename' ? { to: args[1] as string } : {};
      return hook({ call, path: args[0], ...to }, run);
    };
  Object.assign(fs, {
    open,
    link: named('link', real.link),
    rename: named('rename', real.rename),
    unlink: named('unlink', real.unlink),
    mkdir: named('mkdir', real.mkdir),
  });
  return () => {
    const { open: openAgain, link, rename, unlink, mkdir } = real;
    Object.assign(fs, { open: openAgain, link, rename, unlink, mkdir });
  };
}

/** A step in a line, for reports: `link manifest-0000000000000004.mwk`. */
export function describeStep({ call, path, to }: Step): string {
  const name = (to ?? path).split(sep).at(-1) ?? '';
  return `${call} ${name.replace(/[0-9a-f]{32}/, '<id>').replace(/[0-9a-f]{16}\.tmp/, '<random>.tmp')}`;
}
